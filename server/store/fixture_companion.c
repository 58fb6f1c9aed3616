#include "store/fixture_sections.h"

/* Modules that fields bring along, as the service makes them. They are loaded as if they stood in the
 * fixtures. */

static const struct sql name_of_module = {"SELECT api_name FROM module WHERE id = ?1"};
static const struct sql module_named = {"SELECT id FROM module WHERE org_id = ?1 AND api_name = ?2"};

static bool is_taken(const struct node *node, const char *api_name)
{
    struct db *db = node->loader->db;
    sqlite3_stmt *row CLEANUP(db_done) =
        db_query(db, &module_named, "it", node->loader->org_id, api_name);
    return row != NULL && db_step(db, row) == STORE_OK;
}

/* The API name of the module that a field stands in; NULL after a fault. */
static const char *name_of(const struct node *field, int64_t module_id)
{
    struct db *db = field->loader->db;
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &name_of_module, "i", module_id);
    if (row != NULL && db_step(db, row) == STORE_OK)
        return db_text(row, 0, field->loader->arena);
    node_fail(field, "the store gave no module (the log says why)");
    return NULL;
}

static cJSON *new_module(const char *api_name, const char *label)
{
    cJSON *module = cJSON_CreateObject();
    cJSON_AddStringToObject(module, "api_name", api_name);
    cJSON_AddStringToObject(module, "singular", label);
    cJSON_AddStringToObject(module, "plural", label);
    cJSON_AddStringToObject(module, "sharing", sharing_names[SHARING_PUBLIC_READ_WRITE]);
    cJSON_AddArrayToObject(module, "fields");
    return module;
}

static void add_lookup(cJSON *module, const char *api_name, const char *label, const char *to)
{
    cJSON *field = cJSON_CreateObject();
    cJSON_AddStringToObject(field, "api_name", api_name);
    cJSON_AddStringToObject(field, "label", label);
    cJSON_AddStringToObject(field, "type", field_types[TYPE_LOOKUP].name);
    cJSON_AddStringToObject(field, "lookup", to);
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(module, "fields"), field);
}

static void load(const struct node *field, const cJSON *module)
{
    const struct node node = {
        .loader = field->loader, .above = field, .name = "lookup", .json = module};
    load_module(&node, NULL);
    load_module_fields(&node, NULL);
    load_module_layouts(&node, NULL);
}

const char *make_line_items(const struct node *field, int64_t module_id)
{
    const char *api_name = want_text(field, "api_name"), *parent = name_of(field, module_id);
    if (node_failed(field) || is_taken(field, api_name))
        return node_failed(field) ? NULL : api_name;
    cJSON *module CLEANUP(json_delete) = new_module(api_name, label_of_field(field));
    add_lookup(module, "Parent_Id", "Parent ID", parent);
    load(field, module);
    return api_name;
}

/* Two lookups: one named like the field, to the module that it looks up, and one back. */
const char *make_links(const struct node *field, int64_t module_id)
{
    struct arena *arena = field->loader->arena;
    const char *api_name = want_text(field, "api_name"), *to = want_text(field, "lookup");
    const char *parent = name_of(field, module_id);
    if (node_failed(field))
        return NULL;
    const char *links = arena_printf(arena, "%s_X_%s", parent, to);
    for (int i = 2; is_taken(field, links); i++)
        links = arena_printf(arena, "%s_X_%s%d", parent, to, i);
    cJSON *module CLEANUP(json_delete) = new_module(links, arena_printf(arena, "%s X %s", parent, to));
    add_lookup(module, api_name, label_of_field(field), to);
    add_lookup(module, arena_printf(arena, "%s_%s", api_name, parent), parent, parent);
    load(field, module);
    return links;
}
