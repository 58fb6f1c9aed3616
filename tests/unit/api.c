#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/body.h"
#include "api/catalogue.h"
#include "api/gate.h"
#include "api/scope.h"
#include "api/version.h"
#include "unit.h"

#define READ "READ"
#define UPDATE "UPDATE"

static const struct {
    const char *granted, *operation, *word;
    bool allowed;
} scopes[] = {
    {"ZohoCRM.mass_update.UPDATE", UPDATE, "leads", true},
    {"ZohoCRM.mass_update.UPDATE", UPDATE, "custom", true},
    {"ZohoCRM.mass_update.UPDATE", READ, "leads", false},
    {"ZohoCRM.mass_update.READ", READ, "leads", true},
    {"ZohoCRM.mass_update.READ", UPDATE, "leads", false},
    {"ZohoCRM.mass_update.ALL", UPDATE, "deals", true},
    {"ZohoCRM.mass_update.ALL", READ, "deals", true},
    {"ZohoCRM.mass_update.CREATE", UPDATE, "leads", false},
    {"ZohoCRM.mass_update.DELETE", READ, "leads", false},
    {"ZohoCRM.mass_update.leads.UPDATE", UPDATE, "leads", true},
    {"ZohoCRM.mass_update.leads.UPDATE", UPDATE, "accounts", false},
    {"ZohoCRM.mass_update.leads.UPDATE", READ, "leads", false},
    {"ZohoCRM.mass_update.leads.READ", READ, "leads", true},
    {"ZohoCRM.mass_update.leads.READ", UPDATE, "leads", false},
    {"ZohoCRM.mass_update.leads.ALL", READ, "leads", true},
    {"ZohoCRM.mass_update.leads.ALL", UPDATE, "leads", true},
    {"ZohoCRM.mass_update.leads.ALL", UPDATE, "contacts", false},
    {"ZohoCRM.mass_update.accounts.UPDATE", UPDATE, "accounts", true},
    {"ZohoCRM.mass_update.contacts.UPDATE", UPDATE, "contacts", true},
    {"ZohoCRM.mass_update.deals.UPDATE", UPDATE, "deals", true},
    {"ZohoCRM.mass_update.campaigns.UPDATE", UPDATE, "campaigns", true},
    {"ZohoCRM.mass_update.activities.UPDATE", UPDATE, "activities", true},
    {"ZohoCRM.mass_update.solutions.UPDATE", UPDATE, "solutions", true},
    {"ZohoCRM.mass_update.products.UPDATE", UPDATE, "products", true},
    {"ZohoCRM.mass_update.vendors.UPDATE", UPDATE, "vendors", true},
    {"ZohoCRM.mass_update.pricebooks.UPDATE", UPDATE, "pricebooks", true},
    {"ZohoCRM.mass_update.quotes.UPDATE", UPDATE, "quotes", true},
    {"ZohoCRM.mass_update.salesorders.UPDATE", UPDATE, "salesorders", true},
    {"ZohoCRM.mass_update.purchaseorders.UPDATE", UPDATE, "purchaseorders", true},
    {"ZohoCRM.mass_update.invoices.UPDATE", UPDATE, "invoices", true},
    {"ZohoCRM.mass_update.custom.UPDATE", UPDATE, "custom", true},
    {"ZohoCRM.mass_update.custom.UPDATE", UPDATE, "leads", false},
    {"ZohoCRM.mass_update.custom.ALL", READ, "custom", true},
    {"ZohoCRM.mass_update.Price_Books.UPDATE", UPDATE, "pricebooks", false},
    {"ZohoCRM.mass_update.price_books.UPDATE", UPDATE, "pricebooks", false},
    {"ZohoCRM.mass_update.activities.UPDATE", UPDATE, "tasks", false},
    {"ZohoCRM.mass_update.tasks.UPDATE", UPDATE, "activities", false},
    {"ZohoCRM.mass_update.meetings.ALL", UPDATE, "meetings", true},
    {"zohocrm.mass_update.update", UPDATE, "leads", true},
    {"ZOHOCRM.MASS_UPDATE.LEADS.UPDATE", UPDATE, "leads", true},
    {"ZohoCRM.Mass_Update.Leads.all", READ, "leads", true},
    {"ZohoCRM.modules.ALL,ZohoCRM.mass_update.UPDATE", UPDATE, "leads", true},
    {"ZohoCRM.modules.ALL ZohoCRM.mass_update.UPDATE", UPDATE, "leads", true},
    {"ZohoCRM.modules.ALL, ZohoCRM.mass_update.UPDATE", UPDATE, "leads", true},
    {",, ZohoCRM.mass_update.UPDATE ,", UPDATE, "leads", true},
    {"ZohoCRM.mass_update.leads.READ,ZohoCRM.mass_update.leads.UPDATE", UPDATE, "leads", true},
    {"ZohoCRM.mass_update.accounts.ALL,ZohoCRM.mass_update.leads.READ", UPDATE, "leads", false},
    {"ZohoCRM.mass_update.accounts.ALL,ZohoCRM.mass_update.leads.READ", READ, "leads", true},
    {"ZohoCRM.modules.ALL", UPDATE, "leads", false},
    {"ZohoCRM.modules.leads.UPDATE", UPDATE, "leads", false},
    {"ZohoCRM.ALL", UPDATE, "leads", false},
    {"ZohoCRM.mass_update", UPDATE, "leads", false},
    {"ZohoCRM.mass_update.", UPDATE, "leads", false},
    {"ZohoCRM.mass_update.leads", UPDATE, "leads", false},
    {"ZohoCRM.mass_update.leads.", UPDATE, "leads", false},
    {"ZohoCRM.mass_update..UPDATE", UPDATE, "leads", false},
    {"ZohoCRM.mass_update.lead.UPDATE", UPDATE, "leads", false},
    {"ZohoCRM.mass_update.leadsx.UPDATE", UPDATE, "leads", false},
    {"ZohoCRM.mass_update.leads.UPDATEX", UPDATE, "leads", false},
    {"ZohoCRM.mass_update.leads.city.UPDATE", UPDATE, "leads", false},
    {"ZohoCRM.mass_update.leads.UPDATE.x.y.z", UPDATE, "leads", false},
    {"xZohoCRM.mass_update.UPDATE", UPDATE, "leads", false},
    {"ZohoCRM_mass_update_UPDATE", UPDATE, "leads", false},
    {"ZohoBooks.mass_update.UPDATE", UPDATE, "leads", false},
    {"ZohoCRM.mass_update.UPDATE;ZohoCRM.x.y", UPDATE, "leads", false},
    {"UPDATE", UPDATE, "leads", false},
    {"....", UPDATE, "leads", false},
    {"", UPDATE, "leads", false},
};

START_TEST(scopes_allow_what_they_name)
{
    const struct scope asked = {.group = "mass_update", .operation = scopes[_i].operation};
    ck_assert_msg(scope_allows(scopes[_i].granted, &asked, scopes[_i].word) == scopes[_i].allowed,
                  "\"%s\" for %s of %s", scopes[_i].granted, scopes[_i].operation, scopes[_i].word);
}
END_TEST

START_TEST(the_catalogue_is_whole)
{
    for (enum error error = ERR_NONE + 1; error < ERRORS; error++) {
        const struct catalogue_row *row = catalogue_row(ANSWERS_CURRENT, error);
        ck_assert_ptr_nonnull(row->row);
        ck_assert_ptr_nonnull(row->code);
        ck_assert_uint_ge(row->status, 202);
        ck_assert(row->status <= 500 || row->row[0] == 'H');
        for (enum error other = ERR_NONE + 1; other < error && error != ERR_INVALID_VIEW; other++)
            ck_assert_str_ne(catalogue_row(ANSWERS_CURRENT, other)->row, row->row);
        if (row->row[0] == 'E' && error != ERR_INVALID_VIEW) /* in the order of the documentation */
            ck_assert_int_eq(strtol(row->row + 1, NULL, 10), (long)error);
    }
}
END_TEST

static const struct {
    const char *name, *version;
    enum module_support support;
    const char *api_name, *word;
} modules[] = {
    {"Leads", "v2", MODULE_SUPPORTED, "Leads", "leads"},
    {"price_books", "v8", MODULE_SUPPORTED, "Price_Books", "pricebooks"},
    {"Sales_Orders", "v2.1", MODULE_SUPPORTED, "Sales_Orders", "salesorders"},
    {"Projects", "v3", MODULE_SUPPORTED, "Projects", "custom"},
    {"Activities", "v2", MODULE_SUPPORTED, "Activities", "activities"},
    {"Activities", "v7", MODULE_SUPPORTED, "Activities", "activities"},
    {"Activities", "v8", MODULE_UNSUPPORTED, NULL, NULL},
    {"Tasks", "v7", MODULE_SUPPORTED, "Tasks", "activities"},
    {"Tasks", "v8", MODULE_SUPPORTED, "Tasks", "tasks"},
    {"Events", "v2.1", MODULE_SUPPORTED, "Events", "activities"},
    {"Events", "v8", MODULE_SUPPORTED, "Events", "meetings"},
    {"Meetings", "v8", MODULE_SUPPORTED, "Events", "meetings"},
    {"Meetings", "v7", MODULE_UNKNOWN, NULL, NULL},
    {"Calls", "v6", MODULE_SUPPORTED, "Calls", "activities"},
    {"Calls", "v8", MODULE_SUPPORTED, "Calls", "calls"},
    {"Notes", "v8", MODULE_UNSUPPORTED, NULL, NULL},
    {"Users", "v2", MODULE_UNSUPPORTED, NULL, NULL},
    {"Lead", "v8", MODULE_UNKNOWN, NULL, NULL},
    {"", "v8", MODULE_UNKNOWN, NULL, NULL},
};

START_TEST(modules_by_version)
{
    struct test_store test;
    test_store_open(&test);
    for (size_t i = 0; i < COUNT(modules); i++) {
        enum version_number version;
        const struct module *module = NULL;
        const char *word = NULL;
        ck_assert(version_find(modules[i].version, &version));
        ck_assert_msg(version_module(version, ANSWERS_PAGE, test.org, modules[i].name, &module,
                                     &word) == modules[i].support,
                      "%s in %s", modules[i].name, modules[i].version);
        if (modules[i].support == MODULE_SUPPORTED) {
            ck_assert_str_eq(module->api_name, modules[i].api_name);
            ck_assert_str_eq(word, modules[i].word);
        }
    }
    test_store_close(&test);
}
END_TEST

START_TEST(versions_are_named_exactly)
{
    enum version_number version;
    for (enum version_number i = 0; i < VERSIONS; i++) {
        ck_assert(version_find(versions[i].name, &version));
        ck_assert_int_eq(version, i);
    }
    static const char *const wrong[] = {"", "v1", "v9", "V8", "v8.0", "v2.0", "8", "v"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        ck_assert(!version_find(wrong[i], &version));
}
END_TEST

#define PAGE "docs/order-of-checks.md"

static const char *next_line_of(const char *page, const struct rules *stage)
{
    struct arena arena = {.blocks = NULL};
    for (size_t i = 0; i < stage->count && page != NULL; i++) {
        const struct rule *rule =
            (const struct rule *)(const void *)((const char *)stage->list + i * stage->size);
        const char *line =
            arena_printf(&arena, "\n| %s | %s | %s |\n", stage->stage, rule->what, rule->rows);
        ck_assert_msg(strncmp(page, line, strlen(line)) == 0, PAGE " lacks %s", line);
        page = strchr(page + 1, '\n');
    }
    arena_clear(&arena);
    return page;
}

/* D1: the tables that the code walks are the one that the documentation prints, line by line. */
START_TEST(the_documentation_has_the_order_of_checks)
{
    static char page[1 << 16];
    FILE *file = fopen(PAGE, "r");
    ck_assert_msg(file != NULL, "tests run in the project's folder");
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    (void)fclose(file);
    const char *line = strstr(page, "| Stage | Rule | Row |\n| --- | --- | --- |");
    ck_assert_ptr_nonnull(line);
    line = strchr(strchr(line, '\n') + 1, '\n');
    line = next_line_of(line, &gate_order);
    line = next_line_of(line, &body_order);
    for (size_t i = 0; i < MASS_UPDATE_STAGES; i++)
        line = next_line_of(line, mass_update_order[i]);
    ck_assert_msg(strncmp(line, "\n\n", 2) == 0, PAGE " has more");
}
END_TEST

Suite *api_suite(void)
{
    Suite *suite = suite_create("api");
    TCase *tests = tcase_create("api");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, scopes_allow_what_they_name, 0, COUNT(scopes));
    tcase_add_test(tests, the_catalogue_is_whole);
    tcase_add_test(tests, modules_by_version);
    tcase_add_test(tests, versions_are_named_exactly);
    tcase_add_test(tests, the_documentation_has_the_order_of_checks);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, oauth_tests());
    suite_add_tcase(suite, rules_tests());
    return suite;
}
