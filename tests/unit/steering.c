/* Jobs that go by hand, or by what clients ask. */
#include <string.h>

#include "job_rig.h"

START_TEST(a_held_job_goes_by_steps)
{
    set_policy(&(struct job_policy){.hold = true, .batch = 7});
    int64_t id = schedule(WEB, CITY);
    ck_assert_int_eq(run(), WORKER_IDLE);
    expect(id, JOB_SCHEDULED, 0);
    ck_assert_int_eq(read_job(id).started, JOB_NEVER);
    ck_assert_int_eq(step(id, 10), STORE_OK);
    ck_assert_int_eq(run(), WORKER_IDLE);
    expect(id, JOB_RUNNING, 10);
    ck_assert_int_eq(step(id, 1), STORE_OK);
    expect(id, JOB_RUNNING, 11);
    ck_assert_int_eq(step(id, FIFTY - 12), STORE_OK);
    expect(id, JOB_RUNNING, FIFTY - 1);
    ck_assert_int_eq(read_job(id).ended, JOB_NEVER);
    ck_assert_int_eq(step(id, 1), STORE_OK);
    expect(id, JOB_COMPLETED, FIFTY);
    ck_assert_int_eq(read_job(id).updated, FIFTY);
    int64_t second = schedule(OWN, CITY);
    ck_assert_int_eq(step(second, INT64_MAX), STORE_OK); /* those that are left */
    expect(second, JOB_COMPLETED, FIFTY);
}
END_TEST

START_TEST(a_released_job_goes_on_by_itself)
{
    set_policy(&(struct job_policy){.hold = true, .batch = 7});
    int64_t first = schedule(WEB, CITY), second = schedule(OWN, CITY);
    ck_assert_int_eq(release(second), STORE_OK);
    ck_assert_int_eq(step(second, 1), STORE_CONFLICT);
    ck_assert_ptr_nonnull(strstr(rig.why, "by itself"));
    ck_assert_int_eq(run(), WORKER_IDLE);
    expect(second, JOB_COMPLETED, FIFTY); /* the older one holds up nobody */
    expect(first, JOB_SCHEDULED, 0);
}
END_TEST

START_TEST(an_end_of_the_hold_releases_for_good)
{
    const struct job_policy hold = {.hold = true, .batch = 7};
    set_policy(&hold);
    int64_t first = schedule(WEB, CITY);
    ck_assert_int_eq(step(first, 3), STORE_OK);
    set_policy(&(struct job_policy){.batch = 7});
    set_policy(&hold);
    int64_t later = schedule(OWN, CITY);
    ck_assert_int_eq(run(), WORKER_IDLE);
    expect(first, JOB_COMPLETED, FIFTY);
    expect(later, JOB_SCHEDULED, 0);
    ck_assert_int_eq(suspend(later), STORE_OK);
    set_policy(&(struct job_policy){.batch = 7});
    ck_assert_int_eq(run(), WORKER_IDLE);
    expect(later, JOB_SUSPENDED, 0); /* which is another thing */
}
END_TEST

/* The policy counts that is there when a batch begins. */
START_TEST(a_hold_stops_a_job_that_is_under_way)
{
    int64_t id = schedule(WEB, CITY);
    ck_assert_int_eq(job_runner_step(&rig.runner), WORKER_MORE);
    expect(id, JOB_RUNNING, 7);
    set_policy(&(struct job_policy){.hold = true, .batch = 7});
    ck_assert_int_eq(run(), WORKER_IDLE);
    expect(id, JOB_RUNNING, 7);
}
END_TEST

START_TEST(a_suspended_job_waits_until_it_is_released)
{
    int64_t first = schedule(WEB, CITY), second = schedule(OWN, CITY);
    ck_assert_int_eq(job_runner_step(&rig.runner), WORKER_MORE);
    ck_assert_int_eq(suspend(first), STORE_OK);
    ck_assert_int_eq(suspend(first), STORE_OK);
    ck_assert_int_eq(run(), WORKER_IDLE);
    expect(first, JOB_SUSPENDED, 7);
    expect(second, JOB_COMPLETED, FIFTY);
    int64_t view_id = read_job(first).view_id;
    struct db *db = take();
    ck_assert_int_eq(job_unfinished_of_view(db, view_id), STORE_OK); /* E12 */
    store_release(db);
}
END_TEST

START_TEST(a_suspended_job_goes_on_where_it_was)
{
    int64_t id = schedule(WEB, CITY);
    ck_assert_int_eq(suspend(id), STORE_OK);
    ck_assert_int_eq(release(id), STORE_OK);
    expect(id, JOB_SCHEDULED, 0);
    ck_assert_int_eq(suspend(id), STORE_OK);
    ck_assert_int_eq(step(id, 20), STORE_OK);
    expect(id, JOB_SUSPENDED, 20);
    ck_assert_int_eq(run(), WORKER_IDLE);
    expect(id, JOB_SUSPENDED, 20);
    ck_assert_int_eq(release(id), STORE_OK);
    expect(id, JOB_RUNNING, 20);
    ck_assert_int_eq(run(), WORKER_IDLE);
    expect(id, JOB_COMPLETED, FIFTY);
    int64_t stepped = schedule(OWN, CITY);
    ck_assert_int_eq(suspend(stepped), STORE_OK);
    ck_assert_int_eq(step(stepped, FIFTY), STORE_OK);
    expect(stepped, JOB_COMPLETED, FIFTY);
}
END_TEST

START_TEST(a_failed_job_keeps_what_was_done)
{
    int64_t id = schedule(WEB, CITY);
    ck_assert_int_eq(job_runner_step(&rig.runner), WORKER_MORE);
    ck_assert(clock_set(&rig.clock, "2021-03-03T12:00:09Z"));
    ck_assert_int_eq(make_fail(id), STORE_OK);
    ck_assert_int_eq(run(), WORKER_IDLE);
    expect(id, JOB_FAILED, 7);
    struct job job = read_job(id);
    ck_assert_str_eq(job.reason, "the test's");
    ck_assert_int_eq(job.updated, 7);
    ck_assert_int_eq(job.ended, clock_now(&rig.clock));
    ck_assert_int_eq(job.started, job.ended - 9);
    ck_assert_int_eq(job.created, job.ended - 9);
}
END_TEST

START_TEST(an_ended_job_is_steered_by_nobody)
{
    int64_t id = schedule(WEB, CITY);
    ck_assert_int_eq(step(id, 1), STORE_CONFLICT); /* it goes on by itself */
    ck_assert_int_eq(run(), WORKER_IDLE);
    enum store_status (*const ways[])(int64_t) = {release, suspend, make_fail};
    for (size_t i = 0; i < COUNT(ways); i++) {
        rig.why = NULL;
        ck_assert_int_eq(ways[i](id), STORE_CONFLICT);
        ck_assert_str_eq(rig.why, "The job has ended.");
        ck_assert_int_eq(ways[i](1), STORE_NOT_FOUND);
    }
    ck_assert_int_eq(step(id, 1), STORE_CONFLICT);
    ck_assert_int_eq(step(1, 1), STORE_NOT_FOUND);
    expect(id, JOB_COMPLETED, FIFTY);
}
END_TEST

/* How the job is told to be, as its endpoint does it. */
static void poll(int64_t id, enum job_status status, int64_t tried)
{
    int64_t goal;
    struct db *db = take();
    ck_assert_int_eq(job_poll(&rig.crm, db, id, &goal), STORE_OK);
    store_release(db);
    ck_assert_int_eq(job_run_to(&rig.crm, id, goal), STORE_OK);
    expect(id, status, tried);
    ck_assert_int_eq(run(), WORKER_IDLE); /* not further by itself */
    expect(id, status, tried);
}

START_TEST(a_polled_job_goes_as_far_as_it_is_asked_for)
{
    set_policy(&(struct job_policy){.has_polls = true,
                                    .polls_scheduled = 2,
                                    .polls_running = 3,
                                    .batch = 7,
                                    .rate = 1,
                                    .delay = AN_HOUR});
    int64_t first = schedule(WEB, CITY), second = schedule(OWN, CITY);
    ck_assert_int_eq(run(), WORKER_IDLE);
    poll(second, JOB_SCHEDULED, 0);
    poll(second, JOB_SCHEDULED, 0);
    poll(second, JOB_RUNNING, 12);
    poll(second, JOB_RUNNING, 25);
    poll(first, JOB_SCHEDULED, 0);
    ck_assert_int_eq(suspend(second), STORE_OK);
    poll(second, JOB_SUSPENDED, 25);
    ck_assert_int_eq(release(second), STORE_OK);
    poll(second, JOB_RUNNING, 37);
    poll(second, JOB_COMPLETED, FIFTY);
    poll(second, JOB_COMPLETED, FIFTY);
    ck_assert_int_eq(read_job(second).polls, 6);
    expect(first, JOB_SCHEDULED, 0);
}
END_TEST

START_TEST(a_polled_job_may_run_without_a_record)
{
    set_policy(&(struct job_policy){.has_polls = true, .polls_running = 9, .batch = 500});
    int64_t id = schedule(IN_EACH_STATE, CITY);
    poll(id, JOB_RUNNING, 0);
    for (int64_t k = 2; k <= 9; k++)
        poll(id, JOB_RUNNING, STATES * k / 10);
    poll(id, JOB_COMPLETED, STATES);
}
END_TEST

START_TEST(a_hold_comes_before_polls)
{
    set_policy(&(struct job_policy){.hold = true, .has_polls = true, .polls_scheduled = 1, .batch = 7});
    int64_t id = schedule(WEB, CITY);
    poll(id, JOB_SCHEDULED, 0);
    poll(id, JOB_SCHEDULED, 0);
    ck_assert_int_eq(step(id, 5), STORE_OK);
    poll(id, JOB_RUNNING, 5);
    ck_assert_int_eq(read_job(id).polls, 0);
    ck_assert_int_eq(release(id), STORE_OK);
    poll(id, JOB_RUNNING, 5); /* its first */
    poll(id, JOB_COMPLETED, FIFTY);
}
END_TEST

/* Who asked may have died before the job went so far. */
START_TEST(the_runner_goes_to_the_goal_as_well)
{
    set_policy(&(struct job_policy){.has_polls = true, .polls_running = 1, .batch = 7});
    int64_t id = schedule(WEB, CITY), goal;
    struct db *db = take();
    ck_assert_int_eq(job_poll(&rig.crm, db, id, &goal), STORE_OK);
    store_release(db);
    ck_assert_int_eq(goal, FIFTY / 2);
    ck_assert_int_eq(run(), WORKER_IDLE);
    expect(id, JOB_RUNNING, FIFTY / 2);
    /* nor does it matter how often somebody waits for what has been reached */
    ck_assert_int_eq(job_run_to(&rig.crm, id, goal), STORE_OK);
    expect(id, JOB_RUNNING, FIFTY / 2);
    set_policy(&(struct job_policy){.hold = true, .batch = 7});
    ck_assert_int_eq(job_run_to(&rig.crm, id, FIFTY), STORE_OK);
    expect(id, JOB_RUNNING, FIFTY / 2);
}
END_TEST

TCase *steering_tests(void)
{
    TCase *tests = tcase_create("steering");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, open_rig, close_rig);
    tcase_add_test(tests, a_held_job_goes_by_steps);
    tcase_add_test(tests, a_released_job_goes_on_by_itself);
    tcase_add_test(tests, an_end_of_the_hold_releases_for_good);
    tcase_add_test(tests, a_hold_stops_a_job_that_is_under_way);
    tcase_add_test(tests, a_suspended_job_waits_until_it_is_released);
    tcase_add_test(tests, a_suspended_job_goes_on_where_it_was);
    tcase_add_test(tests, a_failed_job_keeps_what_was_done);
    tcase_add_test(tests, an_ended_job_is_steered_by_nobody);
    tcase_add_test(tests, a_polled_job_goes_as_far_as_it_is_asked_for);
    tcase_add_test(tests, a_polled_job_may_run_without_a_record);
    tcase_add_test(tests, a_hold_comes_before_polls);
    tcase_add_test(tests, the_runner_goes_to_the_goal_as_well);
    return tests;
}
