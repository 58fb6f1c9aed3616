#include "store/fixture_sections.h"

static const struct sql add_layout = {"INSERT INTO layout (id, module_id, position, name)"
                                      " SELECT ?1, ?2, count(*), ?3 FROM layout WHERE module_id = ?2"};
static const struct sql add_section = {
    "INSERT INTO layout_section (id, layout_id, position, name) VALUES (?1, ?2, ?3, ?4)"};
static const struct sql add_shown_field = {
    "INSERT INTO layout_field (layout_id, section_id, position, field_id) VALUES (?1, ?2, ?3, ?4)"};
static const struct sql field_named = {"SELECT id FROM field WHERE module_id = ?1 AND api_name = ?2"};

/* Where a layout's entries belong. */
struct place {
    int64_t module_id, layout_id, section_id, field_id;
};

int64_t find_field(const struct node *api_name, int64_t module_id)
{
    return node_find(api_name, "the API name of a field of the module", &field_named, "it", module_id,
                     node_text(api_name));
}

static void load_shown_field(const struct node *node, void *context)
{
    const struct place *place = context;
    node_insert(node, &add_shown_field, "iiii", place->layout_id, place->section_id,
                (int64_t)node->index, find_field(node, place->module_id));
}

static void load_section(const struct node *node, void *context)
{
    struct place place = *(const struct place *)context;
    node_has_only(node, "id name fields");
    const struct node fields = node_member(node, "fields");
    place.section_id = id_or_next(node, 1);
    node_insert(node, &add_section, "iiit", place.section_id, place.layout_id, (int64_t)node->index,
                want_text(node, "name"));
    node_each(&fields, load_shown_field, &place);
}

static const struct sql pipeline_named = {"SELECT id FROM pipeline WHERE module_id = ?1 AND name = ?2"};
static const struct sql add_pipeline = {
    "INSERT INTO layout_pipeline (layout_id, pipeline_id, position) VALUES (?1, ?2, ?3)"};

static void load_layout_pipeline(const struct node *node, void *context)
{
    const struct place *place = context;
    node_insert(node, &add_pipeline, "iii", place->layout_id,
                node_find(node, "the name of a pipeline of the module", &pipeline_named, "it",
                          place->module_id, node_text(node)),
                (int64_t)node->index);
}

static const struct sql picklist_named = {"SELECT id FROM field WHERE module_id = ?1 AND api_name = ?2"
                                          " AND data_type IN ('picklist', 'multiselectpicklist')"};
static const struct sql add_value = {"INSERT INTO layout_value (layout_id, value_id) VALUES (?1, ?2)"};

static void load_offered_value(const struct node *node, void *context)
{
    const struct place *place = context;
    node_insert(node, &add_value, "ii", place->layout_id,
                find_value(node, "a value that the picklist offers", place->field_id));
}

/* {"API name of a picklist": [those of its values that the layout has]} */
static void load_offered_values(const struct node *values, struct place *place)
{
    if (values->json == NULL)
        return;
    if (!cJSON_IsObject(values->json))
        node_fail(values, "expected an object: a picklist's API name to those of its values that the"
                          " layout has");
    const cJSON *list;
    cJSON_ArrayForEach (list, values->json) {
        const struct node node = node_member(values, list->string);
        node_once(&node, list);
        place->field_id = node_find(&node, "the API name of a picklist of the module", &picklist_named,
                                    "it", place->module_id, list->string);
        if (cJSON_GetArraySize(list) == 0)
            node_fail(&node, "expected a list of values, one at least");
        node_each(&node, load_offered_value, place);
    }
}

static void add_one_section(const struct node *node, const struct place *place)
{
    node_insert(node, &add_section, "iiit", id_or_next(node, 1), place->layout_id, INT64_C(0),
                "Information");
}

static void load_layout(const struct node *node, void *context)
{
    struct place place = *(const struct place *)context;
    node_has_only(node, "module id name sections pipelines values");
    const struct node sections = node_member(node, "sections");
    const struct node pipelines = node_member(node, "pipelines"), values = node_member(node, "values");
    const struct node nothing = {.loader = node->loader, .above = node, .name = "sections"};
    place.layout_id = id_or_next(node, 1);
    node_insert(node, &add_layout, "iit", place.layout_id, place.module_id, want_text(node, "name"));
    node_each(&sections, load_section, &place);
    if (cJSON_GetArraySize(sections.json) == 0)
        add_one_section(&nothing, &place);
    node_each(&pipelines, load_layout_pipeline, &place);
    load_offered_values(&values, &place);
}

/* After all fields: the layouts that stand in a module. A module that names no layout has one that
 * shows them all. */
void load_module_layouts(const struct node *node, void *context)
{
    (void)context;
    const struct node name = node_member(node, "api_name"), layouts = node_member(node, "layouts");
    const struct node nothing = {.loader = node->loader, .above = node, .name = "layouts"};
    struct place place = {.module_id = find_module(&name)};
    node_each(&layouts, load_layout, &place);
    if (cJSON_GetArraySize(layouts.json) > 0)
        return;
    place.layout_id = id_or_next(&nothing, 1);
    node_insert(&nothing, &add_layout, "iit", place.layout_id, place.module_id, "Standard");
    add_one_section(&nothing, &place);
}

/* One that is added to a module which stands elsewhere. */
void load_layout_of(const struct node *node, void *context)
{
    (void)context;
    const struct node module = node_member(node, "module");
    struct place place = {.module_id = find_module(&module)};
    load_layout(node, &place);
}
