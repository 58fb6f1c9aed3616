#include <pthread.h>

#include "jobs/worker.h"
#include "unit.h"

/* What a step does, turn by turn, and how often it was called. */
struct script {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int left, calls, failures;
};

static int64_t play(void *context)
{
    struct script *script = context;
    (void)pthread_mutex_lock(&script->mutex);
    script->calls++;
    int64_t pause = WORKER_IDLE;
    if (script->failures > 0) {
        script->failures--;
        pause = 20;
    } else if (script->left > 0) {
        script->left--;
        pause = WORKER_MORE;
    }
    (void)pthread_cond_broadcast(&script->changed);
    (void)pthread_mutex_unlock(&script->mutex);
    return pause;
}

static void wait_until_done(struct script *script)
{
    (void)pthread_mutex_lock(&script->mutex);
    while (script->left > 0 || script->failures > 0)
        (void)pthread_cond_wait(&script->changed, &script->mutex);
    (void)pthread_mutex_unlock(&script->mutex);
}

static void add_work(struct script *script, struct worker *worker, int steps)
{
    (void)pthread_mutex_lock(&script->mutex);
    script->left += steps;
    (void)pthread_mutex_unlock(&script->mutex);
    worker_wake(worker);
}

static struct script new_script(int left, int failures)
{
    return (struct script){.mutex = PTHREAD_MUTEX_INITIALIZER,
                           .changed = PTHREAD_COND_INITIALIZER,
                           .left = left,
                           .failures = failures};
}

START_TEST(work_that_was_left_is_done_without_a_wake)
{
    struct script script = new_script(5, 0);
    struct worker *worker = worker_new(play, &script);
    ck_assert(worker_start(worker));
    wait_until_done(&script);
    worker_free(worker);
    ck_assert_int_ge(script.calls, 5);
}
END_TEST

START_TEST(each_wake_is_followed_by_a_step)
{
    struct script script = new_script(0, 0);
    struct worker *worker = worker_new(play, &script);
    ck_assert(worker_start(worker));
    for (int i = 0; i < 1000; i++) {
        add_work(&script, worker, 1);
        wait_until_done(&script);
    }
    worker_free(worker);
}
END_TEST

START_TEST(a_step_that_failed_is_tried_again)
{
    struct script script = new_script(1, 2);
    struct worker *worker = worker_new(play, &script);
    ck_assert(worker_start(worker));
    wait_until_done(&script);
    worker_free(worker);
    ck_assert_int_ge(script.calls, 3);
}
END_TEST

START_TEST(a_worker_ends_when_it_is_freed)
{
    worker_free(NULL);
    struct script script = new_script(1 << 30, 0);
    struct worker *worker = worker_new(play, &script);
    worker_wake(worker); /* before it is started */
    ck_assert(worker_start(worker));
    worker_free(worker);
    struct worker *never_started = worker_new(play, &script);
    worker_free(never_started);
}
END_TEST

Suite *jobs_suite(void)
{
    Suite *suite = suite_create("jobs");
    TCase *tests = tcase_create("jobs");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, work_that_was_left_is_done_without_a_wake);
    tcase_add_test(tests, each_wake_is_followed_by_a_step);
    tcase_add_test(tests, a_step_that_failed_is_tried_again);
    tcase_add_test(tests, a_worker_ends_when_it_is_freed);
    suite_add_tcase(suite, tests);
    return suite;
}
