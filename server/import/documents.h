/* What the service told of an org, as JSON documents. */
#ifndef CRMOCK_IMPORT_DOCUMENTS_H
#define CRMOCK_IMPORT_DOCUMENTS_H

#include <cjson/cJSON.h>
#include <stddef.h>

/* The texts live as long as the arena of who fetched; the trees are to be cleared. Of all these a NULL
 * says that it was not to be had. */
struct import_module {
    const char *name;                /* the API name */
    cJSON *module;                   /* the entry of settings/modules/{name}, or of the list */
    cJSON *fields, *layouts, *views; /* arrays: each whole, as settings/custom_views/{id} tells it */
    cJSON *records;                  /* an array: as GET {module} tells them, with all
                                      * fields that are not null */
    cJSON *blueprints; /* an array of {"record": id, "blueprint": answer of .../actions/blueprint},
                        * of the records that are in one: the whole answer, {"blueprint": {...}} */
};

struct import_documents {
    cJSON *org;                      /* an object */
    cJSON *users, *roles, *profiles; /* arrays: each whole, profiles with permissions */
    cJSON *territories;
    cJSON *pipelines; /* an array of {"layout": id, "pipeline": [as settings/pipeline tells them]} */
    struct import_module *modules; /* arena-owned, by name */
    size_t count;
};

void import_documents_clear(struct import_documents *documents);

#endif
