/* Inside the http room: answers that come later. A connection whose request waits for one is suspended:
 * libmicrohttpd leaves it alone, and its threads answer others. */
#ifndef CRMOCK_HTTP_LATER_H
#define CRMOCK_HTTP_LATER_H

#include <pthread.h>
#include <stdbool.h>

#include "base/exchange.h"

/* How many requests wait for their answers, and how many answers are on their way. Each that waits has
 * one of the places, and so has each whose answer holds one, until that is out: half of them at most,
 * for a client that does not read may hold one for long. */
struct later {
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    unsigned most; /* places */
    unsigned taken, held;
    unsigned waiting, leaving;
    bool has_ended; /* no further one may wait */
};

void later_init(struct later *later, unsigned most);
void later_clear(struct later *later);
/* Lets no further request wait; returns when none does, and the answers are out, or after a while that
 * they have not been taken. */
void later_end(struct later *later);
struct exchange;
/* An answer that came later, or holds a place, is out, or its connection has ended. */
void later_note_end(struct later *later, const struct exchange *exchange);

/* hold, suspend, answer and is_gone of a request. */
MUSTCHECK bool later_hold(const struct request *request);
MUSTCHECK bool later_suspend(const struct request *request);
void later_answer(const struct request *request, const struct response *response);
MUSTCHECK bool later_is_gone(const struct request *request);

#endif
