#include <string.h>

#include "base/json_size.h"
#include "crm/access.h"
#include "crm/blueprint.h"
#include "crm/criteria.h"
#include "crm/mass_update.h"
#include "crm/value.h"
#include "store/selection.h"
#include "unit.h"

static struct test_store test;

static void open_test(void)
{
    test_store_open(&test);
}

static void close_test(void)
{
    test_store_close(&test);
}

/* A value for a field of Projects (or of the module named in front of a dot), and what is wrong. */
static const struct {
    const char *field, *value;
    const char *said; /* of it: what it should be, and the member at fault; NULL: it fits */
} value_cases[] = {
    {"Summary", "\"twenty characters ok\"", NULL},
    {"Summary", "\"twenty-one characters\"", "maximum_length 20"},
    {"Summary",
     "\"\xce\xb1\xce\xb2\xce\xb3\xce\xb4\xce\xb5\xce\xb1\xce\xb2\xce\xb3\xce\xb4\xce\xb5"
     "\xce\xb1\xce\xb2\xce\xb3\xce\xb4\xce\xb5\xce\xb1\xce\xb2\xce\xb3\xce\xb4\xce\xb5\"",
     NULL},
    {"Summary", "\"\"", NULL},
    {"Summary", "null", NULL},
    {"Summary", "5", "text"},
    {"Summary", "true", "text"},
    {"Summary", "[\"x\"]", "text"},
    {"Name", "null", ""},
    {"Phase", "\"-None-\"", NULL},
    {"Phase", "\"Done\"", NULL},
    {"Phase", "\"done\"", ""},
    {"Phase", "\"\"", ""},
    {"Phase", "1", "text"},
    {"Skills", "[\"-None-\"]", "at [0]"},
    {"Skills", "[]", NULL},
    {"Skills", "[\"C\",\"Testing\"]", NULL},
    {"Skills", "[\"C\",\"Cobol\"]", "at [1]"},
    {"Skills", "[\"C\",5]", "text at [1]"},
    {"Skills", "\"C\"", "jsonarray"},
    {"Skills", "{\"0\":\"C\"}", "jsonarray"},
    {"Billable", "false", NULL},
    {"Billable", "\"false\"", "boolean"},
    {"Billable", "0", "boolean"},
    {"Head_Count", "9999", NULL},
    {"Head_Count", "-9999", NULL},
    {"Head_Count", "10000", "maximum_length 4"},
    {"Head_Count", "1.0", "integer"},
    {"Head_Count", "1e2", "integer"},
    {"Head_Count", "\"5\"", "integer"},
    {"Reference", "\"123456789012345678\"", NULL},
    {"Reference", "-123456789012345678", NULL},
    {"Reference", "1234567890123456789", "maximum_length 18"},
    {"Reference", "\"12x\"", "bigint"},
    {"Reference", "\"-\"", "bigint"},
    {"Reference", "1.5", "bigint"},
    {"Effort", "123456.125", NULL},
    {"Effort", "1234567", "range 999999"},
    {"Effort", "1.1255", "maximum_decimal_place 3"},
    {"Effort", "1e3", "double"},
    {"Effort", "\"1\"", "double"},
    {"Budget", "-12345678.25", NULL},
    {"Budget", "0.001", "maximum_decimal_place 2"},
    {"Progress", "100", NULL},
    {"Progress", "1000", "range 999"},
    {"Rate", "0.0001", NULL},
    {"Rate", "0.00001", "maximum_decimal_place 4"},
    {"Start", "\"2024-02-29\"", NULL},
    {"Start", "\"2023-02-29\"", "date"},
    {"Start", "\"\"", "date"},
    {"Start", "20240229", "date"},
    {"Kick_Off", "\"2024-02-29T10:00:00+05:30\"", NULL},
    {"Kick_Off", "\"2024-02-29T10:00:00\"", NULL},
    {"Kick_Off", "\"2024-02-29T10:00:00.000Z\"", "datetime"},
    {"Kick_Off", "\"2024-02-29 10:00:00Z\"", "datetime"},
    {"Kick_Off", "\"2024-02-29T10:00:00+0530\"", "datetime"},
    {"Kick_Off", "\"2024-02-30T10:00:00Z\"", "datetime"},
    {"Hotline", "\"+30 210 555\"", NULL},
    {"Hotline", "\"\"", NULL},
    {"Hotline", "\"() Not provided.\"", "phone"},
    {"Hotline", "\"555\\n\"", "phone"},
    {"Hotline", "5", "phone"},
    {"Hotline", "\"+30 210 555 +30 210 555 +30 210 555\"", "maximum_length 30"},
    {"Home_Page", "\"https://example.com\"", NULL},
    {"Home_Page", "1", "website"},
    {"Home_Page", "\"not a url\"", "website"},
    {"Email", "\"a@b.example\"", NULL},
    {"Email", "\"a@b@c.example\"", "email"},
    {"Email", "\"@b.example\"", "email"},
    {"Email", "\"a b@c.example\"", "email"},
    {"Email", "\"a@b\"", "email"},
    {"Client", "{\"id\":\"554023000000620001\",\"name\":\"x\"}", NULL},
    {"Client", "{\"id\":\"x\"}", "bigint"},
    {"Client", "\"554023000000620001\"", NULL},
    {"Client", "554023000000620001", NULL},
    {"Client", "\"x\"", "bigint"},
    {"Client", "true", "bigint"},
    {"Client", "[]", "bigint"},
    {"Manager", "{\"id\":554023000000235011}", NULL},
    {"Partners", "[]", NULL},
    {"Partners", "{}", "jsonarray"},
    {"Number", "\"PRJ-1\"", NULL},
    {"Margin", "12.5", NULL},
    {"Margin", "[]", "text"},
    {"Task_Count", "12", NULL},
    {"Task_Count", "123456789012345678901234567890123", "maximum_length 32"},
    {"Milestones", "[{}]", NULL},
    {"Milestones", "{}", "jsonarray"},
    {"Contract", "[]", NULL},
    {"Photos", "\"x\"", "jsonarray"},
    {"Repeats", "{\"RRULE\":\"FREQ=DAILY\"}", NULL},
    {"Repeats", "\"FREQ=DAILY\"", "jsonobject"},
    {"Reminder", "\"15 minutes\"", NULL},
    {"Layout", "{\"id\":\"1\"}", NULL},
    {"Notes_Text", "\"any\\nlines\"", NULL},
    {"Brief", "\"<b>x</b>\"", NULL},
};

/* The names of values are joined by one character each. */
START_TEST(the_values_of_a_list_are_bounded_together)
{
    struct field skills = *module_field(org_module(test.org, "Projects"), "Skills");
    cJSON *value = json_parse("[\"C\",\"Testing\"]", strlen("[\"C\",\"Testing\"]"), NULL);
    struct fault why = {.json_path = NULL};
    skills.length = (int)strlen("C;Testing");
    ck_assert(value_fits(&skills, value, &test.arena, &why));
    skills.length--;
    ck_assert(!value_fits(&skills, value, &test.arena, &why));
    ck_assert_int_eq(why.maximum_length, skills.length);
    cJSON_Delete(value);
}
END_TEST

/* A fault as the cases above tell it. */
static const char *said_of(const struct fault *fault)
{
    struct arena *arena = &test.arena;
    const char *text = fault->expected_data_type != NULL ? fault->expected_data_type : "";
    if (fault->maximum_length != 0)
        text = arena_printf(arena, "maximum_length %lld", (long long)fault->maximum_length);
    if (fault->has_decimals)
        text =
            arena_printf(arena, "maximum_decimal_place %lld", (long long)fault->maximum_decimal_place);
    if (fault->bound != 0)
        text = arena_printf(arena, "range %lld", (long long)fault->bound);
    if (fault->json_path[0] == '\0')
        return text;
    return arena_printf(arena, "%s%sat %s", text, text[0] != '\0' ? " " : "", fault->json_path);
}

START_TEST(values_fit_or_say_why_not)
{
    const struct field *field = module_field(org_module(test.org, "Projects"), value_cases[_i].field);
    ck_assert_msg(field != NULL, "%s", value_cases[_i].field);
    cJSON *value = json_parse(value_cases[_i].value, strlen(value_cases[_i].value), NULL);
    ck_assert_msg(value != NULL, "%s", value_cases[_i].value);
    struct fault fault = {.json_path = ""};
    bool fits = value_fits(field, value, &test.arena, &fault);
    ck_assert_msg(fits == (value_cases[_i].said == NULL), "%s: %s", value_cases[_i].field,
                  value_cases[_i].value);
    if (!fits) {
        ck_assert_str_eq(said_of(&fault), value_cases[_i].said);
        ck_assert_ptr_nonnull(fault.hint);
    }
    cJSON_Delete(value);
}
END_TEST

/* What a record keeps of a value, where that is not the value as it is. */
static const struct {
    const char *field, *value, *kept;
} kept_cases[] = {
    {"Kick_Off", "\"2026-06-01T13:00:00\"", "\"2026-06-01T13:00:00+05:30\""},
    {"Kick_Off", "\"2026-06-01T13:00:00Z\"", NULL},
    {"Kick_Off", "\"2026-06-01T13:00:00-08:00\"", NULL},
    {"Client", "\"554023000000620001\"", "{\"id\":\"554023000000620001\"}"},
    {"Client", "554023000000620001", "{\"id\":\"554023000000620001\"}"},
    {"Client", "{\"id\":\"554023000000620001\",\"name\":\"x\"}", NULL},
    {"Manager", "554023000000235011", "{\"id\":\"554023000000235011\"}"},
    {"Client", "null", NULL},
    {"Kick_Off", "null", NULL},
    {"Start", "\"2026-06-01\"", NULL},
    {"Reference", "\"12\"", NULL},
};

START_TEST(F5_F8_what_a_record_keeps)
{
    const struct field *field = module_field(org_module(test.org, "Projects"), kept_cases[_i].field);
    cJSON *value = json_parse(kept_cases[_i].value, strlen(kept_cases[_i].value), NULL);
    cJSON *kept = value_kept(field, value, test.org->zone);
    ck_assert_int_eq(kept != NULL, kept_cases[_i].kept != NULL);
    if (kept != NULL)
        ck_assert_str_eq(json_print(&test.arena, kept), kept_cases[_i].kept);
    cJSON_Delete(value);
    cJSON_Delete(kept);
}
END_TEST

/* F3, F4: texts that a matcher could try in very many ways are refused soon. */
START_TEST(F3_F4_hostile_texts_end)
{
    static const char *const parts[] = {"1", "1 ", "(1)", "-1", ",", ";1", "a.", "(1 1)"};
    const struct module *module = org_module(test.org, "Projects");
    const struct field *fields[] = {module_field(module, "Hotline"), module_field(module, "Home_Page")};
    for (size_t f = 0; f < COUNT(fields); f++) {
        struct field field = *fields[f];
        field.length = 255;
        for (size_t i = 0; i < COUNT(parts); i++) {
            const char *text = "";
            while (strlen(text) + strlen(parts[i]) < 254)
                text = arena_printf(&test.arena, "%s%s", text, parts[i]);
            text = arena_printf(&test.arena, "%s !", text);
            cJSON *value = cJSON_CreateString(text);
            struct fault fault = {.json_path = ""};
            ck_assert_msg(!value_fits(&field, value, &test.arena, &fault), "%s", text);
            ck_assert_str_eq(fault.expected_data_type, field_types[field.type].expected);
            cJSON_Delete(value);
        }
    }
}
END_TEST

START_TEST(every_type_has_a_rule)
{
    cJSON *value = json_parse("{\"unlikely\":1}", 14, NULL);
    for (enum field_type type = 0; type < FIELD_TYPES; type++) {
        const struct field field = {.api_name = "x", .type = type, .decimals = -1};
        struct fault fault = {.json_path = NULL};
        (void)!value_fits(&field, value, &test.arena, &fault); /* a missing rule would crash */
        ck_assert_ptr_nonnull(field_types[type].name);
        ck_assert_ptr_nonnull(field_types[type].expected);
        enum field_type found;
        ck_assert(field_type_find(field_types[type].name, &found));
        ck_assert_int_eq(found, type);
    }
    cJSON_Delete(value);
}
END_TEST

START_TEST(every_type_has_an_end)
{
    for (enum field_type type = 0; type < FIELD_TYPES; type++) {
        const struct field_type_info *info = &field_types[type];
        ck_assert_msg(info->most_length > 0 && info->default_length <= info->most_length, "%s",
                      info->name);
    }
}
END_TEST

static const char *const sized[] = {
    "{}",
    "[]",
    "null",
    "true",
    "false",
    "-1.50e3",
    "\"\"",
    "[1,[2,{}],\"x\"]",
    "\"a b\\u001f \"",
    "{\"a\\\"\":[null,{\"b\":\"\\u0001\\b\\f\\n\\r\\t\\\\\\\"/\xc3\xa9\x7f\"}],\"\":1}"};

START_TEST(a_trees_size_is_that_of_its_text)
{
    cJSON *tree = json_parse(sized[_i], strlen(sized[_i]), NULL);
    ck_assert_ptr_nonnull(tree);
    ck_assert_uint_eq(json_size(tree), strlen(json_print(&test.arena, tree)));
    cJSON_Delete(tree);
}
END_TEST

START_TEST(values_are_added_once_and_in_order)
{
    static const char *const cases[][3] = {
        {"[]", "[\"a\"]", "[\"a\"]"},
        {"null", "[\"b\",\"a\",\"b\"]", "[\"b\",\"a\"]"},
        {"[\"c\",\"a\"]", "[\"a\",\"b\"]", "[\"c\",\"a\",\"b\"]"},
        {"[\"c\"]", "[]", "[\"c\"]"},
        {"[\"A\"]", "[\"a\"]", "[\"A\",\"a\"]"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        ck_assert_str_eq(multiselect_add(cases[i][0], cases[i][1], &test.arena), cases[i][2]);
}
END_TEST

static const struct {
    const char *criteria;
    const char *path; /* of the fault; NULL: it is good */
} criteria_cases[] = {
    {"{\"field\":{\"api_name\":\"Name\"},\"comparator\":\"equal\",\"value\":\"x\"}", NULL},
    {"{\"api_name\":\"Name\",\"comparator\":\"equal\",\"value\":\"x\"}", NULL},
    {"[{\"api_name\":\"Name\",\"comparator\":\"in\",\"value\":[\"x\",\"y\"]}]", NULL},
    {"[]", NULL},
    {"{\"api_name\":\"Name\",\"comparator\":\"equal\",\"value\":null}", NULL},
    {"{\"api_name\":\"Name\",\"comparator\":\"equal\",\"value\":\"${EMPTY}\"}", NULL},
    {"{\"api_name\":\"Head_Count\",\"comparator\":\"between\",\"value\":[1,\"5\"]}", NULL},
    {"{\"api_name\":\"Client\",\"comparator\":\"equal\",\"value\":{\"id\":\"5\"}}", NULL},
    {"{\"api_name\":\"Created_Time\",\"comparator\":\"greater_than\",\"value\":\"2021-01-01T00:00:"
     "00Z\"}",
     NULL},
    {"{\"group_operator\":\"OR\",\"group\":[{\"api_name\":\"Name\",\"comparator\":\"equal\",\"value\":"
     "\"x\"}]}",
     NULL},
    {"5", "$.c"},
    {"{}", "$.c.field"},
    {"{\"field\":\"Name\",\"comparator\":\"equal\",\"value\":\"x\"}", "$.c.field"},
    {"{\"api_name\":\"Nope\",\"comparator\":\"equal\",\"value\":\"x\"}", "$.c.field.api_name"},
    {"{\"api_name\":\"Name\",\"value\":\"x\"}", "$.c.comparator"},
    {"{\"api_name\":\"Name\",\"comparator\":\"like\",\"value\":\"x\"}", "$.c.comparator"},
    {"{\"api_name\":\"Billable\",\"comparator\":\"contains\",\"value\":true}", "$.c.comparator"},
    {"{\"api_name\":\"Skills\",\"comparator\":\"less_than\",\"value\":\"C\"}", "$.c.comparator"},
    {"{\"api_name\":\"Client\",\"comparator\":\"less_than\",\"value\":\"5\"}", "$.c.comparator"},
    {"{\"api_name\":\"Name\",\"comparator\":\"equal\"}", "$.c.value"},
    {"{\"api_name\":\"Name\",\"comparator\":\"in\",\"value\":[]}", "$.c.value"},
    {"{\"api_name\":\"Name\",\"comparator\":\"equal\",\"value\":5}", "$.c.value"},
    {"{\"api_name\":\"Head_Count\",\"comparator\":\"equal\",\"value\":\"x\"}", "$.c.value"},
    {"{\"api_name\":\"Head_Count\",\"comparator\":\"between\",\"value\":[1]}", "$.c.value"},
    {"{\"api_name\":\"Head_Count\",\"comparator\":\"less_than\",\"value\":null}", "$.c.value"},
    {"{\"api_name\":\"Start\",\"comparator\":\"equal\",\"value\":\"2023-02-29\"}", "$.c.value"},
    {"{\"api_name\":\"Kick_Off\",\"comparator\":\"equal\",\"value\":\"2023-02-20\"}", "$.c.value"},
    {"{\"api_name\":\"Client\",\"comparator\":\"equal\",\"value\":\"x\"}", "$.c.value"},
    {"{\"api_name\":\"Billable\",\"comparator\":\"equal\",\"value\":\"true\"}", "$.c.value"},
    {"{\"group_operator\":\"xor\",\"group\":[{}]}", "$.c.group_operator"},
    {"{\"group_operator\":\"and\",\"group\":[]}", "$.c.group"},
    {"{\"group_operator\":\"and\",\"group\":[{\"api_name\":\"Name\",\"comparator\":\"equal\",\"value\":"
     "\"x\"},7]}",
     "$.c.group[1]"},
};

START_TEST(criteria_are_read_or_the_fault_has_a_path)
{
    const char *text = criteria_cases[_i].criteria;
    cJSON *json = json_parse(text, strlen(text), NULL);
    ck_assert_msg(json != NULL, "%s", text);
    const struct criteria *criteria;
    struct fault fault = {.hint = NULL};
    enum error error = criteria_read(org_module(test.org, "Projects"), json, "$.c",
                                     CRITERIA_COMPARISONS_MAX, &test.arena, &criteria, &fault);
    if (criteria_cases[_i].path == NULL) {
        ck_assert_int_eq(error, ERR_NONE);
    } else {
        ck_assert_int_eq(error, ERR_INVALID_VALUE);
        ck_assert_str_eq(fault.json_path, criteria_cases[_i].path);
        ck_assert_ptr_nonnull(fault.hint);
    }
    cJSON_Delete(json);
}
END_TEST

static enum error read_nested(size_t depth, size_t comparisons, size_t values)
{
    const char *leaf = "{\"api_name\":\"Name\",\"comparator\":\"ends_with\",\"value\":[", *text = "";
    for (size_t i = 0; i < values; i++)
        leaf = arena_printf(&test.arena, "%s%s\"v\"", leaf, i > 0 ? "," : "");
    for (size_t i = 0; i < comparisons; i++)
        text = arena_printf(&test.arena, "%s%s%s]}", text, i > 0 ? "," : "", leaf);
    for (size_t i = 0; i < depth; i++)
        text = arena_printf(&test.arena, "{\"group_operator\":\"and\",\"group\":[%s]}", text);
    cJSON *json = json_parse(text, strlen(text), NULL);
    const struct criteria *criteria;
    struct fault fault;
    const struct module *module = org_module(test.org, "Projects");
    enum error error =
        criteria_read(module, json, "$", CRITERIA_COMPARISONS_MAX, &test.arena, &criteria, &fault);
    int64_t count;
    const struct selection selection = {.module = module, .view = criteria};
    if (error == ERR_NONE) /* the largest that is accepted must be one that SQLite takes */
        ck_assert_int_eq(selection_count(test.db, &selection, &count), STORE_OK);
    cJSON_Delete(json);
    return error;
}

START_TEST(criteria_are_bounded)
{
    enum { EACH = CRITERIA_VALUES_MAX / CRITERIA_COMPARISONS_MAX };
    ck_assert_int_eq(read_nested(CRITERIA_DEPTH_MAX, CRITERIA_COMPARISONS_MAX, EACH), ERR_NONE);
    ck_assert_int_eq(read_nested(CRITERIA_DEPTH_MAX, 2, CRITERIA_LIST_MAX), ERR_NONE);
    ck_assert_int_eq(read_nested(CRITERIA_DEPTH_MAX + 1, 1, 1), ERR_INVALID_VALUE);
    ck_assert_int_eq(read_nested(1, CRITERIA_COMPARISONS_MAX + 1, 1), ERR_INVALID_VALUE);
    ck_assert_int_eq(read_nested(1, CRITERIA_COMPARISONS_MAX, EACH + 1), ERR_INVALID_VALUE);
    ck_assert_int_eq(read_nested(0, 1, CRITERIA_LIST_MAX + 1), ERR_INVALID_VALUE);
}
END_TEST

START_TEST(records_may_be_edited_by_owner_roles_above_and_sharing)
{
    const struct module *leads = org_module(test.org, "Leads"), *deals = org_module(test.org, "Deals");
    const struct user *patricia = org_user(test.org, 554023000000235011);
    const struct user *mary = org_user(test.org, 554023000000235021);
    const struct user *sam = org_user(test.org, 554023000000235031);
    const struct {
        const struct user *user;
        int64_t id, owner;
        const struct module *module;
        enum store_status may;
    } cases[] = {
        {patricia, 554023000000600021, sam->id, leads, STORE_OK},
        {sam, 554023000000600021, sam->id, leads, STORE_OK},
        {mary, 554023000000600021, sam->id, leads, STORE_OK},        /* her role is above his */
        {sam, 554023000000600001, mary->id, leads, STORE_NOT_FOUND}, /* his is below hers */
        {mary, 554023000000600001, mary->id, leads, STORE_OK},
        {sam, 554023000000600001, patricia->id, leads, STORE_NOT_FOUND},
        {sam, 554023000000600023, patricia->id, leads, STORE_OK}, /* shared with him */
        {mary, 554023000000600023, patricia->id, leads, STORE_NOT_FOUND},
        {sam, 554023000000497007, patricia->id, deals, STORE_OK}, /* a public module */
        {sam, 5, 0, leads, STORE_NOT_FOUND},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct record record = {
            .id = cases[i].id, .owner_id = cases[i].owner, .module = cases[i].module};
        ck_assert_msg(may_edit_record(test.db, cases[i].user, &record) == cases[i].may, "case %zu", i);
    }
}
END_TEST

START_TEST(views_are_for_those_they_are_shared_with)
{
    const struct view *view = org_view(test.org, 554023000000091505);
    ck_assert(may_use_view(org_user(test.org, 554023000000235011), view));
    ck_assert(!may_use_view(org_user(test.org, 554023000000235031), view));
    view = org_view(test.org, 554023000000091507);
    ck_assert(may_use_view(org_user(test.org, 554023000000235011), view)); /* an administrator */
    ck_assert(may_use_view(org_user(test.org, 554023000000235031), view));
    ck_assert(!may_use_view(org_user(test.org, 554023000000235021), view));
}
END_TEST

static const struct field asked[] = {{.api_name = "City"}, {.api_name = "Phone"}};
static const char *starts[] = {"New"}, *from[] = {"New", "Open"};
static struct transition_field asked_for[] = {{&asked[0], .mandatory = true},
                                              {&asked[1], .mandatory = false}};
static struct transition transitions[] = {
    {.id = 1, .next_value = "Open", .from = from, .from_count = 1},
    {.id = 2,
     .next_value = "Done",
     .from = from,
     .from_count = 2,
     .fields = asked_for,
     .field_count = 2},
    {.id = 3, .next_value = "Lost"},
};

START_TEST(transitions_lead_from_their_states)
{
    static const struct field status = {.api_name = "Status"};
    const struct blueprint blueprint = {.field = &status,
                                        .starts = starts,
                                        .start_count = 1,
                                        .transitions = transitions,
                                        .transition_count = 2};
    const struct blueprint with_global = {.transitions = transitions, .transition_count = 3};
    ck_assert_ptr_eq(blueprint_transition(&blueprint, "1", "New"), &transitions[0]);
    ck_assert_ptr_null(blueprint_transition(&blueprint, "1", "Open"));
    ck_assert_ptr_eq(blueprint_transition(&blueprint, "2", "Open"), &transitions[1]);
    ck_assert_ptr_null(blueprint_transition(&blueprint, "3", "Open"));
    ck_assert_ptr_null(blueprint_transition(&blueprint, "x", "New"));
    ck_assert_ptr_eq(blueprint_transition(&with_global, "3", "Done"), &transitions[2]);
    ck_assert_ptr_null(blueprint_transition(&with_global, "3", "Lost")); /* it is there already */
    ck_assert(blueprint_ends_at(&blueprint, "Done") && !blueprint_ends_at(&blueprint, "New"));
    ck_assert(blueprint_ends_at(&with_global, "Lost") && !blueprint_ends_at(&with_global, "Done"));
}
END_TEST

static const struct {
    const char *fields;
    size_t filled;
    bool complete;
} progress_cases[] = {
    {"{}", 0, false},
    {"{\"Phone\":\"1\"}", 1, false},
    {"{\"City\":\"\",\"Phone\":null}", 0, false},
    {"{\"City\":\"x\"}", 1, true},
    {"{\"City\":\"x\",\"Phone\":\"1\"}", 2, true},
};

START_TEST(transitions_count_what_is_filled)
{
    cJSON *fields = json_parse(progress_cases[_i].fields, strlen(progress_cases[_i].fields), NULL);
    const struct transition_progress progress = transition_progress(&transitions[1], fields);
    ck_assert_uint_eq(progress.filled, progress_cases[_i].filled);
    ck_assert(progress.complete == progress_cases[_i].complete);
    ck_assert(transition_progress(&transitions[0], fields).complete); /* asks for nothing */
    cJSON_Delete(fields);
}
END_TEST

Suite *crm_suite(void)
{
    Suite *suite = suite_create("crm");
    TCase *tests = tcase_create("crm");
    tcase_set_timeout(tests, 300);
    tcase_add_unchecked_fixture(tests, open_test, close_test);
    tcase_add_loop_test(tests, values_fit_or_say_why_not, 0, COUNT(value_cases));
    tcase_add_loop_test(tests, F5_F8_what_a_record_keeps, 0, COUNT(kept_cases));
    tcase_add_test(tests, F3_F4_hostile_texts_end);
    tcase_add_test(tests, the_values_of_a_list_are_bounded_together);
    tcase_add_test(tests, every_type_has_a_rule);
    tcase_add_test(tests, every_type_has_an_end);
    tcase_add_loop_test(tests, a_trees_size_is_that_of_its_text, 0, COUNT(sized));
    tcase_add_test(tests, values_are_added_once_and_in_order);
    tcase_add_loop_test(tests, criteria_are_read_or_the_fault_has_a_path, 0, COUNT(criteria_cases));
    tcase_add_test(tests, criteria_are_bounded);
    tcase_add_test(tests, records_may_be_edited_by_owner_roles_above_and_sharing);
    tcase_add_test(tests, views_are_for_those_they_are_shared_with);
    tcase_add_test(tests, transitions_lead_from_their_states);
    tcase_add_loop_test(tests, transitions_count_what_is_filled, 0, COUNT(progress_cases));
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, mapping_tests());
    suite_add_tcase(suite, records_tests());
    suite_add_tcase(suite, changes_tests());
    suite_add_tcase(suite, many_changes_tests());
    suite_add_tcase(suite, steering_tests());
    suite_add_tcase(suite, turns_tests());
    suite_add_tcase(suite, many_jobs_tests());
    suite_add_tcase(suite, webhooks_tests());
    suite_add_tcase(suite, limits_tests());
    return suite;
}
