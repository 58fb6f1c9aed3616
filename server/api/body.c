#include "api/body.h"

#include <string.h>

#include "base/id.h"
#include "base/word.h"

enum { BODY_VALUES_MAX = 100000 };

struct reading {
    struct call *call;
    struct mass_update *update;
};

static enum error wrong(struct call *call, const char *name, const char *path,
                        const char *expected_data_type)
{
    call->fault = (struct fault){
        .api_name = name,
        .json_path = path,
        .expected_data_type = expected_data_type,
        .hint = arena_printf(call->arena, "%s must be of type %s", path, expected_data_type),
    };
    return ERR_INVALID_VALUE;
}

static enum error read_data(struct reading *reading, const cJSON *data)
{
    struct call *call = reading->call;
    if (!cJSON_IsArray(data))
        return wrong(call, "data", "$.data", "jsonarray");
    if (data->child == NULL)
        return ERR_NONE;
    if (data->child->next != NULL) { /* D4 */
        call->fault = (struct fault){.api_name = "data",
                                     .json_path = "$.data",
                                     .maximum_length = 1,
                                     .hint = "data takes one object"};
        return ERR_INVALID_VALUE;
    }
    if (!cJSON_IsObject(data->child))
        return wrong(call, "data", "$.data[0]", "jsonobject");
    reading->update->fields = data->child;
    return ERR_NONE;
}

static enum error read_ids(struct reading *reading, const cJSON *ids)
{
    struct call *call = reading->call;
    if (!cJSON_IsArray(ids))
        return wrong(call, "ids", "$.ids", "jsonarray");
    size_t count = (size_t)cJSON_GetArraySize(ids), i = 0;
    struct sent_id *sent = arena_array(call->arena, count, sizeof *sent);
    const cJSON *id;
    cJSON_ArrayForEach (id, ids) {
        if (!cJSON_IsString(id) && !json_is_integer(id))
            return wrong(call, "ids", arena_printf(call->arena, "$.ids[%zu]", i), "bigint");
        sent[i].text = id->valuestring;
        if (!id_parse(sent[i].text, &sent[i].id))
            sent[i].id = 0; /* E7, each for itself */
        i++;
    }
    reading->update->ids = sent;
    reading->update->id_count = count;
    return ERR_NONE;
}

static enum error read_cvid(struct reading *reading, const cJSON *cvid)
{
    if (!cJSON_IsString(cvid) && !json_is_integer(cvid))
        return wrong(reading->call, "cvid", "$.cvid", "bigint");
    reading->update->view_id = cvid->valuestring;
    return ERR_NONE;
}

static enum error read_territory(struct reading *reading, const cJSON *territory)
{
    struct call *call = reading->call;
    if (!cJSON_IsObject(territory))
        return wrong(call, "territory", "$.territory", "jsonobject");
    const cJSON *id = json_member(territory, "id");
    bool has_id = id != NULL && !json_is_blank(id);
    if (has_id && !cJSON_IsString(id) && !json_is_integer(id))
        return wrong(call, "id", "$.territory.id", "bigint");
    const cJSON *include_child = json_member(territory, "include_child");
    bool says_child = include_child != NULL && !json_is_blank(include_child);
    if (says_child && !cJSON_IsBool(include_child))
        return wrong(call, "include_child", "$.territory.include_child", "boolean");
    reading->update->territory = territory;
    reading->update->territory_id = has_id ? id->valuestring : NULL;
    reading->update->selection.include_child = cJSON_IsTrue(include_child);
    return ERR_NONE;
}

/* What is inside is checked when it is the criteria's turn (D1). */
static enum error read_criteria(struct reading *reading, const cJSON *criteria)
{
    if (!cJSON_IsArray(criteria) && !cJSON_IsObject(criteria))
        return wrong(reading->call, "criteria", "$.criteria", "jsonarray");
    if (criteria->child != NULL)
        reading->update->criteria = criteria;
    return ERR_NONE;
}

static enum error read_trigger(struct reading *reading, const cJSON *trigger)
{
    struct call *call = reading->call;
    if (!cJSON_IsArray(trigger))
        return wrong(call, "trigger", "$.trigger", "jsonarray");
    size_t i = 0;
    const cJSON *word;
    reading->update->automation = 0;
    cJSON_ArrayForEach (word, trigger) {
        const char *path = arena_printf(call->arena, "$.trigger[%zu]", i++);
        if (!cJSON_IsString(word))
            return wrong(call, "trigger", path, "text");
        int kind = word_index(automation_kind_names, word->valuestring);
        if (kind >= 0) {
            reading->update->automation |= AUTOMATION_BIT(kind);
            continue;
        }
        call->fault = (struct fault){.api_name = "trigger",
                                     .json_path = path,
                                     .hint = "workflow, approval and blueprint can be triggered"};
        return ERR_INVALID_VALUE;
    }
    return ERR_NONE;
}

static enum error read_over_write(struct reading *reading, const cJSON *over_write)
{
    if (!cJSON_IsBool(over_write))
        return wrong(reading->call, "over_write", "$.over_write", "boolean");
    reading->update->over_write = cJSON_IsTrue(over_write);
    return ERR_NONE;
}

/* The keys of the body in the order in which their types are checked; others are ignored (D4). */
static const struct {
    const char *name;
    enum error (*read)(struct reading *reading, const cJSON *value);
} keys[] = {
    {"data", read_data},
    {"ids", read_ids},
    {"cvid", read_cvid},
    {"territory", read_territory},
    {"criteria", read_criteria},
    {"trigger", read_trigger},
    {"over_write", read_over_write},
};

/* As clients send it that were told to send no media type: data=[...]&ids=[...] */
static bool is_form(const struct request *request)
{
    static const char *const begins[] = {"data=", "ids=", "cvid="};
    for (size_t i = 0; i < COUNT(begins); i++)
        if (request->body_length >= strlen(begins[i]) &&
            memcmp(request->body, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

enum error body_parse(struct call *call, cJSON **body)
{
    struct json_place place = {0};
    *body = json_parse_small(call->request->body, call->request->body_length, BODY_VALUES_MAX, &place);
    if (cJSON_IsObject(*body))
        return ERR_NONE;
    const char *why = "the body is JSON, and no object";
    if (place.has_too_many)
        why = arena_printf(call->arena, "the body has more than %d values", BODY_VALUES_MAX);
    else if (*body == NULL && is_form(call->request))
        why = "the body is a form; the service takes JSON: {\"data\": [...], \"ids\": [...]}";
    else if (*body == NULL)
        why = arena_printf(call->arena, "the body is no JSON: line %zu, column %zu", place.line,
                           place.column);
    call->fault = (struct fault){.expected_data_type = "jsonobject", .hint = why};
    return ERR_BODY_NOT_OBJECT;
}

static enum error wrong_list(struct call *call, const char *path, const char *expected, size_t most)
{
    call->fault = (struct fault){
        .api_name = "data",
        .json_path = path,
        .expected_data_type = expected,
        .maximum_length = expected == NULL ? (int64_t)most : 0,
        .hint = most == 1 ? "data is a list of one object"
                          : arena_printf(call->arena, "data is a list of 1 to %zu objects", most)};
    return ERR_INVALID_VALUE;
}

enum error body_read_data(struct call *call, size_t most, cJSON **body, const cJSON **data)
{
    enum error error = body_parse(call, body);
    if (error != ERR_NONE)
        return error;
    *data = json_member(*body, "data");
    if (*data == NULL) {
        call->fault = (struct fault){.api_name = "data",
                                     .json_path = "$.data",
                                     .hint = "the body has the records in a list: {\"data\": [...]}"};
        return ERR_FIELD_MISSING;
    }
    if (!cJSON_IsArray(*data) || (*data)->child == NULL)
        return wrong_list(call, "$.data", "jsonarray", most);
    if ((size_t)cJSON_GetArraySize(*data) > most)
        return wrong_list(call, "$.data", NULL, most);
    size_t i = 0;
    const cJSON *record;
    cJSON_ArrayForEach (record, *data) {
        if (!cJSON_IsObject(record))
            return wrong_list(call, arena_printf(call->arena, "$.data[%zu]", i), "jsonobject", most);
        i++;
    }
    return ERR_NONE;
}

enum error body_read(struct call *call, cJSON **body, struct mass_update *update)
{
    enum error error = body_parse(call, body);
    if (error != ERR_NONE)
        return error;
    struct reading reading = {.call = call, .update = update};
    update->automation = AUTOMATION_ALL;
    for (size_t i = 0; i < COUNT(keys); i++) {
        const cJSON *value = json_member(*body, keys[i].name);
        if (value == NULL || json_is_blank(value)) /* D11 */
            continue;
        error = keys[i].read(&reading, value);
        if (error != ERR_NONE)
            return error;
    }
    return ERR_NONE;
}

static const struct rule body_rules[] = {
    {"it is a JSON object", "E31"},
    {"its keys have the right types", "E32"},
};

const struct rules body_order = {"the body", body_rules, sizeof body_rules[0], COUNT(body_rules)};
