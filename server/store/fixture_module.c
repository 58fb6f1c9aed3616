#include "base/utf8.h"
#include "store/fixture_sections.h"

#include <string.h>
#include <strings.h>

#include "store/record.h"

/* Fields that every module has, whatever its fixtures say. */
static const struct system_field {
    const char *api_name, *label;
    enum field_type type;
} system_fields[] = {
    {"id", "Record Id", TYPE_BIGINT},
    {"Owner", "Owner", TYPE_OWNER_LOOKUP},
    {"Created_By", "Created By", TYPE_OWNER_LOOKUP},
    {"Modified_By", "Modified By", TYPE_OWNER_LOOKUP},
    {"Created_Time", "Created Time", TYPE_DATETIME},
    {"Modified_Time", "Modified Time", TYPE_DATETIME},
    {"Layout", "Layout", TYPE_LAYOUT},
};

static const struct sql module_named = {"SELECT id FROM module WHERE org_id = ?1 AND api_name = ?2"};

int64_t find_module(const struct node *api_name)
{
    return node_find(api_name, "the API name of a module of the org", &module_named, "it",
                     api_name->loader->org_id, node_text(api_name));
}

static const struct sql add_field = {
    "INSERT INTO field (id, module_id, position, api_name, label, data_type, length, decimals,"
    " mass_update, visible, read_only, system_mandatory, is_unique, custom, lookup_module,"
    " linking_module, none_id, scheduled_mass_update)"
    " SELECT ?1, ?2, count(*), ?3, ?4, ?5, ?6, nullif(?7, -1), ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
    " nullif(?16, 0), ?17"
    " FROM field WHERE module_id = ?2"};
static const struct sql add_value = {
    "INSERT INTO picklist_value (id, field_id, position, value) VALUES (?1, ?2, ?3, ?4)"};
static const struct sql add_layout_rule = {
    "INSERT INTO layout_rule (id, field_id, name) VALUES (?1, ?2, ?3)"};
static const struct sql add_validation_rule = {
    "INSERT INTO validation_rule (id, field_id, name) VALUES (?1, ?2, ?3)"};

/* The field whose values are loaded. */
struct offering {
    int64_t field_id, length;
};

/* A value that a picklist offers, and that a client can write. */
static void load_value(const struct node *node, void *context)
{
    const struct offering *offering = context;
    const char *text = node_text(node);
    if (utf8_length(text) > (size_t)offering->length)
        node_fail(node, "expected at most %lld characters, the field's length",
                  (long long)offering->length);
    node_insert(node, &add_value, "iiit", id_or_next(node, 1), offering->field_id, (int64_t)node->index,
                text);
}

static const struct sql value_named = {
    "SELECT id FROM picklist_value WHERE field_id = ?1 AND value = ?2"};

int64_t find_value(const struct node *value, const char *what, int64_t field_id)
{
    return node_find(value, what, &value_named, "it", field_id, node_text(value));
}

/* A rule of which the field is the primary one: {"id", "name"}. */
static void load_rule(const struct node *field, const char *name, const struct sql *sql,
                      int64_t field_id)
{
    const struct node rule = node_member(field, name);
    if (rule.json == NULL)
        return;
    node_has_only(&rule, "id name");
    node_insert(&rule, sql, "iit", id_or_next(&rule, 1), field_id, want_text(&rule, "name"));
}

/* Letters, digits and underscores: what the service allows, and what a JSON path takes unquoted. */
static bool is_api_name(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return strspn(text, letters) == strlen(text);
}

static const char *label_of(struct arena *arena, const char *api_name)
{
    char *label = arena_strdup(arena, api_name);
    for (char *at = label; *at != '\0'; at++)
        if (*at == '_')
            *at = ' ';
    return label;
}

const char *label_of_field(const struct node *field)
{
    const struct node api_name = node_member(field, "api_name");
    return may_text(field, "label", label_of(field->loader->arena, node_text(&api_name)));
}

static const char *want_api_name(const struct node *node)
{
    const char *name = want_text(node, "api_name");
    const struct node member = node_member(node, "api_name");
    if (!is_api_name(name))
        node_fail(&member, "expected letters, digits and underscores");
    return name;
}

static enum field_type want_type(const struct node *node)
{
    enum field_type type = TYPE_TEXT;
    const struct node member = node_member(node, "type");
    if (field_type_find(want_text(node, "type"), &type))
        return type;
    const char *list = "";
    for (size_t i = 0; i < FIELD_TYPES; i++)
        list =
            arena_printf(node->loader->arena, "%s%s%s", list, i > 0 ? ", " : "", field_types[i].name);
    node_fail(&member, "expected a data type, one of %s", list);
    return type;
}

/* The module whose records a field of a type refers to. */
static const char *may_lookup(const struct node *node, enum field_type type, int64_t module_id)
{
    const struct field_type_info *info = &field_types[type];
    const struct node lookup = node_member(node, "lookup");
    if (lookup.json == NULL && type == TYPE_SUBFORM)
        return make_line_items(node, module_id);
    if (!info->has_lookup && type != TYPE_SUBFORM)
        return may_text(node, "lookup", NULL);
    if (lookup.json == NULL)
        node_fail(&lookup, "expected the API name of a module of the org: the field's type is %s",
                  info->name);
    return find_module(&lookup) != 0 ? node_text(&lookup) : NULL;
}

/* F14: an id for the choice of nothing, where the fixtures don't offer it as a value. */
static int64_t none_id(const struct node *values)
{
    const struct node none = {.loader = values->loader, .above = values, .name = NONE_CHOICE};
    const cJSON *value;
    cJSON_ArrayForEach (value, values->json)
        if (cJSON_IsString(value) && strcmp(value->valuestring, NONE_CHOICE) == 0)
            return 0;
    return id_or_next(&none, 1);
}

/* Adds the field to the module that the context names by id. */
static void add_field_to(const struct node *node, void *context)
{
    int64_t module_id = *(const int64_t *)context, id = id_or_next(node, 1);
    node_has_only(node, "module id api_name label type length decimals mass_update visible read_only"
                        " mandatory unique custom lookup values layout_rule validation_rule"
                        " blueprint scheduled_mass_update");
    const char *api_name = want_api_name(node);
    enum field_type type = want_type(node);
    const struct field_type_info *info = &field_types[type];
    const struct node values = node_member(node, "values");
    const struct node mass_update = node_member(node, "mass_update");
    bool updatable = may_flag(node, "mass_update", info->mass_updatable);
    if (updatable && !info->mass_updatable)
        node_fail(&mass_update, "expected false: fields of type %s are never mass updated", info->name);
    if (info->has_values != (cJSON_GetArraySize(values.json) > 0))
        node_fail(&values, info->has_values ? "expected a list of values that the field offers"
                                            : "expected no values for a field of this type");
    const char *lookup = may_lookup(node, type, module_id);
    bool has_links = type == TYPE_MULTISELECT_LOOKUP && may_flag(node, "custom", false);
    node_insert(node, &add_field, "iitttIiiiiiiittii", id, module_id, api_name, label_of_field(node),
                info->name, may_number(node, "length", info->default_length, 1, info->most_length),
                may_number(node, "decimals", -1, 0, 9), (int64_t)updatable,
                (int64_t)may_flag(node, "visible", true), (int64_t)may_flag(node, "read_only", false),
                (int64_t)may_flag(node, "mandatory", false), (int64_t)may_flag(node, "unique", false),
                (int64_t)may_flag(node, "custom", false), lookup,
                has_links ? make_links(node, module_id) : NULL,
                type == TYPE_PICKLIST ? none_id(&values) : 0,
                (int64_t)may_flag(node, "scheduled_mass_update", true));
    struct offering offering = {id,
                                may_number(node, "length", info->default_length, 1, info->most_length)};
    node_each(&values, load_value, &offering);
    load_rule(node, "layout_rule", &add_layout_rule, id);
    load_rule(node, "validation_rule", &add_validation_rule, id);
}

void load_field(const struct node *node, void *context)
{
    (void)context;
    const struct node module = node_member(node, "module");
    int64_t module_id = find_module(&module);
    add_field_to(node, &module_id);
}

static const struct sql add_module = {
    "INSERT INTO module (id, org_id, api_name, singular, plural, custom, territories, sharing,"
    " mass_update_fields) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"};

void load_module(const struct node *node, void *context)
{
    (void)context;
    node_has_only(node,
                  "id api_name singular plural custom territories sharing part_of mass_update_fields"
                  " fields layouts");
    const char *api_name = want_api_name(node);
    const char *label = label_of(node->loader->arena, api_name);
    const char *sharing = may_word(node, "sharing", sharing_names);
    int64_t id = id_or_next(node, 1), fields = strcasecmp(api_name, "Deals") == 0 ? 3 : 1;
    node_insert(node, &add_module, "iitttiiti", id, node->loader->org_id, api_name,
                may_text(node, "singular", label), may_text(node, "plural", label),
                (int64_t)may_flag(node, "custom", false), (int64_t)may_flag(node, "territories", false),
                sharing != NULL ? sharing : sharing_names[SHARING_PRIVATE],
                may_number(node, "mass_update_fields", fields, 1, RECORD_CHANGES_MAX));
    for (size_t i = 0; i < COUNT(system_fields); i++) {
        const struct system_field *field = &system_fields[i];
        const struct node nothing = {.loader = node->loader, .above = node, .name = field->api_name};
        node_insert(node, &add_field, "iitttIiiiiiiittii", id_or_next(&nothing, 1), id, field->api_name,
                    field->label, field_types[field->type].name, INT64_C(0), INT64_C(-1), INT64_C(0),
                    INT64_C(1), INT64_C(1), INT64_C(0), INT64_C(0), INT64_C(0), NULL, NULL, INT64_C(0),
                    INT64_C(1));
    }
}

/* One level: a module is not part of what is part of another, nor of itself. */
static const struct sql set_part_of = {
    "UPDATE module SET part_of = ?2 WHERE id = ?1 AND id <> ?2 AND NOT EXISTS"
    " (SELECT 1 FROM module AS other WHERE other.id = ?2 AND other.part_of IS NOT NULL"
    "  OR other.part_of = ?1) RETURNING id"};

/* After all modules: fields, and the module that shows this one's records too. */
void load_module_fields(const struct node *node, void *context)
{
    (void)context;
    const struct node name = node_member(node, "api_name"), part_of = node_member(node, "part_of");
    const struct node fields = node_member(node, "fields");
    int64_t id = find_module(&name);
    node_each(&fields, add_field_to, &id);
    if (part_of.json != NULL)
        (void)node_find(&part_of, "a module that is part of none, for one that has no parts itself",
                        &set_part_of, "ii", id, find_module(&part_of));
}

static const struct sql profile_named = {"SELECT id FROM profile WHERE org_id = ?1 AND name = ?2"};
/* Of "*" for every module without a row, of a name for that module. */
static const struct sql permit_module = {
    "INSERT OR REPLACE INTO profile_module (profile_id, module_id, can_read, can_mass_update, "
    "can_write)"
    " SELECT ?1, id, ?4, ?5, ?6 FROM module WHERE org_id = ?2 AND (?3 = '*' OR api_name = ?3)"
    " RETURNING 1"};

static void load_module_permissions(const struct node *modules, int64_t profile_id)
{
    if (modules->json == NULL)
        return;
    if (!cJSON_IsObject(modules->json))
        node_fail(modules, "expected an object: a module's API name or * to its permissions");
    const cJSON *permission;
    cJSON_ArrayForEach (permission, modules->json) {
        const struct node node = node_member(modules, permission->string);
        node_once(&node, permission);
        node_has_only(&node, "read write mass_update");
        (void)node_find(&node, "the API name of a module, or *", &permit_module, "iitiii", profile_id,
                        node.loader->org_id, permission->string, (int64_t)may_flag(&node, "read", true),
                        (int64_t)may_flag(&node, "mass_update", true),
                        (int64_t)may_flag(&node, "write", true));
    }
}

static const struct sql restrict_field = {
    "INSERT INTO profile_field (profile_id, field_id, access)"
    " SELECT ?1, field.id, ?4 FROM field JOIN module ON module.id = module_id"
    " WHERE org_id = ?2 AND module.api_name || '.' || field.api_name = ?3 RETURNING 1"};

static void load_field_permissions(const struct node *fields, int64_t profile_id)
{
    if (fields->json == NULL)
        return;
    if (!cJSON_IsObject(fields->json))
        node_fail(fields, "expected an object: \"Module.Field\" to read_only or hidden");
    const cJSON *access;
    cJSON_ArrayForEach (access, fields->json) {
        const struct node node = node_member(fields, access->string);
        node_once(&node, access);
        const char *word = may_word(fields, access->string, field_access_names + FIELD_READ_ONLY);
        (void)node_find(&node, "a member named \"Module.Field\"", &restrict_field, "iitt", profile_id,
                        node.loader->org_id, access->string, word);
    }
}

void load_permissions(const struct node *node, void *context)
{
    (void)context;
    const struct node modules = node_member(node, "modules"), fields = node_member(node, "fields");
    int64_t profile_id = node_find(node, "a profile", &profile_named, "it", node->loader->org_id,
                                   want_text(node, "name"));
    load_module_permissions(&modules, profile_id);
    load_field_permissions(&fields, profile_id);
}

static const struct sql add_view = {
    "INSERT INTO custom_view (id, module_id, name, criteria, everyone) VALUES (?1, ?2, ?3, ?4, ?5)"};
static const struct sql add_view_user = {
    "INSERT INTO custom_view_user (view_id, user_id) VALUES (?1, ?2)"};

/* A user with whom a view is shared; the context is the view's id. */
static void load_view_user(const struct node *node, void *context)
{
    node_insert(node, &add_view_user, "ii", *(const int64_t *)context, find_user(node));
}

const char *may_criteria(const struct node *node, const struct module *module)
{
    struct loader *loader = node->loader;
    const struct node criteria = node_member(node, "criteria");
    const char *expected = NULL;
    if (criteria.json == NULL || module == NULL)
        return NULL;
    if (!loader->rules->criteria(module, criteria.json, loader->arena, &expected))
        node_fail(&criteria, "expected %s", expected);
    return json_print(loader->arena, cJSON_GetObjectItemCaseSensitive(node->json, "criteria"));
}

void load_view(const struct node *node, void *context)
{
    (void)context;
    node_has_only(node, "id module name criteria shared_with");
    const struct node module = node_member(node, "module"), shared = node_member(node, "shared_with");
    int64_t module_id = find_module(&module), id = id_or_next(node, 1);
    const char *text = may_criteria(node, org_module_of_id(node->loader->org, module_id));
    node_insert(node, &add_view, "iitti", id, module_id, want_text(node, "name"), text,
                (int64_t)(shared.json == NULL));
    node_each(&shared, load_view_user, &id);
}
