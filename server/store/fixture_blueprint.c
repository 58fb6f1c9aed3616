#include "store/fixture_sections.h"

static const struct sql add_blueprint = {
    "INSERT INTO blueprint (id, field_id, name) VALUES (?1, ?2, ?3)"};
static const struct sql add_start = {
    "INSERT INTO blueprint_start (blueprint_id, value) VALUES (?1, ?2)"};
static const struct sql add_transition = {
    "INSERT INTO transition (id, blueprint_id, position, name, next_value)"
    " VALUES (?1, ?2, ?3, ?4, ?5)"};
static const struct sql add_from = {
    "INSERT INTO transition_from (transition_id, value) VALUES (?1, ?2)"};
static const struct sql add_field = {
    "INSERT INTO transition_field (transition_id, field_id, position, mandatory)"
    " SELECT ?1, ?2, count(*), ?3 FROM transition_field WHERE transition_id = ?1"};

/* Where a blueprint's entries belong. */
struct place {
    int64_t module_id, field_id, blueprint_id, transition_id;
    bool mandatory;
};

/* A state: a value that the governed picklist offers. */
static const char *state_of(const struct node *node, const struct place *place)
{
    (void)find_value(node, "a value of the picklist that the blueprint governs", place->field_id);
    return node_text(node);
}

static void load_start(const struct node *node, void *context)
{
    const struct place *place = context;
    node_insert(node, &add_start, "it", place->blueprint_id, state_of(node, place));
}

static void load_from(const struct node *node, void *context)
{
    const struct place *place = context;
    node_insert(node, &add_from, "it", place->transition_id, state_of(node, place));
}

static void load_asked_field(const struct node *node, void *context)
{
    const struct place *place = context;
    int64_t field_id = find_field(node, place->module_id);
    if (field_id == place->field_id)
        node_fail(node, "expected a field other than the one that the blueprint governs");
    node_insert(node, &add_field, "iii", place->transition_id, field_id, (int64_t)place->mandatory);
}

static void load_transition(const struct node *node, void *context)
{
    struct place place = *(const struct place *)context;
    node_has_only(node, "id name from to fields optional_fields");
    const struct node from = node_member(node, "from"), to = node_member(node, "to");
    const struct node fields = node_member(node, "fields");
    const struct node optional = node_member(node, "optional_fields");
    place.transition_id = id_or_next(node, 1);
    node_insert(node, &add_transition, "iiitt", place.transition_id, place.blueprint_id,
                (int64_t)node->index, want_text(node, "name"), state_of(&to, &place));
    node_each(&from, load_from, &place);
    place.mandatory = true;
    node_each(&fields, load_asked_field, &place);
    place.mandatory = false;
    node_each(&optional, load_asked_field, &place);
}

/* What both ways to write a blueprint share: below its field, or in a list with its field's name. */
static void load_blueprint_of(const struct node *node, struct place *place)
{
    const struct node starts = node_member(node, "starts_at");
    const struct node transitions = node_member(node, "transitions");
    place->blueprint_id = id_or_next(node, 1);
    node_insert(node, &add_blueprint, "iit", place->blueprint_id, place->field_id,
                want_text(node, "name"));
    node_each(&starts, load_start, place);
    node_each(&transitions, load_transition, place);
}

static const struct sql picklist_named = {
    "SELECT id FROM field WHERE module_id = ?1 AND api_name = ?2 AND data_type = 'picklist'"};

void load_blueprint(const struct node *node, void *context)
{
    (void)context;
    node_has_only(node, "module field id name starts_at transitions");
    const struct node module = node_member(node, "module"), field = node_member(node, "field");
    struct place place = {.module_id = find_module(&module)};
    place.field_id = node_find(&field, "the API name of a picklist of the module", &picklist_named,
                               "it", place.module_id, node_text(&field));
    load_blueprint_of(node, &place);
}

/* The blueprint below a field of that module, when it has one. */
static void load_blueprint_below(const struct node *field, int64_t module_id)
{
    const struct node node = node_member(field, "blueprint"), name = node_member(field, "api_name");
    struct place place = {.module_id = module_id};
    if (node.json == NULL)
        return;
    node_has_only(&node, "id name starts_at transitions");
    place.field_id = node_find(&node, "no blueprint for a field that is no picklist", &picklist_named,
                               "it", module_id, node_text(&name));
    load_blueprint_of(&node, &place);
}

static void load_blueprint_in_module(const struct node *field, void *context)
{
    load_blueprint_below(field, *(const int64_t *)context);
}

void load_module_blueprints(const struct node *node, void *context)
{
    (void)context;
    const struct node name = node_member(node, "api_name"), fields = node_member(node, "fields");
    int64_t module_id = find_module(&name);
    node_each(&fields, load_blueprint_in_module, &module_id);
}

void load_field_blueprint(const struct node *node, void *context)
{
    (void)context;
    const struct node module = node_member(node, "module");
    load_blueprint_below(node, find_module(&module));
}
