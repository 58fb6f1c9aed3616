#include "crm/fixture_rules.h"

#include "crm/criteria.h"
#include "crm/value.h"

static bool value_obeys(const struct field *field, const cJSON *value, struct arena *arena,
                        const char **expected)
{
    struct value_fault fault;
    bool fits = value_fits(field, value, arena, &fault);
    *expected = arena_printf(arena, "a value that fits: %s", fits ? "" : fault.found);
    return fits;
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
    .value = value_obeys, .missing = value_missing, .criteria = criteria_obey};
