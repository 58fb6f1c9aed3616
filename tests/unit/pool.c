#include "jobs/pool.h"

#include <glib.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "jobs/inside.h"
#include "unit.h"

/* A place where steps wait until it is opened. */
struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_open;
    unsigned inside, most_inside, passed;
};
#define GATE ((struct gate){.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER})

static int64_t pass(void *context)
{
    struct gate *gate = context;
    (void)pthread_mutex_lock(&gate->mutex);
    gate->inside++;
    gate->most_inside = MAX(gate->most_inside, gate->inside);
    (void)pthread_cond_broadcast(&gate->changed);
    while (!gate->is_open)
        (void)pthread_cond_wait(&gate->changed, &gate->mutex);
    gate->inside--;
    gate->passed++;
    (void)pthread_cond_broadcast(&gate->changed);
    (void)pthread_mutex_unlock(&gate->mutex);
    return WORKER_IDLE;
}

static void open_gate(struct gate *gate)
{
    (void)pthread_mutex_lock(&gate->mutex);
    gate->is_open = true;
    (void)pthread_cond_broadcast(&gate->changed);
    (void)pthread_mutex_unlock(&gate->mutex);
}

static void wait_for(struct gate *gate, const unsigned *counter, unsigned count)
{
    (void)pthread_mutex_lock(&gate->mutex);
    while (*counter < count)
        (void)pthread_cond_wait(&gate->changed, &gate->mutex);
    (void)pthread_mutex_unlock(&gate->mutex);
}

static unsigned threads_of(struct pool *pool)
{
    (void)pthread_mutex_lock(&pool->mutex);
    unsigned threads = pool->threads;
    (void)pthread_mutex_unlock(&pool->mutex);
    return threads;
}

/* True when a thread is idle that stays, and there are so many pauses. */
static bool is_watched(struct pool *pool, size_t pauses)
{
    (void)pthread_mutex_lock(&pool->mutex);
    bool is_watched = pool->watcher != NULL && pool->due.count == pauses;
    (void)pthread_mutex_unlock(&pool->mutex);
    return is_watched;
}

static void free_all(struct worker **workers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        worker_stop(workers[i]);
    for (size_t i = 0; i < count; i++)
        worker_free(workers[i]);
}

START_TEST(no_more_threads_than_allowed_and_idle_ones_end)
{
    struct pool *pool = pool_new(3);
    ck_assert_uint_eq(threads_of(pool), 1);
    struct gate gate = GATE;
    struct worker *workers[10];
    for (size_t i = 0; i < COUNT(workers); i++)
        worker_wake(workers[i] = worker_new(pool, pass, &gate));
    wait_for(&gate, &gate.inside, 3);
    ck_assert_uint_eq(threads_of(pool), 3);
    open_gate(&gate);
    wait_for(&gate, &gate.passed, COUNT(workers));
    ck_assert_uint_eq(gate.most_inside, 3);
    while (threads_of(pool) > 1)
        g_usleep(1000);
    gate.is_open = false; /* and come again when they are needed */
    for (size_t i = 0; i < 3; i++)
        worker_wake(workers[i]);
    wait_for(&gate, &gate.inside, 3);
    open_gate(&gate);
    free_all(workers, COUNT(workers));
    pool_free(pool);
}
END_TEST

/* A step that pauses at first, and then says that it was called again. */
struct pausing {
    int64_t pause;
    struct gate *gate;  /* before the pause */
    struct gate *again; /* after it */
};

static int64_t pause_once(void *context)
{
    struct pausing *pausing = context;
    int64_t pause = pausing->pause;
    pausing->pause = WORKER_IDLE;
    (void)pass(pause != WORKER_IDLE ? pausing->gate : pausing->again);
    return pause;
}

START_TEST(a_pause_ends_while_others_are_at_work)
{
    struct pool *pool = pool_new(2);
    struct gate open = GATE, again = GATE, blocked = GATE;
    open.is_open = again.is_open = true;
    struct pausing pausing = {.pause = 20, .gate = &open, .again = &again};
    struct worker *pauses = worker_new(pool, pause_once, &pausing),
                  *blocks = worker_new(pool, pass, &blocked);
    worker_wake(pauses);
    while (!is_watched(pool, 1) && again.passed == 0)
        g_usleep(100);
    worker_wake(blocks);
    wait_for(&blocked, &blocked.inside, 1);
    wait_for(&again, &again.passed, 1);
    open_gate(&blocked);
    worker_free(blocks);
    worker_free(pauses);
    pool_free(pool);
}
END_TEST

START_TEST(a_shorter_pause_ends_before_a_longer_one_that_is_watched)
{
    struct pool *pool = pool_new(2);
    struct gate open = GATE, again = GATE, gate = GATE;
    open.is_open = again.is_open = true;
    struct pausing longer = {.pause = 3600000, .gate = &open, .again = &again},
                   shorter = {.pause = 20, .gate = &gate, .again = &again};
    struct worker *for_long = worker_new(pool, pause_once, &longer),
                  *shortly = worker_new(pool, pause_once, &shorter);
    worker_wake(shortly);
    wait_for(&gate, &gate.inside, 1);
    worker_wake(for_long);
    while (!is_watched(pool, 1))
        g_usleep(100);
    open_gate(&gate);
    wait_for(&again, &again.passed, 1);
    ck_assert_int_eq(shorter.pause, WORKER_IDLE);
    worker_free(shortly);
    worker_free(for_long);
    pool_free(pool);
}
END_TEST

/* Steps on one thread, which write down when their pauses begin and in which order these end. */
struct napper {
    struct naps *naps;
    struct worker *worker;
    int64_t pause, began, began_at_last; /* the pause: not before, and not after */
    bool napped;
};
struct naps {
    struct gate *done;
    struct napper list[60];
    struct napper *last, *order[60];
    size_t count;
};

static int64_t nap(void *context)
{
    struct napper *napper = context;
    struct naps *naps = napper->naps;
    if (naps->last != NULL)
        naps->last->began_at_last = clock_microseconds();
    naps->last = NULL;
    if (napper->napped) {
        naps->order[naps->count++] = napper;
        return naps->count == COUNT(naps->list) ? pass(naps->done) : WORKER_IDLE;
    }
    napper->napped = true;
    naps->last = napper;
    napper->began = clock_microseconds();
    return napper->pause;
}

START_TEST(pauses_end_in_the_order_of_their_ends)
{
    struct gate done = GATE;
    done.is_open = true;
    struct naps naps = {.done = &done};
    struct pool *pool = pool_new(1);
    for (size_t i = 0; i < COUNT(naps.list); i++) {
        struct napper *napper = &naps.list[i];
        *napper = (struct napper){.naps = &naps, .pause = 1 + (int64_t)(i * 37 % 60) * 5};
        napper->worker = worker_new(pool, nap, napper);
        worker_wake(napper->worker);
    }
    wait_for(&done, &done.passed, 1);
    for (size_t i = 0; i < COUNT(naps.list); i++)
        worker_free(naps.list[i].worker);
    pool_free(pool);
    for (size_t i = 1; i < COUNT(naps.order); i++) {
        const struct napper *before = naps.order[i - 1], *after = naps.order[i];
        ck_assert_int_le(before->began + before->pause * 1000,
                         after->began_at_last + after->pause * 1000);
    }
}
END_TEST

START_TEST(the_first_that_is_due_is_always_known)
{
    enum { WORKERS = 300, ROUNDS = 20000 };
    struct worker *workers = g_new0(struct worker, WORKERS);
    bool *is_in = g_new0(bool, WORKERS);
    GRand *random = g_rand_new_with_seed(7);
    struct due due = {.heap = NULL};
    ck_assert_ptr_null(due_first(&due));
    size_t count = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int i = g_rand_int_range(random, 0, WORKERS);
        if (is_in[i]) {
            due_remove(&due, &workers[i]);
            count--;
        } else {
            workers[i].due = g_rand_int_range(random, 0, 1000);
            due_add(&due, &workers[i]);
            count++;
        }
        is_in[i] = !is_in[i];
        int64_t least = INT64_MAX;
        for (int k = 0; k < WORKERS; k++)
            least = is_in[k] ? MIN(least, workers[k].due) : least;
        ck_assert_uint_eq(due.count, count);
        const struct worker *first = due_first(&due);
        ck_assert_int_eq(first != NULL ? first->due : INT64_MAX, least);
    }
    due_clear(&due);
    g_rand_free(random);
    g_free(is_in);
    g_free(workers);
}
END_TEST

static int64_t pause_for_an_hour(void *context)
{
    (void)pass(context);
    return 3600000;
}

START_TEST(thousands_of_workers_are_small_and_share_threads)
{
    enum { WORKERS = 2000 };
    ck_assert_uint_lt(sizeof(struct worker), 150);
    struct gate gate = GATE;
    gate.is_open = true;
    struct pool *pool = pool_new(2);
    struct worker **workers = must_alloc(WORKERS * sizeof *workers);
    for (size_t i = 0; i < WORKERS; i++)
        workers[i] = worker_new(pool, i % 2 == 0 ? pass : pause_for_an_hour, &gate);
    for (unsigned round = 1; round <= 3; round++) {
        for (size_t i = 0; i < WORKERS; i++)
            worker_wake(workers[i]);
        wait_for(&gate, &gate.passed, round * WORKERS);
    }
    ck_assert_uint_le(threads_of(pool), 2);
    ck_assert_uint_le(gate.most_inside, 2);
    free_all(workers, WORKERS);
    free(workers);
    pool_free(pool);
}
END_TEST

/* Its worker is nobody's: it pauses until the pool is to end. */
struct hermit {
    struct worker *worker;
    struct gate *gate;
};

static int64_t pause_until_the_end(void *context)
{
    const struct hermit *hermit = context;
    (void)pass(hermit->gate);
    return worker_is_stopping(hermit->worker) ? WORKER_ENDED : 3600000;
}

START_TEST(a_pool_that_is_freed_cuts_the_pauses_of_workers_that_end_themselves)
{
    struct gate gate = GATE;
    gate.is_open = true;
    struct pool *pool = pool_new(2);
    struct hermit hermits[20];
    for (size_t i = 0; i < COUNT(hermits); i++) {
        hermits[i] = (struct hermit){worker_new(pool, pause_until_the_end, &hermits[i]), &gate};
        worker_wake(hermits[i].worker);
    }
    wait_for(&gate, &gate.passed, COUNT(hermits));
    pool_free(pool);
    ck_assert_uint_ge(gate.passed,
                      2 * COUNT(hermits) - 2); /* two may have seen it in their first step */
    pool_free(NULL);
}
END_TEST

/* Has asked whether it is to end right before it is; and is asked again, whatever it says. */
static int64_t pause_too_late(void *context)
{
    const struct hermit *hermit = context;
    bool is_stopping = worker_is_stopping(hermit->worker);
    (void)pass(hermit->gate);
    while (!worker_is_stopping(hermit->worker))
        g_usleep(100);
    return is_stopping ? WORKER_ENDED : 3600000;
}

START_TEST(a_pause_that_begins_when_the_pool_is_freed_is_cut)
{
    struct gate gate = GATE;
    gate.is_open = true;
    struct pool *pool = pool_new(1);
    struct hermit hermit = {worker_new(pool, pause_too_late, &hermit), &gate};
    worker_wake(hermit.worker);
    wait_for(&gate, &gate.passed, 1);
    pool_free(pool);
    ck_assert_uint_eq(gate.passed, 2);
}
END_TEST

/* Ends when the pool is to end, and another thread has nothing to do. */
struct last {
    struct pool *pool;
    struct worker *worker;
};

static int64_t end_last(void *context)
{
    const struct last *last = context;
    while (!worker_is_stopping(last->worker) || !is_watched(last->pool, 0))
        g_usleep(100);
    return WORKER_ENDED;
}

START_TEST(idle_threads_end_with_the_last_worker)
{
    struct gate gate = GATE;
    struct pool *pool = pool_new(2);
    struct worker *workers[2];
    for (size_t i = 0; i < COUNT(workers); i++)
        worker_wake(workers[i] = worker_new(pool, pass, &gate));
    wait_for(&gate, &gate.inside, 2);
    struct last last = {.pool = pool};
    last.worker = worker_new(pool, end_last, &last);
    worker_wake(last.worker);
    open_gate(&gate);
    free_all(workers, COUNT(workers));
    pool_free(pool);
}
END_TEST

TCase *pool_tests(void)
{
    TCase *tests = tcase_create("pool");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, no_more_threads_than_allowed_and_idle_ones_end);
    tcase_add_test(tests, a_pause_ends_while_others_are_at_work);
    tcase_add_test(tests, a_shorter_pause_ends_before_a_longer_one_that_is_watched);
    tcase_add_test(tests, pauses_end_in_the_order_of_their_ends);
    tcase_add_test(tests, the_first_that_is_due_is_always_known);
    tcase_add_test(tests, thousands_of_workers_are_small_and_share_threads);
    tcase_add_test(tests, a_pool_that_is_freed_cuts_the_pauses_of_workers_that_end_themselves);
    tcase_add_test(tests, a_pause_that_begins_when_the_pool_is_freed_is_cut);
    tcase_add_test(tests, idle_threads_end_with_the_last_worker);
    return tests;
}
