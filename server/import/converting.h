/* Inside the import room: what the parts of a conversion share. */
#ifndef CRMOCK_IMPORT_CONVERTING_H
#define CRMOCK_IMPORT_CONVERTING_H

#include <glib.h>

#include "base/json.h"
#include "import/convert.h"
#include "store/org.h"

enum { IMPORT_FILES_MAX = 256 }; /* of an org */

struct converted_module {
    const char *name;
    const struct import_module *told; /* NULL: only fields of others lead to it */
    cJSON *file;                      /* the whole file */
    cJSON *json;                      /* the module in it */
};

struct converting {
    const struct import_documents *documents;
    const struct import_stop *stop;
    struct arena *arena;
    struct import_losses *losses;
    struct import_files *files;
    cJSON *org_file;
    struct converted_module **modules; /* by name, then those that fields lead to */
    size_t count, room;
    GHashTable *ids;    /* what has been given: an id's text to itself */
    GHashTable *emails; /* a user's id to his email, while there is no store to ask */
    GHashTable *names;  /* an id of a role, profile, territory or layout to the name that it has here */
    GHashTable *blueprints; /* a record's id to the name of its blueprint */
    GHashTable *differ;     /* what is told otherwise: "fields: tooltip" to a struct differing */
    cJSON *kinds;           /* what crmock tells itself of a new field, layout, ... (metadata.json) */
};

/* convert.c: a member that is a text with something in it; else NULL. Borrowed from the tree. */
MUSTCHECK const char *told_text(const cJSON *object, const char *name);
MUSTCHECK bool told_flag(const cJSON *object, const char *name);
/* The member "id", a text or a number of 1 to 19 digits; else NULL. */
MUSTCHECK const char *told_id(const cJSON *object);
/* Adds a member that is a text, copied. */
void put_text(cJSON *object, const char *name, const char *text);
/* Adds `id` as `name` unless something has it already: noted. True when it was added. */
bool put_id(struct converting *converting, const char *where, cJSON *object, const char *name,
            const char *id);
/* A name that `taken` has not, and has then: the one that is told, or one made of it and the id. */
MUSTCHECK const char *distinct(struct converting *converting, GHashTable *taken, const char *where,
                               const char *name, const char *id);
/* What is told of a thing beside `kept` (names separated by blanks) and is not what crmock tells of
 * each; noted once for each member, with the first place and how many there are. */
void note_differences(struct converting *converting, const char *kind, const char *where,
                      const cJSON *told, const char *kept);
/* Notes likewise a member by itself. */
void note_difference(struct converting *converting, const char *kind, const char *member,
                     const char *where);
MUSTCHECK struct converted_module *converted_module(struct converting *converting, const char *name);

void add_file(struct converting *converting, const char *name, cJSON *json);
/* The list of that name in a file, made when it has none. */
cJSON *section_of(cJSON *file, const char *name);

/* A set of texts, of the arena's or others that outlive it. */
MUSTCHECK GHashTable *new_set(void);
static inline void end_set(GHashTable **set)
{
    if (*set != NULL)
        g_hash_table_destroy(*set);
}

/* people.c: org, roles, profiles, users, territories and what a client needs, before modules; what
 * profiles may do, behind them. False with a reason. */
MUSTCHECK bool convert_people(struct converting *converting, const char **reason);
void convert_permissions(struct converting *converting);
/* A file of clients and tokens: fixed ones, none of the source's. NULL: there is nobody for them. */
MUSTCHECK cJSON *new_tokens(struct converting *converting, const struct org *org);
/* modules.c */
void convert_modules(struct converting *converting);
/* The module of that name, made without anything in it when there is none; NULL: it is no API name. */
struct converted_module *need_module(struct converting *converting, const char *name, const char *id);
/* Letters, digits and underscores, as fixtures want it; NULL is none. */
MUSTCHECK bool is_api_name(const char *name);
/* True for a module that others are part of. */
MUSTCHECK bool shows_parts(const struct converting *converting, const struct converted_module *module);
/* fields.c */
void convert_fields(struct converting *converting, struct converted_module *module);
/* The module's field in its file by API name, NULL: none. */
MUSTCHECK cJSON *converted_field(const struct converted_module *module, const char *api_name);
/* Which of these names a field of a module may not have, for each has it. */
MUSTCHECK bool is_system_field(const char *api_name);
/* layouts.c */
void convert_layouts(struct converting *converting, struct converted_module *module);
void convert_pipelines(struct converting *converting);
/* blueprints.c */
void convert_blueprints(struct converting *converting, struct converted_module *module);
/* views.c, records.c: once the metadata is loaded and says what goes. */
void convert_views(struct converting *converting, struct converted_module *module,
                   const struct module *loaded);
void convert_records(struct converting *converting, struct converted_module *module,
                     const struct module *loaded);
/* settle.c: loads the files as a start would, takes out what does not go, and reads the metadata. */
struct settled {
    struct store *store;
    struct db *db;
    struct orgs orgs;
};
MUSTCHECK bool settle(struct converting *converting, struct settled *settled, const char **reason);
void settled_clear(struct settled *settled);

#endif
