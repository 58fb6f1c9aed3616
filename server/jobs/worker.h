/* Something in the background that has steps of work done by a pool's threads, one after the other,
 * and sleeps when there are none. What a step is, it is told. */
#ifndef CRMOCK_JOBS_WORKER_H
#define CRMOCK_JOBS_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attrs.h"
#include "jobs/pool.h"

/* Does one step, on any of the pool's threads, but never on two at once. Answers the milliseconds after
 * which it is to be called again, or earlier when the worker is woken; or one of these. */
typedef int64_t worker_step(void *context);

enum {
    WORKER_MORE = 0,  /* call again, after others that are ready */
    WORKER_IDLE = -1, /* nothing to do: sleep until woken */
    WORKER_ENDED = -2 /* never again: the worker is freed, and nobody may use it any more */
};

struct worker;

/* A worker that sleeps until it is woken for the first time. Free it with worker_free, or let a step
 * answer WORKER_ENDED; the pool must outlive it. */
MUSTCHECK struct worker *worker_new(struct pool *pool, worker_step *step, void *context);
/* Says that there may be work: a step begins after it, also when one is under way or a pause lasts.
 * From any thread, at any time in the worker's life. NULL is allowed. */
void worker_wake(struct worker *worker);
/* Wakes all of a list that NULL ends. NULL is allowed. */
void workers_wake(struct worker *const *workers);
/* True when the worker, or its pool, is to end: a step that waits for something should end. */
MUSTCHECK bool worker_is_stopping(struct worker *worker);
/* Says that the worker is to end, and does not wait for it: for several that are to end together. No
 * step begins after it. */
void worker_stop(struct worker *worker);
/* Lets the step that is under way end, and frees the worker, whatever that step answers. Not from a
 * step of its own. NULL is allowed. */
void worker_free(struct worker *worker);

#endif
