/* Every call that writes, on a disk that fails: what is answered as done is in the store, what is
 * refused is not. */
#include <glib.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "crm/fixture_rules.h"
#include "crm/job.h"
#include "faulty_disk.h"
#include "fixture/fixture.h"
#include "unit.h"

/* Each try has a record of its own: that of this id for the first, and so on. */
enum { FIRST_RECORD = 1000, RECORDS = 400 };
static const char org_json[] =
    "{\"extends\": \"professional\","
    " \"fields\": [{\"module\": \"Accounts\", \"api_name\": \"Stage\", \"type\": \"picklist\","
    "              \"values\": [\"Open\", \"Done\"], \"blueprint\": {\"name\": \"Staged\","
    "              \"transitions\": [{\"id\": \"91\", \"name\": \"Finish\", \"to\": \"Done\"}]}}],"
    " \"views\": [{\"id\": \"999\", \"module\": \"Accounts\", \"name\": \"One\","
    "            \"criteria\": {\"field\": {\"api_name\": \"Account_Name\"},"
    "                         \"comparator\": \"equal\", \"value\": \"1\"}}],"
    " \"records\": [{\"module\": \"Accounts\", \"id\": \"1000\", \"generate\": 400,"
    "              \"blueprint\": \"Staged\","
    "              \"fields\": {\"Account_Name\": \"{n}\", \"Stage\": \"Open\"}}]}";

/* In path, body and ids # stands for the try's id, which is a name as well. The statement gives what is
 * 1 when the call was done, else 0. */
static const struct writing {
    const char *method, *path, *ids, *body, *done;
    unsigned status;
} writings[] = {
    {"POST", "/crm/v8/Accounts", NULL, "{\"data\":[{\"Account_Name\":\"name #\"}]}",
     "SELECT count(*) FROM record WHERE json_extract(fields, '$.Account_Name') = 'name ' || ?1", 201},
    {"POST", "/crm/v8/Accounts/upsert", NULL, "{\"data\":[{\"Account_Name\":\"name #\"}]}",
     "SELECT count(*) FROM record WHERE json_extract(fields, '$.Account_Name') = 'name ' || ?1", 200},
    {"PUT", "/crm/v8/Accounts", NULL, "{\"data\":[{\"id\":\"#\",\"Phone\":\"#\"}]}",
     "SELECT json_extract(fields, '$.Phone') IS id FROM record WHERE id = ?1", 200},
    {"PUT", "/crm/v8/Accounts/#", NULL, "{\"data\":[{\"Phone\":\"#\"}]}",
     "SELECT json_extract(fields, '$.Phone') IS id FROM record WHERE id = ?1", 200},
    {"POST", "/crm/v8/Accounts/actions/mass_update", NULL,
     "{\"data\":[{\"Phone\":\"#\"}],\"ids\":[\"#\"]}",
     "SELECT json_extract(fields, '$.Phone') IS id FROM record WHERE id = ?1", 200},
    {"POST", "/crm/v8/Accounts/actions/mass_update", NULL,
     "{\"data\":[{\"Phone\":\"#\"}],\"cvid\":\"999\"}",
     "SELECT count(*) FROM job WHERE json_extract(changes, '$.fields.Phone') = ?1", 200},
    {"DELETE", "/crm/v8/Accounts/#", NULL, "", "SELECT count(*) = 0 FROM record WHERE id = ?1", 200},
    {"DELETE", "/crm/v8/Accounts", "#", "", "SELECT count(*) = 0 FROM record WHERE id = ?1", 200},
    {"POST", "/crm/v8/Accounts/#/Locking_Information__s", NULL,
     "{\"data\":[{\"Locked_Reason__s\":\"x\"}]}",
     "SELECT lock_id IS NOT NULL FROM record WHERE id = ?1", 201},
    {"PUT", "/crm/v8/Accounts/#/actions/blueprint", NULL,
     "{\"blueprint\":[{\"transition_id\":\"91\",\"data\":{}}]}",
     "SELECT json_extract(fields, '$.Stage') = 'Done' FROM record WHERE id = ?1", 200},
};

static struct {
    char folder[32];
    const char *path, *ids;
    struct arena arena;
    struct clock clock;
    struct orgs orgs;
    struct store *store;
    struct job_policy policy;
    struct job_runner runner;
    struct crm crm;
    struct api api;
} rig;

static void open_rig(void)
{
    g_strlcpy(rig.folder, "/tmp/crmock-writes-XXXXXX", sizeof rig.folder);
    ck_assert_ptr_nonnull(mkdtemp(rig.folder));
    rig.path = arena_printf(&rig.arena, "%s/store.db", rig.folder);
    const char *file = arena_printf(&rig.arena, "%s/org.json", rig.folder), *reason = "";
    ck_assert(g_file_set_contents(file, org_json, -1, NULL));
    const struct store_options options = {
        .path = rig.path, .durability = STORE_SURVIVES_POWER_CUT, .log = &quiet_log};
    const struct fixture_source source = {.folder = rig.folder, .now = 1614334436};
    bool is_new;
    faulty_disk_install();
    rig.store = store_open(&options, &rig.arena, &is_new, &reason);
    ck_assert_msg(rig.store != NULL, "%s", reason);
    ck_assert_msg(fixtures_load(rig.store, &source, &fixture_rules, &rig.arena, &reason), "%s", reason);
    struct db *db = store_acquire(rig.store);
    ck_assert(db != NULL && orgs_load(db, ALL_ORGS, &rig.orgs) == STORE_OK);
    store_release(db);
    rig.policy = (struct job_policy){.batch = 500};
    rig.crm = (struct crm){.store = rig.store,
                           .orgs = &rig.orgs,
                           .clock = &rig.clock,
                           .log = &quiet_log,
                           .policy = &rig.policy,
                           .rule_name = catalogue_row_name};
    rig.runner = (struct job_runner){.crm = &rig.crm};
    rig.api = (struct api){.crm = &rig.crm, .token_ttl = 3600, .sandbox = MAIN_SANDBOX};
    ck_assert_int_eq(unlink(file), 0);
}

static void close_rig(void)
{
    orgs_clear(&rig.orgs);
    store_discard(rig.store);
    faulty_disk_remove();
    arena_clear(&rig.arena);
    ck_assert_int_eq(rmdir(rig.folder), 0);
}

/* Reads by a connection of its own, past crmock. */
static bool is_done(const struct writing *writing, const char *id)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    ck_assert_int_eq(sqlite3_open(rig.path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(db, writing->done, -1, &row, NULL), SQLITE_OK);
    (void)sqlite3_bind_text(row, 1, id, -1, SQLITE_STATIC);
    ck_assert_int_eq(sqlite3_step(row), SQLITE_ROW);
    bool is = sqlite3_column_int(row, 0) == 1;
    (void)sqlite3_finalize(row);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    return is;
}

static const char *query(const struct request *request, const char *name)
{
    (void)request;
    return strcmp(name, "ids") == 0 ? rig.ids : NULL;
}

static const char *with_id(const char *text, const char *id)
{
    char **parts = g_strsplit(text, "#", -1);
    char *joined = g_strjoinv(id, parts);
    const char *copy = arena_strdup(&rig.arena, joined);
    g_strfreev(parts);
    g_free(joined);
    return copy;
}

static unsigned status_of(const struct writing *writing, const char *id)
{
    const char *body = with_id(writing->body, id);
    rig.ids = writing->ids != NULL ? with_id(writing->ids, id) : NULL;
    const struct request request = {.method = writing->method,
                                    .path = with_id(writing->path, id),
                                    .authorization = "Bearer 1000.crmock.professional",
                                    .body = body,
                                    .body_length = strlen(body),
                                    .query = query,
                                    .form = query};
    struct response response = {.status = 0, .body = ""};
    api_respond(&rig.api, &request, &rig.arena, &response);
    return response.status;
}

START_TEST(what_is_answered_as_done_is_in_the_store)
{
    const struct writing *writing = &writings[_i];
    int tried = 0;
    for (size_t kind = 0; kind < DISK_FAULTS; kind++) {
        const char *what = disk_faults[kind].name;
        bool was_hit = true;
        for (int nth = 1; was_hit; nth++) {
            const char *id = arena_printf(&rig.arena, "%d", FIRST_RECORD + tried++);
            ck_assert_int_le(tried, RECORDS);
            faulty_disk_arm(&disk_faults[kind], nth);
            unsigned status = status_of(writing, id);
            faulty_disk_arm(&disk_faults[kind], 0);
            was_hit = faulty_disk_was_hit();
            ck_assert_msg(status == writing->status || (was_hit && status == 500), "%s %d: %u", what,
                          nth, status);
            ck_assert_msg(is_done(writing, id) == (status != 500), "%s %d: %u", what, nth, status);
            if (status == 500)
                status = status_of(writing, id);
            ck_assert_msg(status == writing->status, "%s %d: not survived: %u", what, nth, status);
            while (job_runner_step(&rig.runner) == WORKER_MORE)
                ;
        }
    }
    ck_assert_int_gt(tried, DISK_FAULTS);
}
END_TEST

TCase *writes_tests(void)
{
    TCase *tests = tcase_create("writes");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, open_rig, close_rig);
    tcase_add_loop_test(tests, what_is_answered_as_done_is_in_the_store, 0, COUNT(writings));
    return tests;
}
