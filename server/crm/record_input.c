#include "crm/record_input.h"

#include <inttypes.h>
#include <string.h>

#include "base/id.h"
#include "crm/blueprint.h"
#include "crm/record_rules.h"
#include "crm/value.h"

/* Where the record's fields stand. */
static const char *place_of(const struct record_write *write)
{
    return write->at != NULL ? write->at : arena_printf(write->arena, "$.data[%zu]", write->index);
}

enum error input_refuse(struct record_write *write, enum error error, const char *name,
                        const char *hint)
{
    write->fault = (struct fault){.in_data = true, .hint = hint};
    if (name == NULL)
        return error;
    write->fault.api_name = name;
    write->fault.json_path = arena_printf(write->arena, "%s.%s", place_of(write), name);
    return error;
}

/* Types whose values the service makes itself. */
static bool is_computed(const struct field *field)
{
    switch (field->type) {
    case TYPE_AUTONUMBER:
    case TYPE_FORMULA:
    case TYPE_ROLLUP_SUMMARY:
    case TYPE_LAYOUT:
        return true;
    default:
        return false;
    }
}

static bool is_set_by_clients(const struct record_write *write, const struct field *field)
{
    return field->visible && !field->read_only && !is_computed(field) &&
           write->user->profile->fields[field->index] == FIELD_EDITABLE;
}

/* What a reference refers to is there. */
static enum error check_lookup(struct record_write *write, const struct field *field,
                               const cJSON *value)
{
    int64_t id;
    struct record record;
    const struct module *to = org_module(write->user->org, field->lookup_module);
    if (cJSON_IsNull(value) || !id_parse(json_scalar_text(reference_id(value)), &id))
        return ERR_NONE;
    if (field->type != TYPE_LOOKUP)
        return org_user(write->user->org, id) != NULL
                   ? ERR_NONE
                   : input_refuse(write, ERR_INVALID_ID, field->api_name,
                                  "the org has no user of that id");
    enum store_status status = record_read(write->db, write->user->org, id, &record);
    if (status == STORE_FAILED)
        return ERR_INTERNAL;
    return status == STORE_OK && to != NULL && module_shows(to, record.module)
               ? ERR_NONE
               : input_refuse(write, ERR_INVALID_ID, field->api_name, "no such record to look up");
}

/* F7: a reference that is an object has an id. */
static enum error check_reference(struct record_write *write, const char *name, const cJSON *value)
{
    const cJSON *id = reference_id(value);
    if (!cJSON_IsObject(value) || (id != NULL && !json_is_blank(id)))
        return ERR_NONE;
    (void)input_refuse(write, ERR_FIELD_MISSING, name,
                       "what it refers to is named by its id: {\"id\": \"...\"}, or the id alone");
    write->fault.api_name = "id";
    write->fault.json_path = arena_printf(write->arena, "%s.id", write->fault.json_path);
    return ERR_FIELD_MISSING;
}

static enum error refuse_duplicate(struct record_write *write, const struct field *field, int64_t id)
{
    struct record record;
    const struct user *self = write->user;
    if (record_read(write->db, self->org, id, &record) != STORE_OK)
        return ERR_INTERNAL; /* it was found a moment ago, in this transaction */
    struct duplicate *duplicate = arena_alloc(write->arena, sizeof *duplicate);
    const struct user *owner = org_user(self->org, record.owner_id);
    *duplicate =
        (struct duplicate){.id = id, .owner = owner != NULL ? owner : self, .module = record.module};
    enum error error =
        input_refuse(write, ERR_DUPLICATE, field->api_name,
                     arena_printf(write->arena, "record %" PRId64 " has that value", id));
    write->fault.duplicate = duplicate;
    return error;
}

/* D18, for the record of `id` (0: a new one). */
static enum error check_unique(struct record_write *write, const struct field *field, cJSON *value,
                               int64_t id)
{
    int64_t other;
    const struct record_change change = {.field = field, .value = json_print(write->arena, value)};
    if (!must_be_unique(&change))
        return ERR_NONE;
    enum store_status status = record_with_value(write->db, write->module, &change, id, &other);
    if (status == STORE_FAILED)
        return ERR_INTERNAL;
    return status == STORE_NOT_FOUND ? ERR_NONE : refuse_duplicate(write, field, other);
}

static enum error check_value(struct record_write *write, const struct field *field, const cJSON *value)
{
    if (cJSON_IsNull(value) && field->system_mandatory)
        return input_refuse(write, ERR_FIELD_MISSING, field->api_name, "the field is mandatory");
    enum error error = field_types[field->type].is_reference
                           ? check_reference(write, field->api_name, value)
                           : ERR_NONE;
    if (error != ERR_NONE)
        return error;
    enum error unfit = input_refuse(write, ERR_INVALID_VALUE, field->api_name, NULL);
    if (!value_fits(field, value, write->arena, &write->fault))
        return unfit;
    bool leads = field->type == TYPE_LOOKUP || field->type == TYPE_USER_LOOKUP;
    return leads ? check_lookup(write, field, value) : ERR_NONE;
}

enum error input_take_value(struct record_write *write, const struct field *field, cJSON *value,
                            cJSON *fields, int64_t id)
{
    if (field == NULL || !is_set_by_clients(write, field))
        return ERR_NONE;
    enum error error = check_value(write, field, value);
    cJSON *kept = error == ERR_NONE ? value_kept(field, value, write->user->org->zone) : NULL;
    if (error == ERR_NONE) /* by what is kept: a value may be written in several forms */
        error = check_unique(write, field, kept != NULL ? kept : value, id);
    if (error != ERR_NONE) {
        cJSON_Delete(kept);
        return error;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(fields, field->api_name);
    cJSON_AddItemToObject(fields, field->api_name, kept != NULL ? kept : cJSON_Duplicate(value, true));
    return ERR_NONE;
}

/* Puts the values that are sent into `fields`. A value with which a blueprint starts takes a record
 * that is in none into it. */
static enum error take_values(struct record_write *write, cJSON *fields, int64_t id,
                              struct record_values *values)
{
    enum error error = ERR_NONE;
    cJSON *value = write->fields->child;
    for (; value != NULL && error == ERR_NONE; value = value->next) {
        const struct field *field = module_field(write->module, value->string);
        error = input_take_value(write, field, value, fields, id);
        if (error != ERR_NONE || field == NULL || values->blueprint_id != 0)
            continue;
        const struct blueprint *started = is_set_by_clients(write, field)
                                              ? blueprint_started_by(write->user->org, field, value)
                                              : NULL;
        values->blueprint_id = started != NULL ? started->id : 0;
    }
    return error;
}

static enum error check_mandatory(struct record_write *write, const cJSON *fields)
{
    for (size_t i = 0; i < write->module->field_count; i++) {
        const struct field *field = &write->module->fields[i];
        const cJSON *value = json_member(fields, field->api_name);
        if (value_missing(field, value))
            return input_refuse(write, ERR_FIELD_MISSING, field->api_name, "the field is mandatory");
    }
    return ERR_NONE;
}

/* The id of a system field's reference (F8); 0 when there is none. */
static enum error take_reference(struct record_write *write, const char *name, int64_t *id)
{
    const cJSON *value = json_member(write->fields, name);
    *id = 0;
    if (value == NULL || json_is_blank(value))
        return ERR_NONE;
    enum error error = check_reference(write, name, value);
    if (error != ERR_NONE || id_parse(json_scalar_text(reference_id(value)), id))
        return error;
    error = input_refuse(write, ERR_INVALID_VALUE, name, "expected an id, or an object with one");
    write->fault.expected_data_type = field_types[TYPE_LOOKUP].expected; /* F2 */
    return error;
}

static enum error take_owner(struct record_write *write, int64_t *owner_id)
{
    int64_t id;
    enum error error = take_reference(write, "Owner", &id);
    if (error != ERR_NONE || id == 0)
        return error;
    if (org_user(write->user->org, id) == NULL)
        return input_refuse(write, ERR_INVALID_ID, "Owner", "the org has no user of that id");
    *owner_id = id;
    return ERR_NONE;
}

static enum error take_layout(struct record_write *write, const struct layout **layout)
{
    int64_t id;
    enum error error = take_reference(write, "Layout", &id);
    if (error != ERR_NONE || id == 0)
        return error;
    const struct layout *found = module_layout(input_module(write), id);
    if (found == NULL)
        return input_refuse(write, ERR_INVALID_ID, "Layout", "the module has no layout of that id");
    *layout = found;
    return ERR_NONE;
}

enum error input_keep_values(struct record_write *write, cJSON *fields, struct record_values *values)
{
    values->fields = json_print(write->arena, fields);
    if (strlen(values->fields) <= RECORD_FIELDS_MAX)
        return ERR_NONE;
    (void)input_refuse(write, ERR_INVALID_VALUE, NULL,
                       "the record's values are too long together, as JSON");
    write->fault.api_name = "data";
    write->fault.json_path = place_of(write);
    write->fault.maximum_length = RECORD_FIELDS_MAX;
    return ERR_INVALID_VALUE;
}

enum error input_check_mapping(struct record_write *write, const struct mapped_record *record,
                               int64_t id)
{
    struct mismatch mismatch;
    enum error error = mapping_check(record, &mismatch);
    if (error == ERR_NONE)
        return ERR_NONE;
    (void)input_refuse(write, error, NULL, NULL);
    write->fault.id = id != 0 ? arena_printf(write->arena, "%" PRId64, id) : NULL;
    mismatch_tell(&mismatch, error, place_of(write), write->arena, &write->fault);
    return error;
}

const struct module *input_module(const struct record_write *write)
{
    return write->record.module != NULL ? write->record.module : write->module;
}

/* For a record that is new, or comes onto another layout than `before`, all of it counts. */
static enum error check_input_together(struct record_write *write, const cJSON *fields, int64_t id,
                                       const struct record_values *values, const struct layout *before)
{
    const struct mapped_record record = {
        .module = input_module(write),
        .layout = values->layout != NULL ? values->layout : &input_module(write)->layouts[0],
        .fields = fields,
        .is_new = id == 0 || values->layout != before,
        .sent = write->fields,
    };
    return input_check_mapping(write, &record, id);
}

enum error input_take(struct record_write *write, cJSON *fields, int64_t id,
                      struct record_values *values)
{
    const struct layout *before = values->layout;
    enum error error = take_values(write, fields, id, values);
    if (error == ERR_NONE)
        error = check_mandatory(write, fields);
    if (error == ERR_NONE)
        error = take_owner(write, &values->owner_id);
    if (error == ERR_NONE)
        error = take_layout(write, &values->layout);
    if (error == ERR_NONE)
        error = check_input_together(write, fields, id, values, before);
    return error == ERR_NONE ? input_keep_values(write, fields, values) : error;
}
