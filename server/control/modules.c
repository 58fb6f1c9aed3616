/* The modules of an org, with fields, layouts and views, whatever users may see. */
#include "control/call.h"

static size_t views_of(const struct module *module)
{
    size_t count = 0;
    for (size_t i = 0; i < module->org->view_count; i++)
        count += module->org->views[i].module == module;
    return count;
}

static cJSON *counts_json(const struct module *module)
{
    cJSON *object = cJSON_CreateObject();
    json_add_text(object, "module", module->api_name);
    json_add_id(object, "id", module->id);
    json_add_text(object, "label", module->plural);
    json_add_integer(object, "fields", (int64_t)module->field_count);
    json_add_integer(object, "layouts", (int64_t)module->layout_count);
    json_add_integer(object, "views", (int64_t)views_of(module));
    return object;
}

/* The place behind the module that `after` names, which is the last that was seen. */
static size_t read_start(struct control_call *call, const struct org *org)
{
    int64_t after = query_id(call, "after");
    if (call->is_refused || query_text(call, "after") == NULL)
        return 0;
    const struct module *last = org_module_of_id(org, after);
    if (last == NULL)
        (void)control_refuse(call, 422, "after", "expected the id of a module of the org");
    return last != NULL ? last->index + 1 : 0;
}

static int64_t list(struct control_call *call)
{
    const struct org *org = query_org(call);
    size_t limit = (size_t)query_number(call, "limit", CONTROL_LIST_DEFAULT, 1, CONTROL_LIST_MAX);
    size_t at = read_start(call, org);
    if (call->is_refused)
        return CONTROL_DONE;
    cJSON *body = cJSON_CreateObject(), *members = cJSON_AddArrayToObject(body, "modules");
    for (; at < org->module_count && limit > 0; at++, limit--)
        cJSON_AddItemToArray(members, counts_json(&org->modules[at]));
    cJSON_AddBoolToObject(body, "more", at < org->module_count);
    return control_reply(call, 200, body);
}

const struct control_endpoint modules_get = {
    .method = "GET",
    .path = "/_crmock/modules",
    .handle = list,
    .query = "org limit after",
    .says = "The modules of an org, in its order, and how many fields, layouts and views each has.",
    .answers = "'modules': " SCHEMA_LIST(
        SCHEMA_OBJECT("'module', 'id', 'label', 'fields', 'layouts', 'views'",
                      "'module': " SCHEMA_TEXT ", 'id': " SCHEMA_ID ", 'label': " SCHEMA_TEXT
                      ", 'fields': " SCHEMA_COUNT ", 'layouts': " SCHEMA_COUNT
                      ", 'views': " SCHEMA_COUNT)) ", 'more': " SCHEMA_FLAG,
};

/* NULL: the type has none. */
static cJSON *values_of(const struct field *field)
{
    if (!field_types[field->type].has_values)
        return cJSON_CreateNull();
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < field->value_count; i++)
        cJSON_AddItemToArray(list, cJSON_CreateStringReference(field->values[i]));
    return list;
}

static cJSON *field_json(const struct field *field)
{
    cJSON *object = cJSON_CreateObject();
    json_add_text(object, "field", field->api_name);
    json_add_text(object, "label", field->label);
    json_add_text(object, "type", field_types[field->type].name);
    cJSON_AddItemToObject(object, "values", values_of(field));
    cJSON_AddBoolToObject(object, "mass_update", field->mass_update && !field->read_only);
    cJSON_AddBoolToObject(object, "mandatory", field->system_mandatory);
    json_add_text_or_null(object, "lookup", field->lookup_module);
    return object;
}

static cJSON *section_json(const struct layout_section *section)
{
    cJSON *object = cJSON_CreateObject();
    json_add_text(object, "name", section->name);
    cJSON *fields = cJSON_AddArrayToObject(object, "fields");
    for (size_t i = 0; i < section->field_count; i++)
        cJSON_AddItemToArray(fields, cJSON_CreateStringReference(section->fields[i]->api_name));
    return object;
}

static cJSON *layout_json(const struct layout *layout)
{
    cJSON *object = cJSON_CreateObject();
    json_add_id(object, "id", layout->id);
    json_add_text(object, "name", layout->name);
    cJSON *sections = cJSON_AddArrayToObject(object, "sections");
    for (size_t i = 0; i < layout->section_count; i++)
        cJSON_AddItemToArray(sections, section_json(&layout->sections[i]));
    return object;
}

static cJSON *view_json(const struct view *view)
{
    cJSON *object = cJSON_CreateObject();
    json_add_id(object, "id", view->id);
    json_add_text(object, "name", view->name);
    cJSON_AddItemToObject(object, "criteria",
                          view->criteria != NULL ? json_text(view->criteria) : cJSON_CreateNull());
    return object;
}

static cJSON *module_json(const struct module *module)
{
    const struct org *org = module->org;
    cJSON *object = cJSON_CreateObject();
    json_add_text(object, "module", module->api_name);
    json_add_id(object, "id", module->id);
    json_add_text(object, "label", module->plural);
    json_add_text(object, "singular", module->singular);
    cJSON *fields = cJSON_AddArrayToObject(object, "fields");
    for (size_t i = 0; i < module->field_count; i++)
        cJSON_AddItemToArray(fields, field_json(&module->fields[i]));
    cJSON *layouts = cJSON_AddArrayToObject(object, "layouts");
    for (size_t i = 0; i < module->layout_count; i++)
        cJSON_AddItemToArray(layouts, layout_json(&module->layouts[i]));
    cJSON *views = cJSON_AddArrayToObject(object, "views");
    for (size_t i = 0; i < org->view_count; i++)
        if (org->views[i].module == module)
            cJSON_AddItemToArray(views, view_json(&org->views[i]));
    return object;
}

static int64_t tell(struct control_call *call)
{
    const struct org *org = query_org(call);
    if (call->is_refused)
        return CONTROL_DONE;
    const struct module *module = org_module(org, call->parts[0]);
    if (module == NULL)
        return control_refuse(call, 404, NULL, "the org has no such module");
    return control_reply(call, 200, module_json(module));
}

#define FIELD                                                                                          \
    SCHEMA_OBJECT("'field', 'label', 'type', 'values', 'mass_update', 'mandatory', 'lookup'",          \
                  "'field': " SCHEMA_TEXT ", 'label': " SCHEMA_TEXT ", 'type': " SCHEMA_TEXT           \
                  ", 'values': {'type': ['array', 'null'], 'items': " SCHEMA_TEXT                      \
                  "}, 'mass_update': " SCHEMA_FLAG ", 'mandatory': " SCHEMA_FLAG                       \
                  ", 'lookup': {'type': ['string', 'null']}")
#define SECTION                                                                                        \
    SCHEMA_OBJECT("'name', 'fields'", "'name': " SCHEMA_TEXT ", 'fields': " SCHEMA_LIST(SCHEMA_TEXT))
#define LAYOUT                                                                                         \
    SCHEMA_OBJECT("'id', 'name', 'sections'",                                                          \
                  "'id': " SCHEMA_ID ", 'name': " SCHEMA_TEXT ", 'sections': " SCHEMA_LIST(SECTION))
#define VIEW                                                                                           \
    SCHEMA_OBJECT("'id', 'name', 'criteria'", "'id': " SCHEMA_ID ", 'name': " SCHEMA_TEXT              \
                                              ", 'criteria': {'type': ['object', 'null']}")

const struct control_endpoint module_get = {
    .method = "GET",
    .path = "/_crmock/modules/{module}",
    .handle = tell,
    .manner = CONTROL_BESIDE,
    .query = "org",
    .says = "A module: its fields, its layouts and its views, as fixtures have them.",
    .answers = "'module': " SCHEMA_TEXT ", 'id': " SCHEMA_ID ", 'label': " SCHEMA_TEXT
               ", 'singular': " SCHEMA_TEXT ", 'fields': " SCHEMA_LIST(
                   FIELD) ", 'layouts': " SCHEMA_LIST(LAYOUT) ", 'views': " SCHEMA_LIST(VIEW),
};
