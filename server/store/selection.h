/* The records that a scheduled mass update works on, fixed at once (D10). */
#ifndef CRMOCK_STORE_SELECTION_H
#define CRMOCK_STORE_SELECTION_H

#include "store/criteria.h"

/* Whose records a user sees who does not see all: his own and those of users below him, and those that
 * are shared with him. */
struct reader {
    int64_t user_id;
    const int64_t *owners;
    size_t owner_count;
};

struct selection {
    const struct module *module;
    int64_t record_id;                     /* 0: all; else that one only */
    const struct criteria *view, *request; /* NULL: no further condition */
    const struct territory *territory;     /* NULL: in any or none */
    bool include_child;                    /* its descendants' records too */
    const struct reader *reader;           /* NULL: everyone's */
    const int64_t *modified_since;         /* only what was modified then or later; NULL: all */
};

/* Writes the ids of at most `limit` selected records as those of the job, by one statement, without
 * reading them into memory. *count is how many there were, limit + 1 when more than `limit`. */
MUSTCHECK enum store_status selection_fix(struct db *db, const struct selection *selection,
                                          int64_t job_id, int64_t limit, int64_t *count);

/* A part of the selected records, in an order. */
struct page {
    const struct field *sort_by;
    bool descending;
    int64_t offset, limit;
};

/* The ids of a page; `ids` has room for page->limit. */
MUSTCHECK enum store_status selection_page(struct db *db, const struct selection *selection,
                                           const struct page *page, int64_t *ids, size_t *count);

/* How many records are selected; for views that are checked or listed. */
MUSTCHECK enum store_status selection_count(struct db *db, const struct selection *selection,
                                            int64_t *count);

#endif
