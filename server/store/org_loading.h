/* Inside the store room only: reading an org's metadata, kind by kind, row by row. The first column of
 * a query is always the count of its rows, so that the list is made once at its full size. */
#ifndef CRMOCK_STORE_ORG_LOADING_H
#define CRMOCK_STORE_ORG_LOADING_H

#include "store/db.h"
#include "store/org.h"

struct loading {
    struct db *db;
    struct arena *arena;
    struct org *org;
    struct pattern *const *patterns; /* by enum field_type */
};

/* False when the row names what there is not: the store is broken. */
typedef bool row_fn(struct loading *loading, sqlite3_stmt *row, size_t index);

/* Runs `sql` for the org, calls `read` for each row. `list` (may be NULL) is where the pointer to the
 * org's list stands: it gets room for them all. */
MUSTCHECK enum store_status loading_rows(struct loading *loading, const struct sql *sql, row_fn *read,
                                         void *list, size_t *count, size_t size);

/* A column's text, owned by the org. */
MUSTCHECK const char *loading_text(struct loading *loading, sqlite3_stmt *row, int column);
/* Where a column's word stands in a list that NULL ends. */
MUSTCHECK int loading_word(sqlite3_stmt *row, int column, const char *const words[]);
/* What was read before, by id; NULL when there is none. */
MUSTCHECK struct module *loading_module(struct loading *loading, int64_t id);
MUSTCHECK struct field *loading_field(struct loading *loading, int64_t module_id, int64_t field_id);

/* Marks a field of the module, and its like of the module that shows the same records, as is_mapped. */
void loading_mark_mapped(struct loading *loading, const struct module *module, const char *api_name);

/* Once the fields are read; layouts once the pipelines are. */
MUSTCHECK enum store_status loading_pipelines(struct loading *loading);  /* org_pipelines.c */
MUSTCHECK enum store_status loading_layouts(struct loading *loading);    /* org_layouts.c */
MUSTCHECK enum store_status loading_blueprints(struct loading *loading); /* org_blueprints.c */
MUSTCHECK enum store_status loading_automation(struct loading *loading); /* org_automation.c */

#endif
