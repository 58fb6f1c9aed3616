#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "jobs/worker.h"
#include "unit.h"

static const int64_t an_hour = 3600000;

/* What the steps of a worker do, and what they met. */
struct script {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int left, failures;     /* steps that ask for more, or for a short pause before */
    int64_t answer;         /* afterwards */
    bool holds;             /* each step waits until it is let go */
    int calls, ended;       /* steps that began, and that ended */
    struct worker *stopper; /* each step waits until this one is to end */
};

static struct script new_script(int left, int failures)
{
    return (struct script){.mutex = PTHREAD_MUTEX_INITIALIZER,
                           .changed = PTHREAD_COND_INITIALIZER,
                           .left = left,
                           .failures = failures,
                           .answer = WORKER_IDLE};
}

static int64_t answer_of(struct script *script)
{
    if (script->failures > 0)
        return script->failures--, 20;
    return script->left > 0 ? script->left--, WORKER_MORE : script->answer;
}

static int64_t play(void *context)
{
    struct script *script = context;
    (void)pthread_mutex_lock(&script->mutex);
    script->calls++;
    (void)pthread_cond_broadcast(&script->changed);
    while (script->holds)
        (void)pthread_cond_wait(&script->changed, &script->mutex);
    struct worker *stopper = script->stopper;
    (void)pthread_mutex_unlock(&script->mutex);
    while (stopper != NULL && !worker_is_stopping(stopper))
        ;
    (void)pthread_mutex_lock(&script->mutex);
    int64_t answer = answer_of(script);
    script->ended++;
    (void)pthread_cond_broadcast(&script->changed);
    (void)pthread_mutex_unlock(&script->mutex);
    return answer;
}

static void wait_until_done(struct script *script)
{
    (void)pthread_mutex_lock(&script->mutex);
    while (script->left > 0 || script->failures > 0)
        (void)pthread_cond_wait(&script->changed, &script->mutex);
    (void)pthread_mutex_unlock(&script->mutex);
}

static void wait_for(struct script *script, const int *counter, int count)
{
    (void)pthread_mutex_lock(&script->mutex);
    while (*counter < count)
        (void)pthread_cond_wait(&script->changed, &script->mutex);
    (void)pthread_mutex_unlock(&script->mutex);
}

static void let_go(struct script *script)
{
    (void)pthread_mutex_lock(&script->mutex);
    script->holds = false;
    (void)pthread_cond_broadcast(&script->changed);
    (void)pthread_mutex_unlock(&script->mutex);
}

static void add_work(struct script *script, struct worker *worker, int steps)
{
    (void)pthread_mutex_lock(&script->mutex);
    script->left += steps;
    (void)pthread_mutex_unlock(&script->mutex);
    worker_wake(worker);
}

static struct pool *new_pool(unsigned most_threads)
{
    struct pool *pool = pool_new(most_threads);
    ck_assert_ptr_nonnull(pool);
    return pool;
}

/* Has the pool do a step of another worker, behind all that is ready. With one thread, the steps before
 * have ended then. */
static void pass_by(struct pool *pool)
{
    struct script script = new_script(0, 0);
    struct worker *worker = worker_new(pool, play, &script);
    worker_wake(worker);
    wait_for(&script, &script.ended, 1);
    worker_free(worker);
}

START_TEST(a_worker_sleeps_until_it_is_woken)
{
    struct script script = new_script(5, 0);
    struct pool *pool = new_pool(1);
    struct worker *worker = worker_new(pool, play, &script);
    pass_by(pool);
    ck_assert_int_eq(script.calls, 0);
    worker_wake(worker);
    wait_until_done(&script);
    worker_free(worker);
    pool_free(pool);
    ck_assert_int_ge(script.calls, 5);
}
END_TEST

START_TEST(each_wake_is_followed_by_a_step)
{
    struct script script = new_script(0, 0);
    struct pool *pool = new_pool(2);
    struct worker *worker = worker_new(pool, play, &script);
    for (int i = 0; i < 1000; i++) {
        add_work(&script, worker, 1);
        wait_until_done(&script);
    }
    worker_free(worker);
    pool_free(pool);
}
END_TEST

START_TEST(all_workers_of_a_list_are_woken)
{
    struct script script = new_script(0, 0);
    struct pool *pool = new_pool(2);
    struct worker *workers[4] = {NULL};
    for (size_t i = 0; i < 3; i++)
        workers[i] = worker_new(pool, play, &script);
    workers_wake(NULL);
    workers_wake(workers);
    wait_for(&script, &script.ended, 3);
    for (size_t i = 0; i < COUNT(workers); i++)
        worker_free(workers[i]);
    pool_free(pool);
    ck_assert_int_eq(script.calls, 3);
}
END_TEST

START_TEST(a_step_that_failed_is_tried_again)
{
    struct script script = new_script(1, 2);
    struct pool *pool = new_pool(1);
    struct worker *worker = worker_new(pool, play, &script);
    worker_wake(worker);
    wait_until_done(&script);
    worker_free(worker);
    pool_free(pool);
    ck_assert_int_ge(script.calls, 3);
}
END_TEST

START_TEST(a_wake_ends_a_pause)
{
    struct script script = new_script(0, 0);
    script.answer = an_hour;
    struct pool *pool = new_pool(1);
    struct worker *worker = worker_new(pool, play, &script);
    for (int steps = 1; steps <= 100; steps++) {
        worker_wake(worker);
        wait_for(&script, &script.ended, steps);
        pass_by(pool); /* the pause has begun */
    }
    worker_free(worker);
    pool_free(pool);
    ck_assert_int_eq(script.calls, 100);
}
END_TEST

/* Whatever the step answers: what woke it may be what it has just looked for. */
START_TEST(a_wake_during_a_step_brings_another)
{
    const int64_t answers[] = {WORKER_IDLE, an_hour};
    struct pool *pool = new_pool(4);
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct script script = new_script(0, 0);
        script.answer = answers[i];
        script.holds = true;
        struct worker *worker = worker_new(pool, play, &script);
        worker_wake(worker);
        wait_for(&script, &script.calls, 1);
        worker_wake(worker);
        pass_by(pool);
        ck_assert_int_eq(script.calls, 1); /* not on two threads at once */
        let_go(&script);
        wait_for(&script, &script.ended, 2);
        worker_free(worker);
        ck_assert_int_eq(script.calls, 2);
    }
    pool_free(pool);
}
END_TEST

/* Who writes down in which order steps come. */
struct turns {
    struct script script;
    size_t count, next;
    struct turn {
        struct turns *turns;
        struct worker *worker;
        size_t number;
    } list[5];
    size_t order[200];
};

static int64_t take_turn(void *context)
{
    struct turn *turn = context;
    struct turns *turns = turn->turns;
    if (turns->next < COUNT(turns->order))
        turns->order[turns->next++] = turn->number;
    if (turns->next == COUNT(turns->order))
        return play(&turns->script);
    return WORKER_MORE;
}

START_TEST(those_that_always_want_more_take_turns)
{
    struct turns turns = {.script = new_script(0, 0)};
    struct script first = new_script(0, 0);
    first.holds = true;
    struct pool *pool = new_pool(1);
    struct worker *holder = worker_new(pool, play, &first);
    worker_wake(holder);
    wait_for(&first, &first.calls, 1);
    for (size_t i = 0; i < COUNT(turns.list); i++) {
        turns.list[i] = (struct turn){&turns, worker_new(pool, take_turn, &turns.list[i]), i};
        worker_wake(turns.list[i].worker);
    }
    let_go(&first);
    wait_for(&turns.script, &turns.script.ended, 1);
    for (size_t i = 0; i < COUNT(turns.list); i++)
        worker_free(turns.list[i].worker);
    worker_free(holder);
    pool_free(pool);
    for (size_t i = 0; i < COUNT(turns.order); i++)
        ck_assert_uint_eq(turns.order[i], i % COUNT(turns.list));
}
END_TEST

START_TEST(a_worker_ends_when_it_is_freed)
{
    worker_free(NULL);
    worker_wake(NULL);
    struct script script = new_script(1 << 30, 0);
    struct pool *pool = new_pool(2);
    struct worker *worker = worker_new(pool, play, &script);
    worker_wake(worker);
    wait_for(&script, &script.ended, 100);
    worker_free(worker);
    int calls = script.calls;
    pass_by(pool);
    ck_assert_int_eq(script.calls, calls);
    struct worker *never_woken = worker_new(pool, play, &script);
    worker_free(never_woken);
    pool_free(pool);
    ck_assert_int_eq(script.calls, calls);
}
END_TEST

START_TEST(a_free_waits_for_the_step_which_sees_it)
{
    const int64_t answers[] = {WORKER_IDLE, WORKER_MORE, an_hour, WORKER_ENDED};
    struct pool *pool = new_pool(2);
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct script script = new_script(0, 0);
        script.answer = answers[i];
        struct worker *worker = worker_new(pool, play, &script);
        script.stopper = worker;
        worker_wake(worker);
        wait_for(&script, &script.calls, 1);
        worker_free(worker);
        ck_assert_int_eq(script.ended, 1);
        ck_assert_int_eq(script.calls, 1);
    }
    pool_free(pool);
}
END_TEST

START_TEST(no_step_begins_after_a_stop)
{
    struct script pausing = new_script(0, 0), ready = new_script(0, 0), holding = new_script(0, 0);
    pausing.answer = an_hour;
    holding.holds = true;
    holding.answer = WORKER_MORE;
    struct pool *pool = new_pool(1);
    struct worker *pauses = worker_new(pool, play, &pausing),
                  *is_ready = worker_new(pool, play, &ready), *holds = worker_new(pool, play, &holding);
    worker_wake(pauses);
    wait_for(&pausing, &pausing.ended, 1);
    worker_wake(holds);
    wait_for(&holding, &holding.calls, 1);
    worker_wake(is_ready);
    ck_assert(!worker_is_stopping(pauses));
    worker_stop(pauses);
    worker_stop(is_ready);
    worker_stop(holds);
    ck_assert(worker_is_stopping(pauses));
    worker_wake(pauses);
    worker_wake(is_ready);
    worker_wake(holds);
    let_go(&holding);
    pass_by(pool);
    worker_free(pauses);
    worker_free(is_ready);
    worker_free(holds);
    pool_free(pool);
    ck_assert_int_eq(pausing.calls, 1);
    ck_assert_int_eq(ready.calls, 0);
    ck_assert_int_eq(holding.calls, 1);
}
END_TEST

/* Work of which nobody keeps the worker: its last step frees what is its own. */
struct one_off {
    struct script *script;
    int steps;
};

static int64_t work_once(void *context)
{
    struct one_off *work = context;
    (void)play(work->script);
    if (--work->steps > 0)
        return WORKER_MORE;
    free(work);
    return WORKER_ENDED;
}

START_TEST(a_worker_that_ends_itself_is_gone)
{
    enum { WORKERS = 200, STEPS = 3 };
    struct script script = new_script(0, 0);
    struct pool *pool = new_pool(2);
    for (int i = 0; i < WORKERS; i++) {
        struct one_off *work = must_alloc(sizeof *work);
        *work = (struct one_off){&script, STEPS};
        worker_wake(worker_new(pool, work_once, work));
    }
    pool_free(pool); /* waits for them */
    ck_assert_int_eq(script.calls / STEPS, WORKERS);
    ck_assert_int_eq(script.calls % STEPS, 0);
}
END_TEST

Suite *jobs_suite(void)
{
    Suite *suite = suite_create("jobs");
    TCase *tests = tcase_create("jobs");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, a_worker_sleeps_until_it_is_woken);
    tcase_add_test(tests, each_wake_is_followed_by_a_step);
    tcase_add_test(tests, all_workers_of_a_list_are_woken);
    tcase_add_test(tests, a_step_that_failed_is_tried_again);
    tcase_add_test(tests, a_wake_ends_a_pause);
    tcase_add_test(tests, a_wake_during_a_step_brings_another);
    tcase_add_test(tests, those_that_always_want_more_take_turns);
    tcase_add_test(tests, a_worker_ends_when_it_is_freed);
    tcase_add_test(tests, a_free_waits_for_the_step_which_sees_it);
    tcase_add_test(tests, no_step_begins_after_a_stop);
    tcase_add_test(tests, a_worker_that_ends_itself_is_gone);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, pool_tests());
    suite_add_tcase(suite, hammer_tests());
    suite_add_tcase(suite, bell_tests());
    return suite;
}
