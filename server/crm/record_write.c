#include "crm/record_write.h"

#include <inttypes.h>
#include <string.h>

#include "base/id.h"
#include "crm/blueprint.h"
#include "crm/record_input.h"
#include "crm/record_rules.h"
#include "crm/value.h"
#include "store/sequence.h"

enum error record_write_insert(struct record_write *write)
{
    cJSON *fields CLEANUP(json_delete) = cJSON_CreateObject();
    struct record_values values = {.owner_id = write->user->id};
    enum error error = input_take(write, fields, 0, &values);
    if (error != ERR_NONE)
        return error;
    write->record = (struct record){.created_by = write->user->id, .created_time = write->now};
    enum store_status status = id_take(write->db, &write->record.id);
    if (status == STORE_OK)
        status = record_insert(write->db, write->record.id, write->module, &values, write->user->id,
                               write->now);
    return status == STORE_OK ? ERR_NONE : ERR_INTERNAL;
}

/* The blueprint's own picklist among what is sent, for E9. */
static size_t governed_change(const struct record_write *write, const struct record *record,
                              struct record_change *change)
{
    const struct blueprint *blueprint = org_blueprint(write->user->org, record->blueprint_id);
    if (blueprint == NULL || write->fields == NULL ||
        json_member(write->fields, blueprint->field->api_name) == NULL)
        return 0;
    *change = (struct record_change){.field = blueprint->field, .value = "null"};
    return 1;
}

/* Reads the record and checks it by the rules of a mass update: whose it is and the state that it is
 * in. */
static enum error find_record(struct record_write *write, const char *text, struct record_data *data)
{
    int64_t id = 0;
    struct record_change change;
    *data = (struct record_data){.fields = "{}"};
    enum store_status status = STORE_NOT_FOUND;
    if (id_parse(text, &id))
        status = record_data_read(write->db, write->user->org, id, write->arena, data);
    if (status == STORE_FAILED)
        return ERR_INTERNAL;
    struct outcome outcome = {.record = data->state};
    const struct record_check check = {.db = write->db,
                                       .user = write->user,
                                       .module = write->module,
                                       .changes = &change,
                                       .change_count = governed_change(write, &data->state, &change)};
    if (record_rules_check(&check, &outcome) != STORE_OK)
        return ERR_INTERNAL;
    write->record = data->state;
    if (outcome.error != ERR_NONE) {
        (void)input_refuse(write, outcome.error, NULL, outcome.hint);
        write->fault.id = arena_strdup(write->arena, text != NULL ? text : "");
        if (outcome.error == ERR_INTERNAL)
            write->fault.cause = record_fault_cause(&data->state, write->arena);
    }
    return outcome.error;
}

enum error record_write_update(struct record_write *write, const char *id)
{
    struct record_data data;
    enum error error = find_record(write, id, &data);
    if (error != ERR_NONE)
        return error;
    cJSON *fields CLEANUP(json_delete) = json_parse(data.fields, strlen(data.fields), NULL);
    struct record_values values = {.owner_id = data.state.owner_id,
                                   .layout = data.layout,
                                   .blueprint_id = data.state.blueprint_id};
    error = input_take(write, fields, data.state.id, &values);
    if (error != ERR_NONE)
        return error;
    return record_replace(write->db, data.state.id, &values, write->user->id, write->now) == STORE_OK
               ? ERR_NONE
               : ERR_INTERNAL;
}

/* Of what is sent, the fields that the transition asks for. */
static enum error take_asked_fields(struct record_write *write, const struct transition *transition,
                                    cJSON *fields, int64_t id)
{
    enum error error = ERR_NONE;
    for (size_t i = 0; i < transition->field_count && error == ERR_NONE; i++) {
        const struct field *field = transition->fields[i].field;
        cJSON *value = cJSON_GetObjectItemCaseSensitive(write->fields, field->api_name);
        if (value != NULL)
            error = input_take_value(write, field, value, fields, id);
    }
    return error;
}

enum error record_write_transition(struct record_write *write, const char *id,
                                   const char *transition_id, bool *performed)
{
    struct record_data data;
    const cJSON *sent = write->fields;
    write->fields = NULL; /* the blueprint's own picklist is not among them: E9 is not asked */
    enum error error = find_record(write, id, &data);
    write->fields = sent;
    if (error != ERR_NONE)
        return error;
    const struct blueprint *blueprint = org_blueprint(write->user->org, data.state.blueprint_id);
    if (blueprint == NULL)
        return input_refuse(write, ERR_NOT_IN_PROCESS, NULL, "the record is in no blueprint");
    cJSON *fields CLEANUP(json_delete) = json_parse(data.fields, strlen(data.fields), NULL);
    const struct transition *transition =
        blueprint_transition(blueprint, transition_id, blueprint_state(blueprint, fields));
    if (transition == NULL)
        return input_refuse(write, ERR_INVALID_TRANSITION, NULL,
                            "no transition of that id leads on from the record's state");
    struct record_values values = {
        .owner_id = data.state.owner_id, .layout = data.layout, .blueprint_id = blueprint->id};
    error = take_asked_fields(write, transition, fields, data.state.id);
    if (error != ERR_NONE)
        return error;
    *performed = transition_progress(transition, fields).complete;
    if (*performed) {
        cJSON_DeleteItemFromObjectCaseSensitive(fields, blueprint->field->api_name);
        json_add_text(fields, blueprint->field->api_name, transition->next_value);
        if (blueprint_ends_at(blueprint, transition->next_value))
            values.blueprint_id = 0;
    }
    const struct mapped_record record = {.module = input_module(write),
                                         .layout = data.layout,
                                         .fields = fields,
                                         .sent = write->fields,
                                         .also_set = *performed ? blueprint->field : NULL};
    error = input_check_mapping(write, &record, data.state.id);
    if (error == ERR_NONE)
        error = input_keep_values(write, fields, &values);
    if (error != ERR_NONE)
        return error;
    return record_replace(write->db, data.state.id, &values, write->user->id, write->now) == STORE_OK
               ? ERR_NONE
               : ERR_INTERNAL;
}

enum error record_write_upsert(struct record_write *write, const struct field *const *fields,
                               size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cJSON *value = cJSON_GetObjectItemCaseSensitive(write->fields, fields[i]->api_name);
        int64_t id;
        if (value == NULL || json_is_blank(value))
            continue;
        struct fault unused = {.json_path = NULL};
        if (!value_fits(fields[i], value, write->arena, &unused))
            continue; /* it is refused below */
        cJSON *kept CLEANUP(json_delete) = value_kept(fields[i], value, write->user->org->zone);
        const struct record_change change = {
            .field = fields[i], .value = json_print(write->arena, kept != NULL ? kept : value)};
        enum store_status status = record_with_value(write->db, write->module, &change, 0, &id);
        if (status == STORE_FAILED)
            return ERR_INTERNAL;
        if (status != STORE_OK)
            continue;
        write->duplicate = fields[i];
        return record_write_update(write, arena_printf(write->arena, "%" PRId64, id));
    }
    return record_write_insert(write);
}

enum error record_write_delete(struct record_write *write, const char *id)
{
    struct record_data data;
    enum error error = find_record(write, id, &data);
    if (error != ERR_NONE)
        return error;
    return record_delete(write->db, data.state.id) == STORE_OK ? ERR_NONE : ERR_INTERNAL;
}
