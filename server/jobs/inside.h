/* What the files of this room know of each other's; nobody else includes it. */
#ifndef CRMOCK_JOBS_INSIDE_H
#define CRMOCK_JOBS_INSIDE_H

#include <glib.h>
#include <pthread.h>

#include "jobs/due.h"
#include "jobs/worker.h"

enum worker_state { WORKER_SLEEPS, WORKER_IS_READY, WORKER_PAUSES, WORKER_WORKS };

/* A mock has thousands of them, most asleep: keep it small. */
struct worker {
    struct pool *pool;
    worker_step *step;
    void *context;
    GList link;              /* in the pool's `ready` while it is ready */
    int64_t due;             /* of clock_microseconds: the end of its pause */
    size_t place;            /* in the pool's `due` while it pauses */
    pthread_cond_t *awaited; /* where worker_free waits for the end of a step; NULL: it does not */
    enum worker_state state;
    bool woken; /* since its step began */
    bool stopping;
};

/* Where a thread waits that has nothing to do. */
struct seat {
    pthread_cond_t changed;
    struct seat *next;
    bool called; /* and taken out of the pool's */
};

struct pool {
    unsigned most_threads;
    pthread_mutex_t mutex; /* guards what follows, and what is in workers */
    unsigned threads;
    size_t workers;
    GQueue ready;         /* workers, in their turn */
    struct due due;       /* workers that pause */
    struct seat *watcher; /* of the idle thread that waits for the first pause's end; NULL: none does */
    struct seat *idle;    /* of the other ones, the last that came first */
    bool coming;          /* a thread was called or started, and has not seen yet what there is to do */
    bool stopping;
    bool has_ended;
    pthread_t ended; /* the last thread that ended, which is to be joined */
    pthread_cond_t left;
};

/* All of these with the pool's mutex held. */

/* Sees to it that a thread comes when a worker is ready or a pause is not watched: after every such
 * change, but those of a thread that goes on to see for itself. */
void pool_call(struct pool *pool);
/* Has a worker that sleeps pause. */
void pool_pause(struct pool *pool, struct worker *worker, int64_t milliseconds);
/* Frees a worker that sleeps. */
void pool_discard(struct pool *pool, struct worker *worker);
/* Makes a worker ready that sleeps. */
void worker_make_ready(struct worker *worker);
/* Does a step of a worker that was taken out of `ready`, without the mutex in between, and what its
 * answer asks for. The worker may be gone then. */
void worker_work(struct worker *worker);

#endif
