#include "api/record_json.h"

#include <string.h>

#include "api/reply.h"

typedef cJSON *system_value(const struct org *org, const struct record_data *data);

static cJSON *user_value(const struct org *org, int64_t id)
{
    const struct user *user = org_user(org, id);
    if (user == NULL)
        return cJSON_CreateNull();
    cJSON *object = cJSON_CreateObject();
    json_add_text(object, "name", user->name);
    json_add_id(object, "id", user->id);
    json_add_text(object, "email", user->email);
    return object;
}

static cJSON *owner(const struct org *org, const struct record_data *data)
{
    return user_value(org, data->state.owner_id);
}

static cJSON *created_by(const struct org *org, const struct record_data *data)
{
    return user_value(org, data->state.created_by);
}

static cJSON *modified_by(const struct org *org, const struct record_data *data)
{
    return user_value(org, data->modified_by);
}

static cJSON *created_time(const struct org *org, const struct record_data *data)
{
    return reply_time(org, data->state.created_time);
}

static cJSON *modified_time(const struct org *org, const struct record_data *data)
{
    return reply_time(org, data->modified_time);
}

static cJSON *layout(const struct org *org, const struct record_data *data)
{
    (void)org;
    cJSON *object = cJSON_CreateObject();
    json_add_text(object, "display_label", data->layout->name);
    json_add_text(object, "name", data->layout->name);
    json_add_id(object, "id", data->layout->id);
    return object;
}

static const struct {
    const char *api_name;
    system_value *value;
} system_values[] = {
    {"Owner", owner},
    {"Created_By", created_by},
    {"Modified_By", modified_by},
    {"Created_Time", created_time},
    {"Modified_Time", modified_time},
    {"Layout", layout},
};

static cJSON *value_of(struct call *call, const struct record_data *data, const cJSON *fields,
                       const struct field *field)
{
    for (size_t i = 0; i < COUNT(system_values); i++)
        if (strcmp(system_values[i].api_name, field->api_name) == 0)
            return system_values[i].value(call->token.user->org, data);
    const cJSON *value = json_member(fields, field->api_name);
    return value != NULL ? cJSON_Duplicate(value, true) : cJSON_CreateNull();
}

bool is_listed(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        at += strspn(at, ", ");
        if (strncmp(at, name, length) == 0 && strchr(", ", at[length]) != NULL)
            return true;
    }
    return false;
}

static void add_state(cJSON *object, const struct record_data *data)
{
    bool waiting = data->state.awaits_approval;
    cJSON_AddBoolToObject(object, "$approved", !waiting);
    json_add_text(object, "$approval_state",
                  waiting                  ? "approval_process_pending"
                  : data->approval == NULL ? "approved"
                                           : data->approval);
    cJSON *approval = cJSON_AddObjectToObject(object, "$approval");
    cJSON *review = cJSON_AddObjectToObject(object, "$review_process");
    static const char *const actions[] = {"approve", "reject", "resubmit"};
    for (size_t i = 0; i < COUNT(actions); i++) {
        cJSON_AddFalseToObject(approval, actions[i]);
        cJSON_AddBoolToObject(review, actions[i],
                              data->image_review != NULL && strcmp(actions[i], "resubmit") == 0);
    }
    cJSON_AddFalseToObject(approval, "delegate");
    cJSON_AddFalseToObject(approval, "takeover");
    cJSON_AddBoolToObject(object, "$in_merge", data->in_merge);
    cJSON_AddBoolToObject(object, "$locked_for_me", data->state.locked);
    cJSON_AddBoolToObject(object, "$process_flow", data->state.blueprint_id != 0);
    cJSON_AddBoolToObject(object, "$editable", !data->state.locked);
    cJSON_AddBoolToObject(object, "$converted", data->state.converted);
    json_add_text(object, "$state", "save");
    cJSON_AddFalseToObject(object, "$orchestration");
}

cJSON *record_json(struct call *call, const struct record_data *data, const char *wanted)
{
    const struct module *module = data->state.module;
    const enum field_access *access = call->token.user->profile->fields;
    cJSON *fields CLEANUP(json_delete) = json_parse(data->fields, strlen(data->fields), NULL);
    cJSON *object = cJSON_CreateObject();
    json_add_id(object, "id", data->state.id);
    for (size_t i = 0; i < module->field_count; i++) {
        const struct field *field = &module->fields[i];
        bool is_shown = field->visible && access[field->index] != FIELD_HIDDEN &&
                        strcmp(field->api_name, "id") != 0;
        if (is_shown && (wanted == NULL || is_listed(wanted, field->api_name)))
            cJSON_AddItemToObject(object, field->api_name, value_of(call, data, fields, field));
    }
    if (wanted == NULL)
        add_state(object, data);
    return object;
}

static const char *text_of(struct arena *arena, const cJSON *fields, const char *name)
{
    const char *text = json_scalar_text(json_member(fields, name));
    return text != NULL ? arena_strdup(arena, text) : "";
}

const char *record_name(struct arena *arena, const struct record_data *data)
{
    cJSON *fields CLEANUP(json_delete) = json_parse(data->fields, strlen(data->fields), NULL);
    const struct module *module = data->state.module;
    if (module_field(module, "First_Name") != NULL && module_field(module, "Last_Name") != NULL) {
        const char *first = text_of(arena, fields, "First_Name");
        const char *last = text_of(arena, fields, "Last_Name");
        return first[0] != '\0' ? arena_printf(arena, "%s %s", first, last) : last;
    }
    for (size_t i = 0; i < module->field_count; i++)
        if (module->fields[i].system_mandatory)
            return text_of(arena, fields, module->fields[i].api_name);
    return "";
}
