#include "crm/search.h"

#include <string.h>

#include "crm/access.h"
#include "crm/criteria.h"

/* As the service has it: ten comparisons. Each with as many values as criteria take. */
enum { DEPTH_MAX = 20, COMPARISONS_MAX = 10 };

struct reading {
    const struct user *user;
    const struct module *module;
    struct arena *arena;
    const char *at;
    size_t comparisons; /* read so far */
    const char *fault;  /* more than that it is malformed; or NULL */
};

static const struct {
    const char *in_search, *in_criteria;
} comparators[] = {
    {"equals", "equal"},
    {"not_equal", "not_equal"},
    {"starts_with", "starts_with"},
    {"contains", "contains"},
    {"in", "in"},
    {"between", "between"},
    {"greater_than", "greater_than"},
    {"greater_equal", "greater_equal"},
    {"less_than", "less_than"},
    {"less_equal", "less_equal"},
};

/* The text up to one of the characters, unescaped; the reading stands before it then. */
static const char *next_text(struct reading *reading, const char *ends)
{
    const char *start = reading->at;
    for (; *reading->at != '\0' && strchr(ends, *reading->at) == NULL; reading->at++)
        reading->at += *reading->at == '\\' && reading->at[1] != '\0';
    char *text = arena_strndup(reading->arena, start, (size_t)(reading->at - start)), *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        from += *from == '\\' && from[1] != '\0';
        *to++ = *from;
    }
    *to = '\0';
    return text;
}

static bool skip(struct reading *reading, const char *text)
{
    size_t length = strlen(text);
    if (strncmp(reading->at, text, length) != 0)
        return false;
    reading->at += length;
    return true;
}

/* Between brackets, where they mean nothing: in a value they are part of it. */
static void skip_blanks(struct reading *reading)
{
    reading->at += strspn(reading->at, " ");
}

/* Truth values are words in a text and no strings in criteria. */
static cJSON *new_value(const struct field *field, const char *text)
{
    if (field != NULL && field->type == TYPE_BOOLEAN &&
        (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
        return cJSON_CreateBool(strcmp(text, "true") == 0);
    return cJSON_CreateString(text);
}

static cJSON *new_leaf(const char *name, const char *comparator)
{
    cJSON *leaf = cJSON_CreateObject();
    cJSON_AddStringToObject(cJSON_AddObjectToObject(leaf, "field"), "api_name", name);
    cJSON_AddStringToObject(leaf, "comparator", comparator);
    return leaf;
}

static cJSON *read_leaf(struct reading *reading)
{
    const char *name = next_text(reading, ":()");
    if (!skip(reading, ":"))
        return NULL;
    const char *word = next_text(reading, ":()"), *comparator = NULL;
    for (size_t i = 0; i < COUNT(comparators); i++)
        if (strcmp(comparators[i].in_search, word) == 0)
            comparator = comparators[i].in_criteria;
    if (comparator == NULL || !skip(reading, ":"))
        return NULL;
    const struct field *field = module_field(reading->module, name);
    if (field != NULL && !may_see_field(reading->user, field))
        return NULL; /* what a search finds would tell its value */
    if (reading->comparisons++ == COMPARISONS_MAX) {
        reading->fault = "at most 10 comparisons";
        return NULL;
    }
    cJSON *leaf = new_leaf(name, comparator), *values = cJSON_AddArrayToObject(leaf, "value");
    size_t count = 0;
    do
        cJSON_AddItemToArray(values, new_value(field, next_text(reading, ",()")));
    while (++count <= CRITERIA_LIST_MAX &&
           skip(reading, ",")); /* one too many: criteria_read tells it */
    return leaf;
}

static cJSON *read_group(struct reading *reading, size_t depth);

/* (comparison) or (group). */
static cJSON *read_bracket(struct reading *reading, size_t depth)
{
    if (depth > DEPTH_MAX || !skip(reading, "("))
        return NULL;
    cJSON *inner = *reading->at == '(' ? read_group(reading, depth + 1) : read_leaf(reading);
    if (inner != NULL && skip(reading, ")")) {
        skip_blanks(reading);
        return inner;
    }
    cJSON_Delete(inner);
    return NULL;
}

/* Brackets that are joined by and, or by or: of different words in a row, the later ones hold more. */
static cJSON *read_group(struct reading *reading, size_t depth)
{
    cJSON *first = read_bracket(reading, depth);
    while (first != NULL && *reading->at != '\0' && *reading->at != ')') {
        const char *word = skip(reading, "and") ? "and" : skip(reading, "or") ? "or" : NULL;
        skip_blanks(reading);
        cJSON *next = word != NULL ? read_bracket(reading, depth) : NULL;
        if (next == NULL) {
            cJSON_Delete(first);
            return NULL;
        }
        cJSON *group = cJSON_CreateObject();
        json_add_text(group, "group_operator", word);
        cJSON *members = cJSON_AddArrayToObject(group, "group");
        cJSON_AddItemToArray(members, first);
        cJSON_AddItemToArray(members, next);
        first = group;
    }
    return first;
}

cJSON *search_criteria(const struct user *user, const struct module *module, const char *text,
                       struct arena *arena, const char **hint)
{
    struct reading reading = {.user = user, .module = module, .arena = arena, .at = text};
    cJSON *criteria = read_group(&reading, 0);
    if (criteria != NULL && *reading.at == '\0')
        return criteria;
    cJSON_Delete(criteria);
    *hint = reading.fault;
    return NULL;
}

/* One of the fields of these types, compared with the text. */
static cJSON *search_types(const struct user *user, const struct module *module, const char *text,
                           const char *comparator, const enum field_type *types, size_t count)
{
    cJSON *group = cJSON_CreateObject();
    json_add_text(group, "group_operator", "or");
    cJSON *members = cJSON_AddArrayToObject(group, "group");
    for (size_t i = 0; i < module->field_count; i++) {
        const struct field *field = &module->fields[i];
        for (size_t k = 0; k < count; k++) {
            if (field->type != types[k] || !may_see_field(user, field))
                continue;
            cJSON *leaf = new_leaf(field->api_name, comparator);
            cJSON_AddStringToObject(leaf, "value", text);
            cJSON_AddItemToArray(members, leaf);
        }
    }
    if (members->child != NULL)
        return group;
    cJSON_Delete(group);
    return NULL;
}

cJSON *search_email(const struct user *user, const struct module *module, const char *text)
{
    static const enum field_type types[] = {TYPE_EMAIL};
    return search_types(user, module, text, "equal", types, COUNT(types));
}

cJSON *search_phone(const struct user *user, const struct module *module, const char *text)
{
    static const enum field_type types[] = {TYPE_PHONE};
    return search_types(user, module, text, "equal", types, COUNT(types));
}

cJSON *search_word(const struct user *user, const struct module *module, const char *text)
{
    static const enum field_type types[] = {TYPE_TEXT,    TYPE_TEXTAREA, TYPE_EMAIL,    TYPE_PHONE,
                                            TYPE_WEBSITE, TYPE_PICKLIST, TYPE_RICH_TEXT};
    return search_types(user, module, text, "contains", types, COUNT(types));
}
