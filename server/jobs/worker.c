#include "jobs/worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"

struct worker {
    worker_step *step;
    void *context;
    pthread_t thread;
    bool started;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool woken, stopping;
};

struct worker *worker_new(worker_step *step, void *context)
{
    struct worker *worker = must_alloc(sizeof *worker);
    *worker = (struct worker){.step = step, .context = context};
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&worker->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)pthread_mutex_init(&worker->mutex, NULL);
    return worker;
}

static struct timespec time_after(int64_t milliseconds)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_nsec += milliseconds % 1000 * 1000000;
    time.tv_sec += milliseconds / 1000 + time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

/* Waits as the last step asked for. False when the worker is to end. */
static bool wait_for_work(struct worker *worker, int64_t pause)
{
    (void)pthread_mutex_lock(&worker->mutex);
    struct timespec end = time_after(pause > 0 ? pause : 0);
    int timed_out = 0;
    while (pause != WORKER_MORE && !worker->woken && !worker->stopping && timed_out == 0) {
        if (pause == WORKER_IDLE)
            (void)pthread_cond_wait(&worker->changed, &worker->mutex);
        else
            timed_out = pthread_cond_timedwait(&worker->changed, &worker->mutex, &end);
    }
    worker->woken = false;
    bool go_on = !worker->stopping;
    (void)pthread_mutex_unlock(&worker->mutex);
    return go_on;
}

static void *run(void *argument)
{
    struct worker *worker = argument;
    int64_t pause = WORKER_MORE; /* a store may come with unfinished work */
    while (wait_for_work(worker, pause))
        pause = worker->step(worker->context);
    return NULL;
}

bool worker_start(struct worker *worker)
{
    worker->started = pthread_create(&worker->thread, NULL, run, worker) == 0;
    return worker->started;
}

static void set_and_signal(struct worker *worker, bool *flag)
{
    (void)pthread_mutex_lock(&worker->mutex);
    *flag = true;
    (void)pthread_cond_signal(&worker->changed);
    (void)pthread_mutex_unlock(&worker->mutex);
}

void worker_wake(struct worker *worker)
{
    if (worker != NULL)
        set_and_signal(worker, &worker->woken);
}

void workers_wake(struct worker *const *workers)
{
    for (; workers != NULL && *workers != NULL; workers++)
        worker_wake(*workers);
}

bool worker_is_stopping(struct worker *worker)
{
    (void)pthread_mutex_lock(&worker->mutex);
    bool is_stopping = worker->stopping;
    (void)pthread_mutex_unlock(&worker->mutex);
    return is_stopping;
}

void worker_stop(struct worker *worker)
{
    set_and_signal(worker, &worker->stopping);
}

void worker_free(struct worker *worker)
{
    if (worker == NULL)
        return;
    worker_stop(worker);
    if (worker->started)
        (void)pthread_join(worker->thread, NULL);
    (void)pthread_cond_destroy(&worker->changed);
    (void)pthread_mutex_destroy(&worker->mutex);
    free(worker);
}
