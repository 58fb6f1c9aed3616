/* Inside the store room only: whose turn it is. */
#ifndef CRMOCK_STORE_TURNS_H
#define CRMOCK_STORE_TURNS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

/* One writer at a time: requests go before background writers, but not all of them for ever. */
struct writers {
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t left;
    bool writing;
    unsigned requests_waiting, background_waiting;
    unsigned passed; /* requests that went before the background writers that wait */
};

void writers_init(struct writers *writers);
void writers_clear(struct writers *writers);
/* Waits for the writer before. */
void writers_enter(struct writers *writers, enum store_urgency urgency);
void writers_leave(struct writers *writers);

/* One at a time, in the order in which they came. */
struct queue {
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t moved;
    uint64_t next, served; /* tickets */
};

void queue_init(struct queue *queue);
void queue_clear(struct queue *queue);
void queue_enter(struct queue *queue);
void queue_leave(struct queue *queue);

#endif
