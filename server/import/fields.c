#include <string.h>

#include "import/converting.h"

bool is_system_field(const char *api_name)
{
    static const char *const names[] = {"id",           "Owner",         "Created_By", "Modified_By",
                                        "Created_Time", "Modified_Time", "Layout"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(names[i], api_name) == 0)
            return true;
    return false;
}

cJSON *converted_field(const struct converted_module *module, const char *api_name)
{
    cJSON *field;
    cJSON_ArrayForEach (field, cJSON_GetObjectItemCaseSensitive(module->json, "fields")) {
        const char *name = told_text(field, "api_name");
        if (name != NULL && strcmp(name, api_name) == 0)
            return field;
    }
    return NULL;
}

/* A label, unless it is the API name with blanks. */
static void put_label(cJSON *entry, const char *api_name, const char *label)
{
    size_t i = 0;
    while (label != NULL && label[i] != '\0' && label[i] == (api_name[i] == '_' ? ' ' : api_name[i]))
        i++;
    if (label != NULL && (label[i] != '\0' || api_name[i] != '\0'))
        put_text(entry, "label", label);
}

/* One that each module has: its id and what it is called. */
static void convert_system_field(struct converting *converting, struct converted_module *module,
                                 const char *where, const cJSON *told)
{
    const char *name = told_text(told, "api_name"), *label = told_text(told, "field_label");
    cJSON *all = cJSON_GetObjectItemCaseSensitive(module->json, "system_fields");
    if (all == NULL)
        all = cJSON_AddObjectToObject(module->json, "system_fields");
    if (json_member(all, name) != NULL)
        return;
    cJSON *entry = cJSON_AddObjectToObject(all, name);
    (void)put_id(converting, where, entry, "id", told_id(told));
    if (strcmp(name, "id") != 0)
        put_label(entry, name, label);
    else if (label != NULL && strcmp(label, "Record Id") != 0)
        put_text(entry, "label", label);
}

/* A field that is converted. */
struct turned {
    struct converting *converting;
    struct converted_module *module;
    const cJSON *told;
    cJSON *entry;
    const char *name, *where; /* "Deals.Stage" */
    enum field_type type;
};

/* What is nearest to a type that crmock does not know, by the JSON of its values. */
static enum field_type nearest(const cJSON *told)
{
    static const struct {
        const char *json_type;
        enum field_type type;
    } types[] = {
        {"integer", TYPE_BIGINT},        {"long", TYPE_BIGINT},       {"double", TYPE_DOUBLE},
        {"boolean", TYPE_BOOLEAN},       {"jsonobject", TYPE_RRULE},  {"object", TYPE_RRULE},
        {"jsonarray", TYPE_FILE_UPLOAD}, {"array", TYPE_FILE_UPLOAD},
    };
    const char *json_type = told_text(told, "json_type");
    for (size_t i = 0; json_type != NULL && i < COUNT(types); i++)
        if (strcmp(types[i].json_type, json_type) == 0)
            return types[i].type;
    return TYPE_TEXT;
}

static void keep_as(struct turned *turned, const char *why, enum field_type type)
{
    turned->type = type;
    import_lose(turned->converting->losses, turned->where, "%s: kept as %s", why,
                field_types[type].name);
}

static void find_type(struct turned *turned)
{
    const char *name = told_text(turned->told, "data_type");
    const char *of_text = told_text(json_member(turned->told, "textarea"), "type");
    if (name == NULL || !field_type_find(name, &turned->type))
        keep_as(turned, name != NULL ? name : "no type", nearest(turned->told));
    else if (turned->type == TYPE_TEXTAREA && of_text != NULL && strcmp(of_text, "rich_text") == 0)
        turned->type = TYPE_RICH_TEXT;
}

/* Values that the picklist offers, and their ids. */
static void convert_values(struct turned *turned, cJSON *values, cJSON *ids)
{
    struct converting *converting = turned->converting;
    GHashTable *taken CLEANUP(end_set) = new_set();
    const cJSON *one;
    cJSON_ArrayForEach (one, json_member(turned->told, "pick_list_values")) {
        const char *text = told_text(one, "actual_value"), *shown = told_text(one, "display_value");
        const char *use = told_text(one, "type");
        if (text == NULL || (use != NULL && strcmp(use, "unused") == 0) ||
            !g_hash_table_add(taken, (void *)text)) {
            import_lose(converting->losses, turned->where, "value %s: left out",
                        text != NULL ? text : "without a text");
            continue;
        }
        if (shown != NULL && strcmp(shown, text) != 0)
            note_difference(converting, "picklists", "display_value", turned->where);
        if (told_text(one, "colour_code") != NULL)
            note_difference(converting, "picklists", "colour_code", turned->where);
        (void)put_id(converting, turned->where, ids, text, told_id(one));
        if (turned->type != TYPE_PICKLIST || strcmp(text, NONE_CHOICE) != 0)
            cJSON_AddItemToArray(values, cJSON_CreateString(text));
    }
}

/* A module's API name: a text, or {"api_name", "id"}. */
static struct converted_module *module_named(struct turned *turned, const cJSON *module)
{
    const char *name = cJSON_IsString(module) ? module->valuestring : told_text(module, "api_name");
    return name != NULL ? need_module(turned->converting, name, told_id(module)) : NULL;
}

static struct converted_module *module_of_subform(struct turned *turned)
{
    const cJSON *subform = json_member(turned->told, "subform");
    const cJSON *module = json_member(subform, "module");
    if (module == NULL)
        module = json_member(subform = json_member(turned->told, "associated_module"), "module");
    const char *name = cJSON_IsString(module) ? module->valuestring : NULL;
    return name != NULL ? need_module(turned->converting, name, told_id(subform))
                        : module_named(turned, module);
}

static void put_module(struct turned *turned, const char *member, const struct converted_module *module)
{
    if (module != NULL)
        put_text(turned->entry, member, module->name);
}

/* Where a multi-select lookup leads to, and the module of its links. */
static void convert_links(struct turned *turned)
{
    const cJSON *told = json_member(turned->told, "multiselectlookup");
    const struct converted_module *to =
        module_named(turned, json_member(json_member(told, "connected_details"), "module"));
    if (to == NULL)
        to = module_named(turned, json_member(told, "connected_module"));
    const struct converted_module *links =
        module_named(turned, json_member(json_member(told, "linking_details"), "module"));
    if (links == NULL)
        links = module_named(turned, json_member(told, "linking_module"));
    if (to == NULL) {
        import_lose(turned->converting->losses, turned->where,
                    "the module that it looks up is not told: it is its own here");
        to = turned->module;
    }
    put_module(turned, "lookup", to);
    if (told_flag(turned->told, "custom_field"))
        put_module(turned, "links", links);
}

/* The module that it leads to, for the types that do. */
static void convert_lead(struct turned *turned)
{
    const struct converted_module *to;
    switch (turned->type) {
    case TYPE_LOOKUP:
        to = module_named(turned, json_member(json_member(turned->told, "lookup"), "module"));
        if (to == NULL)
            keep_as(turned, "a lookup that names no module", TYPE_USER_LOOKUP);
        put_module(turned, "lookup", to);
        break;
    case TYPE_SUBFORM:
        put_module(turned, "lookup", module_of_subform(turned));
        break;
    case TYPE_MULTISELECT_LOOKUP:
        convert_links(turned);
        break;
    default:
        break;
    }
}

static void convert_length(struct turned *turned)
{
    enum { TOLD_WITHOUT = 120 }; /* what crmock tells of a field that has none */
    const struct field_type_info *info = &field_types[turned->type];
    const cJSON *length = json_member(turned->told, "length");
    const cJSON *decimals = json_member(turned->told, "decimal_place");
    double most = cJSON_IsNumber(length) ? length->valuedouble : 0;
    int usual = info->default_length > 0 ? info->default_length : TOLD_WITHOUT;
    if (json_is_integer(length) && most >= 1 && most <= info->most_length && (int)most != usual)
        cJSON_AddItemToObject(turned->entry, "length", json_integer((int64_t)most));
    if (most > info->most_length && most != usual)
        import_lose(turned->converting->losses, turned->where, "length %.0f: %d is the most", most,
                    info->most_length);
    if (json_is_integer(decimals) && decimals->valuedouble >= 1 && decimals->valuedouble <= 9)
        cJSON_AddItemToObject(turned->entry, "decimals", json_integer((int64_t)decimals->valuedouble));
}

static void convert_flags(struct turned *turned)
{
    const cJSON *told = turned->told, *unique = json_member(told, "unique");
    bool is_fixed = told_flag(told, "read_only") || told_flag(told, "field_read_only");
    bool is_updatable = field_types[turned->type].mass_updatable;
    const cJSON *updates = json_member(told, "mass_update");
    if (cJSON_IsFalse(updates) && is_updatable && !is_fixed)
        cJSON_AddFalseToObject(turned->entry, "mass_update");
    if (cJSON_IsTrue(updates) && !is_updatable)
        import_lose(turned->converting->losses, turned->where,
                    "mass_update: fields of type %s have none", field_types[turned->type].name);
    if (cJSON_IsFalse(json_member(told, "visible")))
        cJSON_AddFalseToObject(turned->entry, "visible");
    if (is_fixed)
        cJSON_AddTrueToObject(turned->entry, "read_only");
    if (told_flag(told, "system_mandatory"))
        cJSON_AddTrueToObject(turned->entry, "mandatory");
    if (cJSON_IsObject(unique) && unique->child != NULL)
        cJSON_AddTrueToObject(turned->entry, "unique");
    if (told_flag(told, "custom_field"))
        cJSON_AddTrueToObject(turned->entry, "custom");
}

static void note_the_rest(struct turned *turned)
{
    struct converting *converting = turned->converting;
    note_differences(
        converting, "field", turned->where, turned->told,
        "id api_name field_label display_label column_name data_type json_type length"
        " decimal_place mass_update visible read_only field_read_only system_mandatory"
        " custom_field created_source pick_list_values sequence_number unique lookup subform"
        " associated_module multiselectlookup textarea profiles formula rollup_summary");
    if (told_text(json_member(turned->told, "formula"), "expression") != NULL ||
        cJSON_IsObject(json_member(json_member(turned->told, "rollup_summary"), "expression")))
        note_difference(converting, "fields", "expression", turned->where);
}

static void convert_field(struct turned *turned)
{
    struct converting *converting = turned->converting;
    cJSON *values = cJSON_CreateArray(), *ids = cJSON_CreateObject();
    find_type(turned);
    (void)put_id(converting, turned->where, turned->entry, "id", told_id(turned->told));
    put_text(turned->entry, "api_name", turned->name);
    put_label(turned->entry, turned->name, told_text(turned->told, "field_label"));
    if (field_types[turned->type].has_values)
        convert_values(turned, values, ids);
    if (field_types[turned->type].has_values && values->child == NULL) {
        keep_as(turned, "a picklist without values",
                turned->type == TYPE_PICKLIST ? TYPE_TEXT : TYPE_FILE_UPLOAD);
        cJSON_Delete(ids->child);
        ids->child = NULL;
    }
    cJSON *type = cJSON_AddStringToObject(turned->entry, "type", field_types[turned->type].name);
    convert_lead(turned);
    cJSON_SetValuestring(type, field_types[turned->type].name);
    convert_length(turned);
    convert_flags(turned);
    if (values->child != NULL)
        cJSON_AddItemToObject(turned->entry, "values", values);
    else
        cJSON_Delete(values);
    if (ids->child != NULL)
        cJSON_AddItemToObject(turned->entry, "value_ids", ids);
    else
        cJSON_Delete(ids);
    note_the_rest(turned);
}

/* Why a field is left out; NULL: it is not. */
static const char *why_not(const struct converted_module *module, const char *name)
{
    if (!is_api_name(name))
        return "its API name is not of letters, digits and underscores";
    if (strcmp(name, "Tag") == 0)
        return "crmock tells of each record that it has none";
    return converted_field(module, name) != NULL ? "there is one of that name" : NULL;
}

void convert_fields(struct converting *converting, struct converted_module *module)
{
    const cJSON *told;
    if (module->told == NULL)
        return;
    cJSON_AddArrayToObject(module->json, "fields");
    cJSON_ArrayForEach (told, module->told->fields) {
        const char *name = told_text(told, "api_name");
        const char *where = arena_printf(converting->arena, "%s.%s", module->name,
                                         name != NULL ? name : "(a field without API name)");
        const char *reason = name == NULL ? "it has no name" : why_not(module, name);
        if (name != NULL && is_system_field(name)) {
            convert_system_field(converting, module, where, told);
            continue;
        }
        if (reason != NULL) {
            import_lose(converting->losses, where, "left out: %s", reason);
            continue;
        }
        struct turned turned = {.converting = converting,
                                .module = module,
                                .told = told,
                                .entry = cJSON_CreateObject(),
                                .name = name,
                                .where = where};
        convert_field(&turned);
        cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(module->json, "fields"), turned.entry);
    }
}
