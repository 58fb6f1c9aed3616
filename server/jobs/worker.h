/* A background thread that has steps of work done, one after the other, and sleeps when there are
 * none. What a step is, it is told. */
#ifndef CRMOCK_JOBS_WORKER_H
#define CRMOCK_JOBS_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attrs.h"

/* Does one step. Answers the milliseconds after which it is to be called again, or earlier when the
 * worker is woken; or one of these. */
typedef int64_t worker_step(void *context);

enum {
    WORKER_MORE = 0, /* call again at once */
    WORKER_IDLE = -1 /* nothing to do: sleep until woken */
};

struct worker;

/* A worker that does nothing yet; it may be woken already. Free it with worker_free. */
MUSTCHECK struct worker *worker_new(worker_step *step, void *context);
/* Starts the thread; false when the system gives none. */
MUSTCHECK bool worker_start(struct worker *worker);
/* Says that there may be work. From any thread, at any time in the worker's life. NULL is allowed. */
void worker_wake(struct worker *worker);
/* Wakes all of a list that NULL ends. NULL is allowed. */
void workers_wake(struct worker *const *workers);
/* True when the worker is to end: a step that waits for something should end. */
MUSTCHECK bool worker_is_stopping(struct worker *worker);
/* Says that the worker is to end, and does not wait for it: for several that are to end together. */
void worker_stop(struct worker *worker);
/* Lets the step that runs end, ends the thread, frees the worker. NULL is allowed. */
void worker_free(struct worker *worker);

#endif
