#include <strings.h>

#include "api/endpoints/lead.h"
#include "api/metadata.h"
#include "api/record_json.h"
#include "base/id.h"

static call_fn list_modules, tell_module;

const struct endpoint modules_list = {
    .method = "GET",
    .path = "/crm/{version}/settings/modules",
    .scope = {"settings", "READ", "modules"},
    .handle = list_modules,
};

const struct endpoint modules_one = {
    .method = "GET",
    .path = "/crm/{version}/settings/modules/{id}", /* an API name or an id */
    .scope = {"settings", "READ", "modules"},
    .handle = tell_module,
};

static cJSON *profiles_of(const struct module *module)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < module->org->profile_count; i++) {
        const struct profile *profile = &module->org->profiles[i];
        if (profile->modules[module->index].can_read)
            cJSON_AddItemToArray(list, reply_reference(profile->id, "name", profile->name));
    }
    return list;
}

/* What is otherwise in a module that a field brought along. One that can be mass updated is a module of
 * its own, whatever leads to it. */
static void set_origin(struct call *call, cJSON *object, const struct module *module)
{
    const struct module *of;
    const struct field *field = field_that_leads_to(module, &of);
    if (field == NULL)
        return;
    bool has_line_items = field->type == TYPE_SUBFORM;
    metadata_vary(call, object, has_line_items ? "module_of_subform" : "module_of_links");
    if (has_line_items)
        metadata_set(object, "parent_module", reply_reference(of->id, "api_name", of->api_name));
}

static cJSON *new_module(struct call *call, const struct module *module)
{
    cJSON *object = metadata_new(call, "module");
    cJSON *profiles = profiles_of(module);
    const struct module *found;
    const char *word;
    bool is_supported = version_module(call->version, call_answers(call), module->org, module->api_name,
                                       &found, &word) == MODULE_SUPPORTED;
    metadata_set_text(object, "api_name", module->api_name);
    metadata_set_text(object, "module_name", module->api_name);
    metadata_set_text(object, "singular_label", module->singular);
    metadata_set_text(object, "plural_label", module->plural);
    metadata_set_text(object, "actual_singular_label", module->singular);
    metadata_set_text(object, "actual_plural_label", module->plural);
    metadata_set_id(object, "id", module->id);
    metadata_set_text(object, "generated_type", module->custom ? "custom" : "default");
    metadata_set_flag(object, "convertable", strcasecmp(module->api_name, "Leads") == 0);
    metadata_set_flag(object, "api_supported", is_supported);
    metadata_set_flag(object, "show_as_tab", module->part_of == NULL || module->custom);
    if (!is_supported)
        set_origin(call, object, module);
    metadata_set(object, "sequence_number", json_integer((int64_t)(module->index + 1)));
    metadata_set(object, "profile_count", json_integer(cJSON_GetArraySize(profiles)));
    metadata_set(object, "profiles", profiles);
    return object;
}

static enum error list_modules(struct call *call)
{
    const struct org *org = call->token.user->org;
    if (is_unmodified(call))
        return ERR_NONE;
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < org->module_count; i++)
        cJSON_AddItemToArray(list, new_module(call, &org->modules[i]));
    reply_list(call, "modules", list);
    return ERR_NONE;
}

static enum error tell_module(struct call *call)
{
    const struct org *org = call->token.user->org;
    int64_t id;
    const struct module *module =
        id_parse(call->id, &id) ? org_module_of_id(org, id) : org_module(org, call->id);
    if (module == NULL) {
        call->fault.hint = "the org has no module of that API name or id";
        return ERR_INVALID_MODULE;
    }
    if (is_unmodified(call))
        return ERR_NONE;
    cJSON *object = new_module(call, module), *fields = cJSON_CreateArray();
    cJSON *layouts = cJSON_CreateArray();
    metadata_extend(call, object, "module_in_full");
    for (size_t i = 0; i < module->field_count; i++)
        cJSON_AddItemToArray(fields, metadata_field(call, module, &module->fields[i]));
    metadata_set(object, "fields", fields);
    for (size_t i = 0; i < module->layout_count; i++)
        cJSON_AddItemToArray(layouts,
                             reply_reference(module->layouts[i].id, "name", module->layouts[i].name));
    metadata_set(object, "layouts", layouts);
    metadata_set(object, "$properties", record_state_names());
    cJSON *list = cJSON_CreateArray();
    cJSON_AddItemToArray(list, object);
    reply_list(call, "modules", list);
    return ERR_NONE;
}
