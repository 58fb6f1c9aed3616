#include <string.h>

#include "import/converting.h"

/* A layout that is converted. */
struct page {
    struct converting *converting;
    struct converted_module *module;
    const cJSON *told;
    cJSON *entry;
    const char *where;
    GHashTable *shown; /* fields that a section has */
};

static bool is_field(const struct page *page, const char *name)
{
    return name != NULL && (is_system_field(name) || converted_field(page->module, name) != NULL);
}

/* The fields of a section that no section before it has. */
static cJSON *fields_of(const struct page *page, const cJSON *section)
{
    cJSON *fields = cJSON_CreateArray();
    const cJSON *field;
    cJSON_ArrayForEach (field, json_member(section, "fields")) {
        const char *name = told_text(field, "api_name");
        bool is_wanted = cJSON_IsTrue(json_member(field, "required"));
        if (is_field(page, name) && g_hash_table_add(page->shown, (void *)name))
            cJSON_AddItemToArray(fields, cJSON_CreateString(name));
        if (name != NULL && is_wanted != told_flag(field, "system_mandatory"))
            note_difference(page->converting, "layouts", "required",
                            arena_printf(page->converting->arena, "%s, field %s", page->where, name));
    }
    return fields;
}

/* All fields that the section of no other has, in the order in which the module has them. */
static bool shows_the_rest(const struct page *page, const cJSON *fields, const cJSON *sections)
{
    static const char *const system[] = {"id",           "Owner",         "Created_By", "Modified_By",
                                         "Created_Time", "Modified_Time", "Layout"};
    GHashTable *others CLEANUP(end_set) = new_set();
    const cJSON *section, *name, *at = fields->child, *field;
    cJSON_ArrayForEach (section, sections)
        cJSON_ArrayForEach (name, json_member(section, "fields"))
            if (json_member(section, "fields") != fields)
                g_hash_table_add(others, name->valuestring);
    for (size_t i = 0; i < COUNT(system); i++) {
        if (g_hash_table_contains(others, system[i]))
            continue;
        if (at == NULL || strcmp(at->valuestring, system[i]) != 0)
            return false;
        at = at->next;
    }
    cJSON_ArrayForEach (field, json_member(page->module->json, "fields")) {
        const char *api_name = told_text(field, "api_name");
        if (g_hash_table_contains(others, api_name))
            continue;
        if (at == NULL || strcmp(at->valuestring, api_name) != 0)
            return false;
        at = at->next;
    }
    return at == NULL;
}

/* The last section that shows what no other does need not list it. One without fields would show all
 * that are left: it is left out itself, when there are any. */
static void shorten(const struct page *page, cJSON *sections)
{
    cJSON *last = NULL, *section, *next;
    for (section = sections->child; section != NULL; section = section->next)
        if (shows_the_rest(page, json_member(section, "fields"), sections))
            last = section;
    for (section = sections->child; section != NULL; section = next) {
        next = section->next;
        if (section == last) {
            cJSON_DeleteItemFromObjectCaseSensitive(section, "fields");
        } else if (cJSON_GetArraySize(json_member(section, "fields")) == 0) {
            import_lose(page->converting->losses, page->where, "section %s: left out, it has no fields",
                        told_text(section, "name"));
            cJSON_Delete(cJSON_DetachItemViaPointer(sections, section));
        }
    }
}

static void convert_sections(const struct page *page)
{
    struct converting *converting = page->converting;
    GHashTable *taken CLEANUP(end_set) = new_set();
    cJSON *sections = cJSON_CreateArray();
    const cJSON *told;
    cJSON_ArrayForEach (told, json_member(page->told, "sections")) {
        const char *name = told_text(told, "name");
        cJSON *section = cJSON_CreateObject();
        (void)put_id(converting, page->where, section, "id", told_id(told));
        put_text(section, "name",
                 distinct(converting, taken, page->where,
                          name != NULL ? name : told_text(told, "display_label"), told_id(told)));
        cJSON_AddItemToObject(section, "fields", fields_of(page, told));
        cJSON_AddItemToArray(sections, section);
        note_differences(converting, "layout_section", page->where, told,
                         "id name api_name display_label sequence_number fields tab_traversal");
    }
    shorten(page, sections);
    if (sections->child != NULL)
        cJSON_AddItemToObject(page->entry, "sections", sections);
    else
        cJSON_Delete(sections);
}

static bool offers(const cJSON *values, const char *text)
{
    const cJSON *value;
    cJSON_ArrayForEach (value, values)
        if (cJSON_IsString(value) && strcmp(value->valuestring, text) == 0)
            return true;
    return false;
}

/* The values that the layout has of a picklist, when they are not all. */
static void convert_choice(const struct page *page, const char *name, const cJSON *told, cJSON *choices)
{
    const cJSON *values = json_member(converted_field(page->module, name), "values"), *one;
    GHashTable *taken CLEANUP(end_set) = new_set();
    cJSON *list = cJSON_CreateArray();
    cJSON_ArrayForEach (one, json_member(told, "pick_list_values")) {
        const char *text = told_text(one, "actual_value");
        if (text != NULL && offers(values, text) && g_hash_table_add(taken, (void *)text))
            cJSON_AddItemToArray(list, cJSON_CreateString(text));
    }
    if (list->child != NULL && cJSON_GetArraySize(list) < cJSON_GetArraySize(values) &&
        json_member(choices, name) == NULL)
        cJSON_AddItemToObject(choices, name, list);
    else
        cJSON_Delete(list);
}

static void convert_choices(const struct page *page)
{
    cJSON *choices = cJSON_CreateObject();
    const cJSON *section, *field;
    cJSON_ArrayForEach (section, json_member(page->told, "sections"))
        cJSON_ArrayForEach (field, json_member(section, "fields")) {
            const char *name = told_text(field, "api_name");
            if (name != NULL && json_member(field, "pick_list_values") != NULL)
                convert_choice(page, name, field, choices);
        }
    if (choices->child != NULL)
        cJSON_AddItemToObject(page->entry, "values", choices);
    else
        cJSON_Delete(choices);
}

static const char *name_of_pipeline(const cJSON *pipeline)
{
    const char *name = told_text(pipeline, "actual_value");
    return name != NULL ? name : told_text(pipeline, "display_value");
}

static cJSON *pipeline_named(const cJSON *list, const char *name)
{
    cJSON *pipeline = list != NULL ? list->child : NULL;
    while (pipeline != NULL && strcmp(told_text(pipeline, "name"), name) != 0)
        pipeline = pipeline->next;
    return pipeline;
}

/* The names of a layout's pipelines, the one that is its default first. */
static void add_pipelines(const struct page *page, const cJSON *told, cJSON *names)
{
    const cJSON *all = json_member(page->module->file, "pipelines"), *one;
    cJSON_ArrayForEach (one, json_member(told, "pipeline")) {
        const char *name = name_of_pipeline(one);
        if (name == NULL || pipeline_named(all, name) == NULL || offers(names, name))
            continue;
        if (told_flag(one, "default") && names->child != NULL)
            cJSON_InsertItemInArray(names, 0, cJSON_CreateString(name));
        else
            cJSON_AddItemToArray(names, cJSON_CreateString(name));
    }
}

static void convert_pipelines_of(const struct page *page)
{
    const char *id = told_id(page->told);
    const cJSON *told;
    cJSON *names = cJSON_CreateArray();
    cJSON_ArrayForEach (told, page->converting->documents->pipelines) {
        const char *layout = json_scalar_text(json_member(told, "layout"));
        if (id != NULL && layout != NULL && strcmp(layout, id) == 0)
            add_pipelines(page, told, names);
    }
    if (names->child != NULL)
        cJSON_AddItemToObject(page->entry, "pipelines", names);
    else
        cJSON_Delete(names);
}

void convert_layouts(struct converting *converting, struct converted_module *module)
{
    GHashTable *taken CLEANUP(end_set) = new_set();
    const cJSON *list = module->told != NULL ? module->told->layouts : NULL, *told;
    cJSON *layouts = cJSON_CreateArray();
    cJSON_ArrayForEach (told, list) {
        const char *name = told_text(told, "name"), *id = told_id(told);
        const char *where = arena_printf(converting->arena, "%s, layout %s", module->name,
                                         name != NULL ? name : "without a name");
        GHashTable *shown CLEANUP(end_set) = new_set();
        struct page page = {.converting = converting,
                            .module = module,
                            .told = told,
                            .entry = cJSON_CreateObject(),
                            .where = where,
                            .shown = shown};
        (void)put_id(converting, where, page.entry, "id", id);
        put_text(page.entry, "name", distinct(converting, taken, where, name, id));
        convert_sections(&page);
        convert_pipelines_of(&page);
        convert_choices(&page);
        cJSON_AddItemToArray(layouts, page.entry);
        note_differences(converting, "layout", where, told,
                         "id name api_name display_label profiles sections");
    }
    if (layouts->child != NULL)
        cJSON_AddItemToObject(module->json, "layouts", layouts);
    else
        cJSON_Delete(layouts);
}

static cJSON *stages_of(struct converting *converting, const struct converted_module *deals,
                        const cJSON *told)
{
    const cJSON *values = json_member(converted_field(deals, "Stage"), "values"), *map;
    cJSON *stages = cJSON_CreateArray();
    cJSON_ArrayForEach (map, json_member(told, "maps")) {
        const char *stage = name_of_pipeline(map);
        if (stage != NULL && offers(values, stage) && !offers(stages, stage))
            cJSON_AddItemToArray(stages, cJSON_CreateString(stage));
        else
            import_lose(converting->losses, name_of_pipeline(told), "stage %s: left out",
                        stage != NULL ? stage : "without a name");
    }
    return stages;
}

static void convert_pipeline(struct converting *converting, const struct converted_module *deals,
                             cJSON *list, const cJSON *told)
{
    const char *name = name_of_pipeline(told);
    if (name == NULL || pipeline_named(list, name) != NULL)
        return; /* another layout has it, too */
    cJSON *stages = stages_of(converting, deals, told);
    if (stages->child == NULL) {
        import_lose(converting->losses, name, "pipeline: left out, Deals have none of its stages");
        cJSON_Delete(stages);
        return;
    }
    cJSON *pipeline = cJSON_CreateObject();
    (void)put_id(converting, name, pipeline, "id", told_id(told));
    put_text(pipeline, "name", name);
    cJSON_AddItemToObject(pipeline, "stages", stages);
    cJSON_AddItemToArray(list, pipeline);
}

void convert_pipelines(struct converting *converting)
{
    struct converted_module *deals = converted_module(converting, "Deals");
    const cJSON *told, *one;
    if (deals == NULL)
        return;
    cJSON *list = section_of(deals->file, "pipelines");
    cJSON_ArrayForEach (told, converting->documents->pipelines)
        cJSON_ArrayForEach (one, json_member(told, "pipeline"))
            convert_pipeline(converting, deals, list, one);
    if (list->child == NULL && converted_field(deals, "Pipeline") != NULL)
        import_lose(converting->losses, "Deals.Pipeline",
                    "the stages of pipelines: not told, any stage goes with any pipeline");
}
