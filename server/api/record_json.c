#include "api/record_json.h"

#include <string.h>

#include "api/reply.h"
#include "crm/access.h"

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

/* A record, for the user of a call. */
struct told {
    struct call *call;
    const struct record_data *data;
};

static bool may_edit(const struct told *told)
{
    return may_edit_record(told->call->db, told->call->token.user, &told->data->state) == STORE_OK;
}

static cJSON *is_approved(const struct told *told)
{
    return cJSON_CreateBool(!told->data->state.awaits_approval);
}

static cJSON *approval_state(const struct told *told)
{
    const char *approval = told->data->approval;
    if (told->data->state.awaits_approval)
        return cJSON_CreateStringReference("approval_process_pending");
    return cJSON_CreateString(approval != NULL ? approval : "approved");
}

static void add_flags(cJSON *object, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cJSON_AddFalseToObject(object, names[i]);
}

static cJSON *approval(const struct told *told)
{
    static const char *const actions[] = {"delegate", "takeover", "approve", "reject", "resubmit"};
    cJSON *object = cJSON_CreateObject();
    (void)told;
    add_flags(object, actions, COUNT(actions));
    return object;
}

static cJSON *review_process(const struct told *told)
{
    static const char *const actions[] = {"approve", "reject"};
    cJSON *object = cJSON_CreateObject();
    add_flags(object, actions, COUNT(actions));
    cJSON_AddBoolToObject(object, "resubmit", told->data->image_review != NULL);
    return object;
}

static cJSON *in_merge(const struct told *told)
{
    return cJSON_CreateBool(told->data->in_merge);
}

static cJSON *locked_for_me(const struct told *told)
{
    return cJSON_CreateBool(told->data->state.locked);
}

static cJSON *process_flow(const struct told *told)
{
    return cJSON_CreateBool(told->data->state.blueprint_id != 0);
}

static cJSON *is_editable(const struct told *told)
{
    return cJSON_CreateBool(may_edit(told) && !told->data->state.locked);
}

static cJSON *is_converted(const struct told *told)
{
    return cJSON_CreateBool(told->data->state.converted);
}

static cJSON *stop_processing(const struct told *told)
{
    return cJSON_CreateBool(told->data->state.stop_processing);
}

static cJSON *sharing_permission(const struct told *told)
{
    return cJSON_CreateStringReference(may_edit(told) ? "full_access" : "read_only");
}

static cJSON *layout_id(const struct told *told)
{
    return layout(NULL, told->data);
}

static cJSON *currency_symbol(const struct told *told)
{
    (void)told;
    return cJSON_CreateStringReference("$");
}

static cJSON *saved(const struct told *told)
{
    (void)told;
    return cJSON_CreateStringReference("save");
}

static cJSON *no(const struct told *told)
{
    (void)told;
    return cJSON_CreateFalse();
}

static cJSON *nothing(const struct told *told)
{
    (void)told;
    return cJSON_CreateNull();
}

static cJSON *none(const struct told *told)
{
    (void)told;
    return cJSON_CreateArray();
}

/* What is told of a record beside its fields, in the service's words. */
static const struct {
    const char *name;
    cJSON *(*value)(const struct told *told);
} states[] = {
    {"$approved", is_approved},
    {"$approval_state", approval_state},
    {"$approval", approval},
    {"$review_process", review_process},
    {"$review", nothing},
    {"$in_merge", in_merge},
    {"$locked_for_me", locked_for_me},
    {"$process_flow", process_flow},
    {"$editable", is_editable},
    {"$sharing_permission", sharing_permission},
    {"$converted", is_converted},
    {"$stop_processing", stop_processing},
    {"$layout_id", layout_id},
    {"$currency_symbol", currency_symbol},
    {"$state", saved},
    {"$orchestration", no},
    {"$pathfinder", no},
    {"$field_states", nothing},
    {"$wizard_connection_path", nothing},
    {"$zia_visions", nothing},
    {"Tag", none},
};

cJSON *record_state_names(void)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < COUNT(states); i++)
        if (states[i].name[0] == '$')
            cJSON_AddItemToArray(list, cJSON_CreateStringReference(states[i].name));
    return list;
}

static void add_states(struct call *call, cJSON *object, const struct record_data *data,
                       const char *wanted)
{
    const struct told told = {.call = call, .data = data};
    for (size_t i = 0; i < COUNT(states); i++)
        if (wanted == NULL || is_listed(wanted, states[i].name))
            cJSON_AddItemToObject(object, states[i].name, states[i].value(&told));
}

cJSON *record_json(struct call *call, const struct record_data *data, const char *wanted)
{
    const struct module *module = data->state.module;
    cJSON *fields CLEANUP(json_delete) = json_parse(data->fields, strlen(data->fields), NULL);
    cJSON *object = cJSON_CreateObject();
    json_add_id(object, "id", data->state.id);
    for (size_t i = 0; i < module->field_count; i++) {
        const struct field *field = &module->fields[i];
        if (may_see_field(call->token.user, field) && strcmp(field->api_name, "id") != 0 &&
            (wanted == NULL || is_listed(wanted, field->api_name)))
            cJSON_AddItemToObject(object, field->api_name, value_of(call, data, fields, field));
    }
    add_states(call, object, data, wanted);
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
