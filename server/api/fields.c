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

static cJSON *values_of(const struct field *field)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < field->value_count; i++) {
        cJSON *value = cJSON_CreateObject();
        json_add_text(value, "display_value", field->values[i]);
        json_add_integer(value, "sequence_number", (int64_t)(i + 1));
        json_add_text(value, "reference_value", field->values[i]);
        cJSON_AddNullToObject(value, "colour_code");
        json_add_text(value, "actual_value", field->values[i]);
        json_add_id(value, "id", field->value_ids[i]);
        json_add_text(value, "type", "used");
        cJSON_AddItemToArray(list, value);
    }
    return list;
}

static cJSON *lookup_of(const struct module *module, const struct field *field)
{
    cJSON *lookup = cJSON_CreateObject();
    const struct module *to = org_module(module->org, field->lookup_module);
    if (to == NULL)
        return lookup;
    json_add_text(lookup, "display_label", to->singular);
    json_add_text(lookup, "api_name", field->api_name);
    cJSON_AddItemToObject(lookup, "module", reply_reference(to->id, "api_name", to->api_name));
    json_add_id(lookup, "id", field->id);
    cJSON_AddObjectToObject(lookup, "query_details");
    cJSON_AddArrayToObject(lookup, "show_fields");
    cJSON_AddFalseToObject(lookup, "revalidate_filter_during_edit");
    return lookup;
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
    json_add_text(result, "expression", "");
    metadata_set(object, type == TYPE_FORMULA ? "formula" : "rollup_summary", result);
}

cJSON *metadata_field(struct call *call, const struct module *module, const struct field *field)
{
    cJSON *object = metadata_new(call, "field");
    enum field_access access = call->token.user->profile->fields[field->index];
    bool read_only = field->read_only || access == FIELD_READ_ONLY;
    metadata_set(object, "associated_module", cJSON_CreateNull());
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
    if (field->lookup_module != NULL)
        metadata_set(object, "lookup", lookup_of(module, field));
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
