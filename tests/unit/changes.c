/* What is not the same in two images. */
#include <stdlib.h>
#include <string.h>

#include "crm/fixture_rules.h"
#include "fixture/changes.h"
#include "fixture/record_told.h"
#include "fixture/records.h"
#include "store/db.h"
#include "store/difference.h"
#include "unit.h"

static struct test_store test;
static struct image *made, *then; /* what the test's store had at first; what it is compared with */

static const int64_t lead = 554023000000600011, bulk = 554023000000700001;
enum { BULK = 50000 };

static struct image *image(void)
{
    store_release(test.db);
    struct image *taken = store_image(test.store);
    ck_assert_ptr_nonnull(taken);
    test.db = store_acquire(test.store);
    ck_assert_ptr_nonnull(test.db);
    return taken;
}

static void open_test(void)
{
    test_store_open(&test);
    made = image();
}

static void close_test(void)
{
    image_free(made);
    test_store_close(&test);
}

/* Each test has the store as it was made, also after one that failed halfway. */
static void begin_test(void)
{
    if (sqlite3_get_autocommit(test.db->handle) == 0)
        store_rollback(test.db);
    store_release(test.db);
    ck_assert(store_restart(test.store, made));
    test.db = store_acquire(test.store);
    ck_assert_ptr_nonnull(test.db);
    then = image_share(made);
}

static void end_test(void)
{
    image_free(then);
}

static struct records_call call_of(const char *module)
{
    return (struct records_call){.db = test.db,
                                 .org = test.org,
                                 .module = org_module(test.org, module),
                                 .rules = &fixture_rules,
                                 .now = 1700000000,
                                 .arena = &test.arena};
}

static void end_edit(enum records_result result, const struct records_call *call)
{
    ck_assert_msg(result == RECORDS_DONE, "%s: %s", call->at, call->expected);
    ck_assert_int_eq(store_commit(test.db), STORE_OK);
}

static void change(const char *module, int64_t id, const char *text)
{
    struct records_call call = call_of(module);
    cJSON *json CLEANUP(json_delete) = json_parse(text, strlen(text), NULL);
    ck_assert_int_eq(store_begin(test.db, STORE_REQUEST), STORE_OK);
    end_edit(fixture_record_change(&call, id, json), &call);
}

static int64_t insert(const char *module, const char *text)
{
    struct records_call call = call_of(module);
    cJSON *json CLEANUP(json_delete) = json_parse(text, strlen(text), NULL);
    int64_t id = 0;
    ck_assert_int_eq(store_begin(test.db, STORE_REQUEST), STORE_OK);
    end_edit(fixture_record_insert(&call, json, &id), &call);
    return id;
}

static void delete (const char *module, int64_t id)
{
    struct records_call call = call_of(module);
    ck_assert_int_eq(store_begin(test.db, STORE_REQUEST), STORE_OK);
    end_edit(fixture_record_delete(&call, id), &call);
}

static void run(const struct sql *sql)
{
    ck_assert_int_eq(store_begin(test.db, STORE_REQUEST), STORE_OK);
    ck_assert_int_eq(db_run(test.db, sql, ""), STORE_OK);
    ck_assert_int_eq(store_commit(test.db), STORE_OK);
}

static struct changes_query query_of(struct image *now)
{
    return (struct changes_query){
        .then = then, .now = now, .org = test.org, .limit = 1000, .log = &quiet_log};
}

static cJSON *ask(const struct changes_query *query)
{
    cJSON *list;
    ck_assert_int_eq(changes_between(query, &list), STORE_OK);
    return list;
}

/* What differs now, as text. */
static const char *changes(void)
{
    struct image *now = image();
    const struct changes_query query = query_of(now);
    cJSON *list CLEANUP(json_delete) = ask(&query);
    image_free(now);
    return json_print(&test.arena, list);
}

static const char nothing[] = "{\"changes\":[],\"more\":false}";

START_TEST(nothing_differs_until_something_does)
{
    ck_assert_str_eq(changes(), nothing);
    change("Leads", lead, "{\"fields\":{\"City\":\"Ulm\"},\"fault\":true,\"locked\":{\"id\":\"77\"}}");
    ck_assert_str_ne(changes(), nothing);
    change("Leads", lead, "{\"fields\":{\"City\":null},\"fault\":false,\"locked\":null}");
    ck_assert_str_eq(changes(), nothing);
}
END_TEST

START_TEST(fields_and_states_are_told_from_and_to)
{
    const char *email = test.org->users[1].email;
    change("Leads", bulk + 1, "{\"fields\":{\"City\":\"Ulm\",\"Company\":\"New\"}}");
    change("Leads", bulk,
           arena_printf(&test.arena, "{\"shared_with\":[\"%s\"],\"approval\":\"waiting\"}", email));
    ck_assert_str_eq(
        changes(),
        arena_printf(&test.arena,
                     "{\"changes\":[{\"module\":\"Leads\",\"id\":\"554023000000700001\",\"change\":"
                     "\"updated\",\"fields\":{},\"state\":{\"approval\":{\"from\":null,\"to\":"
                     "\"waiting\"},\"shared_with\":{\"from\":[],\"to\":[\"%s\"]}}},"
                     "{\"module\":\"Leads\",\"id\":\"554023000000700002\",\"change\":\"updated\","
                     "\"fields\":{\"Company\":{\"from\":\"Bulk\",\"to\":\"New\"},"
                     "\"City\":{\"from\":null,\"to\":\"Ulm\"}},\"state\":{}}],\"more\":false}",
                     email));
}
END_TEST

START_TEST(records_come_and_go)
{
    const char *owner = test.org->users[0].email;
    int64_t id = insert("Leads", "{\"fields\":{\"Last_Name\":\"New\"},\"converted\":true}");
    delete ("Tasks", 554023000000630101);
    const char *all = changes();
    ck_assert_ptr_nonnull(
        strstr(all, "{\"module\":\"Tasks\",\"id\":\"554023000000630101\",\"change\":\"deleted\","
                    "\"fields\":{\"Subject\":{\"from\":\"Task 1\",\"to\":null},"));
    ck_assert_ptr_nonnull(strstr(
        all,
        arena_printf(&test.arena,
                     "{\"module\":\"Leads\",\"id\":\"%lld\",\"change\":\"inserted\",\"fields\":{"
                     "\"Last_Name\":{\"from\":null,\"to\":\"New\"}},\"state\":{\"owner\":{\"from\":"
                     "null,\"to\":\"%s\"},\"converted\":{\"from\":null,\"to\":true},\"layout\":"
                     "{\"from\":null,",
                     (long long)id, owner)));
    delete ("Leads", id);
    insert("Calls", "{\"id\":\"554023000000630101\",\"fields\":{\"Subject\":\"Call\"}}");
    all = changes(); /* of one record, the one that has left before the one that has come */
    const char *left = strstr(all, "\"Tasks\",\"id\":\"554023000000630101\",\"change\":\"deleted\"");
    const char *come = strstr(all, "\"Calls\",\"id\":\"554023000000630101\",\"change\":\"inserted\"");
    ck_assert(left != NULL && come != NULL && left < come);
}
END_TEST

START_TEST(stamps_are_told_to_who_asks)
{
    change("Leads", bulk, "{}");
    ck_assert_str_eq(changes(), nothing);
    struct image *now = image();
    struct changes_query query = query_of(now);
    query.stamps = true;
    cJSON *list CLEANUP(json_delete) = ask(&query);
    image_free(now);
    ck_assert_ptr_nonnull(strstr(json_print(&test.arena, list),
                                 "\"fields\":{\"Modified_Time\":{\"from\":\"2021-02-26T13:43:56Z\","
                                 "\"to\":\"2023-11-14T22:13:20Z\"}},\"state\":{}}"));
}
END_TEST

START_TEST(a_module_alone_and_a_part_alone_can_be_asked_for)
{
    for (int i = 0; i < 5; i++)
        change("Leads", bulk + i, "{\"fields\":{\"City\":\"Ulm\"}}");
    change("Tasks", 554023000000630101, "{\"fields\":{\"Status\":\"Completed\"}}");
    struct image *now = image();
    struct changes_query query = query_of(now);
    query.module = org_module(test.org, "Activities");
    cJSON *tasks CLEANUP(json_delete) = ask(&query);
    ck_assert_int_eq(cJSON_GetArraySize(json_member(tasks, "changes")), 1);
    query.module = org_module(test.org, "Leads");
    query.after = bulk;
    query.limit = 4;
    cJSON *rest CLEANUP(json_delete) = ask(&query);
    ck_assert_int_eq(cJSON_GetArraySize(json_member(rest, "changes")), 4);
    ck_assert(cJSON_IsFalse(json_member(rest, "more")));
    query.limit = 3;
    cJSON *part CLEANUP(json_delete) = ask(&query);
    ck_assert_int_eq(cJSON_GetArraySize(json_member(part, "changes")), 3);
    ck_assert(cJSON_IsTrue(json_member(part, "more")));
    query.org = &test.orgs.list[1];
    query.module = NULL;
    cJSON *other CLEANUP(json_delete) = ask(&query);
    ck_assert_int_eq(cJSON_GetArraySize(json_member(other, "changes")), 0);
    image_free(now);
}
END_TEST

/* Of a text so long that it goes on in pages of its own, and the row's own page stays as it is. */
START_TEST(what_changes_far_behind_in_a_long_record_is_seen)
{
    static const struct sql end = {"UPDATE record SET fields = substr(fields, 1, length(fields) - 3) ||"
                                   " 'z\"}' WHERE id = 554023000000600011"};
    char *description = arena_alloc(&test.arena, 20001);
    memset(description, 'x', 20000);
    change("Leads", lead,
           arena_printf(&test.arena, "{\"fields\":{\"Description\":\"%s\"}}", description));
    image_free(then);
    then = image();
    ck_assert_str_eq(changes(), nothing);
    run(&end);
    ck_assert_ptr_nonnull(strstr(changes(), "xxz\"}},\"state\":{}}]"));
}
END_TEST

/* The record's own row is as it was. */
START_TEST(what_changes_in_a_lock_is_seen)
{
    static const struct sql say = {"UPDATE record_lock SET reason = 'new' WHERE id = 77"};
    change("Leads", lead, "{\"locked\":{\"id\":\"77\",\"reason\":\"old\"}}");
    image_free(then);
    then = image();
    run(&say);
    ck_assert_ptr_nonnull(strstr(changes(), "\"reason\":\"new\"}}}}]"));
}
END_TEST

/* Which records are looked at: some, when some were changed. */
START_TEST(few_are_looked_at_when_few_were_changed)
{
    struct sight one, other;
    int64_t *ids;
    size_t count;
    change("Leads", bulk + 1, "{\"fields\":{\"City\":\"Ulm\"}}");
    change("Leads", bulk + BULK / 2, "{\"converted\":true}");
    change("Leads", bulk + BULK - 1, "{\"locked\":true}");
    struct image *now = image();
    ck_assert(sight_open(&one, then, &quiet_log) && sight_open(&other, now, &quiet_log));
    ck_assert_int_eq(sights_compare(&one, &other, &ids, &count), STORE_OK);
    ck_assert(count >= 3 && count < 300);
    for (size_t i = 1; i < count; i++)
        ck_assert_int_lt(ids[i - 1], ids[i]);
    free(ids);
    ck_assert_int_eq(sights_compare(&one, &one, &ids, &count), STORE_OK);
    ck_assert_uint_eq(count, 0);
    free(ids);
    sight_close(&one);
    sight_close(&other);
    image_free(now);
}
END_TEST

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245 + 12345;
    return *seed >> 8;
}

/* One of many ways to change a store. */
static void disturb(unsigned *seed)
{
    static const char *const members[] = {"{\"fields\":{\"City\":\"Ulm\"}}",
                                          "{\"locked\":true}",
                                          "{\"locked\":false}",
                                          "{\"territories\":[]}",
                                          "{\"territories\":[\"North\",\"South\"]}",
                                          "{\"shared_with\":[]}",
                                          "{\"approval\":\"approved\"}"};
    static const struct sql many[] = {
        {"UPDATE record SET fields = json_set(fields, '$.City', 'Here') WHERE id % 1000 = 7"},
        {"DELETE FROM record WHERE id % 3000 = 11 AND lock_id IS NULL"},
        {"UPDATE record SET fields = json_set(fields, '$.Description', hex(zeroblob(9000)))"
         " WHERE id % 2000 = 13"},
        {"UPDATE record_lock SET reason = 'other' WHERE id % 2 = 0"},
        {"INSERT OR IGNORE INTO record_territory SELECT territory.id, record.id FROM record, territory"
         " WHERE record.id % 700 = 5"},
        {"DELETE FROM record_share"},
        {"UPDATE record SET fields = substr(fields, 1, length(fields) - 3) || '9\"}'"
         " WHERE length(fields) > 9000 AND fields LIKE '%\"}'"},
    };
    unsigned kind = next_random(seed) % 3;
    if (kind == 0)
        run(&many[next_random(seed) % COUNT(many)]);
    else if (kind == 1)
        (void)insert("Leads", "{\"fields\":{\"Last_Name\":\"New\"},\"territories\":[\"North\"]}");
    else
        change("Leads", bulk + 200 + next_random(seed) % 20,
               members[next_random(seed) % COUNT(members)]);
}

static const struct sql every_id = {"SELECT id FROM record ORDER BY id"};

static int by_id(const void *one, const void *other)
{
    const int64_t *a = one, *b = other;
    return (*a > *b) - (*a < *b);
}

static bool is_among(const int64_t *ids, size_t count, int64_t id)
{
    return bsearch(&id, ids, count, sizeof id, by_id) != NULL;
}

/* Each record of one side that the other has not so is among those that were found. */
static size_t check_side(const struct sight *one, const struct sight *other, const int64_t *ids,
                         size_t count)
{
    struct arena arena = {.blocks = NULL};
    size_t differing = 0;
    sqlite3_stmt *row CLEANUP(db_done) = db_query(one->db, &every_id, "");
    while (db_step(one->db, row) == STORE_OK) {
        struct told_record a, b;
        int64_t id = sqlite3_column_int64(row, 0), org = test.org->id;
        enum store_status here = told_record_read(one->db, org, id, &arena, &a);
        enum store_status there = told_record_read(other->db, org, id, &arena, &b);
        bool same =
            here == there &&
            (here != STORE_OK || (strcmp(a.states, b.states) == 0 && strcmp(a.fields, b.fields) == 0));
        ck_assert_msg(same || is_among(ids, count, id), "%lld differs", (long long)id);
        differing += !same;
        arena_reset(&arena);
    }
    arena_clear(&arena);
    return differing;
}

static void check_found(void)
{
    struct image *now = image();
    struct sight one, other;
    int64_t *ids;
    size_t count;
    ck_assert(sight_open(&one, then, &quiet_log) && sight_open(&other, now, &quiet_log));
    ck_assert_int_eq(sights_compare(&one, &other, &ids, &count), STORE_OK);
    size_t before = check_side(&one, &other, ids, count), after = check_side(&other, &one, ids, count);
    ck_assert_uint_gt(before + after, 0);
    free(ids);
    sight_close(&one);
    sight_close(&other);
    image_free(now);
}

/* With a tenth of the records, for each is read on both sides. */
START_TEST(whatever_differs_is_found)
{
    static const struct sql most = {"DELETE FROM record WHERE id >= 554023000000705001"
                                    " AND lock_id IS NULL"};
    unsigned seed = (unsigned)_i + 1;
    run(&most);
    image_free(then);
    then = image();
    for (int i = 0; i < 12; i++)
        disturb(&seed);
    check_found();
}
END_TEST

/* Rows move to other pages before they go, and the page that they stood in is free, with its bytes:
 * where SQLite does not overwrite them, as Debian's does. */
START_TEST(what_stood_in_pages_that_are_free_now_is_found)
{
    ck_assert_int_eq(db_script(test.db, "PRAGMA secure_delete = OFF"), STORE_OK);
    static const struct sql most = {"DELETE FROM record WHERE id % 5 <> 0 AND lock_id IS NULL"};
    run(&most);
    check_found();
}
END_TEST

TCase *changes_tests(void)
{
    TCase *tests = tcase_create("changes");
    tcase_set_timeout(tests, 300);
    tcase_add_unchecked_fixture(tests, open_test, close_test);
    tcase_add_checked_fixture(tests, begin_test, end_test);
    tcase_add_test(tests, nothing_differs_until_something_does);
    tcase_add_test(tests, fields_and_states_are_told_from_and_to);
    tcase_add_test(tests, records_come_and_go);
    tcase_add_test(tests, stamps_are_told_to_who_asks);
    tcase_add_test(tests, a_module_alone_and_a_part_alone_can_be_asked_for);
    tcase_add_test(tests, what_changes_far_behind_in_a_long_record_is_seen);
    tcase_add_test(tests, what_changes_in_a_lock_is_seen);
    tcase_add_test(tests, few_are_looked_at_when_few_were_changed);
    return tests;
}

TCase *many_changes_tests(void)
{
    TCase *tests = tcase_create("many changes");
    tcase_set_timeout(tests, 300);
    tcase_set_tags(tests, LONG_TESTS);
    tcase_add_unchecked_fixture(tests, open_test, close_test);
    tcase_add_checked_fixture(tests, begin_test, end_test);
    tcase_add_loop_test(tests, whatever_differs_is_found, 0, 4);
    tcase_add_test(tests, what_stood_in_pages_that_are_free_now_is_found);
    return tests;
}
