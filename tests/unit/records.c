/* Records by the members of fixtures: told, made, changed and deleted while a store is in use. */
#include <string.h>

#include "base/id.h"
#include "crm/fixture_rules.h"
#include "fixture/records.h"
#include "store/db.h"
#include "store/sequence.h"
#include "unit.h"

static struct test_store test;

enum { NOW = 1700000000 };
static const char now_text[] = "2023-11-14T22:13:20Z";

static void open_test(void)
{
    test_store_open(&test);
    ck_assert_int_eq(store_begin(test.db, STORE_REQUEST), STORE_OK);
}

static void close_test(void)
{
    store_rollback(test.db);
    test_store_close(&test);
}

static struct records_call call_of(const char *module)
{
    return (struct records_call){.db = test.db,
                                 .org = test.org,
                                 .module = org_module(test.org, module),
                                 .rules = &fixture_rules,
                                 .now = NOW,
                                 .arena = &test.arena};
}

static cJSON *parse(const char *text)
{
    cJSON *json = json_parse(text, strlen(text), NULL);
    ck_assert_msg(json != NULL, "%s", text);
    return json;
}

static cJSON *tell(const char *module, int64_t id)
{
    struct records_call call = call_of(module);
    cJSON *record;
    ck_assert_int_eq(fixture_record_tell(&call, id, &record), RECORDS_DONE);
    return record;
}

/* A record as text. */
static const char *told(const char *module, int64_t id)
{
    cJSON *record CLEANUP(json_delete) = tell(module, id);
    return json_print(&test.arena, record);
}

static int64_t insert(const char *module, const char *text)
{
    struct records_call call = call_of(module);
    cJSON *record CLEANUP(json_delete) = parse(text);
    int64_t id = 0;
    ck_assert_msg(fixture_record_insert(&call, record, &id) == RECORDS_DONE, "%s: %s", call.at,
                  call.expected);
    return id;
}

static void change(const char *module, int64_t id, const char *text)
{
    struct records_call call = call_of(module);
    cJSON *members CLEANUP(json_delete) = parse(text);
    ck_assert_msg(fixture_record_change(&call, id, members) == RECORDS_DONE, "%s: %s", call.at,
                  call.expected);
}

/* A member of a told record, as text; arena-owned. */
static const char *member(const char *module, int64_t id, const char *name)
{
    cJSON *record CLEANUP(json_delete) = tell(module, id);
    cJSON *value = cJSON_GetObjectItemCaseSensitive(record, name);
    if (value == NULL)
        value =
            cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(record, "fields"), name);
    return value != NULL ? json_print(&test.arena, value) : NULL;
}

static const struct sql all_records = {
    "SELECT record.id, api_name FROM record JOIN module ON module.id = module_id WHERE org_id = ?1"
    " AND (record.id NOT BETWEEN 554023000000700001 AND 554023000000750000 OR record.id % 997 = 0)"
    " ORDER BY record.id"};

enum { RECORDS_MAX = 2000 };

static size_t find_all(int64_t ids[RECORDS_MAX], const char *modules[RECORDS_MAX])
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(test.db, &all_records, "i", test.org->id);
    size_t count = 0;
    for (; db_step(test.db, row) == STORE_OK; count++) {
        ck_assert_uint_lt(count, RECORDS_MAX);
        ids[count] = sqlite3_column_int64(row, 0);
        modules[count] = db_text(row, 1, &test.arena);
    }
    return count;
}

/* Every record that stands in the fixtures by itself, and one of a thousand that are generated. */
START_TEST(what_is_told_loads_as_the_same)
{
    static int64_t ids[RECORDS_MAX];
    static const char *modules[RECORDS_MAX];
    size_t count = find_all(ids, modules);
    ck_assert_uint_gt(count, 150);
    for (size_t i = 0; i < count; i++) {
        const char *before = told(modules[i], ids[i]);
        struct records_call call = call_of(modules[i]);
        cJSON *none;
        ck_assert_int_eq(fixture_record_delete(&call, ids[i]), RECORDS_DONE);
        ck_assert_int_eq(fixture_record_tell(&call, ids[i], &none), RECORDS_NONE);
        ck_assert_int_eq(insert(modules[i], before), ids[i]);
        ck_assert_str_eq(told(modules[i], ids[i]), before);
        /* All of it may be said again of the record that it is. */
        change(modules[i], ids[i], before);
        ck_assert_str_eq(told(modules[i], ids[i]), before);
    }
}
END_TEST

static const char whole_lead[] =
    "{\"module\":\"Leads\",\"id\":\"9000000000000001\",\"owner\":\"%s\",\"created_by\":\"%s\","
    "\"modified_by\":\"%s\",\"created_time\":\"2020-01-01T00:00:00Z\","
    "\"modified_time\":\"2020-01-02T00:00:00Z\",\"converted\":true,\"locked\":{\"id\":"
    "\"9000000000000002\",\"by_rule\":false,\"by\":\"%s\",\"time\":\"2020-01-03T00:00:00Z\","
    "\"reason\":\"It is \\\"held\\\"\"},\"stop_processing\":true,\"busy_with\":\"duplicate_merge\","
    "\"image_review\":\"rejected\",\"approval\":\"waiting\",\"blueprint\":\"%s\",\"layout\":\"%s\","
    "\"territories\":[\"%s\"],\"shared_with\":[\"%s\"],\"fault\":true,"
    "\"fields\":{\"Last_Name\":\"Whole\",\"Company\":\"X\",\"City\":null,\"Annual_Revenue\":1.50}}";

START_TEST(every_member_is_kept)
{
    const struct module *leads = org_module(test.org, "Leads");
    const char *email = test.org->users[1].email, *blueprint = NULL;
    for (size_t i = 0; i < test.org->blueprint_count; i++)
        if (module_field(leads, test.org->blueprints[i].field->api_name) ==
            test.org->blueprints[i].field)
            blueprint = test.org->blueprints[i].name;
    ck_assert_ptr_nonnull(blueprint);
    const char *text = arena_printf(&test.arena, whole_lead, email, email, email, email, blueprint,
                                    leads->layouts[0].name, test.org->territories[1].name, email);
    int64_t id = insert("Leads", text);
    ck_assert_str_eq(told("Leads", id), text);
    ck_assert_str_eq(told("leads", id), text); /* modules go by any case */
}
END_TEST

START_TEST(what_is_not_said_of_a_new_record_is_usual)
{
    int64_t before, id, after;
    ck_assert_int_eq(id_take(test.db, &before), STORE_OK);
    id = insert("Leads", "{\"fields\":{\"Last_Name\":\"New\",\"Company\":\"X\"}}");
    ck_assert_int_eq(id_take(test.db, &after), STORE_OK);
    ck_assert(before < id && id < after);
    const char *const usual[][2] = {
        {"converted", "false"},
        {"locked", "false"},
        {"stop_processing", "false"},
        {"busy_with", "null"},
        {"approval", "null"},
        {"image_review", "null"},
        {"blueprint", "null"},
        {"fault", "false"},
        {"territories", "[]"},
        {"shared_with", "[]"},
        {"Last_Name", "\"New\""},
        {"created_time", arena_printf(&test.arena, "\"%s\"", now_text)},
        {"modified_time", arena_printf(&test.arena, "\"%s\"", now_text)},
        {"owner", arena_printf(&test.arena, "\"%s\"", test.org->users[0].email)},
    };
    for (size_t i = 0; i < COUNT(usual); i++)
        ck_assert_str_eq(member("Leads", id, usual[i][0]), usual[i][1]);
    ck_assert_ptr_null(member("Leads", id, "City"));
}
END_TEST

START_TEST(an_id_that_is_given_is_not_given_again)
{
    int64_t next, id;
    ck_assert_int_eq(id_take(test.db, &next), STORE_OK);
    const char *text =
        arena_printf(&test.arena,
                     "{\"id\":\"%lld\",\"locked\":{\"id\":\"%lld\"},\"fields\":{\"Last_Name\":\"New\","
                     "\"Company\":\"X\"}}",
                     (long long)next + 1, (long long)next + 2);
    ck_assert_int_eq(insert("Leads", text), next + 1);
    ck_assert_int_eq(id_take(test.db, &id), STORE_OK);
    ck_assert_int_eq(id, next + 3);
}
END_TEST

static const char plain_lead[] =
    "{\"created_time\":\"2020-01-01T00:00:00Z\",\"fields\":{\"Last_Name\":\"New\",\"Company\":\"X\","
    "\"City\":\"Bonn\"}}";

START_TEST(only_what_is_given_changes)
{
    int64_t id = insert("Leads", plain_lead);
    change("Leads", id, "{\"modified_time\":\"2020-02-01T00:00:00Z\"}");
    const char *before = told("Leads", id);
    change("Leads", id,
           "{\"fields\":{\"City\":\"Ulm\",\"Email\":\"new@x.example\"},\"converted\":true}");
    ck_assert_str_eq(member("Leads", id, "City"), "\"Ulm\"");
    ck_assert_str_eq(member("Leads", id, "Email"), "\"new@x.example\"");
    ck_assert_str_eq(member("Leads", id, "Last_Name"), "\"New\"");
    ck_assert_str_eq(member("Leads", id, "converted"), "true");
    ck_assert_str_eq(member("Leads", id, "modified_time"),
                     arena_printf(&test.arena, "\"%s\"", now_text));
    ck_assert_str_eq(member("Leads", id, "created_time"), "\"2020-01-01T00:00:00Z\"");
    change("Leads", id,
           "{\"fields\":{\"City\":\"Bonn\",\"Email\":null},\"converted\":null,"
           "\"modified_time\":\"2020-02-01T00:00:00Z\"}");
    ck_assert_str_eq(member("Leads", id, "Email"), "null");
    cJSON *one CLEANUP(json_delete) = parse(before), *other CLEANUP(json_delete) = tell("Leads", id);
    cJSON_DeleteItemFromObject(cJSON_GetObjectItem(other, "fields"), "Email");
    ck_assert(json_equal(one, other));
}
END_TEST

static const struct {
    const char *name, *on, *off;
} states[] = {
    {"converted", "true", "false"},
    {"stop_processing", "true", "null"},
    {"busy_with", "\"image_validation\"", "null"},
    {"image_review", "\"in_approval\"", "false"},
    {"approval", "\"rejected\"", "null"},
    {"fault", "true", "null"},
    {"territories", NULL, "[]"},
    {"shared_with", NULL, "null"},
};

START_TEST(states_are_put_on_and_taken_off)
{
    int64_t id = insert("Leads", plain_lead);
    const char *name = states[_i].name, *before = member("Leads", id, name), *on = states[_i].on;
    if (on == NULL)
        on = arena_printf(&test.arena, "[\"%s\"]",
                          strcmp(name, "territories") == 0 ? test.org->territories[0].name
                                                           : test.org->users[0].email);
    for (int i = 0; i < 2; i++) { /* it may be on already */
        change("Leads", id, arena_printf(&test.arena, "{\"%s\":%s}", name, on));
        ck_assert_str_eq(member("Leads", id, name), on);
    }
    change("Leads", id, "{\"fields\":{}}");
    ck_assert_str_eq(member("Leads", id, name), on);
    change("Leads", id, arena_printf(&test.arena, "{\"%s\":%s}", name, states[_i].off));
    ck_assert_str_eq(member("Leads", id, name), before);
}
END_TEST

static const struct sql count_locks = {"SELECT count(*) FROM record_lock"};

static int64_t locks(void)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(test.db, &count_locks, "");
    ck_assert_int_eq(db_step(test.db, row), STORE_OK);
    return sqlite3_column_int64(row, 0);
}

START_TEST(locks_keep_what_is_not_said_of_them)
{
    int64_t id = insert("Leads", plain_lead), before = locks();
    change("Leads", id, "{\"locked\":true}");
    const char *lock = member("Leads", id, "locked");
    ck_assert_ptr_nonnull(strstr(lock, now_text));
    ck_assert_ptr_nonnull(strstr(lock, test.org->users[0].email));
    change("Leads", id, "{\"locked\":true}");
    ck_assert_str_eq(member("Leads", id, "locked"), lock);
    change("Leads", id, "{\"locked\":{\"by_rule\":true}}");
    change("Leads", id, "{\"locked\":{\"reason\":\"why\"}}");
    ck_assert_ptr_nonnull(strstr(member("Leads", id, "locked"), "\"by_rule\":true,\"by\":null"));
    ck_assert_ptr_nonnull(strstr(member("Leads", id, "locked"), "\"reason\":\"why\""));
    change("Leads", id,
           arena_printf(&test.arena, "{\"locked\":{\"by\":\"%s\",\"reason\":null}}",
                        test.org->users[0].email));
    ck_assert_str_eq(member("Leads", id, "locked"), lock);
    ck_assert_int_eq(locks(), before + 1);
    change("Leads", id, "{\"locked\":false}");
    ck_assert_str_eq(member("Leads", id, "locked"), "false");
    ck_assert_int_eq(locks(), before);
    change("Leads", id, "{\"locked\":true}");
    struct records_call call = call_of("Leads");
    ck_assert_int_eq(fixture_record_delete(&call, id), RECORDS_DONE);
    ck_assert_int_eq(locks(), before);
    ck_assert_int_eq(fixture_record_delete(&call, id), RECORDS_NONE);
}
END_TEST

/* `id` stands for the record's own. */
static const struct {
    bool is_new;
    enum records_result result;
    const char *text, *at;
} refusals[] = {
    {true, RECORDS_REFUSED, "[]", "$"},
    {true, RECORDS_REFUSED, "{}", "$.fields.Last_Name"},
    {true, RECORDS_REFUSED, "{\"generate\":2}", "$.generate"},
    {true, RECORDS_REFUSED, "{\"module\":\"Deals\"}", "$.module"},
    {true, RECORDS_REFUSED, "{\"id\":7,\"fields\":{\"Last_Name\":\"x\",\"Company\":\"x\"}}", "$.id"},
    {true, RECORDS_REFUSED, "{\"fields\":{\"Last_Name\":\"\"}}", "$.fields.Last_Name"},
    {true, RECORDS_CONFLICT,
     "{\"id\":\"554023000000235011\",\"fields\":{\"Last_Name\":\"x\",\"Company\":\"x\"}}", "$.id"},
    {true, RECORDS_CONFLICT,
     "{\"id\":\"71\",\"locked\":{\"id\":\"71\"},\"fields\":{\"Last_Name\":\"x\",\"Company\":\"x\"}}",
     "$.id"},
    {true, RECORDS_CONFLICT,
     "{\"locked\":{\"id\":\"554023000000235011\"},\"fields\":{\"Last_Name\":\"x\",\"Company\":\"x\"}}",
     "$.locked.id"},
    {false, RECORDS_REFUSED, "{\"id\":\"1\"}", "$.id"},
    {false, RECORDS_REFUSED, "{\"module\":\"Deals\"}", "$.module"},
    {false, RECORDS_REFUSED, "{\"City\":\"x\"}", "$.City"},
    {false, RECORDS_REFUSED, "{\"fields\":[]}", "$.fields"},
    {false, RECORDS_REFUSED, "{\"fields\":null}", "$.fields"},
    {false, RECORDS_REFUSED, "{\"fields\":{\"Nonsense\":1}}", "$.fields.Nonsense"},
    {false, RECORDS_REFUSED, "{\"fields\":{\"City\":1}}", "$.fields.City"},
    {false, RECORDS_REFUSED, "{\"fields\":{\"Last_Name\":null}}", "$.fields.Last_Name"},
    {false, RECORDS_REFUSED, "{\"fields\":{\"Owner\":\"1\"}}", "$.fields.Owner"},
    {false, RECORDS_REFUSED, "{\"fields\":{\"Modified_Time\":null}}", "$.fields.Modified_Time"},
    {false, RECORDS_REFUSED, "{\"owner\":null}", "$.owner"},
    {false, RECORDS_REFUSED, "{\"owner\":\"nobody@x.example\"}", "$.owner"},
    {false, RECORDS_REFUSED, "{\"modified_time\":\"today\"}", "$.modified_time"},
    {false, RECORDS_REFUSED, "{\"converted\":1}", "$.converted"},
    {false, RECORDS_REFUSED, "{\"busy_with\":true}", "$.busy_with"},
    {false, RECORDS_REFUSED, "{\"approval\":\"lost\"}", "$.approval"},
    {false, RECORDS_REFUSED, "{\"locked\":\"yes\"}", "$.locked"},
    {false, RECORDS_REFUSED, "{\"locked\":{\"why\":1}}", "$.locked.why"},
    {false, RECORDS_REFUSED, "{\"territories\":[\"Nowhere\"]}", "$.territories[0]"},
    {false, RECORDS_REFUSED, "{\"shared_with\":\"me\"}", "$.shared_with"},
    {false, RECORDS_REFUSED, "{\"layout\":\"Nowhere\"}", "$.layout"},
    {false, RECORDS_REFUSED, "{\"blueprint\":\"Nowhere\"}", "$.blueprint"},
};

START_TEST(what_is_refused_has_a_place_and_a_reason)
{
    int64_t id = insert("Leads", plain_lead);
    struct records_call call = call_of("Leads");
    cJSON *json CLEANUP(json_delete) = parse(refusals[_i].text);
    enum records_result result = refusals[_i].is_new ? fixture_record_insert(&call, json, &id)
                                                     : fixture_record_change(&call, id, json);
    ck_assert_int_eq(result, refusals[_i].result);
    ck_assert_str_eq(call.at, refusals[_i].at);
    ck_assert_ptr_nonnull(strstr(call.expected, "expected "));
}
END_TEST

START_TEST(unique_values_are_unique)
{
    static const char one[] = "{\"fields\":{\"Name\":\"One\",\"Code\":\"N-1\"}}";
    int64_t id = insert("Projects", one), unused;
    int64_t other = insert("Projects", "{\"fields\":{\"Name\":\"Other\",\"Code\":null}}");
    struct records_call call = call_of("Projects");
    cJSON *json CLEANUP(json_delete) = parse(one);
    ck_assert_int_eq(fixture_record_insert(&call, json, &unused), RECORDS_CONFLICT);
    ck_assert_str_eq(call.at, "$.fields.Code");
    ck_assert_int_eq(fixture_record_change(&call, other, json), RECORDS_CONFLICT);
    change("Projects", id, one); /* its own */
    (void)insert("Projects", "{\"fields\":{\"Name\":\"None\",\"Code\":null}}");
}
END_TEST

START_TEST(values_go_together_after_a_change)
{
    int64_t id = insert("Deals", "{\"fields\":{\"Deal_Name\":\"x\",\"Stage\":\"Qualification\"}}");
    struct records_call call = call_of("Deals");
    cJSON *json CLEANUP(json_delete) = parse("{\"fields\":{\"Pipeline\":\"Nonsense\"}}");
    ck_assert_int_eq(fixture_record_change(&call, id, json), RECORDS_REFUSED);
    ck_assert_str_eq(call.at, "$.fields.Pipeline");
}
END_TEST

static size_t listed(struct records_call *call, const struct records_page *page, int64_t *last,
                     bool *more)
{
    cJSON *list;
    ck_assert_int_eq(fixture_records_list(call, page, &list), RECORDS_DONE);
    const cJSON *records = json_member(list, "records"), *record;
    cJSON_ArrayForEach (record, records) {
        int64_t id = 0;
        ck_assert(id_parse(json_member(record, "id")->valuestring, &id));
        ck_assert_int_gt(id, *last);
        *last = id;
    }
    size_t count = (size_t)cJSON_GetArraySize(records);
    *more = cJSON_IsTrue(json_member(list, "more"));
    cJSON_Delete(list);
    return count;
}

START_TEST(lists_are_in_numeric_order_and_say_whether_there_is_more)
{
    struct records_call call = call_of("Deals");
    int64_t last = 0;
    size_t count = 0, all;
    bool more = true;
    for (struct records_page page = {.limit = 2}; more; page.after = last) {
        size_t found = listed(&call, &page, &last, &more);
        ck_assert(found == 2 || (!more && found < 2));
        count += found;
    }
    struct records_page page = {.limit = count};
    last = 0;
    all = listed(&call, &page, &last, &more);
    ck_assert(all == count && !more && count > 2);
    page.limit--;
    last = 0;
    ck_assert(listed(&call, &page, &last, &more) == count - 1 && more);
    const int64_t ids[] = {last, 5, 554023000000497007, last};
    const struct records_page some = {.limit = 10, .ids = ids, .id_count = COUNT(ids)};
    last = 0;
    ck_assert_uint_eq(listed(&call, &some, &last, &more), 2);
    ck_assert(!more);
}
END_TEST

START_TEST(a_module_shows_the_records_of_its_parts_alone)
{
    int64_t task = 554023000000630101;
    ck_assert_str_eq(member("Activities", task, "module"), "\"Tasks\"");
    change("Activities", task, "{\"fields\":{\"Status\":\"Completed\"}}");
    ck_assert_str_eq(member("Tasks", task, "Status"), "\"Completed\"");
    struct records_call other = call_of("Leads"), none = call_of("Nonsense");
    const struct records_page page = {.limit = 1};
    cJSON *json, *empty CLEANUP(json_delete) = parse("{}");
    int64_t id;
    ck_assert_int_eq(fixture_record_tell(&other, task, &json), RECORDS_NONE);
    ck_assert_int_eq(fixture_record_change(&other, task, empty), RECORDS_NONE);
    ck_assert_int_eq(fixture_record_delete(&other, task), RECORDS_NONE);
    ck_assert_int_eq(fixture_record_tell(&none, task, &json), RECORDS_NONE);
    ck_assert_int_eq(fixture_records_list(&none, &page, &json), RECORDS_NONE);
    ck_assert_int_eq(fixture_record_insert(&none, empty, &id), RECORDS_NONE);
    ck_assert_int_eq(fixture_record_change(&none, task, empty), RECORDS_NONE);
    ck_assert_int_eq(fixture_record_delete(&none, task), RECORDS_NONE);
}
END_TEST

TCase *records_tests(void)
{
    TCase *tests = tcase_create("records");
    tcase_set_timeout(tests, 300);
    tcase_add_unchecked_fixture(tests, open_test, close_test);
    tcase_add_test(tests, what_is_told_loads_as_the_same);
    tcase_add_test(tests, every_member_is_kept);
    tcase_add_test(tests, what_is_not_said_of_a_new_record_is_usual);
    tcase_add_test(tests, an_id_that_is_given_is_not_given_again);
    tcase_add_test(tests, only_what_is_given_changes);
    tcase_add_loop_test(tests, states_are_put_on_and_taken_off, 0, COUNT(states));
    tcase_add_test(tests, locks_keep_what_is_not_said_of_them);
    tcase_add_loop_test(tests, what_is_refused_has_a_place_and_a_reason, 0, COUNT(refusals));
    tcase_add_test(tests, unique_values_are_unique);
    tcase_add_test(tests, values_go_together_after_a_change);
    tcase_add_test(tests, lists_are_in_numeric_order_and_say_whether_there_is_more);
    tcase_add_test(tests, a_module_shows_the_records_of_its_parts_alone);
    return tests;
}
