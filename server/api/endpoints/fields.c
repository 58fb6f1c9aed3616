#include <string.h>

#include "api/endpoints/lead.h"
#include "api/metadata.h"
#include "base/id.h"
#include "crm/access.h"

static call_fn list_fields, tell_field;

const struct endpoint fields_list = {
    .method = "GET",
    .path = "/crm/{version}/settings/fields",
    .scope = {"settings", "READ", "fields"},
    .handle = list_fields,
};

const struct endpoint fields_one = {
    .method = "GET",
    .path = "/crm/{version}/settings/fields/{id}",
    .scope = {"settings", "READ", "fields"},
    .handle = tell_field,
};

static cJSON *value_of(const char *text, int64_t id, int64_t position)
{
    cJSON *value = cJSON_CreateObject();
    json_add_text(value, "display_value", text);
    json_add_integer(value, "sequence_number", position);
    json_add_text(value, "reference_value", text);
    cJSON_AddNullToObject(value, "colour_code");
    json_add_text(value, "actual_value", text);
    json_add_id(value, "id", id);
    json_add_text(value, "type", "used");
    return value;
}

/* F14: a picklist's choice of nothing stands first. */
static bool is_none(const struct field *field, size_t value)
{
    return field->type == TYPE_PICKLIST && strcmp(field->values[value], NONE_CHOICE) == 0;
}

static cJSON *values_of(const struct field *field)
{
    cJSON *list = cJSON_CreateArray();
    int64_t position = 1;
    if (field->none_id != 0)
        cJSON_AddItemToArray(list, value_of(NONE_CHOICE, field->none_id, position++));
    for (size_t i = 0; i < field->value_count; i++) /* fixtures may have it anywhere */
        if (is_none(field, i))
            cJSON_AddItemToArray(list, value_of(NONE_CHOICE, field->value_ids[i], position++));
    for (size_t i = 0; i < field->value_count; i++)
        if (!is_none(field, i))
            cJSON_AddItemToArray(list, value_of(field->values[i], field->value_ids[i], position++));
    return list;
}

/* The service has one type for texts of several lines, and says in another place which of them it is;
 * likewise one for numbers with decimals. D25: where SDKs know no roll-up summaries, they are told as
 * the formulas that they are. */
static enum field_type told_type(enum version_number version, enum field_type type)
{
    switch (type) {
    case TYPE_RICH_TEXT:
        return TYPE_TEXTAREA;
    case TYPE_DECIMAL:
        return TYPE_DOUBLE;
    case TYPE_ROLLUP_SUMMARY:
        return versions[version].lacks_rollups ? TYPE_FORMULA : type;
    default:
        return type;
    }
}

static void set_type(const struct call *call, cJSON *object, const struct field *field)
{
    bool is_rich = field->type == TYPE_RICH_TEXT;
    const struct field_type_info *info = &field_types[told_type(call->version, field->type)];
    metadata_set_text(object, "data_type", info->name);
    metadata_set_text(object, "json_type", info->json_type);
    if (info != &field_types[TYPE_TEXTAREA])
        return;
    cJSON *textarea = cJSON_CreateObject();
    json_add_text(textarea, "type", is_rich ? "rich_text" : "large");
    metadata_set(object, "textarea", textarea);
}

/* What a computed field's values are. */
static void set_result(const struct call *call, cJSON *object, const struct field *field)
{
    enum field_type type = told_type(call->version, field->type);
    if (type != TYPE_FORMULA && type != TYPE_ROLLUP_SUMMARY)
        return;
    cJSON *result = cJSON_CreateObject();
    json_add_text(result, "return_type", "double");
    if (type == TYPE_FORMULA)
        json_add_text(result, "expression", "");
    else
        cJSON_AddNullToObject(result, "expression"); /* an object where it is known */
    metadata_set(object, type == TYPE_FORMULA ? "formula" : "rollup_summary", result);
}

/* F10: what a field of a type says of the module that it leads to. */
static const struct {
    enum field_type type;
    enum version_number first, last;
    const char *member;
    lead_fn *tell;
} leads[] = {
    {TYPE_LOOKUP, V2, V2_1, "lookup", lookup_by_name},
    {TYPE_LOOKUP, V3, V8, "lookup", lookup_by_reference},
    {TYPE_SUBFORM, V2, V2_1, "subform", subform_by_name},
    {TYPE_SUBFORM, V3, V8, "subform", line_items},
    {TYPE_SUBFORM, V3, V7, "associated_module", line_items},
    {TYPE_SUBFORM, V8, V8, "associated_module", line_items_with_layout},
    {TYPE_MULTISELECT_LOOKUP, V2, V2, "multiselectlookup", links_by_name},
    {TYPE_MULTISELECT_LOOKUP, V2_1, V2_1, "multiselectlookup", links_and_module_by_name},
    {TYPE_MULTISELECT_LOOKUP, V3, V7, "multiselectlookup", links_by_reference},
    {TYPE_MULTISELECT_LOOKUP, V8, V8, "multiselectlookup", links_in_detail},
};

static void set_leads(const struct call *call, cJSON *object, const struct field *field)
{
    struct lead lead;
    if (field->lookup_module == NULL || !lead_find(call->token.user->org, field, &lead))
        return;
    for (size_t i = 0; i < COUNT(leads); i++)
        if (leads[i].type == field->type && leads[i].first <= call->version &&
            call->version <= leads[i].last)
            metadata_set(object, leads[i].member, leads[i].tell(&lead));
}

cJSON *metadata_field(struct call *call, const struct module *module, const struct field *field)
{
    cJSON *object = metadata_new(call, "field");
    enum field_access access = call->token.user->profile->fields[field->index];
    bool read_only = field->read_only || access == FIELD_READ_ONLY;
    metadata_set_text(object, "api_name", field->api_name);
    metadata_set_text(object, "field_label", field->label);
    metadata_set_text(object, "display_label", field->label);
    metadata_set_text(object, "column_name", field->api_name);
    metadata_set_id(object, "id", field->id);
    set_type(call, object, field);
    metadata_set(object, "length", json_integer(field->length > 0 ? field->length : 120));
    if (field->decimals > 0)
        metadata_set(object, "decimal_place", json_integer(field->decimals));
    metadata_set_flag(object, "mass_update", field->mass_update && !read_only);
    metadata_set_flag(object, "visible", may_see_field(call->token.user, field));
    metadata_set_flag(object, "read_only", read_only);
    metadata_set_flag(object, "field_read_only", read_only);
    metadata_set_flag(object, "system_mandatory", field->system_mandatory);
    metadata_set_flag(object, "custom_field", field->custom);
    metadata_set_text(object, "created_source", field->custom ? "user" : "default");
    metadata_set(object, "pick_list_values", values_of(field));
    metadata_set(object, "sequence_number", json_integer(field - module->fields + 1));
    if (field->is_unique)
        cJSON_AddStringToObject(cJSON_GetObjectItemCaseSensitive(object, "unique"), "casesensitive",
                                "0");
    set_result(call, object, field);
    set_leads(call, object, field);
    return object;
}

static enum error list_fields(struct call *call)
{
    enum error error = metadata_find_module(call);
    if (error != ERR_NONE)
        return error;
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < call->module->field_count; i++)
        cJSON_AddItemToArray(list, metadata_field(call, call->module, &call->module->fields[i]));
    reply_list(call, "fields", list);
    return ERR_NONE;
}

static enum error tell_field(struct call *call)
{
    enum error error = metadata_find_module(call);
    if (error != ERR_NONE)
        return error;
    cJSON *list = cJSON_CreateArray();
    int64_t id = 0;
    bool is_id = id_parse(call->id, &id);
    for (size_t i = 0; i < call->module->field_count && is_id; i++)
        if (call->module->fields[i].id == id)
            cJSON_AddItemToArray(list, metadata_field(call, call->module, &call->module->fields[i]));
    reply_list(call, "fields", list);
    return ERR_NONE;
}
