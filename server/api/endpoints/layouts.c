#include "api/metadata.h"
#include "crm/mapping.h"

static call_fn tell_layouts;

const struct endpoint layouts_list = {
    .method = "GET",
    .path = "/crm/{version}/settings/layouts",
    .scope = {"settings", "READ", "layouts"},
    .handle = tell_layouts,
};

const struct endpoint layouts_one = {
    .method = "GET",
    .path = "/crm/{version}/settings/layouts/{id}",
    .scope = {"settings", "READ", "layouts"},
    .handle = tell_layouts,
};

/* True for a value that records of the layout may have. */
static bool has_value(const struct module *module, const struct layout *layout,
                      const struct field *field, const cJSON *value)
{
    return layout_offers(layout, field->api_name, value) &&
           (field != module->pipeline || layout_takes_pipeline(layout, json_scalar_text(value)));
}

/* Of a picklist, the values that the layout has. */
static void narrow_values(const struct call *call, const struct layout *layout,
                          const struct field *field, cJSON *object)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(object, "pick_list_values");
    cJSON *next, *entry = list != NULL && field->is_mapped ? list->child : NULL;
    for (; entry != NULL; entry = next) {
        next = entry->next;
        if (!has_value(call->module, layout, field, json_member(entry, "actual_value")))
            cJSON_Delete(cJSON_DetachItemViaPointer(list, entry));
    }
}

static cJSON *field_of(struct call *call, const struct layout *layout, const struct field *field,
                       size_t section, size_t position)
{
    cJSON *object = metadata_field(call, call->module, field);
    narrow_values(call, layout, field, object);
    metadata_extend(call, object, "field_of_layout");
    metadata_set_flag(object, "required", field->system_mandatory);
    metadata_set(object, "section_id", json_integer((int64_t)(section + 1)));
    metadata_set(object, "sequence_number", json_integer((int64_t)(position + 1)));
    return object;
}

static cJSON *section_of(struct call *call, const struct layout *layout, size_t position)
{
    const struct layout_section *section = &layout->sections[position];
    cJSON *object = metadata_new(call, "layout_section"), *fields = cJSON_CreateArray();
    metadata_set_id(object, "id", section->id);
    metadata_set_text(object, "name", section->name);
    metadata_set_text(object, "api_name", section->name);
    metadata_set_text(object, "display_label", section->name);
    metadata_set(object, "sequence_number", json_integer((int64_t)(position + 1)));
    if (versions[call->version].counts_tab_order)
        metadata_set(object, "tab_traversal", json_integer(2));
    for (size_t i = 0; i < section->field_count; i++)
        cJSON_AddItemToArray(fields, field_of(call, layout, section->fields[i], position, i));
    metadata_set(object, "fields", fields);
    return object;
}

static void add_view(cJSON *profile, const char *name, const struct layout *layout)
{
    cJSON *view = reply_reference(layout->id, "name", layout->name);
    json_add_text(view, "type", "layout");
    cJSON_AddItemToObject(profile, name, view);
}

/* Every profile may use every layout, and begins with the first. */
static cJSON *profiles_of(const struct module *module)
{
    cJSON *list = cJSON_CreateArray();
    const struct org *org = module->org;
    for (size_t i = 0; i < org->profile_count; i++) {
        cJSON *profile = reply_reference(org->profiles[i].id, "name", org->profiles[i].name);
        cJSON_AddTrueToObject(profile, "default");
        add_view(profile, "_default_view", &module->layouts[0]);
        add_view(profile, "_default_assignment_view", &module->layouts[0]);
        cJSON_AddItemToArray(list, profile);
    }
    return list;
}

static cJSON *make_layout(struct call *call, size_t index)
{
    const struct layout *layout = &call->module->layouts[index];
    cJSON *object = metadata_new(call, "layout"), *sections = cJSON_CreateArray();
    metadata_set_id(object, "id", layout->id);
    metadata_set_text(object, "name", layout->name);
    metadata_set_text(object, "api_name", layout->name);
    metadata_set_text(object, "display_label", layout->name);
    metadata_set(object, "profiles", profiles_of(call->module));
    if (versions[call->version].numbers_layout_state)
        metadata_set(object, "status", json_integer(0));
    for (size_t i = 0; i < layout->section_count; i++)
        cJSON_AddItemToArray(sections, section_of(call, layout, i));
    metadata_set(object, "sections", sections);
    return object;
}

static enum error tell_layouts(struct call *call)
{
    enum error error = metadata_find_module(call);
    if (error == ERR_NONE)
        metadata_reply_members(call, "layouts", call->module->layout_count, make_layout, false);
    return error;
}
