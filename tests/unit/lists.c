/* Metadata whose lists each take more than a block of the arena, and fill it: their counts are even. A
 * step past the end of one is seen by the sanitizer then, for there is nothing behind it. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crm/fixture_rules.h"
#include "fixture/fixture.h"
#include "unit.h"

enum { MANY = 1100, SOME = 400, MODULES = 150 };

/* Adds a list's entries, with their numbers in the place of each #. */
static void add(GString *json, const char *before, int count, const char *entry, const char *after)
{
    g_string_append(json, before);
    for (int i = 0; i < count; i++) {
        if (i > 0)
            g_string_append_c(json, ',');
        for (const char *at = entry; *at != '\0'; at++)
            if (*at == '#')
                g_string_append_printf(json, "%d", i);
            else
                g_string_append_c(json, *at);
    }
    g_string_append(json, after);
}

static GString *long_lists(void)
{
    GString *json = g_string_new("{\"org\": {\"name\": \"Long\"}");
    add(json, ", \"roles\": [", SOME - 1, "{\"name\": \"Role #\", \"reports_to\": \"Top\"}",
        ", {\"name\": \"Top\"}]");
    add(json, ", \"profiles\": [", SOME, "{\"name\": \"Profile #\"}", "]");
    add(json, ", \"users\": [", MANY,
        "{\"name\": \"User #\", \"email\": \"#@x.example\", \"profile\": \"Profile 1\","
        " \"role\": \"Role 1\"}",
        "]");
    add(json, ", \"modules\": [", MODULES,
        "{\"api_name\": \"Small_#\", \"singular\": \"x\", \"plural\": \"x\", \"custom\": true}",
        ", {\"api_name\": \"Laid_Out\", \"singular\": \"x\", \"plural\": \"x\", \"custom\": true,");
    add(json, "\"layouts\": [", SOME - 1, "{\"name\": \"Layout #\"}", ", {\"name\": \"Many\", ");
    add(json, "\"sections\": [", SOME, "{\"name\": \"Section #\", \"fields\": []}", "]}]},");
    add(json,
        "{\"api_name\": \"Big\", \"singular\": \"x\", \"plural\": \"x\", \"custom\": true,"
        " \"fields\": [{\"api_name\": \"State\", \"type\": \"picklist\", \"values\": [",
        MANY, "\"#\"", "]},");
    add(json, "", MANY, "{\"api_name\": \"Field_#\", \"type\": \"picklist\", \"values\": [\"a\"]}",
        "]}, {\"api_name\": \"Deals\", \"fields\": [{\"api_name\": \"Stage\", \"type\": \"picklist\",");
    add(json, "\"values\": [", MANY, "\"#\"", "]},");
    add(json, "", SOME - 1, "{\"api_name\": \"Field_#\", \"type\": \"picklist\", \"values\": [\"a\"]}",
        "], \"layouts\": [{\"name\": \"Mapped\",");
    add(json, "\"pipelines\": [", SOME, "\"Pipeline #\"", "],");
    add(json, "\"values\": {", SOME - 1, "\"Field_#\": [\"a\"]", ",");
    add(json, "\"Stage\": [", MANY, "\"#\"", "]}}]}]");
    add(json, ", \"pipelines\": [", SOME - 1, "{\"name\": \"Pipeline #\", \"stages\": [\"#\"]}",
        ", {\"name\": \"Pipeline 399\", ");
    add(json, "\"stages\": [", MANY, "\"#\"", "]}]");
    add(json, ", \"blueprints\": [", SOME - 1,
        "{\"module\": \"Big\", \"field\": \"Field_#\", \"name\": \"Blueprint #\","
        " \"starts_at\": [\"a\"], \"transitions\": []}",
        ", {\"module\": \"Big\", \"field\": \"State\", \"id\": \"998\", \"name\": \"Big\",");
    add(json, "\"starts_at\": [", MANY, "\"#\"", "], \"transitions\": [");
    add(json, "", SOME - 1, "{\"name\": \"Transition #\", \"to\": \"#\"}", ",");
    add(json, "{\"name\": \"Back\", \"to\": \"0\", \"from\": [", MANY, "\"#\"", "],");
    add(json, "\"fields\": [", MANY, "\"Field_#\"", "]}]}]");
    add(json, ", \"territories\": [", SOME - 1, "{\"name\": \"Territory #\", \"parent\": \"World\"}",
        ", {\"name\": \"World\"}]");
    add(json, ", \"views\": [", SOME - 1, "{\"module\": \"Big\", \"name\": \"View #\"}",
        ", {\"module\": \"Big\", \"id\": \"999\", \"name\": \"Shared\",");
    add(json, "\"shared_with\": [", MANY, "\"#@x.example\"", "]}]");
    add(json, ", \"workflow_rules\": [", SOME - 1, "{\"module\": \"Big\", \"name\": \"Rule #\"}",
        ", {\"module\": \"Big\", \"name\": \"Acting\",");
    add(json, "\"actions\": [", SOME, "{\"webhook\": \"http://127.0.0.1:9/#\"}", "]}]}");
    return json;
}

static void load(struct orgs *orgs)
{
    struct test_store test;
    char folder[] = "/tmp/crmock-lists-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    GString *json = long_lists();
    char *path = g_strdup_printf("%s/long.json", folder);
    ck_assert(g_file_set_contents(path, json->str, -1, NULL));
    test_store_open_with(&test, folder);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    g_free(path);
    (void)g_string_free(json, TRUE);
    ck_assert_int_eq(orgs_load(test.db, ALL_ORGS, orgs), STORE_OK);
    test_store_close(&test);
}

START_TEST(lists_of_any_length_are_read_to_their_ends)
{
    struct orgs orgs;
    load(&orgs);
    const struct org *org = &orgs.list[0];
    ck_assert_uint_eq(org->role_count, SOME);
    ck_assert_uint_eq(org->profile_count, SOME);
    ck_assert_uint_eq(org->user_count, MANY);
    ck_assert_uint_eq(org->territory_count, SOME);
    ck_assert_uint_eq(org->automation_rule_count, SOME);
    ck_assert_uint_eq(org->automation_rules[SOME - 1].action_count, SOME);
    ck_assert_str_eq(org->automation_rules[SOME - 1].actions[SOME - 1].url, "http://127.0.0.1:9/399");
    ck_assert_uint_eq(org->view_count, SOME);
    ck_assert_uint_eq(org_view(org, 999)->user_count, MANY);
    const struct module *laid_out = org_module(org, "Laid_Out"), *big = org_module(org, "Big");
    ck_assert_uint_eq(laid_out->layout_count, SOME);
    ck_assert_uint_eq(laid_out->layouts[SOME - 1].section_count, SOME);
    ck_assert_uint_gt(big->layouts[0].sections[0].field_count, MANY);
    ck_assert_uint_eq(module_field(big, "State")->value_count, MANY);
    const struct module *deals = org_module(org, "Deals");
    ck_assert_uint_eq(deals->pipeline_count, SOME);
    ck_assert_uint_eq(deals->pipelines[SOME - 1].stage_count, MANY);
    ck_assert_str_eq(deals->pipelines[SOME - 1].stages[MANY - 1], "1099");
    ck_assert_uint_eq(deals->layouts[0].pipeline_count, SOME);
    ck_assert_str_eq(deals->layouts[0].pipelines[SOME - 1]->name, "Pipeline 399");
    ck_assert_uint_eq(deals->layouts[0].choice_count, SOME);
    const struct layout_choice *choice = deals->layouts[0].choices;
    while (choice->field != deals->stage)
        choice++;
    ck_assert_uint_eq(choice->value_count, MANY);
    ck_assert_str_eq(choice->values[MANY - 1], "1099");
    const struct blueprint *blueprint = org_blueprint(org, 998);
    ck_assert_uint_eq(blueprint->start_count, MANY);
    ck_assert_uint_eq(blueprint->transition_count, SOME);
    ck_assert_uint_eq(blueprint->transitions[SOME - 1].from_count, MANY);
    ck_assert_uint_eq(blueprint->transitions[SOME - 1].field_count, MANY);
    /* What is looked for and is not there is looked for to the end. */
    ck_assert_ptr_null(orgs_user(&orgs, 1));
    ck_assert_ptr_null(orgs_module(&orgs, 1));
    ck_assert_ptr_null(org_module(org, "Nonsense"));
    ck_assert_ptr_null(org_module_of_id(org, 1));
    ck_assert_ptr_null(org_view(org, 1));
    ck_assert_ptr_null(org_territory(org, 1));
    ck_assert_ptr_null(org_user(org, 1));
    ck_assert_ptr_null(org_blueprint(org, 1));
    ck_assert_ptr_null(module_field(big, "Nonsense"));
    ck_assert_ptr_null(module_layout(laid_out, 1));
    orgs_clear(&orgs);
}
END_TEST

TCase *lists_tests(void)
{
    TCase *tests = tcase_create("lists");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, lists_of_any_length_are_read_to_their_ends);
    return tests;
}
