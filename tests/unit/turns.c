/* Whose jobs wait for what, and how they are told. */
#include <string.h>

#include "job_rig.h"
#include "store/record_data.h"

START_TEST(a_rate_is_one_orgs_own)
{
    set_policy(&(struct job_policy){.rate = 1, .batch = 7});
    int64_t first = schedule(WEB, CITY), second = schedule(OWN, CITY),
            others = schedule(OTHER_ORG, PHONE);
    int64_t pause = run();
    ck_assert(pause > 0 && pause <= 1000);
    ck_assert_str_eq(job_status_names[read_job(first).status], "RUNNING");
    expect(second, JOB_SCHEDULED, 0);
    expect(others, JOB_COMPLETED, 1);
    set_policy(&(struct job_policy){.batch = 7}); /* it is over at once */
    ck_assert_int_eq(run(), WORKER_IDLE);
    expect(second, JOB_COMPLETED, FIFTY);
}
END_TEST

START_TEST(a_delay_is_one_orgs_own)
{
    set_policy(&(struct job_policy){.hold = true, .batch = 7});
    int64_t first = schedule(WEB, CITY), second = schedule(OWN, CITY),
            others = schedule(OTHER_ORG, PHONE);
    ck_assert_int_eq(step(second, 1), STORE_OK); /* its delay is over */
    ck_assert_int_eq(make_fail(others), STORE_OK);
    set_policy(&(struct job_policy){.delay = AN_HOUR, .batch = 7});
    int64_t pause = run();
    ck_assert(pause > AN_HOUR / 2 && pause <= AN_HOUR);
    expect(first, JOB_SCHEDULED, 0);
    expect(second, JOB_RUNNING, 1); /* behind one of its org */
    struct db *db = take();
    ck_assert(store_begin(db, STORE_REQUEST) == STORE_OK &&
              job_shorten_delays(db, AN_HOUR / 4 * INT64_C(3)) == STORE_OK &&
              store_commit(db) == STORE_OK);
    store_release(db);
    pause = run();
    ck_assert(pause > 0 && pause <= AN_HOUR / 4);
    db = take();
    ck_assert(store_begin(db, STORE_REQUEST) == STORE_OK &&
              job_shorten_delays(db, AN_HOUR / 4) == STORE_OK && store_commit(db) == STORE_OK);
    store_release(db);
    ck_assert_int_eq(run(), WORKER_IDLE);
    expect(first, JOB_COMPLETED, FIFTY);
    expect(second, JOB_COMPLETED, FIFTY);
}
END_TEST

START_TEST(one_orgs_delay_holds_up_no_other)
{
    set_policy(&(struct job_policy){.hold = true, .batch = 500});
    int64_t first = schedule(WEB, CITY), others = schedule(OTHER_ORG, PHONE);
    set_policy(&(struct job_policy){.delay = AN_HOUR, .batch = 500});
    struct db *db = take();
    ck_assert(store_begin(db, STORE_REQUEST) == STORE_OK &&
              job_shorten_delays(db, AN_HOUR) == STORE_OK && store_commit(db) == STORE_OK);
    store_release(db);
    ck_assert_int_eq(make_fail(first), STORE_OK);
    int64_t again = schedule(WEB, CITY);
    ck_assert_int_gt(run(), 0);
    expect(others, JOB_COMPLETED, 1);
    expect(again, JOB_SCHEDULED, 0);
}
END_TEST

START_TEST(a_job_is_queued_behind_those_of_its_org_that_go_on)
{
    int64_t first = schedule(WEB, CITY), second = schedule(OWN, CITY),
            others = schedule(OTHER_ORG, PHONE);
    struct job of_second = read_job(second), of_others = read_job(others), of_first = read_job(first);
    struct db *db = take();
    ck_assert_int_eq(job_is_queued(&rig.crm, db, &of_second), STORE_OK);
    ck_assert_int_eq(job_is_queued(&rig.crm, db, &of_first), STORE_NOT_FOUND);
    ck_assert_int_eq(job_is_queued(&rig.crm, db, &of_others), STORE_NOT_FOUND);
    rig.policy.hold = true;
    of_second.released = true;
    ck_assert_int_eq(job_is_queued(&rig.crm, db, &of_second), STORE_NOT_FOUND); /* the first is held */
    rig.policy.hold = false;
    store_release(db);
    ck_assert_int_eq(suspend(first), STORE_OK);
    db = take();
    ck_assert_int_eq(job_is_queued(&rig.crm, db, &of_second), STORE_NOT_FOUND);
    store_release(db);
    ck_assert_int_eq(release(second), STORE_OK);
    of_second = read_job(second);
    ck_assert(of_second.released);
    int64_t third = schedule(IN_EACH_STATE, CITY);
    struct job of_third = read_job(third);
    set_policy(&(struct job_policy){.hold = true, .batch = 7});
    db = take();
    ck_assert_int_eq(job_is_queued(&rig.crm, db, &of_third), STORE_NOT_FOUND); /* it is held */
    of_third.released = true;
    ck_assert_int_eq(job_is_queued(&rig.crm, db, &of_third), STORE_OK);
    store_release(db);
}
END_TEST

static void check_refusals(int64_t id, int64_t after, size_t limit, const char *expected)
{
    struct job_refusal *list;
    size_t count;
    struct db *db = take();
    ck_assert_int_eq(job_refusals(db, id, after, limit, &rig.test.arena, &list, &count), STORE_OK);
    store_release(db);
    const char *told = "";
    for (size_t i = 0; i < count; i++)
        told = arena_printf(&rig.test.arena, "%s%s%d:%s", told, i > 0 ? " " : "",
                            (int)(list[i].record_id % 100), list[i].rule);
    ck_assert_str_eq(told, expected);
}

START_TEST(a_job_tells_which_records_were_refused)
{
    int64_t id = schedule(IN_EACH_STATE, CITY);
    ck_assert_int_eq(run(), WORKER_IDLE);
    ck_assert_int_eq(read_job(id).failed, STATES - 1);
    check_refusals(id, 0, 100, "11:E8 12:E14 13:E26 14:E26 15:E27 16:E28 17:E28 18:E33");
}
END_TEST

/* Whether its records are written together or one by one, as those that are added to. */
START_TEST(a_record_that_is_gone_is_told_as_deleted)
{
    static const char *const fields[] = {CITY, "{\"Languages_Known\":[\"French\"]}"};
    int64_t id = schedule(WEB, fields[_i]);
    struct record records[FIFTY];
    size_t count;
    struct job job = read_job(id);
    struct db *db = take();
    ck_assert_int_eq(job_records(db, rig.test.org, &job, FIFTY, records, &count), STORE_OK);
    ck_assert(store_begin(db, STORE_REQUEST) == STORE_OK &&
              record_delete(db, records[8].id) == STORE_OK &&
              record_delete(db, records[20].id) == STORE_OK && store_commit(db) == STORE_OK);
    store_release(db);
    ck_assert_int_eq(run(), WORKER_IDLE);
    expect(id, JOB_COMPLETED, FIFTY);
    ck_assert_int_eq(read_job(id).updated, FIFTY - 2);
    check_refusals(id, 0, 100, "9:deleted 21:deleted");
    check_refusals(id, 0, 1, "9:deleted");
    check_refusals(id, records[8].id, 100, "21:deleted");
}
END_TEST

static void check_list(const struct job_filter *filter, int64_t after, size_t limit, size_t expected,
                       int64_t first)
{
    struct job_list list;
    struct db *db = take();
    ck_assert_int_eq(jobs_list(db, &rig.test.orgs, filter, after, limit, &rig.test.arena, &list),
                     STORE_OK);
    store_release(db);
    ck_assert_uint_eq(list.count, expected);
    for (size_t i = 0; i < list.count; i++) {
        ck_assert_ptr_nonnull(strstr(list.jobs[i].changes, "\"fields\":{"));
        ck_assert_int_gt(list.jobs[i].id, i == 0 ? after : list.jobs[i - 1].id);
    }
    if (expected > 0)
        ck_assert_int_eq(list.jobs[0].id, first);
}

START_TEST(jobs_are_listed_by_what_they_are)
{
    int64_t failed = schedule(WEB, CITY), others = schedule(OTHER_ORG, PHONE);
    ck_assert_int_eq(make_fail(failed), STORE_OK);
    ck_assert_int_eq(run(), WORKER_IDLE);
    int64_t again = schedule(WEB, PHONE);
    ck_assert_int_eq(suspend(again), STORE_OK);
    struct job job = read_job(again);
    ck_assert_str_eq(job.user->email, "patricia.boyle@zylker.example");
    check_list(&(struct job_filter){.status = NULL}, 0, 100, 3, failed);
    check_list(&(struct job_filter){.status = NULL}, failed, 100, 2, others);
    check_list(&(struct job_filter){.status = NULL}, 0, 2, 2, failed);
    check_list(&(struct job_filter){.status = "FAILED"}, 0, 100, 1, failed);
    check_list(&(struct job_filter){.status = "RUNNING"}, 0, 100, 0, 0);
    check_list(&(struct job_filter){.view_id = job.view_id}, 0, 100, 2, failed);
    check_list(&(struct job_filter){.module = job.module}, 0, 100, 2, failed);
    check_list(&(struct job_filter){.module = job.module, .unfinished = true}, 0, 100, 1, again);
    check_list(&(struct job_filter){.unfinished = true}, again, 100, 0, 0);
    /* more than there is room for at first */
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(make_fail(schedule(OWN, CITY)), STORE_OK);
    check_list(&(struct job_filter){.status = NULL}, 0, 100, 23, failed);
}
END_TEST

START_TEST(who_waits_for_jobs_is_woken)
{
    struct ringing ringing;
    ringing_begin(&ringing);
    rig.crm.jobs_changed = &ringing.bell;
    int64_t id = schedule(WEB, CITY);
    hear(&ringing);
    ck_assert_int_eq(job_runner_step(&rig.runner), WORKER_MORE);
    hear(&ringing);
    ck_assert_int_eq(suspend(id), STORE_OK);
    hear(&ringing);
    ck_assert_int_eq(step(id, 1), STORE_OK);
    hear(&ringing);
    ck_assert_int_eq(release(id), STORE_OK);
    hear(&ringing);
    ck_assert_int_eq(job_run_to(&rig.crm, id, 9), STORE_OK);
    hear(&ringing);
    ck_assert_int_eq(make_fail(id), STORE_OK);
    hear(&ringing);
    ringing_end(&ringing);
    rig.crm.jobs_changed = NULL;
}
END_TEST

TCase *turns_tests(void)
{
    TCase *tests = tcase_create("turns");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, open_rig, close_rig);
    tcase_add_test(tests, a_rate_is_one_orgs_own);
    tcase_add_test(tests, a_delay_is_one_orgs_own);
    tcase_add_test(tests, one_orgs_delay_holds_up_no_other);
    tcase_add_test(tests, a_job_is_queued_behind_those_of_its_org_that_go_on);
    tcase_add_test(tests, a_job_tells_which_records_were_refused);
    tcase_add_loop_test(tests, a_record_that_is_gone_is_told_as_deleted, 0, 2);
    tcase_add_test(tests, who_waits_for_jobs_is_woken);
    return tests;
}

TCase *many_jobs_tests(void)
{
    TCase *tests = tcase_create("many jobs");
    tcase_set_timeout(tests, 300);
    tcase_set_tags(tests, LONG_TESTS);
    tcase_add_checked_fixture(tests, open_rig, close_rig);
    tcase_add_test(tests, jobs_are_listed_by_what_they_are);
    return tests;
}
