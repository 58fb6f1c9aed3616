#include "api/version.h"

#include <string.h>
#include <strings.h>

/* What came with a version and stayed. */
#define FROM_V2_1 .names_places = true, .none_written = 400
#define FROM_V3 FROM_V2_1, .names_module_place = true, .lists_need_fields = true, .pages_by_token = true
/* And what went with v8. */
#define BEFORE_V8 .partly_updated = 200

const struct version versions[VERSIONS] = {
    [V2] = {.name = "v2",
            BEFORE_V8,
            .none_written = 202,
            .tells_type_lengths = true,
            .names_criteria_fields = true,
            .counts_tab_order = true,
            .numbers_layout_state = true,
            .lacks_rollups = true},
    [V2_1] = {.name = "v2.1",
              FROM_V2_1,
              BEFORE_V8,
              .counts_tab_order = true,
              .numbers_layout_state = true,
              .lacks_rollups = true},
    [V3] = {.name = "v3", FROM_V3, BEFORE_V8, .counts_tab_order = true, .lacks_rollups = true},
    [V4] = {.name = "v4", FROM_V3, BEFORE_V8, .counts_tab_order = true, .lacks_rollups = true},
    [V5] = {.name = "v5", FROM_V3, BEFORE_V8, .counts_tab_order = true, .lacks_rollups = true},
    [V6] = {.name = "v6", FROM_V3, BEFORE_V8, .lacks_rollups = true},
    [V7] = {.name = "v7", FROM_V3, BEFORE_V8},
    [V8] = {.name = "v8", FROM_V3, .partly_updated = 207, .has_current_answers = true},
};

/* Modules that can be mass updated: what paths, the org and scopes call them, from which version to
 * which. Custom modules have no row: the org knows them. */
static const struct supported_module {
    const char *in_path, *api_name, *scope_word;
    enum version_number first, last;
} supported_modules[] = {
    {"Leads", "Leads", "leads", V2, V8},
    {"Accounts", "Accounts", "accounts", V2, V8},
    {"Contacts", "Contacts", "contacts", V2, V8},
    {"Deals", "Deals", "deals", V2, V8},
    {"Campaigns", "Campaigns", "campaigns", V2, V8},
    {"Activities", "Activities", "activities", V2, V7},
    {"Tasks", "Tasks", "activities", V2, V7},
    {"Events", "Events", "activities", V2, V7},
    {"Calls", "Calls", "activities", V2, V7},
    {"Tasks", "Tasks", "tasks", V8, V8},
    {"Events", "Events", "meetings", V8, V8},
    {"Meetings", "Events", "meetings", V8, V8},
    {"Calls", "Calls", "calls", V8, V8},
    {"Solutions", "Solutions", "solutions", V2, V8},
    {"Products", "Products", "products", V2, V8},
    {"Vendors", "Vendors", "vendors", V2, V8},
    {"Price_Books", "Price_Books", "pricebooks", V2, V8},
    {"Quotes", "Quotes", "quotes", V2, V8},
    {"Sales_Orders", "Sales_Orders", "salesorders", V2, V8},
    {"Purchase_Orders", "Purchase_Orders", "purchaseorders", V2, V8},
    {"Invoices", "Invoices", "invoices", V2, V8},
};

/* What the second column of the catalogue has beside them, or has not (F22). */
static const struct {
    const char *api_name, *scope_word; /* without one it is not in the API */
} current_modules[] = {{"Cases", "cases"}, {"Services", NULL}, {"Appointments", NULL}};

static const char custom_word[] = "custom";

static enum module_support current_module(const char *name, const char **scope_word)
{
    for (size_t i = 0; i < COUNT(current_modules); i++) {
        if (strcasecmp(current_modules[i].api_name, name) != 0)
            continue;
        *scope_word = current_modules[i].scope_word;
        return *scope_word != NULL ? MODULE_SUPPORTED : MODULE_NOT_IN_API;
    }
    return MODULE_UNSUPPORTED;
}

bool version_find(const char *name, enum version_number *version)
{
    for (enum version_number i = 0; i < VERSIONS; i++) {
        if (strcmp(versions[i].name, name) != 0)
            continue;
        *version = i;
        return true;
    }
    return false;
}

enum module_support version_module(enum version_number version, enum answers answers,
                                   const struct org *org, const char *name,
                                   const struct module **module, const char **scope_word)
{
    for (size_t i = 0; i < COUNT(supported_modules); i++) {
        const struct supported_module *row = &supported_modules[i];
        if (strcasecmp(row->in_path, name) != 0 || version < row->first || version > row->last)
            continue;
        *module = org_module(org, row->api_name);
        *scope_word = row->scope_word;
        return *module != NULL ? MODULE_SUPPORTED : MODULE_UNKNOWN;
    }
    *module = org_module(org, name);
    if (*module == NULL)
        return MODULE_UNKNOWN;
    *scope_word = custom_word;
    if ((*module)->custom)
        return MODULE_SUPPORTED;
    return answers == ANSWERS_CURRENT ? current_module(name, scope_word) : MODULE_UNSUPPORTED;
}
