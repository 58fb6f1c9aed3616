/* Threads that do the steps of workers: of however many workers, no more threads than needed. One is
 * always there; others are started when a worker is ready and no thread is idle, and end when they have
 * been idle for a while. */
#ifndef CRMOCK_JOBS_POOL_H
#define CRMOCK_JOBS_POOL_H

#include "base/attrs.h"

struct pool;

/* A pool with its first thread, of at most `most_threads` (1 or more); NULL when the system gives none.
 * When it gives no further one later, those that are there do all the work. Free it with pool_free. */
MUSTCHECK struct pool *pool_new(unsigned most_threads);
/* Ends the threads and frees the pool. Its workers have been freed before, or end by themselves
 * (WORKER_ENDED): for those it waits, cuts the pause they are in, and worker_is_stopping tells them to
 * hurry. NULL is allowed. */
void pool_free(struct pool *pool);

#endif
