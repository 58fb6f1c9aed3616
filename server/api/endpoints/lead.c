#include "api/endpoints/lead.h"

#include <strings.h>

#include "api/reply.h"

bool lead_find(const struct org *org, const struct field *field, struct lead *lead)
{
    *lead = (struct lead){.field = field, .to = org_module(org, field->lookup_module)};
    if (field->type != TYPE_MULTISELECT_LOOKUP || lead->to == NULL)
        return lead->to != NULL;
    lead->links = field->linking_module != NULL ? org_module(org, field->linking_module) : NULL;
    if (lead->links == NULL)
        return false;
    lead->forth = module_field(lead->links, field->api_name);
    for (size_t i = 0; i < lead->links->field_count && lead->back == NULL; i++)
        if (lead->links->fields[i].type == TYPE_LOOKUP && &lead->links->fields[i] != lead->forth)
            lead->back = &lead->links->fields[i];
    return lead->forth != NULL && lead->back != NULL;
}

static void add_module(cJSON *object, const char *name, const struct module *module)
{
    cJSON_AddItemToObject(object, name, reply_reference(module->id, "api_name", module->api_name));
}

static cJSON *by_name(const char *label, const struct module *module, const struct field *field,
                      int64_t id)
{
    cJSON *object = cJSON_CreateObject();
    json_add_text(object, "module", module->api_name);
    json_add_text(object, "display_label", label);
    json_add_text(object, "api_name", field->api_name);
    json_add_id(object, "id", id);
    return object;
}

cJSON *lookup_by_name(const struct lead *lead)
{
    return by_name(lead->to->singular, lead->to, lead->field, lead->field->id);
}

cJSON *lookup_by_reference(const struct lead *lead)
{
    cJSON *lookup = cJSON_CreateObject();
    json_add_text(lookup, "display_label", lead->to->singular);
    json_add_text(lookup, "api_name", lead->field->api_name);
    add_module(lookup, "module", lead->to);
    json_add_id(lookup, "id", lead->field->id);
    cJSON_AddObjectToObject(lookup, "query_details");
    cJSON_AddArrayToObject(lookup, "show_fields");
    cJSON_AddFalseToObject(lookup, "revalidate_filter_during_edit");
    return lookup;
}

cJSON *subform_by_name(const struct lead *lead)
{
    return by_name(lead->to->plural, lead->to, lead->field, lead->to->id);
}

cJSON *line_items(const struct lead *lead)
{
    return reply_reference(lead->to->id, "module", lead->to->api_name);
}

cJSON *line_items_with_layout(const struct lead *lead)
{
    const struct layout *layout = &lead->to->layouts[0];
    cJSON *object = line_items(lead);
    cJSON_AddItemToObject(object, "layout", reply_reference(layout->id, "name", layout->name));
    return object;
}

static cJSON *names_of_links(const struct lead *lead)
{
    cJSON *object = cJSON_CreateObject();
    json_add_text(object, "display_label", lead->to->plural);
    json_add_text(object, "api_name", lead->field->api_name);
    json_add_text(object, "lookup_apiname", lead->back->api_name);
    json_add_text(object, "connectedlookup_apiname", lead->forth->api_name);
    json_add_id(object, "id", lead->field->id);
    return object;
}

cJSON *links_by_name(const struct lead *lead)
{
    cJSON *object = names_of_links(lead);
    json_add_text(object, "linking_module", lead->links->api_name);
    return object;
}

cJSON *links_and_module_by_name(const struct lead *lead)
{
    cJSON *object = links_by_name(lead);
    json_add_text(object, "connected_module", lead->to->api_name);
    return object;
}

/* The module that is looked up has no field that leads back: connectedfield_apiname names none. */
cJSON *links_by_reference(const struct lead *lead)
{
    cJSON *object = names_of_links(lead);
    add_module(object, "linking_module", lead->links);
    add_module(object, "connected_module", lead->to);
    cJSON_AddNullToObject(object, "connectedfield_apiname");
    cJSON_AddFalseToObject(object, "record_access");
    return object;
}

static void add_labelled_field(cJSON *object, const char *name, const struct field *field)
{
    cJSON *reference = reply_reference(field->id, "api_name", field->api_name);
    json_add_text(reference, "field_label", field->label);
    cJSON_AddItemToObject(object, name, reference);
}

static cJSON *labelled_module(const struct module *module)
{
    cJSON *reference = reply_reference(module->id, "api_name", module->api_name);
    json_add_text(reference, "plural_label", module->plural);
    return reference;
}

cJSON *links_in_detail(const struct lead *lead)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *linking = cJSON_AddObjectToObject(object, "linking_details");
    cJSON *connected = cJSON_AddObjectToObject(object, "connected_details");
    cJSON *links = labelled_module(lead->links), *layouts = cJSON_CreateArray();
    json_add_integer(links, "visibility", 1);
    cJSON_AddItemToObject(linking, "module", links);
    add_labelled_field(linking, "lookup_field", lead->back);
    add_labelled_field(linking, "connected_lookup_field", lead->forth);
    cJSON_AddNullToObject(connected, "field"); /* none leads back */
    cJSON_AddItemToObject(connected, "module", labelled_module(lead->to));
    for (size_t i = 0; i < lead->to->layout_count; i++)
        cJSON_AddItemToArray(
            layouts, reply_reference(lead->to->layouts[i].id, "api_name", lead->to->layouts[i].name));
    cJSON_AddItemToObject(connected, "layouts", layouts);
    cJSON_AddFalseToObject(object, "record_access");
    cJSON_AddNullToObject(object, "related_list");
    return object;
}

static bool leads_to(const struct field *field, const struct module *module)
{
    const char *name = field->type == TYPE_SUBFORM              ? field->lookup_module
                       : field->type == TYPE_MULTISELECT_LOOKUP ? field->linking_module
                                                                : NULL;
    return name != NULL && strcasecmp(name, module->api_name) == 0;
}

const struct field *field_that_leads_to(const struct module *module, const struct module **of)
{
    const struct org *org = module->org;
    for (size_t i = 0; i < org->module_count; i++)
        for (size_t k = 0; k < org->modules[i].field_count; k++) {
            *of = &org->modules[i];
            if (leads_to(&org->modules[i].fields[k], module))
                return &org->modules[i].fields[k];
        }
    return NULL;
}
