#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "jobs/worker.h"
#include "unit.h"

/* Many threads that make, wake, stop and free workers, whose steps answer anything. */
struct hammered {
    atomic_int at_work;
    atomic_bool is_freed;
    atomic_uint *faults;
    atomic_uint seed;
};

struct hammer {
    pthread_t thread;
    struct pool *pool;
    struct worker **shared;
    guint32 seed;
    atomic_uint faults, one_offs;
};

static int64_t any_answer(void *context)
{
    static const int64_t answers[] = {WORKER_MORE, WORKER_IDLE, 1, 2,
                                      WORKER_MORE, WORKER_IDLE, 3, 3600000};
    struct hammered *hammered = context;
    if (atomic_fetch_add(&hammered->at_work, 1) != 0 || atomic_load(&hammered->is_freed))
        atomic_fetch_add(hammered->faults, 1);
    unsigned turn = atomic_fetch_add(&hammered->seed, 1);
    atomic_fetch_sub(&hammered->at_work, 1);
    return answers[turn * 2654435761U >> 29];
}

static int64_t end_soon(void *context)
{
    struct hammered *hammered = context;
    if (atomic_fetch_sub(&hammered->seed, 1) > 1)
        return WORKER_MORE;
    atomic_fetch_sub(hammered->faults, 1);
    free(hammered);
    return WORKER_ENDED;
}

static void *hammer(void *argument)
{
    enum { ROUNDS = 3000, OWN = 8, SHARED = 8 };
    struct hammer *hammer = argument;
    GRand *random = g_rand_new_with_seed(hammer->seed);
    struct hammered own[OWN];
    struct worker *workers[OWN] = {NULL};
    for (int round = 0; round < ROUNDS; round++) {
        int i = g_rand_int_range(random, 0, OWN), what = g_rand_int_range(random, 0, 8);
        worker_wake(hammer->shared[g_rand_int_range(random, 0, SHARED)]);
        if (workers[i] == NULL) {
            own[i] = (struct hammered){.faults = &hammer->faults, .seed = g_rand_int(random)};
            workers[i] = worker_new(hammer->pool, any_answer, &own[i]);
        } else if (what < 5) {
            worker_wake(workers[i]);
        } else if (what == 5) {
            worker_stop(workers[i]);
        } else if (what == 6) {
            worker_free(workers[i]);
            atomic_store(&own[i].is_freed, true);
            workers[i] = NULL;
        } else {
            struct hammered *once = must_alloc(sizeof *once);
            *once = (struct hammered){.faults = &hammer->one_offs, .seed = 3};
            atomic_fetch_add(&hammer->one_offs, 1);
            worker_wake(worker_new(hammer->pool, end_soon, once));
        }
    }
    for (int i = 0; i < OWN; i++)
        worker_free(workers[i]);
    g_rand_free(random);
    return NULL;
}

START_TEST(workers_stand_whatever_many_threads_do)
{
    struct pool *pool = pool_new(4);
    struct hammer hammers[6] = {{.pool = NULL}};
    struct hammered shared[8];
    struct worker *workers[8];
    atomic_uint faults = 0;
    for (size_t i = 0; i < COUNT(workers); i++) {
        shared[i] = (struct hammered){.faults = &faults, .seed = (unsigned)i};
        workers[i] = worker_new(pool, any_answer, &shared[i]);
    }
    for (size_t i = 0; i < COUNT(hammers); i++) {
        hammers[i].pool = pool;
        hammers[i].shared = workers;
        hammers[i].seed = (guint32)i;
        ck_assert_int_eq(pthread_create(&hammers[i].thread, NULL, hammer, &hammers[i]), 0);
    }
    for (size_t i = 0; i < COUNT(hammers); i++)
        ck_assert_int_eq(pthread_join(hammers[i].thread, NULL), 0);
    for (size_t i = 0; i < COUNT(workers); i++)
        worker_free(workers[i]);
    pool_free(pool);
    ck_assert_uint_eq(atomic_load(&faults), 0);
    for (size_t i = 0; i < COUNT(hammers); i++) {
        ck_assert_uint_eq(atomic_load(&hammers[i].faults), 0);
        ck_assert_uint_eq(atomic_load(&hammers[i].one_offs), 0);
    }
}
END_TEST

TCase *hammer_tests(void)
{
    TCase *tests = tcase_create("hammer");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, workers_stand_whatever_many_threads_do);
    return tests;
}
