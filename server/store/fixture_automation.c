#include <string.h>

#include "store/fixture_sections.h"

static const struct sql add_rule = {
    "INSERT INTO automation_rule (id, module_id, kind, name, field_id, criteria)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"};
static const struct sql add_action = {
    "INSERT INTO rule_action (rule_id, position, field_id, value, url) VALUES (?1, ?2, ?3, ?4, ?5)"};

/* The rule that an action belongs to. */
struct place {
    int64_t rule_id;
    const struct module *module;
};

/* The value goes into records as a client's would. */
static void add_field_update(const struct node *node, const struct field *field,
                             const struct place *place)
{
    struct loader *loader = node->loader;
    cJSON *value = cJSON_GetObjectItemCaseSensitive(node->json, "value");
    cJSON *kept CLEANUP(json_delete) = loader->rules->kept(field, value, place->module->org->zone);
    node_insert(node, &add_action, "iiitt", place->rule_id, (int64_t)node->index, field->id,
                json_print(loader->arena, kept != NULL ? kept : value), NULL);
}

/* A value that a rule sets. A unique field can't be: two records would get the same. */
static void load_field_update(const struct node *node, const struct node *name,
                              const struct place *place)
{
    struct loader *loader = node->loader;
    const struct node value = node_member(node, "value");
    const struct field *field = module_field(place->module, node_text(name));
    const char *expected;
    if (value.json == NULL)
        node_fail(node, "expected a member \"value\"");
    else if (field == NULL || !field->visible || field->read_only || field->is_unique)
        node_fail(name,
                  "expected the API name of a field of %s that can be written and need not be unique",
                  place->module->api_name);
    else if (!loader->rules->value(field, value.json, loader->arena, &expected))
        node_fail(&value, "expected %s", expected);
    else
        add_field_update(node, field, place);
}

static void load_webhook(const struct node *node, const struct node *url, const struct place *place)
{
    const char *text = node_text(url);
    if (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0)
        node_fail(url, "expected a URL: http://... or https://...");
    node_insert(node, &add_action, "iiItt", place->rule_id, (int64_t)node->index, INT64_C(0), NULL,
                text);
}

static void load_action(const struct node *node, void *context)
{
    const struct node field = node_member(node, "field"), url = node_member(node, "webhook");
    node_has_only(node, field.json != NULL ? "field value" : "webhook");
    if (field.json != NULL)
        load_field_update(node, &field, context);
    else if (url.json != NULL)
        load_webhook(node, &url, context);
    else
        node_fail(node, "expected {\"field\", \"value\"} or {\"webhook\"}");
}

static void load_rule(const struct node *node, enum automation_kind kind, struct place *place)
{
    const struct node module = node_member(node, "module"), field = node_member(node, "field");
    int64_t module_id = find_module(&module);
    place->module = org_module_of_id(node->loader->org, module_id);
    if (place->module == NULL)
        return;
    place->rule_id = id_or_next(node, 1);
    node_insert(node, &add_rule, "iittIt", place->rule_id, module_id, automation_kind_names[kind],
                want_text(node, "name"),
                field.json != NULL ? find_field(&field, module_id) : INT64_C(0),
                may_criteria(node, place->module));
}

void load_workflow_rule(const struct node *node, void *context)
{
    (void)context;
    struct place place = {.module = NULL};
    const struct node actions = node_member(node, "actions");
    node_has_only(node, "module id name field criteria actions");
    load_rule(node, AUTOMATION_WORKFLOW, &place);
    if (place.module != NULL)
        node_each(&actions, load_action, &place);
}

void load_approval_process(const struct node *node, void *context)
{
    (void)context;
    struct place place = {.module = NULL};
    node_has_only(node, "module id name field criteria");
    load_rule(node, AUTOMATION_APPROVAL, &place);
}
