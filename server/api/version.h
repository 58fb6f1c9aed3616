/* The API's versions, and what differs between them, as data. */
#ifndef CRMOCK_API_VERSION_H
#define CRMOCK_API_VERSION_H

#include "api/catalogue.h"
#include "store/org.h"

enum version_number { V2, V2_1, V3, V4, V5, V6, V7, V8, VERSIONS };

struct version {
    const char *name;           /* as in the path */
    bool tells_type_lengths;    /* an expected type comes with a length (F2) */
    bool names_places;          /* details say where: json_path, resource_path_index (F1) */
    bool names_module_place;    /* those of INVALID_MODULE as well */
    unsigned none_written;      /* status of a call of the records API that wrote none (F20) */
    unsigned partly_updated;    /* and of a mass update by ids that updated some (D2, F21) */
    bool lists_need_fields;     /* a list of records must say which fields */
    bool counts_tab_order;      /* a section's tab_traversal is a number of columns, not words */
    bool numbers_layout_state;  /* a layout's status is 0, not "active" */
    bool names_criteria_fields; /* in a view's criteria a field is its name, not {"api_name"} */
    bool lacks_rollups;         /* its SDKs know no roll-up summary fields */
    bool has_current_answers;   /* the service has a file that contradicts its page (F22) */
    bool pages_by_token;        /* page numbers reach 2,000 records, tokens all of them */
};

extern const struct version versions[VERSIONS]; /* by enum version_number */

/* The version of that name; false when none is called so. */
MUSTCHECK bool version_find(const char *name, enum version_number *version);

/* MODULE_NOT_IN_API: the org has it, and the file says so of it. */
enum module_support { MODULE_SUPPORTED, MODULE_UNSUPPORTED, MODULE_NOT_IN_API, MODULE_UNKNOWN };

/* Finds the module that a path of that version names. When it is supported, *module is set, and
 * *scope_word is what scopes call it. */
MUSTCHECK enum module_support version_module(enum version_number version, enum answers answers,
                                             const struct org *org, const char *name,
                                             const struct module **module, const char **scope_word);

#endif
