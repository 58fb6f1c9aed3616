/* Inside the store room only: what the members of a fixture file mean. Each function reads one entry
 * of a section and writes it to the store; `context` is not used. */
#ifndef CRMOCK_STORE_FIXTURE_SECTIONS_H
#define CRMOCK_STORE_FIXTURE_SECTIONS_H

#include "store/fixture_node.h"

node_fn load_org, load_role, load_role_place, load_profile, load_user, load_territory,
    load_territory_place;                                                         /* fixture_people.c */
node_fn load_client, load_token;                                                  /* fixture_oauth.c */
node_fn load_module, load_module_fields, load_field, load_permissions, load_view; /* fixture_module.c */
node_fn load_module_blueprints, load_field_blueprint, load_blueprint; /* fixture_blueprint.c */
node_fn load_pipeline;                                                /* fixture_pipeline.c */
node_fn load_module_layouts, load_layout_of;                          /* fixture_layout.c */
node_fn load_workflow_rule, load_approval_process;                    /* fixture_automation.c */
node_fn load_record;                                                  /* fixture_record.c */

/* What entries are named by in other entries; 0 after a fault at the member. */
MUSTCHECK int64_t find_user(const struct node *email);
MUSTCHECK int64_t find_territory(const struct node *name);
MUSTCHECK int64_t find_module(const struct node *api_name);
MUSTCHECK int64_t find_field(const struct node *api_name, int64_t module_id);
/* A value that a picklist offers, by its text; `what` was expected there. */
int64_t find_value(const struct node *value, const char *what, int64_t field_id);
/* What people call a field: its API name with blanks, unless the entry says otherwise. Arena-owned. */
MUSTCHECK const char *label_of_field(const struct node *field);
/* Adds the module that the field's entry brings along to the module that it stands in, unless it is
 * there; its API name, NULL after a fault. Line items are a subform's; links those of a multi-select
 * lookup. Arena-owned. (fixture_companion.c) */
MUSTCHECK const char *make_line_items(const struct node *field, int64_t module_id);
MUSTCHECK const char *make_links(const struct node *field, int64_t module_id);
/* The member "criteria" as JSON text, checked against the module; NULL when it is not given. */
MUSTCHECK const char *may_criteria(const struct node *node, const struct module *module);

#endif
