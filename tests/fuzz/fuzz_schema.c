#include "fuzz_schema.h"

#include <glib.h>
#include <string.h>

static bool is_type(const cJSON *json, const char *type)
{
    static const struct {
        const char *name;
        cJSON_bool (*is)(const cJSON *json);
    } types[] = {{"object", cJSON_IsObject}, {"array", cJSON_IsArray}, {"string", cJSON_IsString},
                 {"number", cJSON_IsNumber}, {"null", cJSON_IsNull},   {"boolean", cJSON_IsBool},
                 {"integer", cJSON_IsNumber}};
    for (size_t i = 0; i < COUNT(types); i++)
        if (type != NULL && strcmp(types[i].name, type) == 0)
            return types[i].is(json) && (strcmp(type, "integer") != 0 || json_is_integer(json));
    return false;
}

static bool has_type(const cJSON *wanted, const cJSON *json)
{
    const cJSON *one;
    bool has = wanted == NULL || is_type(json, cJSON_GetStringValue(wanted));
    if (cJSON_IsArray(wanted))
        cJSON_ArrayForEach (one, wanted)
            has = has || is_type(json, cJSON_GetStringValue(one));
    return has;
}

/* What is said of a value without members. */
static bool has_value(const cJSON *schema, const cJSON *json)
{
    const cJSON *constant = json_member(schema, "const"), *words = json_member(schema, "enum"), *one;
    const cJSON *least = json_member(schema, "minimum"), *most = json_member(schema, "maximum");
    const char *pattern = cJSON_GetStringValue(json_member(schema, "pattern"));
    const char *text = cJSON_GetStringValue(json);
    bool is_one = words == NULL;
    cJSON_ArrayForEach (one, words)
        is_one = is_one || json_equal(one, json);
    return is_one && has_type(json_member(schema, "type"), json) &&
           (constant == NULL || json_equal(constant, json)) &&
           (least == NULL || !cJSON_IsNumber(json) || json->valuedouble >= least->valuedouble) &&
           (most == NULL || !cJSON_IsNumber(json) || json->valuedouble <= most->valuedouble) &&
           (pattern == NULL || text == NULL ||
            g_regex_match_simple(pattern, text, G_REGEX_DOLLAR_ENDONLY, 0));
}

static bool has_names(const cJSON *schema, const cJSON *json)
{
    const cJSON *name;
    bool has = true;
    cJSON_ArrayForEach (name, json_member(schema, "required"))
        has = has && json_member(json, cJSON_GetStringValue(name)) != NULL;
    return has;
}

const cJSON *fuzz_schema_misfit(const cJSON *schema, const cJSON *json)
{
    const cJSON *member, *misfit = NULL, *others = json_member(schema, "additionalProperties");
    if (cJSON_IsFalse(schema) ||
        (cJSON_IsObject(schema) &&
         (!has_value(schema, json) || (cJSON_IsObject(json) && !has_names(schema, json)))))
        return json;
    cJSON_ArrayForEach (member, json) {
        const cJSON *known = json_member(json_member(schema, "properties"), member->string);
        const cJSON *of = cJSON_IsArray(json) ? json_member(schema, "items")
                          : known != NULL     ? known
                                              : others;
        misfit = misfit == NULL && of != NULL ? fuzz_schema_misfit(of, member) : misfit;
    }
    return misfit;
}
