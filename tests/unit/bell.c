#include <pthread.h>

#include "jobs/bell.h"
#include "unit.h"

/* How many steps a worker has done. */
struct count {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int steps;
};

static int64_t count_step(void *context)
{
    struct count *count = context;
    (void)pthread_mutex_lock(&count->mutex);
    count->steps++;
    (void)pthread_cond_broadcast(&count->changed);
    (void)pthread_mutex_unlock(&count->mutex);
    return WORKER_IDLE;
}

static void wait_for(struct count *count, int steps)
{
    (void)pthread_mutex_lock(&count->mutex);
    while (count->steps < steps)
        (void)pthread_cond_wait(&count->changed, &count->mutex);
    (void)pthread_mutex_unlock(&count->mutex);
}

/* On one thread workers step in the order in which they were woken: when the last has, none before it
 * is to come. */
START_TEST(a_bell_wakes_those_who_wait_for_it)
{
    enum { WORKERS = 20 };
    struct count counts[WORKERS];
    struct worker *workers[WORKERS];
    struct bell bell;
    struct pool *pool = pool_new(1);
    ck_assert_ptr_nonnull(pool);
    bell_init(&bell);
    bell_ring(&bell);
    for (size_t i = 0; i < WORKERS; i++) {
        counts[i] =
            (struct count){.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
        workers[i] = worker_new(pool, count_step, &counts[i]);
        bell_add(&bell, workers[i]);
    }
    bell_ring(&bell);
    for (size_t i = 0; i < WORKERS; i++)
        wait_for(&counts[i], 1);
    for (size_t i = 0; i < WORKERS; i += 2) {
        bell_remove(&bell, workers[i]);
        bell_remove(&bell, workers[i]);
    }
    bell_ring(&bell);
    for (size_t i = 1; i < WORKERS; i += 2)
        wait_for(&counts[i], 2);
    for (size_t i = 0; i < WORKERS; i++) {
        worker_free(workers[i]);
        ck_assert_int_eq(counts[i].steps, 1 + (int)(i % 2));
    }
    bell_clear(&bell);
    pool_free(pool);
}
END_TEST

TCase *bell_tests(void)
{
    TCase *tests = tcase_create("bell");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, a_bell_wakes_those_who_wait_for_it);
    return tests;
}
