#include "crm/criteria.h"

#include <stdlib.h>
#include <string.h>

#include "base/id.h"

enum {
    NUMBERS = 1 << COMPARE_NUMBER,
    TIMES = 1 << COMPARE_TIME,
    TEXTS = 1 << COMPARE_TEXT,
    IDS = 1 << COMPARE_ID,
    SETS = 1 << COMPARE_SET,
    ORDERED = NUMBERS | TIMES | TEXTS,
    ALL = ORDERED | IDS | SETS
};

/* A comparator's name, how many values it takes (0: a list of any length or one), and for which kinds
 * of field it makes sense. */
static const struct comparator_info {
    const char *name;
    size_t values;
    unsigned kinds;
} comparators[COMPARATORS] = {
    [CMP_EQUAL] = {"equal", 0, ALL},
    [CMP_NOT_EQUAL] = {"not_equal", 0, ALL},
    [CMP_IN] = {"in", 0, ALL},
    [CMP_NOT_IN] = {"not_in", 0, ALL},
    [CMP_LESS_THAN] = {"less_than", 1, ORDERED},
    [CMP_LESS_EQUAL] = {"less_equal", 1, ORDERED},
    [CMP_GREATER_THAN] = {"greater_than", 1, ORDERED},
    [CMP_GREATER_EQUAL] = {"greater_equal", 1, ORDERED},
    [CMP_CONTAINS] = {"contains", 0, TEXTS | SETS},
    [CMP_NOT_CONTAINS] = {"not_contains", 0, TEXTS | SETS},
    [CMP_STARTS_WITH] = {"starts_with", 0, TEXTS},
    [CMP_ENDS_WITH] = {"ends_with", 0, TEXTS},
    [CMP_BETWEEN] = {"between", 2, ORDERED},
    [CMP_NOT_BETWEEN] = {"not_between", 2, ORDERED},
};

struct reading {
    const struct module *module;
    struct arena *arena;
    struct fault *fault;
    size_t comparisons; /* that may come yet */
    size_t values;      /* read so far, of all comparisons */
};

static enum error refuse(struct reading *reading, const char *name, const char *path,
                         const char *expected_data_type, const char *hint)
{
    *reading->fault = (struct fault){
        .api_name = name, .json_path = path, .expected_data_type = expected_data_type, .hint = hint};
    return ERR_INVALID_VALUE;
}

static enum error too_many(struct reading *reading, const char *name, const char *path,
                           const char *what, int most)
{
    enum error error = refuse(reading, name, path, NULL,
                              arena_printf(reading->arena, "there are more than %d %s", most, what));
    reading->fault->maximum_length = most;
    return error;
}

static enum compare_kind kind_of(const struct field *field)
{
    switch (field->type) {
    case TYPE_BOOLEAN:
    case TYPE_INTEGER:
    case TYPE_BIGINT:
    case TYPE_DOUBLE:
    case TYPE_CURRENCY:
    case TYPE_PERCENT:
    case TYPE_DECIMAL:
    case TYPE_ROLLUP_SUMMARY:
        return COMPARE_NUMBER;
    case TYPE_DATETIME:
        return COMPARE_TIME;
    case TYPE_LOOKUP:
    case TYPE_OWNER_LOOKUP:
    case TYPE_USER_LOOKUP:
        return COMPARE_ID;
    case TYPE_MULTISELECT:
        return COMPARE_SET;
    default:
        return COMPARE_TEXT; /* dates too: YYYY-MM-DD sorts as text */
    }
}

static bool number_operand(const struct field *field, const cJSON *value, struct operand *operand)
{
    if (field->type == TYPE_BOOLEAN) {
        *operand = (struct operand){.kind = OPERAND_INTEGER, .integer = cJSON_IsTrue(value)};
        return cJSON_IsBool(value);
    }
    /* Zoho's own clients send numbers in criteria as strings too. */
    const char *text = json_scalar_text(value);
    if (text == NULL || text[0] == '\0' || strspn(text, "0123456789.-+eE") != strlen(text))
        return false;
    char *end;
    if (field->type == TYPE_BIGINT) {
        *operand = (struct operand){.kind = OPERAND_INTEGER, .integer = strtoll(text, &end, 10)};
        return *end == '\0';
    }
    *operand = (struct operand){.kind = OPERAND_REAL, .real = strtod(text, &end)};
    return *end == '\0';
}

static bool id_operand(const cJSON *value, struct operand *operand)
{
    operand->kind = OPERAND_INTEGER;
    const cJSON *id = cJSON_IsObject(value) ? json_member(value, "id") : value;
    return id_parse(json_scalar_text(id), &operand->integer);
}

static bool time_operand(const struct zone *zone, const cJSON *value, struct operand *operand)
{
    operand->kind = OPERAND_INTEGER;
    return cJSON_IsString(value) &&
           time_read(value->valuestring, TIME_WITH_OFFSET | TIME_LOCAL, zone, &operand->integer, NULL);
}

/* The operand that a JSON value stands for; false when it has the wrong type for the field. */
static bool operand_read(const struct criteria *leaf, const struct zone *zone, const cJSON *value,
                         struct operand *operand)
{
    if (json_is_blank(value) ||
        (cJSON_IsString(value) && strcmp(value->valuestring, "${EMPTY}") == 0)) {
        operand->kind = OPERAND_EMPTY;
        return leaf->comparator <= CMP_NOT_IN; /* equal and in, and their opposites */
    }
    switch (leaf->kind) {
    case COMPARE_NUMBER:
        return number_operand(leaf->field, value, operand);
    case COMPARE_ID:
        return id_operand(value, operand);
    case COMPARE_TIME:
        return time_operand(zone, value, operand);
    default:
        *operand = (struct operand){.kind = OPERAND_TEXT, .text = value->valuestring};
        return cJSON_IsString(value) &&
               (leaf->field->type != TYPE_DATE || date_valid(value->valuestring));
    }
}

static const char *expected_type(const struct field *field)
{
    bool is_text = kind_of(field) == COMPARE_TEXT || kind_of(field) == COMPARE_SET;
    return field_types[is_text && field->type != TYPE_DATE ? TYPE_TEXT : field->type].expected;
}

static enum error operands_read(struct reading *reading, const cJSON *value, const char *path,
                                struct criteria *leaf)
{
    const struct comparator_info *comparator = &comparators[leaf->comparator];
    size_t count = cJSON_IsArray(value) ? (size_t)cJSON_GetArraySize(value) : 1;
    reading->values += count;
    if (value == NULL || count == 0)
        return refuse(reading, "value", path, NULL, "a comparison needs a value");
    if (comparator->values != 0 && count != comparator->values)
        return refuse(reading, "value", path, comparator->values == 2 ? "jsonarray" : "text",
                      arena_printf(reading->arena, "%s takes %zu value(s)", comparator->name,
                                   comparator->values));
    if (count > CRITERIA_LIST_MAX)
        return too_many(reading, "value", path, "values in a comparison", CRITERIA_LIST_MAX);
    if (reading->values > CRITERIA_VALUES_MAX)
        return too_many(reading, "value", path, "values in criteria", CRITERIA_VALUES_MAX);
    struct operand *operands = arena_array(reading->arena, count, sizeof *operands);
    const cJSON *one = cJSON_IsArray(value) ? value->child : value;
    for (size_t i = 0; i < count; i++, one = one->next)
        if (!operand_read(leaf, reading->module->org->zone, one, &operands[i]))
            return refuse(reading, "value", path, expected_type(leaf->field),
                          arena_printf(reading->arena, "%s cannot be compared with that value by %s",
                                       leaf->field->api_name, comparator->name));
    leaf->operands = operands;
    leaf->operand_count = count;
    return ERR_NONE;
}

static const cJSON *field_name_of(const cJSON *json)
{
    const cJSON *field = json_member(json, "field");
    return cJSON_IsObject(field) ? json_member(field, "api_name") : json_member(json, "api_name");
}

static enum error refuse_comparator(struct reading *reading, const struct criteria *leaf,
                                    const char *path, const char *expected_data_type)
{
    struct arena *arena = reading->arena;
    const char *list = "";
    for (size_t i = 0; i < COMPARATORS; i++)
        if ((comparators[i].kinds & 1U << leaf->kind) != 0)
            list =
                arena_printf(arena, "%s%s%s", list, list[0] != '\0' ? ", " : "", comparators[i].name);
    return refuse(
        reading, "comparator", path, expected_data_type,
        arena_printf(arena, "expected a comparator for %s, one of %s", leaf->field->api_name, list));
}

static enum error leaf_read(struct reading *reading, const cJSON *json, const char *path,
                            struct criteria *leaf)
{
    const cJSON *name = field_name_of(json);
    if (reading->comparisons == 0)
        return too_many(reading, "criteria", path, "comparisons in criteria", CRITERIA_COMPARISONS_MAX);
    reading->comparisons--;
    if (!cJSON_IsString(name))
        return refuse(reading, "field", arena_printf(reading->arena, "%s.field", path), "jsonobject",
                      "a comparison needs {\"field\": {\"api_name\": ...}}");
    leaf->field = module_field(reading->module, name->valuestring);
    if (leaf->field == NULL)
        return refuse(reading, "field", arena_printf(reading->arena, "%s.field.api_name", path), NULL,
                      "the module has no field of that name");
    leaf->kind = kind_of(leaf->field);
    const cJSON *comparator = json_member(json, "comparator");
    const char *comparator_path = arena_printf(reading->arena, "%s.comparator", path);
    if (!cJSON_IsString(comparator))
        return refuse_comparator(reading, leaf, comparator_path, "text");
    while (leaf->comparator < COMPARATORS &&
           strcmp(comparators[leaf->comparator].name, comparator->valuestring) != 0)
        leaf->comparator++;
    if (leaf->comparator == COMPARATORS ||
        (comparators[leaf->comparator].kinds & 1U << leaf->kind) == 0)
        return refuse_comparator(reading, leaf, comparator_path, NULL);
    return operands_read(reading, json_member(json, "value"),
                         arena_printf(reading->arena, "%s.value", path), leaf);
}

static enum error node_read(struct reading *reading, const cJSON *json, const char *path, size_t depth,
                            const struct criteria **criteria);

static enum error members_read(struct reading *reading, const cJSON *list, const char *path,
                               size_t depth, struct criteria *group)
{
    group->is_group = true;
    group->count = (size_t)cJSON_GetArraySize(list);
    group->members = arena_array(reading->arena, group->count, sizeof *group->members);
    size_t i = 0;
    const cJSON *member;
    cJSON_ArrayForEach (member, list) {
        enum error error = node_read(reading, member, arena_printf(reading->arena, "%s[%zu]", path, i),
                                     depth + 1, &group->members[i]);
        if (error != ERR_NONE)
            return error;
        i++;
    }
    return ERR_NONE;
}

static enum error group_read(struct reading *reading, const cJSON *json, const char *path, size_t depth,
                             struct criteria *group)
{
    const cJSON *list = json_member(json, "group"), *word = json_member(json, "group_operator");
    const char *list_path = arena_printf(reading->arena, "%s.group", path);
    if (!cJSON_IsArray(list) || list->child == NULL)
        return refuse(reading, "group", list_path, "jsonarray", "a group needs members");
    const char *name = cJSON_IsString(word) ? word->valuestring : "";
    group->any = strcmp(name, "or") == 0 || strcmp(name, "OR") == 0;
    if (!group->any && strcmp(name, "and") != 0 && strcmp(name, "AND") != 0)
        return refuse(reading, "group_operator",
                      arena_printf(reading->arena, "%s.group_operator", path), NULL,
                      "group_operator is \"and\" or \"or\"");
    return members_read(reading, list, list_path, depth, group);
}

static enum error node_read(struct reading *reading, const cJSON *json, const char *path, size_t depth,
                            const struct criteria **criteria)
{
    if (!cJSON_IsObject(json))
        return refuse(reading, "criteria", path, "jsonobject", "a criterion is an object");
    if (depth > CRITERIA_DEPTH_MAX)
        return refuse(reading, "criteria", path, NULL, "criteria are nested too deeply");
    struct criteria *node = arena_alloc(reading->arena, sizeof *node);
    *criteria = node;
    return json_member(json, "group") != NULL ? group_read(reading, json, path, depth, node)
                                              : leaf_read(reading, json, path, node);
}

enum error criteria_read(const struct module *module, const cJSON *json, const char *path,
                         size_t comparisons, struct arena *arena, const struct criteria **criteria,
                         struct fault *fault)
{
    struct reading reading = {
        .module = module, .arena = arena, .fault = fault, .comparisons = comparisons};
    if (!cJSON_IsArray(json))
        return node_read(&reading, json, path, 0, criteria);
    struct criteria *all = arena_alloc(arena, sizeof *all);
    *criteria = all;
    return members_read(&reading, json, path, 0, all);
}

enum error criteria_of_view(const struct view *view, struct arena *arena, cJSON **tree,
                            const struct criteria **criteria)
{
    struct fault unused;
    *criteria = NULL;
    if (view->criteria == NULL)
        return ERR_NONE;
    *tree = json_parse(view->criteria, strlen(view->criteria), NULL);
    enum error error = criteria_read(view->module, *tree, "$", SIZE_MAX, arena, criteria, &unused);
    return error == ERR_NONE ? ERR_NONE : ERR_INTERNAL; /* not reached */
}
