/* The metadata of an org as the rules read it: modules, fields, profiles, users, views, territories.
 * Loaded from the store once, immutable, shared by all threads. Pointers lead inside it. */
#ifndef CRMOCK_STORE_ORG_H
#define CRMOCK_STORE_ORG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attrs.h"
#include "base/clock.h"
#include "base/pattern.h"
#include "store/field_type.h"
#include "store/store.h"

struct org;
struct module;

struct field {
    int64_t id;
    size_t index; /* among all fields of the org */
    const char *api_name, *label;
    const char *path; /* inside a record's fields: $."Industry" */
    enum field_type type;
    const struct pattern *pattern; /* that its texts fit; NULL: none */
    int length;                    /* characters or digits at most; 0: no bound */
    int decimals;                  /* digits after the point; -1: no bound */
    bool mass_update, visible, read_only, system_mandatory, is_unique, custom;
    bool scheduled_mass_update; /* where mass_update is set: a call by view may change it, too */
    bool is_mapped; /* which values it may have depends on the record's layout or pipeline */
    bool in_layout_rule, in_validation_rule; /* as the rule's primary field */
    const char
        *lookup_module; /* API name of what it refers to, of a subform its line items', or NULL */
    const char *linking_module; /* API name of what keeps a multi-select lookup's links, or NULL */
    int64_t none_id;            /* of a picklist's empty choice, where no value is that; 0: has none */
    const char **values;        /* of a picklist, in order */
    int64_t *value_ids;         /* likewise */
    size_t value_count;
};

/* A picklist's choice of nothing (F14). */
#define NONE_CHOICE "-None-"

enum sharing { SHARING_PRIVATE, SHARING_PUBLIC_READ, SHARING_PUBLIC_READ_WRITE };
extern const char *const sharing_names[]; /* by enum sharing, ended by NULL */

struct layout_section {
    int64_t id;
    const char *name;
    const struct field **fields; /* in order */
    size_t field_count;
};

/* A way that the records of a module go. */
struct pipeline {
    int64_t id;
    const char *name;    /* the value of the field Pipeline */
    const char **stages; /* values of the field Stage, in order */
    size_t stage_count;
};

/* A picklist of which a layout has some values only. */
struct layout_choice {
    const struct field *field;
    const char **values;
    size_t value_count;
};

struct layout {
    int64_t id;
    const char *name;
    struct layout_section *sections;
    const struct pipeline **pipelines; /* the first is that of records that name none; none: any goes */
    struct layout_choice *choices;
    size_t section_count, pipeline_count, choice_count;
};

struct module {
    int64_t id;
    size_t index;
    const struct org *org;
    const char *api_name, *singular, *plural;
    bool custom, territories;
    enum sharing sharing;
    size_t mass_update_fields;    /* that a call may set, RECORD_CHANGES_MAX at most */
    const struct module *part_of; /* the module that also shows these records, or NULL */
    struct field *fields;
    struct layout *layouts; /* one at least; the first is that of records that name none */
    struct pipeline *pipelines;
    const struct field *stage, *pipeline; /* where it has pipelines: the fields that they are about */
    size_t field_count, layout_count, pipeline_count;
};

struct transition_field {
    const struct field *field;
    bool mandatory;
};

struct transition {
    int64_t id;
    const char *name, *next_value;
    const char **from; /* states; without one it leads from each but its own goal */
    size_t from_count;
    struct transition_field *fields; /* that it asks for, in order */
    size_t field_count;
};

struct blueprint {
    int64_t id;
    const char *name;
    const struct field *field; /* the picklist that it governs */
    const char **starts;       /* values with which a record enters it */
    size_t start_count;
    struct transition *transitions; /* in order */
    size_t transition_count;
};

/* What automation there is; the first two have rules of their own, the third is struct blueprint. */
enum automation_kind { AUTOMATION_WORKFLOW, AUTOMATION_APPROVAL, AUTOMATION_BLUEPRINT };
extern const char *const automation_kind_names[]; /* by enum automation_kind, ended by NULL */

/* Sets a field, or calls a webhook. */
struct rule_action {
    const struct field *field;
    const char *value; /* JSON */
    const char *url;   /* NULL: a field is set */
};

struct automation_rule {
    int64_t id;
    const struct module *module;
    enum automation_kind kind;
    const char *name;
    const struct field *field;   /* whose change starts it; NULL: any */
    const char *criteria;        /* JSON text; NULL: for every record */
    struct rule_action *actions; /* in order */
    size_t action_count;
};

struct role {
    int64_t id;
    const char *name;
    const struct role *reports_to; /* NULL at the top */
};

enum field_access { FIELD_EDITABLE, FIELD_READ_ONLY, FIELD_HIDDEN };
extern const char *const field_access_names[]; /* by enum field_access, ended by NULL */

struct module_permission {
    bool can_read, can_write, can_mass_update;
};

struct profile {
    int64_t id;
    const char *name;
    bool administrator, schedule_mass_update, read_jobs, api_access;
    struct module_permission *modules; /* by module index */
    enum field_access *fields;         /* by field index */
};

struct user {
    int64_t id;
    const struct org *org;
    const char *name, *email;
    const struct profile *profile;
    const struct role *role;
    int64_t created_time;
};

struct view {
    int64_t id;
    const struct module *module;
    const char *name, *criteria; /* JSON text; NULL selects every record */
    bool everyone;
    const struct user **users; /* who may use it when not everyone */
    size_t user_count;
};

struct territory {
    int64_t id;
    const char *name;
    const struct territory *parent; /* NULL at the top */
};

struct org {
    int64_t id;
    const char *name, *edition, *time_zone;
    int64_t metadata_time; /* when what stands here was last changed */
    bool territories_enabled, scheduled_mass_update;
    struct zone *zone;
    struct module *modules;
    struct blueprint *blueprints;
    struct automation_rule *automation_rules; /* workflows first */
    struct role *roles;
    struct profile *profiles;
    struct user *users;
    struct view *views;
    struct territory *territories;
    size_t module_count, field_count, blueprint_count, automation_rule_count, role_count, profile_count,
        user_count, view_count, territory_count;
};

/* Every org of a store. */
struct orgs {
    struct arena arena;
    struct pattern *patterns[FIELD_TYPES]; /* by type; NULL: it has none */
    struct org *list;
    size_t count;
};

/* Reads the metadata of all orgs, or of that one alone; *orgs is to be ended by orgs_clear in either
 * case. */
enum { ALL_ORGS = 0 };
MUSTCHECK enum store_status orgs_load(struct db *db, int64_t org_id, struct orgs *orgs);
void orgs_clear(struct orgs *orgs);

/* Look-ups; NULL when there is none, as there is of a module without a name (NULL). Module names match
 * without regard to case, others exactly. */
MUSTCHECK const struct user *orgs_user(const struct orgs *orgs, int64_t id);
MUSTCHECK const struct user *orgs_user_of_email(const struct orgs *orgs, const char *email);
MUSTCHECK const struct module *orgs_module(const struct orgs *orgs, int64_t id);
MUSTCHECK const struct module *org_module(const struct org *org, const char *api_name);
MUSTCHECK const struct module *org_module_of_id(const struct org *org, int64_t id);
MUSTCHECK const struct view *org_view(const struct org *org, int64_t id);
MUSTCHECK const struct territory *org_territory(const struct org *org, int64_t id);
MUSTCHECK const struct user *org_user(const struct org *org, int64_t id);
MUSTCHECK const struct blueprint *org_blueprint(const struct org *org, int64_t id);
MUSTCHECK const struct field *module_field(const struct module *module, const char *api_name);
/* The module's layout of that id; NULL when it has none such. */
MUSTCHECK const struct layout *module_layout(const struct module *module, int64_t id);
/* The layout of a record that names that one, or none (0): the module's first then. */
MUSTCHECK const struct layout *module_layout_or_first(const struct module *module, int64_t id);
/* True when `module` shows the records of `of`: the same one, or the one it is part of. */
MUSTCHECK bool module_shows(const struct module *module, const struct module *of);

#endif
