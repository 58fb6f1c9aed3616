/* Whole records, as clients read them. */
#ifndef CRMOCK_STORE_RECORD_DATA_H
#define CRMOCK_STORE_RECORD_DATA_H

#include "store/record.h"

enum { RECORD_FIELDS_MAX = 256 * 1024 }; /* bytes of a record's fields as JSON */

struct record_data {
    struct record state;
    int64_t modified_by, modified_time;
    const char *fields;       /* a JSON object; arena-owned */
    const char *approval;     /* "waiting", "approved", "rejected", or NULL; arena-owned */
    const char *image_review; /* "rejected", "in_approval", or NULL; arena-owned */
    bool in_merge;            /* a merge of duplicates is running */
    const struct layout *layout;
};

/* The record of that id; one of another org has no module. */
MUSTCHECK enum store_status record_data_read(struct db *db, const struct org *org, int64_t id,
                                             struct arena *arena, struct record_data *data);

/* A record's values as they are to be, and whose they are. */
struct record_values {
    const char *fields; /* a JSON object */
    int64_t owner_id;
    const struct layout *layout; /* NULL: the module's first */
    int64_t blueprint_id;        /* 0: in none */
};

/* In the caller's transaction: adds a record, replaces all of a record's values, deletes it. A deleted
 * record stays in the selections of jobs, and fails there (D10). */
MUSTCHECK enum store_status record_insert(struct db *db, int64_t id, const struct module *module,
                                          const struct record_values *values, int64_t user_id,
                                          int64_t now);
MUSTCHECK enum store_status record_replace(struct db *db, int64_t id,
                                           const struct record_values *values, int64_t user_id,
                                           int64_t now);
MUSTCHECK enum store_status record_delete(struct db *db, int64_t id);

#endif
