#include <string.h>

#include "api/body.h"
#include "api/metadata.h"
#include "api/permit.h"
#include "crm/blueprint.h"
#include "crm/record_write.h"

static call_fn tell_blueprint, perform_transition;

#define BLUEPRINT_PATH "/crm/{version}/{module}/{id}/actions/blueprint"

const struct endpoint blueprint_read = {
    .method = "GET",
    .path = BLUEPRINT_PATH,
    .scope = {"modules", "READ", NULL},
    .permit = permit_read,
    .handle = tell_blueprint,
};

const struct endpoint blueprint_perform = {
    .method = "PUT",
    .path = BLUEPRINT_PATH,
    .scope = {"modules", "UPDATE", NULL},
    .permit = permit_write,
    .handle = perform_transition,
};

/* A record in a blueprint, as it is told. */
struct told {
    struct record_data record;
    const struct blueprint *blueprint;
    const char *state;
    cJSON *fields; /* the record's; owned */
};

static cJSON *current_value(const struct told *told)
{
    const struct field *field = told->blueprint->field;
    cJSON *object = cJSON_CreateObject();
    for (size_t i = 0; i < field->value_count; i++)
        if (strcmp(field->values[i], told->state) == 0)
            json_add_id(object, "id", field->value_ids[i]);
    json_add_text(object, "value", told->state);
    cJSON_AddNullToObject(object, "colour_code");
    return object;
}

static cJSON *process_info(const struct told *told)
{
    const struct field *field = told->blueprint->field;
    cJSON *info = cJSON_CreateObject();
    json_add_id(info, "field_id", field->id);
    cJSON_AddNullToObject(info, "escalation");
    cJSON_AddFalseToObject(info, "is_continuous");
    json_add_text(info, "api_name", field->api_name);
    cJSON_AddFalseToObject(info, "continuous");
    json_add_text(info, "field_label", field->label);
    json_add_text(info, "name", told->blueprint->name);
    json_add_text(info, "column_name", field->api_name);
    json_add_text(info, "field_value", told->state);
    json_add_id(info, "id", told->blueprint->id);
    json_add_text(info, "field_name", field->label);
    cJSON_AddItemToObject(info, "current_picklist", current_value(told));
    return info;
}

static cJSON *transitions_after(const struct told *told, const struct transition *transition)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < told->blueprint->transition_count; i++) {
        const struct transition *next = &told->blueprint->transitions[i];
        if (!transition_leads_from(next, transition->next_value))
            continue;
        cJSON *object = reply_reference(next->id, "name", next->name);
        cJSON_AddTrueToObject(object, "criteria_matched");
        json_add_text(object, "type", "manual");
        cJSON_AddItemToArray(list, object);
    }
    return list;
}

static cJSON *asked_field(struct call *call, const struct told *told,
                          const struct transition *transition, size_t index)
{
    const struct transition_field *asked = &transition->fields[index];
    const struct layout *layout = told->record.layout;
    cJSON *object = metadata_field(call, told->record.state.module, asked->field);
    metadata_extend(call, object, "field_of_transition");
    metadata_set_flag(object, "mandatory", asked->mandatory);
    metadata_set(object, "transition_sequence", json_integer((int64_t)(index + 1)));
    metadata_set(object, "layouts", reply_reference(layout->id, "name", layout->name));
    return object;
}

static cJSON *new_transition(struct call *call, const struct told *told,
                             const struct transition *transition, size_t position)
{
    size_t filled = transition_progress(transition, told->fields).filled;
    cJSON *object = metadata_new(call, "transition"), *fields = cJSON_CreateArray();
    cJSON *data = cJSON_CreateObject();
    for (size_t i = 0; i < transition->field_count; i++) {
        const char *name = transition->fields[i].field->api_name;
        const cJSON *value = json_member(told->fields, name);
        cJSON_AddItemToArray(fields, asked_field(call, told, transition, i));
        cJSON_AddItemToObject(data, name,
                              value != NULL ? cJSON_Duplicate(value, true) : cJSON_CreateNull());
    }
    metadata_set_id(object, "id", transition->id);
    metadata_set_text(object, "name", transition->name);
    metadata_set_text(object, "next_field_value", transition->next_value);
    metadata_set(object, "sequence", json_integer((int64_t)(position + 1)));
    metadata_set(object, "next_transitions", transitions_after(told, transition));
    metadata_set(object, "fields", fields);
    metadata_set(object, "data", data);
    if (transition->field_count > 0)
        metadata_set(object, "percent_partial_save",
                     cJSON_CreateNumber(100.0 * (double)filled / (double)transition->field_count));
    return object;
}

static enum error tell_blueprint(struct call *call)
{
    struct told told;
    enum error error = blueprint_of_record(call->db, call->token.user, call->module, call->id,
                                           call->arena, &told.record, &told.blueprint, &call->fault);
    if (error != ERR_NONE)
        return error;
    told.fields = json_parse(told.record.fields, strlen(told.record.fields), NULL);
    told.state = arena_strdup(call->arena, blueprint_state(told.blueprint, told.fields));
    cJSON *body = cJSON_CreateObject(), *blueprint = cJSON_AddObjectToObject(body, "blueprint");
    cJSON_AddItemToObject(blueprint, "process_info", process_info(&told));
    cJSON *transitions = cJSON_AddArrayToObject(blueprint, "transitions");
    for (size_t i = 0; i < told.blueprint->transition_count; i++) {
        const struct transition *transition = &told.blueprint->transitions[i];
        if (transition_leads_from(transition, told.state))
            cJSON_AddItemToArray(transitions, new_transition(call, &told, transition, i));
    }
    reply_json(call, 200, body);
    cJSON_Delete(told.fields);
    return ERR_NONE;
}

static enum error wrong(struct call *call, enum error error, const char *name, const char *path,
                        const char *expected)
{
    call->fault = (struct fault){.api_name = name,
                                 .json_path = path,
                                 .expected_data_type = expected,
                                 .hint = "{\"blueprint\": [{\"transition_id\": ..., \"data\": {}}]}"};
    return error;
}

/* {"blueprint": [{"transition_id", "data"}]}; *fields is NULL when there is no data. */
static enum error read_transition(struct call *call, const cJSON *body, const char **id,
                                  const cJSON **fields)
{
    const cJSON *list = json_member(body, "blueprint");
    if (list == NULL || json_is_blank(list))
        return wrong(call, ERR_FIELD_MISSING, "blueprint", "$.blueprint", NULL);
    if (!cJSON_IsArray(list))
        return wrong(call, ERR_INVALID_VALUE, "blueprint", "$.blueprint", "jsonarray");
    if (cJSON_GetArraySize(list) != 1) {
        enum error error = wrong(call, ERR_INVALID_VALUE, "blueprint", "$.blueprint", NULL);
        call->fault.maximum_length = 1;
        return error;
    }
    if (!cJSON_IsObject(list->child))
        return wrong(call, ERR_INVALID_VALUE, "blueprint", "$.blueprint[0]", "jsonobject");
    const cJSON *transition = json_member(list->child, "transition_id");
    const char *path = "$.blueprint[0].transition_id";
    if (transition == NULL || json_is_blank(transition))
        return wrong(call, ERR_FIELD_MISSING, "transition_id", path, NULL);
    *id = json_scalar_text(transition);
    if (*id == NULL)
        return wrong(call, ERR_INVALID_VALUE, "transition_id", path, "bigint");
    *fields = json_member(list->child, "data");
    if (*fields != NULL && json_is_blank(*fields))
        *fields = NULL;
    return *fields == NULL || cJSON_IsObject(*fields)
               ? ERR_NONE
               : wrong(call, ERR_INVALID_VALUE, "data", "$.blueprint[0].data", "jsonobject");
}

static enum error perform(struct call *call, const cJSON *body, bool *performed)
{
    const char *id;
    struct record_write write = {.db = call->db,
                                 .user = call->token.user,
                                 .module = call->module,
                                 .at = "$.blueprint[0].data",
                                 .now = clock_now(call->api->crm->clock),
                                 .arena = call->arena};
    enum error error = read_transition(call, body, &id, &write.fields);
    if (error != ERR_NONE)
        return error;
    if (store_begin(call->db, STORE_REQUEST) != STORE_OK)
        return ERR_INTERNAL;
    error = record_write_transition(&write, call->id, id, performed);
    if (store_end(call->db, error == ERR_NONE) == STORE_OK)
        return ERR_NONE;
    call->fault = write.fault;
    call->fault.in_data = false; /* these answers have no "data" */
    return error != ERR_NONE ? error : ERR_INTERNAL;
}

static enum error perform_transition(struct call *call)
{
    cJSON *body CLEANUP(json_delete) = NULL;
    bool performed = false;
    enum error error = body_parse(call, &body);
    if (error == ERR_NONE)
        error = perform(call, body, &performed);
    if (error != ERR_NONE)
        return error;
    reply_json(call, 200,
               reply_success(cJSON_CreateObject(), performed ? "transition updated successfully"
                                                             : "transition saved partially"));
    return ERR_NONE;
}
