#include <string.h>

#include "base/utf8.h"
#include "store/fixture_sections.h"

static const struct sql stage_field = {
    "SELECT field.id FROM field JOIN module ON module.id = module_id"
    " WHERE org_id = ?1 AND module.api_name = 'Deals' AND field.api_name = 'Stage'"
    " AND data_type = 'picklist'"};
static const struct sql module_of_field = {"SELECT module_id FROM field WHERE id = ?1"};
static const struct sql add_pipeline = {
    "INSERT INTO pipeline (id, module_id, position, name)"
    " SELECT ?1, ?2, count(*), ?3 FROM pipeline WHERE module_id = ?2"};
static const struct sql add_stage = {
    "INSERT INTO pipeline_stage (pipeline_id, value_id, position) VALUES (?1, ?2, ?3)"};

/* The field whose values are the pipelines' names is made for the first of them, unless the module's
 * fixtures have it. */
static const struct sql pipeline_field = {
    "SELECT iif(data_type = 'picklist', id, 0) FROM field WHERE module_id = ?1"
    " AND api_name = 'Pipeline'"};
static const struct sql add_pipeline_field = {
    "INSERT INTO field (id, module_id, position, api_name, label, data_type, length, mass_update,"
    " scheduled_mass_update, visible, read_only, system_mandatory, is_unique, custom, none_id)"
    " SELECT ?1, ?2, count(*), 'Pipeline', 'Pipeline', ?3, ?4, 1, 1, 1, 0, 0, 0, 0, ?5"
    " FROM field WHERE module_id = ?2"};
static const struct sql add_name = {
    "INSERT INTO picklist_value (id, field_id, position, value)"
    " SELECT ?1, ?2, count(*), ?3 FROM picklist_value WHERE field_id = ?2"
    " ON CONFLICT (field_id, value) DO NOTHING"};

/* A pipeline's stages, and where they belong. */
struct place {
    int64_t pipeline_id, stage_field_id;
};

static void load_stage(const struct node *node, void *context)
{
    const struct place *place = context;
    node_insert(node, &add_stage, "iii", place->pipeline_id,
                find_value(node, "a value that the picklist Stage offers", place->stage_field_id),
                (int64_t)node->index);
}

/* The module's field Pipeline, made when there is none; 0 after a fault. */
static int64_t field_of_names(const struct node *node, int64_t module_id)
{
    const struct field_type_info *info = &field_types[TYPE_PICKLIST];
    int64_t id = 0;
    if (node_failed(node))
        return 0;
    sqlite3_stmt *row CLEANUP(db_done) = db_query(node->loader->db, &pipeline_field, "i", module_id);
    if (row != NULL && db_step(node->loader->db, row) == STORE_OK) {
        id = sqlite3_column_int64(row, 0);
        if (id == 0)
            node_fail(node,
                      "expected the field Pipeline of Deals to be a picklist, or not to be given");
        return id;
    }
    const struct node nothing = {.loader = node->loader, .above = node, .name = "Pipeline"};
    id = id_or_next(&nothing, 1);
    node_insert(node, &add_pipeline_field, "iitIi", id, module_id, info->name,
                (int64_t)info->default_length, id_or_next(&nothing, 1)); /* F14 */
    return id;
}

/* Deals have it as a value of their picklist Pipeline. */
static bool is_name(const char *text)
{
    return text[strspn(text, " \t")] != '\0' && strcmp(text, NONE_CHOICE) != 0 &&
           utf8_length(text) <= (size_t)field_types[TYPE_PICKLIST].most_length;
}

void load_pipeline(const struct node *node, void *context)
{
    (void)context;
    node_has_only(node, "id name stages");
    const struct node stages = node_member(node, "stages");
    const char *name = want_text(node, "name");
    struct place place = {.pipeline_id = id_or_next(node, 1)};
    place.stage_field_id = node_find(node, "the org to have the module Deals, with a picklist Stage",
                                     &stage_field, "i", node->loader->org_id);
    int64_t module_id = node_find(node, "a module", &module_of_field, "i", place.stage_field_id);
    const struct node named = node_member(node, "name");
    if (!is_name(name))
        node_fail(&named, "expected a name of 1 to %d characters, not %s",
                  field_types[TYPE_PICKLIST].most_length, NONE_CHOICE);
    if (cJSON_GetArraySize(stages.json) == 0)
        node_fail(&stages, "expected a list of stages: values of the picklist Stage");
    node_insert(node, &add_pipeline, "iit", place.pipeline_id, module_id, name);
    int64_t field_id = field_of_names(node, module_id);
    const struct node value = {.loader = node->loader, .above = node, .name = "name"};
    node_insert(node, &add_name, "iit", id_or_next(&value, 1), field_id, name);
    node_each(&stages, load_stage, &place);
}
