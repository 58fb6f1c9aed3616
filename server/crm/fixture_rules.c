#include "crm/fixture_rules.h"

#include <inttypes.h>
#include <string.h>

#include "crm/criteria.h"
#include "crm/mapping.h"
#include "crm/value.h"

static bool value_obeys(const struct field *field, const cJSON *value, struct arena *arena,
                        const char **expected)
{
    struct fault fault = {.hint = ""};
    bool fits = value_fits(field, value, arena, &fault);
    *expected = arena_printf(arena, "a value that fits: %s", fits ? "" : fault.hint);
    return fits;
}

static bool go_together(const struct module *module, const struct layout *layout, const cJSON *fields,
                        struct arena *arena, const char **field, const char **expected)
{
    const struct mapped_record record = {
        .module = module, .layout = layout, .fields = fields, .is_new = true};
    struct mismatch mismatch;
    struct fault fault = {.api_name = NULL};
    enum error error = mapping_check(&record, &mismatch);
    if (error == ERR_NONE)
        return true;
    mismatch_tell(&mismatch, error, "$", arena, &fault);
    *field = fault.api_name;
    *expected = arena_printf(arena, "a value that goes with the record's others: %s", fault.hint);
    return false;
}

static bool criteria_obey(const struct module *module, const cJSON *criteria, struct arena *arena,
                          const char **expected)
{
    const struct criteria *read;
    struct fault fault = {.hint = ""};
    if (criteria_read(module, criteria, "$", CRITERIA_COMPARISONS_MAX, arena, &read, &fault) ==
        ERR_NONE)
        return true;
    *expected =
        arena_printf(arena, "criteria of %s, at %s: %s", module->api_name, fault.json_path, fault.hint);
    return false;
}

const struct fixture_rules fixture_rules = {
    .value = value_obeys,
    .kept = value_kept,
    .missing = value_missing,
    .together = go_together,
    .criteria = criteria_obey,
};

/* Criteria as a store has them: text, or NULL for every record. */
static bool text_obeys(const struct module *module, const char *text, const char *what, int64_t id,
                       struct arena *arena, const char **reason)
{
    if (text == NULL)
        return true;
    const char *expected = "JSON";
    cJSON *json CLEANUP(json_delete) = json_parse(text, strlen(text), NULL);
    bool obeys = json != NULL && criteria_obey(module, json, arena, &expected);
    if (!obeys)
        *reason = arena_printf(arena, "%s %" PRId64 ": expected %s", what, id, expected);
    return obeys;
}

bool fixture_rules_hold(const struct org *org, struct arena *arena, const char **reason)
{
    for (size_t i = 0; i < org->view_count; i++) {
        const struct view *view = &org->views[i];
        if (!text_obeys(view->module, view->criteria, "view", view->id, arena, reason))
            return false;
    }
    for (size_t i = 0; i < org->automation_rule_count; i++) {
        const struct automation_rule *rule = &org->automation_rules[i];
        if (!text_obeys(rule->module, rule->criteria, "rule", rule->id, arena, reason))
            return false;
    }
    return true;
}
