/* Fixtures that are added to a store in use, documents that fill a new one, and what orgs get to begin
 * with. */
#include <glib.h>
#include <string.h>

#include "crm/fixture_rules.h"
#include "fixture/fixture.h"
#include "store/db.h"
#include "store/sequence.h"
#include "unit.h"

enum { NOW = 1700000000 };

static struct test_store test;
static cJSON *added; /* by the last addition */
static struct fixture_fault fault;

/* For tests that change nothing, one store for all; the others have one each, of a small org. */
static void open_test(void)
{
    const struct store_options options = {.log = &quiet_log};
    const struct fixture_source source = {.built_in = "professional", .now = NOW};
    const char *reason = "";
    bool is_new;
    test = (struct test_store){.db = NULL};
    test.store = store_open(&options, &test.arena, &is_new, &reason);
    ck_assert(test.store != NULL && is_new);
    ck_assert_msg(fixtures_load(test.store, &source, &fixture_rules, &test.arena, &reason), "%s",
                  reason);
    added = NULL;
}

static void close_test(void)
{
    cJSON_Delete(added);
    test_store_close(&test);
}

static void open_enterprise(void)
{
    test_store_open(&test);
    test_store_lend(&test);
    added = NULL;
}

/* JSON with ' for ". Ended by the caller. */
static cJSON *json_of(const char *text)
{
    char *copy = arena_strdup(&test.arena, text);
    for (char *at = copy; *at != '\0'; at++)
        if (*at == '\'')
            *at = '"';
    cJSON *json = json_parse(copy, strlen(copy), NULL);
    ck_assert_msg(json != NULL, "no JSON: %s", text);
    return json;
}

static bool add_within(const char *documents, int64_t org_id, int64_t records_max)
{
    const struct fixture_source source = {.now = NOW, .records_max = records_max};
    cJSON *json CLEANUP(json_delete) = json_of(documents);
    cJSON_Delete(added);
    return fixtures_add(test.store, &source, json, org_id, &fixture_rules, &test.arena, &added, &fault);
}

static void must_add(const char *documents)
{
    ck_assert_msg(add_within(documents, 0, 0), "%s: %s", fault.at != NULL ? fault.at : "?", fault.text);
}

static const char *text_of(const char *sql)
{
    struct db *db = store_acquire(test.store);
    sqlite3_stmt *row = NULL;
    ck_assert_ptr_nonnull(db);
    ck_assert_msg(sqlite3_prepare_v2(db->handle, sql, -1, &row, NULL) == SQLITE_OK, "%s", sql);
    const char *text = sqlite3_step(row) == SQLITE_ROW ? db_text(row, 0, &test.arena) : NULL;
    (void)sqlite3_finalize(row);
    store_release(db);
    return text;
}

static void change(const char *script)
{
    struct db *db = store_acquire(test.store);
    ck_assert(db != NULL && db_script(db, script) == STORE_OK);
    store_release(db);
}

/* How much there is of everything, and what the next id is. */
static const char *sums(void)
{
    const char *tables =
        text_of("SELECT group_concat('(SELECT count(*) FROM ' || name || ')', ' || '' '''"
                " || ' || ') FROM sqlite_schema WHERE type = 'table'");
    return text_of(arena_printf(&test.arena,
                                "SELECT %s || ' ' || (SELECT next_id || ' ' || free_before FROM"
                                " id_sequence) || ' ' || (SELECT sum(metadata_time) FROM org)",
                                tables));
}

static void load_again(void)
{
    orgs_clear(&test.orgs);
    struct db *db = store_acquire(test.store);
    ck_assert(db != NULL && orgs_load(db, ALL_ORGS, &test.orgs) == STORE_OK);
    store_release(db);
    test.org = &test.orgs.list[0];
}

/* Part of every kind, named by what is there and by one another, in two documents. */
static const char everything[] =
    "[{'roles': [{'name': 'Intern', 'reports_to': 'Sales Rep'}],"
    "  'profiles': [{'name': 'Guest', 'modules': {'*': {'write': false}, 'Boats': {}},"
    "                'fields': {'Deals.Shoe_Size': 'read_only'}}],"
    "  'users': [{'name': 'Ivy Intern', 'email': 'ivy@zylker.example', 'profile': 'Guest', 'role': "
    "'Intern'}],"
    "  'territories': [{'name': 'Deep South', 'parent': 'South'}],"
    "  'modules': [{'api_name': 'Boats', 'custom': true, 'territories': true, 'fields': ["
    "    {'api_name': 'Name', 'type': 'text', 'mandatory': true},"
    "    {'api_name': 'Rig', 'type': 'picklist', 'values': ['Sloop', 'Ketch']},"
    "    {'api_name': 'Owner_Account', 'type': 'lookup', 'lookup': 'Accounts'},"
    "    {'api_name': 'Repairs', 'type': 'subform'}]}]},"
    " {'fields': [{'module': 'Deals', 'api_name': 'Shoe_Size', 'type': 'integer', 'custom': true}],"
    "  'blueprints': [{'module': 'Boats', 'field': 'Rig', 'name': 'Rigging', 'transitions': ["
    "    {'name': 'Step a mast', 'from': ['Sloop'], 'to': 'Ketch'}]}],"
    "  'pipelines': [{'name': 'Rentals', 'stages': ['Qualification', 'Closed Won']}],"
    "  'layouts': [{'module': 'Deals', 'name': 'Renting', 'pipelines': ['Rentals']}],"
    "  'clients': [{'id': 'mine', 'secret': 's'}],"
    "  'tokens': [{'token': 'ivy', 'client': 'mine', 'user': 'ivy@zylker.example', 'scopes':"
    "    'ZohoCRM.modules.ALL'}],"
    "  'views': [{'module': 'Boats', 'name': 'Ketches', 'criteria': {'field': {'api_name': 'Rig'},"
    "    'comparator': 'equal', 'value': 'Ketch'}}],"
    "  'workflow_rules': [{'module': 'Boats', 'name': 'Rename', 'field': 'Rig',"
    "    'actions': [{'field': 'Name', 'value': 'Renamed'}]}],"
    "  'approval_processes': [{'module': 'Boats', 'name': 'Captain', 'field': 'Name'}],"
    "  'records': ["
    "    {'module': 'Boats', 'id': '77', 'owner': 'ivy@zylker.example', 'territories': ['Deep South'],"
    "     'blueprint': 'Rigging', 'locked': true, 'fields': {'Name': 'Ahab', 'Rig': 'Sloop'}},"
    "    {'module': 'Boats', 'id': '80', 'generate': 3, 'fields': {'Name': 'Boat {n}', 'Rig': "
    "{'$cycle':"
    "     ['Sloop', 'Ketch']}}},"
    "    {'module': 'Deals', 'layout': 'Renting', 'fields': {'Deal_Name': 'Boat', 'Stage':"
    "     'Qualification', 'Pipeline': 'Rentals', 'Shoe_Size': 43}}]}]";

static const cJSON *thing(const char *kind, int index)
{
    return cJSON_GetArrayItem(json_member(added, kind), index);
}

static const char *word(const char *kind, int index, const char *name)
{
    const char *text = json_scalar_text(json_member(thing(kind, index), name));
    ck_assert_msg(text != NULL, "%s[%d].%s", kind, index, name);
    return text;
}

static int64_t id_of(const char *kind, int index)
{
    return g_ascii_strtoll(word(kind, index, "id"), NULL, 10);
}

START_TEST(all_that_a_file_may_have_is_added_to_an_org)
{
    static const char *const names[][2] = {
        {"roles", "Intern"},           {"profiles", "Guest"},        {"users", "Ivy Intern"},
        {"territories", "Deep South"}, {"modules", "Boats"},         {"fields", "Name"},
        {"blueprints", "Rigging"},     {"pipelines", "Rentals"},     {"layouts", "Standard"},
        {"views", "Ketches"},          {"workflow_rules", "Rename"}, {"approval_processes", "Captain"}};
    must_add(everything);
    load_again();
    for (size_t i = 0; i < COUNT(names); i++)
        ck_assert_str_eq(word(names[i][0], 0, "name"), names[i][1]);
    const struct module *boats = org_module(test.org, "Boats");
    ck_assert(boats != NULL && boats->id == id_of("modules", 0));
    ck_assert_int_eq(org_user(test.org, id_of("users", 0))->created_time, NOW);
    ck_assert_int_eq(module_field(org_module(test.org, "Deals"), "Shoe_Size")->id, id_of("fields", 5));
    ck_assert_str_eq(word("fields", 5, "module"), "Deals");
    ck_assert_str_eq(word("modules", 1, "name"), "Repairs"); /* which the subform has brought along */
    ck_assert_str_eq(org_view(test.org, id_of("views", 0))->module->api_name, "Boats");
    ck_assert_int_eq((int64_t)cJSON_GetNumberValue(json_member(added, "record_count")), 5);
    static const char *const ids[] = {"77", "80", "81", "82"};
    for (int i = 0; i < (int)COUNT(ids); i++) {
        ck_assert_str_eq(word("records", i, "id"), ids[i]);
        ck_assert_str_eq(word("records", i, "module"), "Boats");
    }
    ck_assert_str_eq(word("records", 4, "module"), "Deals");
    ck_assert_int_eq(cJSON_GetArraySize(json_member(added, "records")), 5);
    ck_assert_str_eq(
        text_of("SELECT count(*) || (fields ->> 'Name') FROM record JOIN record_territory ON"
                " record_id = id WHERE id = 77 AND lock_id IS NOT NULL"),
        "1Ahab");
    ck_assert_str_eq(text_of("SELECT scopes FROM oauth_token WHERE token = 'ivy'"),
                     "ZohoCRM.modules.ALL");
    ck_assert_ptr_null(text_of("PRAGMA foreign_key_check"));
    ck_assert_str_eq(text_of("PRAGMA integrity_check"), "ok"); /* the schema's checks, too */
}
END_TEST

static struct module_permission permission(const char *profile, const char *module)
{
    for (size_t i = 0; i < test.org->profile_count; i++)
        if (strcmp(test.org->profiles[i].name, profile) == 0)
            return test.org->profiles[i].modules[org_module(test.org, module)->index];
    ck_abort_msg("no profile %s", profile);
}

START_TEST(a_new_module_is_open_to_whom_all_others_are)
{
    change("DELETE FROM profile_module WHERE profile_id = 554023000000016007 AND module_id ="
           " (SELECT min(id) FROM module)");
    must_add(everything);
    load_again();
    ck_assert(permission("Administrator", "Boats").can_mass_update);
    ck_assert(permission("Standard", "Repairs").can_write);
    ck_assert(permission("Restricted", "Boats").can_read);
    ck_assert(!permission("Restricted", "Boats").can_mass_update);
    ck_assert(!permission("Restricted", "Boats").can_write);
    ck_assert(!permission("No reading", "Boats").can_read);
    ck_assert(!permission("No scheduling", "Boats").can_read); /* it had not all of them */
    ck_assert(!permission("Guest", "Leads").can_write && permission("Guest", "Boats").can_write);
}
END_TEST

START_TEST(metadata_have_another_time_when_some_are_added)
{
    static const char time[] = "SELECT metadata_time FROM org";
    ck_assert_str_eq(text_of(time), "1700000000");
    must_add("{'records': [{'module': 'Accounts', 'fields': {'Account_Name': 'x'}}], 'views': []}");
    ck_assert_str_eq(text_of(time), "1700000000");
    must_add("{'views': [{'module': 'Accounts', 'name': 'Mine'}]}");
    ck_assert_str_eq(text_of(time), "1700000001"); /* the clock stands, and yet it is seen */
    change("UPDATE org SET metadata_time = 5");
    must_add("{'fields': [{'module': 'Accounts', 'api_name': 'A', 'type': 'text'}]}");
    ck_assert_str_eq(text_of(time), "1700000000");
}
END_TEST

START_TEST(documents_with_an_org_are_a_new_one)
{
    const char *documents =
        "{'org': {'id': '9', 'name': 'Second'}, 'roles': [{'name': 'Owner'}],"
        " 'profiles': [{'name': 'Administrator', 'modules': {'*': {}}}],"
        " 'users': [{'name': 'Bo', 'email': 'bo@x.example', 'profile': 'Administrator', 'role': "
        "'Owner'}],"
        " 'modules': [{'api_name': 'Accounts', 'fields': [{'api_name': 'Account_Name', 'type': "
        "'text'}]}],"
        " 'records': [{'module': 'Accounts', 'fields': {'Account_Name': 'Theirs'}}]}";
    must_add(documents);
    ck_assert_str_eq(word("orgs", 0, "name"), "Second");
    ck_assert_str_eq(word("orgs", 0, "id"), "9");
    load_again();
    ck_assert_int_eq((int64_t)test.orgs.count, 2);
    ck_assert_str_eq(test.orgs.list[0].name, "Second"); /* by id, it is the first now */
    ck_assert_str_eq(text_of("SELECT metadata_time FROM org WHERE id = 554025000000000011"),
                     "1700000000");
    const char *field = "{'fields': [{'module': 'Accounts', 'api_name': 'Only_Here', 'type': 'text'}]}";
    ck_assert(add_within(field, 554025000000000011, 0));
    load_again();
    ck_assert_ptr_null(module_field(org_module(&test.orgs.list[0], "Accounts"), "Only_Here"));
    ck_assert_ptr_nonnull(module_field(org_module(&test.orgs.list[1], "Accounts"), "Only_Here"));
    ck_assert(!add_within(field, 10, 0));
    ck_assert(fault.kind == FIXTURE_FAULTY && strcmp(fault.at, "org") == 0);
    ck_assert(!add_within(documents, 0, 0));
    ck_assert(fault.kind == FIXTURE_CONFLICT && strcmp(fault.at, "$.org.id") == 0);
}
END_TEST

#define ACCOUNT "'module': 'Accounts', 'fields': {'Account_Name': 'x'}"

static const struct refusal {
    const char *documents, *at, *said;
    enum fixture_fault_kind kind;
} refusals[] = {
    {"5", "$", "an object", FIXTURE_FAULTY},
    {"[]", "$", "1 to 256 documents", FIXTURE_FAULTY},
    {"[{}, 5]", "$[1]", "an object", FIXTURE_FAULTY},
    {"{'extends': 'free'}", "$.extends", "no such member", FIXTURE_FAULTY},
    {"[{}, {'extends': 'free'}]", "$[1].extends", "no such member", FIXTURE_FAULTY},
    {"{'recrods': []}", "$.recrods", "one of the members", FIXTURE_FAULTY},
    {"{'records': {}}", "$.records", "a list", FIXTURE_FAULTY},
    {"{'records': [{" ACCOUNT ", 'id': 5}]}", "$.records[0].id", "an id", FIXTURE_FAULTY},
    {"{'records': [{'module': 'Boats'}]}", "$.records[0].module", "there is Accounts", FIXTURE_FAULTY},
    {"{'records': [{'module': 'Accounts', 'fields': {'Phone': '1'}}]}",
     "$.records[0].fields.Account_Name", "mandatory", FIXTURE_FAULTY},
    {"[{'modules': [{'api_name': 'Boats'}]}, {'records': [{" ACCOUNT "}, {'module': 'Boats', 'fields':"
     " {'City': 'x'}}]}]",
     "$[1].records[1].fields.City", "API name of a field", FIXTURE_FAULTY},
    {"{'tokens': [{'token': 't', 'client': 'nobody', 'user': 'olive@professional.example', 'scopes':"
     " 'ZohoCRM.org.ALL'}]}",
     "$.tokens[0].client", "the id of a client", FIXTURE_FAULTY},
    {"{'pipelines': [{'name': 'x', 'stages': ['y']}]}", "$.pipelines[0]", "the module Deals",
     FIXTURE_FAULTY},
    {"{'fields': [{'module': 'Accounts', 'api_name': 'P', 'type': 'picklist', 'values': ['a', 'a']}]}",
     "$.fields[0].values[1]", "once", FIXTURE_FAULTY},
    {"{'org': {'name': 'x'}, 'records': [{" ACCOUNT "}]}", "$.records[0].module", "there is none",
     FIXTURE_FAULTY},
    {"{'modules': [{'api_name': 'accounts'}]}", "$.modules[0].api_name", "API name", FIXTURE_CONFLICT},
    {"{'fields': [{'module': 'Accounts', 'api_name': 'Phone', 'type': 'text'}]}",
     "$.fields[0].api_name", "another field of the module", FIXTURE_CONFLICT},
    {"{'layouts': [{'module': 'Accounts', 'name': 'Standard'}]}", "$.layouts[0].name", "another layout",
     FIXTURE_CONFLICT},
    {"{'roles': [{'name': 'Owner'}]}", "$.roles[0].name", "another role", FIXTURE_CONFLICT},
    {"{'users': [{'name': 'x', 'email': 'olive@professional.example', 'profile': 'Administrator', "
     "'role':"
     " 'Owner'}]}",
     "$.users[0].email", "another user has this email", FIXTURE_CONFLICT},
    {"{'clients': [{'id': '1000.CRMOCK.PROFESSIONAL', 'secret': 's'}]}", "$.clients[0].id",
     "another client", FIXTURE_CONFLICT},
    {"{'tokens': [{'token': '1000.crmock.professional', 'client': '1000.CRMOCK.PROFESSIONAL', 'user':"
     " 'olive@professional.example', 'scopes': 'ZohoCRM.org.ALL'}]}",
     "$.tokens[0].token", "another token", FIXTURE_CONFLICT},
    {"{'records': [{" ACCOUNT ", 'id': '554025000000497007'}]}", "$.records[0].id", "a record has",
     FIXTURE_CONFLICT},
    {"{'records': [{" ACCOUNT "}, {" ACCOUNT ", 'id': '554025000000497000', 'generate': 8}]}",
     "$.records[1].id", "a record has 554025000000497007", FIXTURE_CONFLICT},
    {"{'records': [{" ACCOUNT ", 'id': '554025000000235011'}]}", "$.records[0].id", "a user has",
     FIXTURE_CONFLICT},
    {"{'records': [{" ACCOUNT ", 'locked': {'id': '554025000000000011'}}]}", "$.records[0].locked.id",
     "an org has", FIXTURE_CONFLICT},
    {"[{'views': [{'id': '50', 'module': 'Accounts', 'name': 'v'}]}, {'records': [{" ACCOUNT
     ", 'id': '50'}]}]",
     "$[1].records[0].id", "a view has 50", FIXTURE_CONFLICT},
};

START_TEST(what_is_wrong_is_told_and_nothing_is_added)
{
    const struct refusal *refusal = &refusals[_i];
    const char *before = sums();
    ck_assert_msg(!add_within(refusal->documents, 0, 0), "%s", refusal->documents);
    ck_assert_ptr_null(added);
    ck_assert_str_eq(fault.at, refusal->at);
    ck_assert_msg(strstr(fault.text, refusal->said) != NULL, "%s", fault.text);
    ck_assert_int_eq(fault.kind, refusal->kind);
    ck_assert_ptr_null(fault.file);
    ck_assert_str_eq(sums(), before);
}
END_TEST

/* A record may not have what the sequence has given, as long as something has it. */
START_TEST(ids_of_the_sequence_are_told_as_well)
{
    static const char *const holders[] = {"SELECT id FROM picklist_value",
                                          "SELECT none_id FROM field WHERE none_id",
                                          "SELECT id FROM layout_section", "SELECT id FROM field"};
    for (size_t i = 0; i < COUNT(holders); i++) {
        const char *id = text_of(holders[i]);
        ck_assert(!add_within(arena_printf(&test.arena, "{'records': [{" ACCOUNT ", 'id': '%s'}]}", id),
                              0, 0));
        ck_assert_int_eq(fault.kind, FIXTURE_CONFLICT);
        ck_assert_str_eq(fault.at, "$.records[0].id");
    }
    struct db *db = store_acquire(test.store);
    int64_t free_again = 0;
    ck_assert(db != NULL && ids_take(db, 1, &free_again) == STORE_OK);
    store_release(db);
    must_add(
        arena_printf(&test.arena, "{'records': [{" ACCOUNT ", 'id': '%lld'}]}", (long long)free_again));
}
END_TEST

/* What refers to things with ids gives none, and keeps none free. */
START_TEST(ids_in_criteria_and_values_are_not_given)
{
    must_add("{'fields': [{'module': 'Accounts', 'api_name': 'Chief', 'type': 'lookup', 'lookup':"
             " 'Accounts'}],"
             " 'views': [{'module': 'Accounts', 'name': 'Olives', 'criteria': {'field': {'api_name':"
             " 'Chief', 'id': '554099000000000001'}, 'comparator': 'equal', 'value': {'id':"
             " '554099000000000001'}}}],"
             " 'workflow_rules': [{'module': 'Accounts', 'name': 'w', 'actions': [{'field': 'Chief',"
             " 'value': {'id': '554099000000000001'}}]}]}");
    ck_assert_str_eq(text_of("SELECT count(*) FROM id_reserved WHERE last_id >= 554099000000000001"),
                     "0");
}
END_TEST

static int64_t taken(int64_t count)
{
    int64_t first = 0;
    struct db *db = store_acquire(test.store);
    ck_assert(db != NULL && ids_take(db, count, &first) == STORE_OK);
    store_release(db);
    return first;
}

START_TEST(ids_that_are_given_later_are_kept_free)
{
    int64_t next = taken(1) + 1;
    for (int i = 0; i < 3; i++) /* one after the other, the second before the first */
        must_add(arena_printf(&test.arena, "{'records': [{" ACCOUNT ", 'id': '%lld', 'generate': 10}]}",
                              (long long)next + (i == 1 ? 5 : 20 * (i + 1))));
    ck_assert_int_eq(taken(5), next);
    ck_assert_int_eq(taken(1), next + 15);
    must_add("{'records': [{" ACCOUNT "}]}");
    ck_assert_int_eq(id_of("records", 0), next + 16);
    ck_assert_int_eq(taken(4), next + 30); /* three are left before that */
    must_add(arena_printf(&test.arena, "{'records': [{" ACCOUNT ", 'id': '%lld'}]}",
                          (long long)next + 34)); /* the very next */
    ck_assert_int_eq(taken(1), next + 35);
}
END_TEST

START_TEST(a_store_has_so_many_records_and_no_more)
{
    const char *three = "{'records': [{" ACCOUNT "}, {" ACCOUNT ", 'generate': 2}]}";
    const char *before = sums();
    ck_assert(!add_within(three, 0, 3));
    ck_assert_int_eq(fault.kind, FIXTURE_FAULTY);
    ck_assert_str_eq(fault.at, "$.records[1]");
    ck_assert_ptr_nonnull(strstr(fault.text, "at most 3 records"));
    ck_assert_str_eq(sums(), before);
    ck_assert(add_within(three, 0, 4));
    ck_assert_str_eq(text_of("SELECT count(*) FROM record"), "4");
}
END_TEST

START_TEST(of_many_records_the_first_are_listed)
{
    must_add("{'records': [{" ACCOUNT ", 'generate': 9999}, {" ACCOUNT ", 'generate': 5}]}");
    ck_assert_int_eq(cJSON_GetArraySize(json_member(added, "records")), FIXTURE_LISTED_MAX);
    ck_assert_int_eq((int64_t)cJSON_GetNumberValue(json_member(added, "record_count")), 10004);
}
END_TEST

/* What an addition needs of its connection goes with it. */
START_TEST(no_connection_keeps_what_was_the_additions)
{
    must_add("{'records': [{" ACCOUNT "}]}");
    sqlite3_stmt *row = NULL;
    struct db *db = store_acquire(test.store);
    ck_assert_ptr_nonnull(db);
    ck_assert_int_eq(sqlite3_prepare_v2(db->handle, "SELECT fields_of(1)", -1, &row, NULL),
                     SQLITE_ERROR);
    store_release(db);
}
END_TEST

START_TEST(a_store_that_fails_takes_nothing)
{
    change("DROP TABLE record_share");
    const char *before = sums();
    ck_assert(!add_within("{'modules': [{'api_name': 'Boats'}], 'records': [{" ACCOUNT
                          ", 'shared_with': ['olive@professional.example']}]}",
                          0, 0));
    ck_assert_int_eq(fault.kind, FIXTURE_FAILED);
    ck_assert_ptr_nonnull(strstr(fault.text, "record_share"));
    ck_assert_str_eq(sums(), before);
    must_add("{'records': [{" ACCOUNT "}]}"); /* it goes on */
}
END_TEST

/* Others who read a store in a file keep what they began with. */
START_TEST(a_lasting_store_is_read_meanwhile)
{
    static const struct sql count = {"SELECT count(*) FROM module WHERE api_name = 'Boats'"};
    test_store_open_lasting(&test);
    ck_assert_int_eq(db_script(test.db, "BEGIN; SELECT count(*) FROM module"), STORE_OK);
    must_add(everything);
    {
        sqlite3_stmt *row CLEANUP(db_done) = db_query(test.db, &count, "");
        ck_assert(db_step(test.db, row) == STORE_OK && sqlite3_column_int(row, 0) == 0);
    }
    ck_assert_int_eq(db_script(test.db, "COMMIT"), STORE_OK);
    ck_assert_str_eq(text_of(count.text), "1");
    cJSON_Delete(added);
    added = NULL;
    test_store_close(&test);
}
END_TEST

/* In the place of the test's. */
static void open_empty(void)
{
    const struct store_options options = {.log = &quiet_log};
    const char *reason;
    bool is_new;
    orgs_clear(&test.orgs);
    store_close(test.store);
    test.store = store_open(&options, &test.arena, &is_new, &reason);
    ck_assert(test.store != NULL && is_new);
}

static bool load_documents(const char *documents, int64_t records_max)
{
    const struct fixture_source source = {.now = NOW, .records_max = records_max};
    cJSON *json CLEANUP(json_delete) = json_of(documents);
    open_empty();
    return fixtures_load_documents(test.store, json, &source, &fixture_rules, &test.arena, &fault);
}

START_TEST(documents_fill_a_store_as_a_folder_does)
{
    const char *mine = "[{'extends': 'professional'}, {'records': [{" ACCOUNT ", 'id': '77'}]}]";
    ck_assert_msg(load_documents(mine, 2), "%s", fault.text);
    load_again();
    ck_assert_str_eq(test.org->name, "Small Works");
    ck_assert_str_eq(text_of("SELECT count(*) FROM record"), "2");
    ck_assert(load_documents("{'org': {'name': 'Own'}}", 0));
    load_again();
    ck_assert(test.orgs.count == 1 && strcmp(test.org->name, "Own") == 0);
    ck_assert(!load_documents(mine, 1)); /* with the built-in org's */
    ck_assert_str_eq(fault.at, "$[1].records[0]");
}
END_TEST

static const struct refusal load_refusals[] = {
    {"{}", "$", "expected an org", FIXTURE_FAULTY},
    {"{'extends': 'nothing'}", "$.extends", "a built-in org: enterprise, free, professional",
     FIXTURE_FAULTY},
    {"[{'extends': 'free'}, {'extends': 'free'}]", "$[1].extends", "in one file", FIXTURE_FAULTY},
    {"[{'extends': 'free'}, {'org': {'name': 'x'}}]", "$[1].org", "no second org", FIXTURE_FAULTY},
    {"{'extends': 'professional', 'records': [{" ACCOUNT ", 'locked': 5}]}", "$.records[0].locked",
     "true or false", FIXTURE_FAULTY},
    {"{'extends': 'professional', 'roles': [{'name': 'Owner'}]}", "$.roles[0].name", "another role",
     FIXTURE_CONFLICT},
    {"{'extends': 'professional', 'views': [{'module': 'Accounts', 'name': 'v', 'id': '50'}], 'roles':"
     " [{'name': 'x', 'id': '50'}]}",
     "$.roles[0].id", "given twice, before at $.views[0].id", FIXTURE_CONFLICT},
};

START_TEST(documents_that_fill_no_store_are_told)
{
    const struct refusal *refusal = &load_refusals[_i];
    ck_assert(!load_documents(refusal->documents, 0));
    ck_assert_str_eq(fault.at, refusal->at);
    ck_assert_msg(strstr(fault.text, refusal->said) != NULL, "%s", fault.text);
    ck_assert_int_eq(fault.kind, refusal->kind);
    ck_assert_ptr_null(fault.file);
}
END_TEST

/* Who takes out what is at fault, takes out each. */
START_TEST(a_check_of_documents_tells_each_place)
{
    static const char *const places[] = {"$[0].users[0].role", "$[1].users[0].role",
                                         "$[1].users[1].profile"};
    const struct fixture_source source = {.now = NOW};
    struct fixture_check check;
    cJSON *json CLEANUP(json_delete) = json_of(
        "[{'extends': 'professional', 'users': [{'name': 'A', 'email': 'a@x.example', 'role': 'Cook',"
        " 'profile': 'Administrator'}]}, {'users': [{'name': 'B', 'email': 'b@x.example', 'role':"
        " 'Cook', 'profile': 'Administrator'}, {'name': 'C', 'email': 'c@x.example', 'role': 'Owner',"
        " 'profile': 'None'}]}]");
    open_empty();
    ck_assert(
        !fixtures_check_documents(test.store, json, &source, &fixture_rules, &test.arena, &check));
    ck_assert_uint_eq(check.fault_count, COUNT(places));
    for (size_t i = 0; i < COUNT(places); i++)
        ck_assert_str_eq(check.faults[i].at, places[i]);
    cJSON *good CLEANUP(json_delete) = json_of("{'extends': 'professional'}");
    open_empty();
    ck_assert(fixtures_check_documents(test.store, good, &source, &fixture_rules, &test.arena, &check));
    load_again();
    ck_assert_str_eq(test.org->name, "Small Works");
}
END_TEST

START_TEST(one_built_in_org_is_loaded_alone)
{
    const struct fixture_source all = {.now = NOW}, one = {.built_in = "professional"},
                                other = {.built_in = "free"}, none = {.built_in = "professiona"};
    const char *reason = "";
    load_again();
    ck_assert(test.orgs.count == 1 && strcmp(test.org->name, "Small Works") == 0);
    const char *digest = fixtures_digest(&one, &test.arena);
    ck_assert_str_ne(digest, fixtures_digest(&all, &test.arena));
    ck_assert_str_ne(digest, fixtures_digest(&other, &test.arena));
    ck_assert(fixtures_are_other(test.store, &all) && !fixtures_are_other(test.store, &one));
    ck_assert(!fixtures_load(test.store, &none, &fixture_rules, &test.arena, &reason));
    ck_assert_str_eq(reason, "professiona: expected the name of a built-in org: enterprise, free,"
                             " professional");
}
END_TEST

static struct fixture_credentials ensured(void)
{
    struct fixture_credentials first;
    struct db *db = store_acquire(test.store);
    ck_assert(db != NULL && store_begin(db, STORE_REQUEST) == STORE_OK);
    ck_assert_int_eq(fixtures_ensure_credentials(db, NOW * INT64_C(1000), &test.arena, &first),
                     STORE_OK);
    ck_assert_int_eq(store_commit(db), STORE_OK);
    store_release(db);
    return first;
}

static const char *named(const struct fixture_credentials *first, const char *name)
{
    const char *text = json_scalar_text(json_member(first->tokens, name));
    return text != NULL ? arena_strdup(&test.arena, text) : "";
}

START_TEST(who_has_credentials_keeps_them)
{
    struct fixture_credentials first = ensured();
    ck_assert_str_eq(first.client_id, "1000.CRMOCK");
    ck_assert_str_eq(first.client_secret, "crmock-secret");
    ck_assert_str_eq(first.refresh_token, "1000.crmock.refresh");
    ck_assert_str_eq(first.access_token, "1000.crmock.admin");
    ck_assert_str_eq(named(&first, "standard"), "1000.crmock.standard");
    ck_assert_str_eq(named(&first, "refresh"), "");      /* is no access token */
    ck_assert_str_eq(named(&first, "professional"), ""); /* is another org's */
    cJSON_Delete(first.tokens);
    /* the other orgs have no refresh token: they get one each, of their own client and user */
    ck_assert_str_eq(text_of("SELECT group_concat(token || client_id || user_id || kind, ' ') FROM"
                             " (SELECT * FROM oauth_token WHERE token LIKE '%-%' ORDER BY token)"),
                     "1000.crmock.554024000000000011-refresh1000.CRMOCK.FREE554024000000235011refresh"
                     " 1000.crmock.554025000000000011-refresh1000.CRMOCK.PROFESSIONAL554025000000235011"
                     "refresh");
    const char *once = sums();
    first = ensured();
    cJSON_Delete(first.tokens);
    ck_assert_str_eq(sums(), once);
}
END_TEST

#define PEOPLE(administrator)                                                                          \
    "'org': {'id': '9', 'name': 'Own'}, 'roles': [{'name': 'R'}],"                                     \
    " 'profiles': [{'name': 'P', 'administrator': " administrator "}],"                                \
    " 'users': [{'id': '7', 'name': 'U', 'email': 'u@x.example', 'profile': 'P', 'role': 'R'}]"

START_TEST(who_has_none_gets_some)
{
    ck_assert(load_documents("{" PEOPLE("true") "}", 0));
    struct fixture_credentials first = ensured();
    ck_assert_str_eq(first.client_id, "1000.CRMOCK");
    ck_assert_str_eq(first.client_secret, "crmock-secret");
    ck_assert_str_eq(first.refresh_token, "1000.crmock.refresh");
    ck_assert_str_eq(first.access_token, "1000.crmock.admin");
    ck_assert_str_eq(named(&first, "admin"), "1000.crmock.admin");
    ck_assert_int_eq(cJSON_GetArraySize(first.tokens), 1);
    cJSON_Delete(first.tokens);
    ck_assert_str_eq(
        text_of("SELECT group_concat(kind || user_id || scopes, ' ') FROM oauth_token"),
        "access7ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.users.ALL,ZohoCRM.org.ALL,"
        "ZohoCRM.mass_update.ALL refresh7ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,"
        "ZohoCRM.users.ALL,ZohoCRM.org.ALL,ZohoCRM.mass_update.ALL");
    ck_assert_str_eq(text_of("SELECT user_id FROM oauth_client"), "7");
}
END_TEST

/* Tokens that are not good for everything, or not for long, are as none; what has the text keeps it. */
START_TEST(poor_credentials_are_none)
{
    ck_assert(load_documents(
        "{" PEOPLE(
            "true") ", 'clients': [{'id': 'a', 'secret': 's'}, {'id': 'c', 'secret': 't'}],"
                    " 'tokens': ["
                    "{'token': '1000.crmock.admin', 'client': 'c', 'user': 'u@x.example', 'scopes': "
                    "'ZohoCRM.org.ALL'},"
                    "{'token': '1000.crmock.old', 'client': 'c', 'user': 'u@x.example', 'expires': "
                    "'2020-01-01T00:00:00Z',"
                    " 'scopes': "
                    "'ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.users.ALL,ZohoCRM.org.ALL,"
                    "ZohoCRM.mass_update.ALL'},"
                    "{'token': '1000.crmock.9-admin', 'client': 'c', 'user': 'u@x.example', 'scopes': "
                    "'ZohoCRM.org.ALL'},"
                    "{'token': 'mine', 'client': 'a', 'kind': 'refresh', 'user': 'u@x.example', "
                    "'scopes':"
                    " 'ZohoCRM.mass_update.ALL ZohoCRM.modules.ALL ZohoCRM.settings.ALL "
                    "ZohoCRM.users.ALL"
                    " ZohoCRM.org.ALL'}]}",
        0));
    struct fixture_credentials first = ensured();
    ck_assert_str_eq(first.access_token, "1000.crmock.9-admin-2");
    ck_assert_str_eq(first.refresh_token, "mine");
    ck_assert_str_eq(first.client_id, "a");
    ck_assert_str_eq(first.client_secret, "s");
    ck_assert_str_eq(named(&first, "old"), "1000.crmock.old");
    ck_assert_int_eq(cJSON_GetArraySize(first.tokens), 4);
    cJSON_Delete(first.tokens);
}
END_TEST

START_TEST(an_org_without_administrator_gets_no_token)
{
    ck_assert(load_documents("{" PEOPLE("false") "}", 0));
    struct fixture_credentials first = ensured();
    ck_assert_str_eq(first.client_id, "1000.CRMOCK");
    ck_assert(first.refresh_token == NULL && first.access_token == NULL);
    ck_assert_int_eq(cJSON_GetArraySize(first.tokens), 0);
    cJSON_Delete(first.tokens);
    ck_assert_str_eq(text_of("SELECT count(*) FROM oauth_token"), "0");
}
END_TEST

Suite *fixtures_suite(void)
{
    Suite *suite = suite_create("fixtures");
    TCase *large = tcase_create("large"), *small = tcase_create("small"),
          *lasting = tcase_create("lasting");
    tcase_add_checked_fixture(large, open_enterprise, close_test);
    tcase_add_test(large, all_that_a_file_may_have_is_added_to_an_org);
    tcase_add_test(large, a_new_module_is_open_to_whom_all_others_are);
    tcase_add_test(large, who_has_credentials_keeps_them);
    tcase_add_checked_fixture(small, open_test, close_test);
    tcase_add_test(small, metadata_have_another_time_when_some_are_added);
    tcase_add_test(small, documents_with_an_org_are_a_new_one);
    tcase_add_loop_test(small, what_is_wrong_is_told_and_nothing_is_added, 0, (int)COUNT(refusals));
    tcase_add_test(small, ids_of_the_sequence_are_told_as_well);
    tcase_add_test(small, ids_in_criteria_and_values_are_not_given);
    tcase_add_test(small, ids_that_are_given_later_are_kept_free);
    tcase_add_test(small, a_store_has_so_many_records_and_no_more);
    tcase_add_test(small, of_many_records_the_first_are_listed);
    tcase_add_test(small, no_connection_keeps_what_was_the_additions);
    tcase_add_test(small, a_store_that_fails_takes_nothing);
    tcase_add_test(small, documents_fill_a_store_as_a_folder_does);
    tcase_add_loop_test(small, documents_that_fill_no_store_are_told, 0, (int)COUNT(load_refusals));
    tcase_add_test(small, a_check_of_documents_tells_each_place);
    tcase_add_test(small, one_built_in_org_is_loaded_alone);
    tcase_add_test(small, who_has_none_gets_some);
    tcase_add_test(small, poor_credentials_are_none);
    tcase_add_test(small, an_org_without_administrator_gets_no_token);
    tcase_add_test(lasting, a_lasting_store_is_read_meanwhile);
    suite_add_tcase(suite, large);
    suite_add_tcase(suite, small);
    suite_add_tcase(suite, lasting);
    return suite;
}
