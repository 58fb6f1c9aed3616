/* Written on pthreads, not on GLib's pool of threads: ThreadSanitizer cannot see how GLib hands work
 * from thread to thread, and would neither find our races nor believe that there are none.
 *
 * An idle thread sits where it can be called. One of them, the watcher, waits for the end of the first
 * pause, and stays however long it is idle. Of the others the last that came is called first, so that
 * those too many grow old and end. Only one thread is called or started at a time: when it comes it
 * calls the next, if there is still work for it. So many short steps do not start many threads. */
#include "jobs/pool.h"

#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "jobs/inside.h"

static const int64_t idle_microseconds = 2000000; /* that a thread is kept for; one costs 50 to start */

static void init_monotonic(pthread_cond_t *changed)
{
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

/* True when no worker is left, and none is to come. */
static bool is_over(const struct pool *pool)
{
    return pool->stopping && pool->workers == 0;
}

static void send_home_when_over(struct pool *pool)
{
    if (!is_over(pool))
        return;
    if (pool->watcher != NULL)
        (void)pthread_cond_signal(&pool->watcher->changed);
    for (struct seat *seat = pool->idle; seat != NULL; seat = seat->next)
        (void)pthread_cond_signal(&seat->changed);
}

/* Waits for a signal, or until that time of clock_microseconds. False when it has come. */
static bool wait_until(struct pool *pool, struct seat *seat, int64_t end)
{
    const struct timespec time = {.tv_sec = end / 1000000, .tv_nsec = end % 1000000 * 1000};
    return pthread_cond_timedwait(&seat->changed, &pool->mutex, &time) == 0;
}

/* Until called; or, beyond the first, until it has been idle for long. */
static void wait_idle(struct pool *pool, struct seat *seat)
{
    int64_t end = clock_microseconds() + idle_microseconds;
    seat->next = pool->idle;
    pool->idle = seat;
    while (!seat->called && !is_over(pool) && wait_until(pool, seat, end))
        ;
    struct seat **place = &pool->idle;
    while (!seat->called && *place != seat)
        place = &(*place)->next;
    if (!seat->called)
        *place = seat->next;
}

/* Until called, or until a pause ends. */
static void watch(struct pool *pool, struct seat *seat)
{
    bool waits = true;
    seat->next = NULL;
    pool->watcher = seat;
    while (!seat->called && !is_over(pool) && waits) {
        const struct worker *first = due_first(&pool->due);
        if (first != NULL)
            waits = wait_until(pool, seat, first->due);
        else
            (void)pthread_cond_wait(&seat->changed, &pool->mutex);
    }
    if (!seat->called)
        pool->watcher = NULL;
}

/* Waits for something to do. False when the thread is not needed any more. */
static bool sit(struct pool *pool, struct seat *seat)
{
    bool watches = pool->watcher == NULL;
    seat->called = false;
    if (watches)
        watch(pool, seat);
    else
        wait_idle(pool, seat);
    if (seat->called)
        pool->coming = false;
    return seat->called || watches;
}

static void end_pauses(struct pool *pool, int64_t now)
{
    struct worker *worker;
    while ((worker = due_first(&pool->due)) != NULL && worker->due <= now) {
        due_remove(&pool->due, worker);
        worker_make_ready(worker);
    }
}

/* The worker whose turn it is, which is taken out of the line; NULL: the thread is to end. */
static struct worker *next_worker(struct pool *pool, struct seat *seat)
{
    do {
        if (pool->due.count > 0)
            end_pauses(pool, clock_microseconds());
        GList *link = g_queue_pop_head_link(&pool->ready);
        if (link != NULL) {
            pool_call(pool);
            return link->data;
        }
    } while (!is_over(pool) && sit(pool, seat));
    return NULL;
}

/* Each thread that ends joins the one that ended before it; pool_free joins the last. */
static void leave(struct pool *pool)
{
    bool is_first = !pool->has_ended;
    pthread_t before = pool->ended;
    pool->ended = pthread_self();
    pool->has_ended = true;
    if (--pool->threads == 0)
        (void)pthread_cond_signal(&pool->left);
    (void)pthread_mutex_unlock(&pool->mutex);
    if (!is_first)
        (void)pthread_join(before, NULL);
}

static void *run(void *argument)
{
    struct pool *pool = argument;
    struct seat seat;
    init_monotonic(&seat.changed);
    (void)pthread_mutex_lock(&pool->mutex);
    pool->coming = false;
    struct worker *worker;
    while ((worker = next_worker(pool, &seat)) != NULL)
        worker_work(worker);
    leave(pool);
    (void)pthread_cond_destroy(&seat.changed);
    return NULL;
}

/* Starts one, if there may be one more and the system gives it. */
static void start_thread(struct pool *pool)
{
    pthread_t thread;
    if (pool->threads == pool->most_threads || pthread_create(&thread, NULL, run, pool) != 0)
        return;
    pool->threads++;
    pool->coming = true;
}

void pool_call(struct pool *pool)
{
    bool is_unwatched = pool->due.count > 0 && pool->watcher == NULL;
    if (pool->coming || (pool->ready.length == 0 && !is_unwatched))
        return;
    struct seat **place = pool->idle != NULL ? &pool->idle : &pool->watcher, *seat = *place;
    if (seat == NULL) {
        start_thread(pool);
        return;
    }
    *place = seat->next;
    seat->called = true;
    pool->coming = true;
    (void)pthread_cond_signal(&seat->changed);
}

void pool_pause(struct pool *pool, struct worker *worker, int64_t milliseconds)
{
    worker->state = WORKER_PAUSES;
    worker->due = clock_microseconds() + milliseconds * 1000;
    due_add(&pool->due, worker);
    if (due_first(&pool->due) == worker && pool->watcher != NULL)
        (void)pthread_cond_signal(&pool->watcher->changed); /* it waits for a later one */
}

void pool_discard(struct pool *pool, struct worker *worker)
{
    free(worker);
    pool->workers--;
    send_home_when_over(pool);
}

struct pool *pool_new(unsigned most_threads)
{
    struct pool *pool = must_alloc(sizeof *pool);
    *pool = (struct pool){.most_threads = most_threads, .ready = G_QUEUE_INIT};
    (void)pthread_mutex_init(&pool->mutex, NULL);
    (void)pthread_cond_init(&pool->left, NULL);
    (void)pthread_mutex_lock(&pool->mutex);
    start_thread(pool);
    bool started = pool->threads > 0;
    (void)pthread_mutex_unlock(&pool->mutex);
    if (started)
        return pool;
    (void)pthread_cond_destroy(&pool->left);
    (void)pthread_mutex_destroy(&pool->mutex);
    free(pool);
    return NULL;
}

void pool_free(struct pool *pool)
{
    if (pool == NULL)
        return;
    (void)pthread_mutex_lock(&pool->mutex);
    pool->stopping = true;
    end_pauses(pool, INT64_MAX);
    pool_call(pool);
    send_home_when_over(pool);
    while (pool->threads > 0)
        (void)pthread_cond_wait(&pool->left, &pool->mutex);
    (void)pthread_mutex_unlock(&pool->mutex);
    (void)pthread_join(pool->ended, NULL);
    due_clear(&pool->due);
    (void)pthread_cond_destroy(&pool->left);
    (void)pthread_mutex_destroy(&pool->mutex);
    free(pool);
}
