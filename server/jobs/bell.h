/* Wakes workers that wait for the same. Any thread may use it. */
#ifndef CRMOCK_JOBS_BELL_H
#define CRMOCK_JOBS_BELL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "jobs/worker.h"

struct bell {
    pthread_mutex_t mutex;   /* guards what follows */
    struct worker **waiting; /* borrowed */
    size_t room;
    atomic_size_t count; /* also looked at without the mutex: most bells ring for nobody */
};

void bell_init(struct bell *bell);
/* Nobody waits any more. */
void bell_clear(struct bell *bell);
/* Wakes the worker at each ring from now on, until bell_remove: which it, or whoever frees it, calls
 * before it ends. What it waits for should be looked at after this, for it may have come before. */
void bell_add(struct bell *bell, struct worker *worker);
void bell_remove(struct bell *bell, struct worker *worker);
/* NULL is allowed. */
void bell_ring(struct bell *bell);

#endif
