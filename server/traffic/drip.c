#include "traffic/drip.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "jobs/worker.h"

enum { LOOK = 250 /* milliseconds after which it is asked again whether it is cut */ };

struct drip {
    struct drip_plan plan;
    struct source source;
    pthread_mutex_t mutex; /* guards what follows */
    struct worker *worker; /* NULL: it comes at once, or the pool has ended */
    struct waker *waker;   /* NULL: it has not been asked, or is over */
    size_t given, allowed; /* bytes */
    int64_t due;           /* when more are allowed, by clock_microseconds */
    bool is_cut;
};

static size_t least(size_t one, size_t other)
{
    return one < other ? one : other;
}

static ptrdiff_t give(void *context, struct waker *waker, char *buffer, size_t size)
{
    struct drip *drip = context;
    const struct drip_plan *plan = &drip->plan;
    (void)pthread_mutex_lock(&drip->mutex);
    drip->waker = waker;
    size_t count = drip->is_cut ? 0 : least(drip->allowed - drip->given, size);
    memcpy(buffer, plan->body + drip->given, count);
    drip->given += count;
    bool breaks = drip->is_cut || (count == 0 && drip->given == plan->most);
    (void)pthread_mutex_unlock(&drip->mutex);
    return breaks ? SOURCE_BREAKS : count > 0 ? (ptrdiff_t)count : SOURCE_RESTS;
}

/* Allows what is due, under the lock. True when there is something new. */
static bool allow(struct drip *drip, int64_t now)
{
    if (now < drip->due)
        return false;
    drip->allowed = least(drip->allowed + drip->plan.bytes, drip->plan.most);
    drip->due += drip->plan.every * 1000;
    return true;
}

/* It never sleeps, but pauses or ends: a pool that ends waits for its workers, and a client need not
 * read. */
static int64_t step(void *context)
{
    struct drip *drip = context;
    const struct drip_plan *plan = &drip->plan;
    bool is_cut = plan->is_cut(plan->context);
    (void)pthread_mutex_lock(&drip->mutex);
    struct worker *worker = drip->worker; /* NULL: `end` waits for this step, and frees it */
    int64_t now = clock_microseconds();
    drip->is_cut = is_cut || worker == NULL || worker_is_stopping(worker);
    if ((allow(drip, now) || drip->is_cut) && drip->waker != NULL)
        drip->waker->wake(drip->waker);
    int64_t pause = (drip->due - now + 999) / 1000;
    pause = pause <= 0 ? WORKER_MORE : pause < LOOK ? pause : LOOK;
    if (drip->is_cut || drip->allowed == plan->most) {
        pause = worker != NULL ? WORKER_ENDED : WORKER_IDLE;
        drip->worker = NULL;
    }
    (void)pthread_mutex_unlock(&drip->mutex);
    return pause;
}

static void end(void *context)
{
    struct drip *drip = context;
    (void)pthread_mutex_lock(&drip->mutex);
    struct worker *worker = drip->worker;
    drip->worker = NULL;
    drip->waker = NULL;
    (void)pthread_mutex_unlock(&drip->mutex);
    worker_free(worker);
    (void)pthread_mutex_destroy(&drip->mutex);
    drip->plan.end(drip->plan.context);
}

const struct source *drip_new(const struct drip_plan *plan, struct arena *arena)
{
    struct drip *drip = arena_alloc(arena, sizeof *drip);
    *drip = (struct drip){.plan = *plan,
                          .source = {.context = drip, .has_length = true, .read = give, .end = end},
                          .allowed = plan->bytes > 0 ? least(plan->bytes, plan->most) : plan->most,
                          .due = clock_microseconds() + plan->every * 1000};
    if (plan->bytes > 0) {
        drip->worker = plan->new_worker(plan->context, step, drip);
        if (drip->worker == NULL)
            return NULL;
    }
    (void)pthread_mutex_init(&drip->mutex, NULL);
    worker_wake(drip->worker);
    return &drip->source;
}
