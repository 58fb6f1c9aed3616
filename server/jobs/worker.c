#include "jobs/worker.h"

#include "base/arena.h"
#include "jobs/inside.h"

struct worker *worker_new(struct pool *pool, worker_step *step, void *context)
{
    struct worker *worker = must_alloc(sizeof *worker);
    *worker = (struct worker){.pool = pool, .step = step, .context = context, .link = {.data = worker}};
    (void)pthread_mutex_lock(&pool->mutex);
    pool->workers++;
    (void)pthread_mutex_unlock(&pool->mutex);
    return worker;
}

void worker_make_ready(struct worker *worker)
{
    worker->state = WORKER_IS_READY;
    g_queue_push_tail_link(&worker->pool->ready, &worker->link);
}

/* Ends the wait for a turn or for a pause's end. */
static void withdraw(struct worker *worker)
{
    if (worker->state == WORKER_IS_READY)
        g_queue_unlink(&worker->pool->ready, &worker->link);
    if (worker->state == WORKER_PAUSES)
        due_remove(&worker->pool->due, worker);
    if (worker->state != WORKER_WORKS)
        worker->state = WORKER_SLEEPS;
}

void worker_work(struct worker *worker)
{
    struct pool *pool = worker->pool;
    worker->state = WORKER_WORKS;
    worker->woken = false;
    (void)pthread_mutex_unlock(&pool->mutex);
    int64_t pause = worker->step(worker->context);
    (void)pthread_mutex_lock(&pool->mutex);
    worker->state = WORKER_SLEEPS;
    if (worker->awaited != NULL)
        (void)pthread_cond_signal(worker->awaited);
    else if (pause == WORKER_ENDED)
        pool_discard(pool, worker);
    else if (worker->stopping)
        return;
    else if (worker->woken || pause == WORKER_MORE || (pause > 0 && pool->stopping))
        worker_make_ready(worker); /* a pause that begins when the pool has cut all that were */
    else if (pause > 0)
        pool_pause(pool, worker, pause);
}

void worker_wake(struct worker *worker)
{
    if (worker == NULL)
        return;
    struct pool *pool = worker->pool;
    (void)pthread_mutex_lock(&pool->mutex);
    worker->woken = true;
    if (!worker->stopping && (worker->state == WORKER_SLEEPS || worker->state == WORKER_PAUSES)) {
        withdraw(worker);
        worker_make_ready(worker);
        pool_call(pool);
    }
    (void)pthread_mutex_unlock(&pool->mutex);
}

void workers_wake(struct worker *const *workers)
{
    for (; workers != NULL && *workers != NULL; workers++)
        worker_wake(*workers);
}

bool worker_is_stopping(struct worker *worker)
{
    (void)pthread_mutex_lock(&worker->pool->mutex);
    bool is_stopping = worker->stopping || worker->pool->stopping;
    (void)pthread_mutex_unlock(&worker->pool->mutex);
    return is_stopping;
}

void worker_stop(struct worker *worker)
{
    (void)pthread_mutex_lock(&worker->pool->mutex);
    worker->stopping = true;
    withdraw(worker);
    (void)pthread_mutex_unlock(&worker->pool->mutex);
}

static void wait_for_step(struct worker *worker)
{
    pthread_cond_t stepped = PTHREAD_COND_INITIALIZER;
    worker->awaited = &stepped;
    while (worker->state == WORKER_WORKS)
        (void)pthread_cond_wait(&stepped, &worker->pool->mutex);
    (void)pthread_cond_destroy(&stepped);
}

void worker_free(struct worker *worker)
{
    if (worker == NULL)
        return;
    struct pool *pool = worker->pool;
    (void)pthread_mutex_lock(&pool->mutex);
    worker->stopping = true;
    withdraw(worker);
    wait_for_step(worker);
    pool_discard(pool, worker);
    (void)pthread_mutex_unlock(&pool->mutex);
}
