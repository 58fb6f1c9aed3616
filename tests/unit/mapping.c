/* What goes together in a record (F19), by the default fixtures' deals. */
#include <string.h>

#include "crm/mapping.h"
#include "store/db.h"
#include "unit.h"

static struct test_store test;
static const struct module *deals;

static void open_test(void)
{
    test_store_open(&test);
    deals = org_module(test.org, "Deals");
}

static void close_test(void)
{
    test_store_close(&test);
}

static const struct layout *layout_named(const char *name)
{
    for (size_t i = 0; i < deals->layout_count; i++)
        if (strcmp(deals->layouts[i].name, name) == 0)
            return &deals->layouts[i];
    return NULL;
}

START_TEST(the_default_org_has_pipelines)
{
    const struct layout *standard = layout_named("Standard"), *partners = layout_named("Partners");
    ck_assert_ptr_eq(standard, &deals->layouts[0]);
    ck_assert_uint_eq(deals->pipeline_count, 3);
    ck_assert_str_eq(deals->pipelines[1].name, "Renewals");
    ck_assert_uint_eq(deals->pipelines[1].stage_count, 4);
    ck_assert_str_eq(deals->pipelines[1].stages[1], "Negotiation/Review");
    ck_assert_uint_eq(standard->pipeline_count, 2);
    ck_assert_ptr_eq(standard->pipelines[1], &deals->pipelines[1]);
    ck_assert_uint_eq(standard->choice_count, 1);
    ck_assert_uint_eq(partners->choice_count, 1);
    ck_assert_str_eq(deals->stage->api_name, "Stage");
    ck_assert_str_eq(deals->pipeline->api_name, "Pipeline");
    for (size_t i = 0; i < deals->field_count; i++) {
        const struct field *field = &deals->fields[i];
        bool is_mapped = field == deals->stage || field == deals->pipeline ||
                         strcmp(field->api_name, "Contract") == 0;
        ck_assert_msg(field->is_mapped == is_mapped, "%s", field->api_name);
        ck_assert(field->scheduled_mass_update);
    }
    const struct module *leads = org_module(test.org, "Leads");
    ck_assert_uint_eq(leads->pipeline_count, 0);
    ck_assert(!module_field(leads, "Fax")->scheduled_mass_update);
    ck_assert(module_field(leads, "Phone")->scheduled_mass_update);
}
END_TEST

/* A record as a call would leave it. */
static const struct {
    const char *layout, *fields, *sent; /* sent NULL: it is new */
    const char *also;                   /* set beside what is sent; or NULL */
    enum error error;
    const char *field;
} cases[] = {
    {"Standard", "{}", NULL, NULL, ERR_NONE, NULL},
    {"Standard", "{\"Stage\":\"Needs Analysis\"}", NULL, NULL, ERR_NONE, NULL},
    {"Standard", "{\"Stage\":\"Needs Analysis\",\"Pipeline\":\"\"}", NULL, NULL, ERR_NONE, NULL},
    {"Standard", "{\"Stage\":\"Needs Analysis\",\"Pipeline\":\"Renewals\"}", NULL, NULL,
     ERR_STAGE_NOT_IN_PIPELINE, "Stage"},
    {"Standard", "{\"Stage\":null,\"Pipeline\":\"Renewals\"}", NULL, NULL, ERR_NONE, NULL},
    {"Standard", "{\"Stage\":\"-None-\",\"Pipeline\":\"Renewals\"}", NULL, NULL, ERR_NONE, NULL},
    {"Standard", "{\"Stage\":\"Closed Won\",\"Pipeline\":\"renewals\"}", NULL, NULL,
     ERR_PIPELINE_NOT_IN_LAYOUT, "Pipeline"},
    {"Standard", "{\"Pipeline\":\"Partner sales\"}", NULL, NULL, ERR_PIPELINE_NOT_IN_LAYOUT,
     "Pipeline"},
    {"Partners", "{\"Pipeline\":\"-None-\",\"Stage\":\"Identify Decision Makers\"}", NULL, NULL,
     ERR_NONE, NULL},
    {"Partners", "{\"Pipeline\":\"-None-\",\"Stage\":\"Needs Analysis\"}", NULL, NULL,
     ERR_STAGE_NOT_IN_PIPELINE, "Stage"},
    {"Partners", "{\"Stage\":\"Needs Analysis\"}", NULL, NULL, ERR_STAGE_NOT_IN_PIPELINE, "Stage"},
    {"Partners", "{\"Contract\":\"New\",\"Stage\":\"Needs Analysis\"}", NULL, NULL,
     ERR_VALUE_NOT_IN_LAYOUT, "Contract"},
    {"Standard", "{\"Contract\":\"Partner agreement\",\"Lead_Source\":\"Cold Call\"}", NULL, NULL,
     ERR_VALUE_NOT_IN_LAYOUT, "Contract"},
    {"Partners", "{\"Contract\":\"-None-\",\"Lead_Source\":null}", NULL, NULL, ERR_NONE, NULL},
    {"Partners", "{\"Contract\":[\"Partner agreement\",\"New\"]}", NULL, NULL, ERR_VALUE_NOT_IN_LAYOUT,
     "Contract"},
    {"Partners", "{\"Contract\":[\"Partner agreement\"]}", NULL, NULL, ERR_NONE, NULL},
    /* what is not sent is not looked at, unless it must go with what is */
    {"Partners", "{\"Contract\":\"New\",\"Pipeline\":\"Standard\",\"Stage\":\"Needs Analysis\"}",
     "{\"Amount\":1}", NULL, ERR_NONE, NULL},
    {"Partners", "{\"Contract\":\"New\",\"Pipeline\":\"Standard\",\"Stage\":\"Needs Analysis\"}",
     "{\"Stage\":1}", NULL, ERR_NONE, NULL},
    {"Partners", "{\"Contract\":\"New\",\"Pipeline\":\"Standard\"}", "{\"Pipeline\":1}", NULL,
     ERR_PIPELINE_NOT_IN_LAYOUT, "Pipeline"},
    {"Partners", "{\"Contract\":\"New\",\"Pipeline\":\"Standard\"}", "{\"Contract\":1}", NULL,
     ERR_VALUE_NOT_IN_LAYOUT, "Contract"},
    {"Standard", "{\"Stage\":\"Needs Analysis\",\"Pipeline\":\"Renewals\"}", "{\"Pipeline\":1}", NULL,
     ERR_STAGE_NOT_IN_PIPELINE, "Stage"},
    {"Standard", "{\"Stage\":\"Needs Analysis\",\"Pipeline\":\"Renewals\"}", "{}", "Stage",
     ERR_STAGE_NOT_IN_PIPELINE, "Stage"},
    {"Standard", "{\"Stage\":\"Needs Analysis\",\"Pipeline\":\"Renewals\"}", "{}", "Type", ERR_NONE,
     NULL},
};

static cJSON *parsed(const char *text)
{
    return text == NULL ? NULL : json_parse(text, strlen(text), NULL);
}

START_TEST(what_goes_together_and_what_does_not)
{
    cJSON *fields = parsed(cases[_i].fields), *sent = parsed(cases[_i].sent);
    const struct mapped_record record = {
        .module = deals,
        .layout = layout_named(cases[_i].layout),
        .fields = fields,
        .is_new = cases[_i].sent == NULL,
        .sent = sent,
        .also_set = cases[_i].also != NULL ? module_field(deals, cases[_i].also) : NULL,
    };
    struct mismatch mismatch;
    ck_assert_int_eq(mapping_check(&record, &mismatch), cases[_i].error);
    if (cases[_i].field == NULL)
        ck_assert_ptr_null(mismatch.field);
    else
        ck_assert_str_eq(mismatch.field->api_name, cases[_i].field);
    cJSON_Delete(fields);
    cJSON_Delete(sent);
}
END_TEST

/* The deal is on the standard layout, in the stage Qualification, and names no pipeline. */
START_TEST(changes_are_held_against_a_record)
{
    static const struct sql to_partners = {"UPDATE record SET layout_id = ?2 WHERE id = ?1"};
    const struct record_change changes[] = {
        {.field = module_field(deals, "Type"), .value = "\"New Business\""},
        {.field = module_field(deals, "Contract"), .value = "\"Partner agreement\""},
        {.field = deals->pipeline, .value = "\"Partner sales\""},
    };
    struct record record;
    struct mismatch mismatch = {.field = NULL};
    struct mapping mapping = {.count = 0};
    ck_assert_int_eq(record_read(test.db, test.org, 554023000000497007, &record), STORE_OK);
    mapping_begin(&mapping, test.db, &test.arena, changes, 1);
    ck_assert_uint_eq(mapping.count, 0); /* Type goes with any layout */
    mapping_begin(&mapping, test.db, &test.arena, changes, COUNT(changes));
    ck_assert_uint_eq(mapping.count, 2);
    ck_assert_int_eq(mapping_layout_offers(&mapping, &record, &mismatch), STORE_NOT_FOUND);
    ck_assert_str_eq(mismatch.field->api_name, "Contract");
    ck_assert_int_eq(mapping_layout_has_pipeline(&mapping, &record, &mismatch), STORE_NOT_FOUND);
    ck_assert_ptr_eq(mismatch.field, deals->pipeline);
    /* Qualification is in each of them */
    ck_assert_int_eq(mapping_pipeline_has_stage(&mapping, &record, &mismatch), STORE_OK);
    mapping_end(&mapping);
    ck_assert_uint_eq(mapping.count, 0);
    ck_assert_int_eq(db_run(test.db, &to_partners, "ii", record.id, layout_named("Partners")->id),
                     STORE_OK);
    mapping_begin(&mapping, test.db, &test.arena, changes, COUNT(changes));
    ck_assert_int_eq(mapping_layout_offers(&mapping, &record, &mismatch), STORE_OK);
    ck_assert_int_eq(mapping_layout_has_pipeline(&mapping, &record, &mismatch), STORE_OK);
    record.id = 1;
    ck_assert_int_eq(mapping_layout_offers(&mapping, &record, &mismatch), STORE_FAILED);
    mapping_end(&mapping);
}
END_TEST

/* What any layout and any pipeline takes is said without a look at the record, and nothing else is. */
START_TEST(only_what_may_not_fit_is_looked_up)
{
    const struct {
        const struct field *field;
        const char *value;
        enum store_status layout, pipeline;
    } looks[] = {
        {deals->stage, "\"Qualification\"", STORE_OK, STORE_OK},
        {deals->stage, "\"Closed Won\"", STORE_OK, STORE_OK},
        {deals->stage, "null", STORE_OK, STORE_OK},
        {deals->stage, "\"Needs Analysis\"", STORE_OK, STORE_FAILED},
        {deals->stage, "\"Identify Decision Makers\"", STORE_OK, STORE_FAILED},
        {deals->pipeline, "\"Standard\"", STORE_OK, STORE_FAILED},
        {deals->pipeline, "null", STORE_OK, STORE_FAILED},
        {module_field(deals, "Contract"), "\"New\"", STORE_FAILED, STORE_OK},
        {module_field(deals, "Contract"), "null", STORE_OK, STORE_OK},
    };
    const struct record none = {.id = 1, .module = deals}; /* to look it up fails */
    for (size_t i = 0; i < COUNT(looks); i++) {
        const struct record_change change = {.field = looks[i].field, .value = looks[i].value};
        struct mapping mapping = {.count = 0};
        struct mismatch mismatch;
        mapping_begin(&mapping, test.db, &test.arena, &change, 1);
        ck_assert_uint_eq(mapping.count, 1);
        ck_assert_msg(mapping_layout_offers(&mapping, &none, &mismatch) == looks[i].layout, "%zu", i);
        ck_assert_msg(mapping_pipeline_has_stage(&mapping, &none, &mismatch) == looks[i].pipeline,
                      "%zu", i);
        mapping_end(&mapping);
    }
}
END_TEST

START_TEST(a_mismatch_is_told)
{
    const struct layout *partners = layout_named("Partners");
    struct fault fault = {.id = "5"};
    struct mismatch mismatch = {.field = module_field(deals, "Contract"), .layout = partners};
    mismatch_tell(&mismatch, ERR_VALUE_NOT_IN_LAYOUT, "$.data[3]", &test.arena, &fault);
    ck_assert_str_eq(fault.id, "5");
    ck_assert_ptr_null(fault.json_path);
    ck_assert_str_eq(fault.hint, "of Contract, the record's layout Partners offers Partner agreement");
    fault.id = NULL;
    mismatch_tell(&mismatch, ERR_VALUE_NOT_IN_LAYOUT, "$.data[3]", &test.arena, &fault);
    ck_assert_str_eq(fault.json_path, "$.data[3].Contract");
    mismatch.field = deals->stage;
    mismatch.pipeline = &deals->pipelines[0];
    mismatch_tell(&mismatch, ERR_STAGE_NOT_IN_PIPELINE, "$.data[3]", &test.arena, &fault);
    ck_assert_ptr_nonnull(strstr(fault.hint, "Closed Lost, Closed-Lost to Competition"));
    ck_assert_ptr_null(strstr(fault.hint, " ..."));
    struct pipeline long_one = *mismatch.pipeline;
    const char *stages[30], last[] = "A long stage, A long stage, ...";
    for (size_t i = 0; i < COUNT(stages); i++)
        stages[i] = "A long stage";
    long_one.stages = stages;
    long_one.stage_count = COUNT(stages);
    mismatch.pipeline = &long_one;
    mismatch_tell(&mismatch, ERR_STAGE_NOT_IN_PIPELINE, "$.data[3]", &test.arena, &fault);
    size_t length = strlen(fault.hint);
    ck_assert_uint_gt(length, HINT_MAX - 100);
    ck_assert_uint_le(length, HINT_MAX);
    ck_assert_str_eq(fault.hint + length - strlen(last), last);
    ck_assert_str_eq(fault.mapped_field, "Pipeline");
    ck_assert_str_eq(fault.json_path, "$.data[3].Stage");
}
END_TEST

TCase *mapping_tests(void)
{
    TCase *tests = tcase_create("mapping");
    tcase_set_timeout(tests, 300);
    tcase_add_unchecked_fixture(tests, open_test, close_test);
    tcase_add_test(tests, the_default_org_has_pipelines);
    tcase_add_loop_test(tests, what_goes_together_and_what_does_not, 0, COUNT(cases));
    tcase_add_test(tests, changes_are_held_against_a_record);
    tcase_add_test(tests, only_what_may_not_fit_is_looked_up);
    tcase_add_test(tests, a_mismatch_is_told);
    return tests;
}
