/* Records: what the rules need to know of one, and how its values change. */
#ifndef CRMOCK_STORE_RECORD_H
#define CRMOCK_STORE_RECORD_H

#include "store/org.h"

struct record {
    int64_t id;
    const struct module *module; /* NULL: there is no such record */
    int64_t owner_id, created_by, created_time;
    int64_t blueprint_id; /* 0: in none */
    bool converted, locked, stop_processing;
    bool busy;            /* image validation or duplicate merge running */
    bool in_image_review; /* rejected by image validation, or in approval by it */
    bool awaits_approval;
    bool fault; /* injected by fixtures: the server fails when a call would change it */
};

/* One field's new value, as JSON text. */
struct record_change {
    const struct field *field;
    const char *value;
};

enum { RECORD_CHANGES_MAX = 3 }; /* Deals takes three fields in a call, no module more */

/* Reads a record's system columns and states. One of another org has no module. */
MUSTCHECK enum store_status record_read(struct db *db, const struct org *org, int64_t id,
                                        struct record *record);
/* Reads the records whose ids stand in records[].id, at least one, by one query. Those that are not
 * there keep their id only. */
MUSTCHECK enum store_status records_read(struct db *db, const struct org *org, struct record *records,
                                         size_t count, struct arena *arena);
/* A field's value as JSON text, "null" when it has none; arena-owned. */
MUSTCHECK enum store_status record_value(struct db *db, int64_t id, const struct field *field,
                                         struct arena *arena, const char **value);
/* What a record's values have to go together with. */
struct record_ties {
    int64_t layout_id;            /* 0: the module's first */
    const char *pipeline, *stage; /* arena-owned; NULL: none */
};

/* Reads that; texts of fields that are NULL are not asked for. */
MUSTCHECK enum store_status record_ties_read(struct db *db, int64_t id, const struct field *pipeline,
                                             const struct field *stage, struct arena *arena,
                                             struct record_ties *ties);
/* Writes 1 to RECORD_CHANGES_MAX values with who and when, in the caller's transaction. */
MUSTCHECK enum store_status record_update(struct db *db, int64_t id,
                                          const struct record_change *changes, size_t count,
                                          int64_t user_id, int64_t now);
/* A record of the module, other than `except` (may be 0), that has the value, compared without regard
 * to case; STORE_NOT_FOUND when none has. Looks at every record. */
MUSTCHECK enum store_status record_with_value(struct db *db, const struct module *module,
                                              const struct record_change *value, int64_t except,
                                              int64_t *id);
/* STORE_OK when the record is shared with the user by a rule of its own. */
MUSTCHECK enum store_status record_shared_with(struct db *db, int64_t id, int64_t user_id);

#endif
