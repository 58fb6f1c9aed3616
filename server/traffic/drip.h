/* A body that is given out as slowly as is asked, or not to its end. */
#ifndef CRMOCK_TRAFFIC_DRIP_H
#define CRMOCK_TRAFFIC_DRIP_H

#include "base/exchange.h"
#include "jobs/worker.h"

struct drip_plan {
    const char *body; /* which lasts as long as the source */
    size_t most;      /* bytes of it, behind which the connection is closed; the length: all of it */
    size_t bytes;     /* at a time; 0: all at once */
    int64_t every;    /* milliseconds between them */
    /* Makes the worker that keeps the time, of one that does not come at once; NULL: there is none. */
    struct worker *(*new_worker)(void *context, worker_step *step, void *of);
    bool (*is_cut)(void *context); /* asked now and then: true ends it where it is */
    void (*end)(void *context);    /* once, when it is over */
    void *context;                 /* of all of them */
};

/* The source, in the arena. NULL: there is no worker for it; `end` is not called. */
MUSTCHECK const struct source *drip_new(const struct drip_plan *plan, struct arena *arena);

#endif
