/* Whatever fails on the disk, a call and a job end in an error or in full, and the store stays whole.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/catalogue.h"
#include "crm/fixture_rules.h"
#include "crm/job.h"
#include "faulty_disk.h"
#include "fixture/fixture.h"
#include "store/job.h"
#include "unit.h"

/* A small org in a store that lasts, and what works on it. The built-in org has one such record
 * already. A job of all has some batches, and is run once for each of its operations. */
enum { RECORDS = 31, IDS = 25, BATCH = 10, FIRST_RECORD = 1001 };
static const char org_json[] =
    "{\"extends\": \"professional\","
    " \"records\": [{\"module\": \"Accounts\", \"id\": \"1001\", \"generate\": 30,"
    "              \"fields\": {\"Account_Name\": \"{n}\", \"Industry\": \"Education\"}}],"
    " \"workflow_rules\": [{\"module\": \"Accounts\", \"name\": \"Tell\","
    "                       \"actions\": [{\"webhook\": \"http://127.0.0.1:9/\"}]}],"
    " \"views\": [{\"id\": \"999\", \"module\": \"Accounts\", \"name\": \"Generated\","
    "            \"criteria\": {\"field\": {\"api_name\": \"Industry\"}, \"comparator\": \"equal\","
    "                         \"value\": \"Education\"}}]}";

static struct {
    char folder[32], file[64], path[64];
    struct arena arena;
    struct clock clock;
    struct orgs orgs;
    struct store *store;
    struct crm crm;
    struct job_policy policy;
    struct job_runner runner;
    const char *trouble; /* what the last call's client is told of the store */
} rig;

static void open_store(void)
{
    const struct store_options options = {
        .path = rig.path, .durability = STORE_SURVIVES_POWER_CUT, .log = &quiet_log};
    const struct fixture_source source = {.folder = rig.folder, .now = 1614334436};
    const char *reason = "";
    bool is_new;
    rig.store = store_open(&options, &rig.arena, &is_new, &reason);
    ck_assert_msg(rig.store != NULL, "%s", reason);
    if (is_new)
        ck_assert_msg(fixtures_load(rig.store, &source, &fixture_rules, &rig.arena, &reason), "%s",
                      reason);
    rig.crm.store = rig.store;
    rig.runner = (struct job_runner){.crm = &rig.crm};
}

/* Reads by a connection of its own, past crmock. */
static int64_t query(const char *sql, const char *text)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    ck_assert_int_eq(sqlite3_open(rig.path, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &row, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
    (void)sqlite3_bind_text(row, 1, text, -1, SQLITE_STATIC);
    int64_t value = sqlite3_step(row) == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
    (void)sqlite3_finalize(row);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    return value;
}

static void open_rig(void)
{
    (void)snprintf(rig.folder, sizeof rig.folder, "/tmp/crmock-faults-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(rig.folder));
    (void)snprintf(rig.file, sizeof rig.file, "%s/org.json", rig.folder);
    (void)snprintf(rig.path, sizeof rig.path, "%s/store.db", rig.folder);
    FILE *file = fopen(rig.file, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(org_json, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    faulty_disk_install();
    open_store();
    struct db *db = store_acquire(rig.store);
    ck_assert(db != NULL && orgs_load(db, ALL_ORGS, &rig.orgs) == STORE_OK);
    store_release(db);
    rig.policy = (struct job_policy){.batch = BATCH};
    rig.crm.policy = &rig.policy;
    rig.crm.rule_name = catalogue_row_name;
    rig.crm.orgs = &rig.orgs;
    rig.crm.clock = &rig.clock;
    rig.crm.log = &quiet_log;
    /* each update leaves a trace */
    (void)query("CREATE TABLE trace (record_id, value) ", NULL);
    (void)query("CREATE TRIGGER record_trace AFTER UPDATE OF fields ON record BEGIN INSERT INTO trace"
                " VALUES (new.id, json_extract(new.fields, '$.Phone')); END",
                NULL);
    store_close(rig.store);
}

static void close_rig(void)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    orgs_clear(&rig.orgs);
    arena_clear(&rig.arena);
    faulty_disk_remove();
    (void)unlink(rig.file);
    for (size_t i = 0; i < COUNT(suffixes); i++) {
        char name[80];
        (void)snprintf(name, sizeof name, "%s%s", rig.path, suffixes[i]);
        (void)unlink(name);
    }
    ck_assert_int_eq(rmdir(rig.folder), 0);
}

static void check_integrity(const char *what, int nth)
{
    ck_assert_msg(query("SELECT integrity_check = 'ok' FROM pragma_integrity_check", NULL) == 1,
                  "%s %d: the store is broken", what, nth);
}

/* The same value for a field of the view's records, or of the first ones by id. */
static void plan(struct mass_update *update, const struct sent_id *ids, size_t count, cJSON *fields,
                 unsigned automation)
{
    struct fault unused = {.hint = NULL};
    *update = (struct mass_update){.user = &rig.orgs.list[0].users[0],
                                   .module = org_module(&rig.orgs.list[0], "Accounts"),
                                   .fields = fields,
                                   .automation = automation,
                                   .ids = ids,
                                   .id_count = count,
                                   .view_id = count > 0 ? NULL : "999"};
    ck_assert_int_eq(mass_update_plan(update, &rig.arena, &unused), ERR_NONE);
}

static enum error call(const struct mass_update *update)
{
    struct outcome outcomes[IDS];
    int64_t now;
    struct db *db = store_acquire(rig.store);
    if (db == NULL) {
        rig.trouble = store_trouble(rig.store, NULL, &rig.arena);
        return ERR_INTERNAL;
    }
    struct fault fault = {.cause = NULL};
    enum error error = mass_update_apply(&rig.crm, db, update, &rig.arena, outcomes, &now, &fault);
    ck_assert_ptr_null(fault.cause); /* the store's failures are told by the store */
    for (size_t i = 0; error == ERR_NONE && i < IDS; i++)
        ck_assert_int_eq(outcomes[i].error, ERR_NONE);
    rig.trouble = store_trouble(rig.store, db, &rig.arena);
    store_release(db);
    return error;
}

static int64_t with_value(const char *value)
{
    return query("SELECT count(*) FROM record WHERE json_extract(fields, '$.Phone') = ?1", value);
}

/* A workflow rule calls a webhook for each record, when automation runs. */
static int64_t webhooks_with(const char *value)
{
    return query(
        "SELECT count(*) FROM webhook_delivery WHERE json_extract(body, '$.record.Phone') = ?1", value);
}

/* A client is told what has failed, and of which file. What SQLite makes of a short read is its own
 * affair. */
static void check_trouble(const struct disk_fault *kind, int nth)
{
    const char *expected = kind->code == SQLITE_FULL               ? "the disk is full"
                           : kind->code == SQLITE_IOERR_SHORT_READ ? "the "
                                                                   : "the disk fails";
    ck_assert_msg(rig.trouble != NULL && strstr(rig.trouble, expected) == rig.trouble &&
                      strstr(rig.trouble, rig.path) != NULL,
                  "%s %d: %s", kind->name, nth, rig.trouble);
}

/* Loop tests go through the kinds of faults without automation, then with it. */
static unsigned automation_of(int index)
{
    return index < DISK_FAULTS ? 0 : AUTOMATION_ALL;
}

START_TEST(a_call_fails_whole_or_not_at_all)
{
    const struct disk_fault *kind = &disk_faults[_i % DISK_FAULTS];
    int refused = 0;
    for (int nth = 1;; nth++) {
        char value[32];
        (void)snprintf(value, sizeof value, "%d", nth);
        cJSON *fields = cJSON_CreateObject();
        (void)cJSON_AddStringToObject(fields, "Phone", value);
        struct sent_id ids[IDS];
        for (size_t i = 0; i < IDS; i++)
            ids[i] = (struct sent_id){"", FIRST_RECORD + (int64_t)i};
        struct mass_update update;
        plan(&update, ids, IDS, fields, automation_of(_i));
        open_store();
        struct db *held = store_acquire(rig.store); /* so that the call opens one of its own */
        (void)faulty_disk_was_hit();
        faulty_disk_arm(kind, nth);
        enum error error = call(&update);
        faulty_disk_arm(kind, 0);
        store_release(held);
        int64_t expected = error == ERR_NONE ? IDS : 0;
        ck_assert_msg(error == ERR_NONE || error == ERR_INTERNAL, "%s %d", kind->name, nth);
        ck_assert_msg(with_value(value) == expected, "%s %d: half a call", kind->name, nth);
        ck_assert_msg(webhooks_with(value) == (_i < DISK_FAULTS ? 0 : expected), "%s %d: webhooks",
                      kind->name, nth);
        check_integrity(kind->name, nth);
        refused += error != ERR_NONE;
        if (error != ERR_NONE)
            check_trouble(kind, nth);
        bool hit = faulty_disk_was_hit();
        ck_assert_msg(hit || error == ERR_NONE, "%s %d: refused for nothing", kind->name, nth);
        ck_assert_msg(call(&update) == ERR_NONE, "%s %d: not survived", kind->name, nth);
        ck_assert_ptr_null(rig.trouble);
        store_close(rig.store);
        ck_assert_int_eq(with_value(value), IDS);
        cJSON_Delete(fields);
        if (!hit)
            break;
    }
    ck_assert_int_gt(refused, 0);
}
END_TEST

/* Runs the job with a fault at the nth operation of as many steps as `faults` says. */
static void run_job(const struct disk_fault *kind, int nth, int faults)
{
    int64_t pause = WORKER_MORE;
    for (int steps = 0; pause != WORKER_IDLE; steps++) {
        faulty_disk_arm(kind, steps < faults ? nth : 0);
        pause = job_runner_step(&rig.runner);
        ck_assert_msg(steps < 100, "%s %d: the job does not end", kind->name, nth);
    }
    faulty_disk_arm(kind, 0);
}

static bool check_job(const struct disk_fault *kind, int nth, const char *value, unsigned automation)
{
    int64_t updated = query("SELECT updated FROM job ORDER BY id DESC LIMIT 1", NULL);
    bool is_complete =
        query("SELECT status = 'COMPLETED' FROM job ORDER BY id DESC LIMIT 1", NULL) == 1;
    ck_assert_msg(
        query("SELECT status IN ('COMPLETED', 'FAILED') AND failed = 0 AND (status = 'COMPLETED')"
              " = (reason IS NULL) FROM job ORDER BY id DESC LIMIT 1",
              NULL) == 1,
        "%s %d: a job has not ended, or not said why", kind->name, nth);
    ck_assert_msg(with_value(value) == updated && (!is_complete || updated == RECORDS),
                  "%s %d: wrong counts", kind->name, nth);
    ck_assert_msg(query("SELECT count(*) FROM trace WHERE value = ?1", value) == updated &&
                      query("SELECT count(DISTINCT record_id) FROM trace WHERE value = ?1", value) ==
                          updated,
                  "%s %d: a record was updated twice", kind->name, nth);
    ck_assert_msg(webhooks_with(value) == (automation == 0 ? 0 : updated), "%s %d: webhooks",
                  kind->name, nth);
    check_integrity(kind->name, nth);
    return is_complete;
}

/* With one fault, and with one at each try. */
static void test_job(int index, int faults, int *complete, int *failed)
{
    const struct disk_fault *kind = &disk_faults[index % DISK_FAULTS];
    unsigned automation = automation_of(index);
    *complete = *failed = 0;
    for (int nth = 1;; nth++) {
        char value[32];
        (void)snprintf(value, sizeof value, "%d of %d", nth, faults);
        cJSON *fields = cJSON_CreateObject();
        (void)cJSON_AddStringToObject(fields, "Phone", value);
        struct mass_update update;
        struct fault unused;
        int64_t job_id;
        plan(&update, NULL, 0, fields, automation);
        open_store();
        struct db *held = store_acquire(rig.store);
        ck_assert_int_eq(mass_update_schedule(&rig.crm, held, &update, &rig.arena, &job_id, &unused),
                         ERR_NONE);
        (void)faulty_disk_was_hit();
        run_job(kind, nth, faults);
        store_release(held);
        store_close(rig.store);
        bool is_complete = check_job(kind, nth, value, automation);
        *complete += is_complete;
        *failed += !is_complete;
        cJSON_Delete(fields);
        if (!faulty_disk_was_hit())
            break;
    }
}

START_TEST(a_job_outlives_a_fault)
{
    int complete, failed;
    test_job(_i, 1, &complete, &failed);
    ck_assert_int_gt(complete, 1);
    ck_assert_int_eq(failed, 0);
}
END_TEST

START_TEST(a_job_that_fails_again_and_again_is_given_up)
{
    int complete, failed;
    test_job(_i, JOB_TRIES, &complete, &failed);
    ck_assert_int_gt(failed, 0);
}
END_TEST

/* Somebody has changed it in the file. */
START_TEST(a_job_that_says_nothing_to_change_is_given_up)
{
    static const char *const changes[] = {"{\"fields\":{\"Nothing\":1}}", "{\"fields\":{}}", "[]",
                                          ("{\"fields\":{\"Phone\":\"1\",\"Industry\":\"x\","
                                           "\"Fax\":\"1\",\"Website\":\"1\"}}")};
    for (size_t i = 0; i < COUNT(changes); i++) {
        cJSON *fields = cJSON_CreateObject();
        (void)cJSON_AddStringToObject(fields, "Phone", "1");
        struct mass_update update;
        struct fault unused;
        int64_t job_id;
        plan(&update, NULL, 0, fields, 0);
        open_store();
        struct db *db = store_acquire(rig.store);
        ck_assert_int_eq(mass_update_schedule(&rig.crm, db, &update, &rig.arena, &job_id, &unused),
                         ERR_NONE);
        store_release(db);
        (void)query("UPDATE job SET changes = ?1 WHERE status = 'SCHEDULED'", changes[i]);
        run_job(&disk_faults[0], 0, 0);
        ck_assert_int_eq(
            query("SELECT status = 'FAILED' AND updated = 0 AND length(reason) > 0 FROM job"
                  " ORDER BY id DESC LIMIT 1",
                  NULL),
            1);
        store_close(rig.store);
        cJSON_Delete(fields);
    }
}
END_TEST

/* With so many of the faults of a disk, from the first one on. */
static TCase *disk_tests(const char *name, int first, int end)
{
    TCase *tests = tcase_create(name);
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, open_rig, close_rig);
    tcase_add_loop_test(tests, a_call_fails_whole_or_not_at_all, first, end);
    tcase_add_loop_test(tests, a_job_outlives_a_fault, first, end);
    tcase_add_loop_test(tests, a_job_that_fails_again_and_again_is_given_up, first, end);
    return tests;
}

Suite *faults_suite(void)
{
    Suite *suite = suite_create("faults");
    TCase *tests = disk_tests("faults", 0, 2), *others = disk_tests("others", 2, 2 * DISK_FAULTS);
    tcase_add_test(tests, a_job_that_says_nothing_to_change_is_given_up);
    tcase_set_tags(others, LONG_TESTS);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, others);
    suite_add_tcase(suite, writes_tests());
    return suite;
}
