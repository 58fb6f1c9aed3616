/* What goes together in a record (F19): its layout and the values of its picklists, its layout and its
 * pipeline, its pipeline and its stage. */
#ifndef CRMOCK_CRM_MAPPING_H
#define CRMOCK_CRM_MAPPING_H

#include "base/json.h"
#include "crm/error.h"
#include "store/record.h"

/* What does not. */
struct mismatch {
    const struct field *field;       /* whose value goes with the other not; NULL: all go together */
    const struct layout *layout;     /* of the record */
    const struct pipeline *pipeline; /* of the record, where the stage does not go with it */
};

/* True when the layout offers the value (a text, or a list of texts) of a picklist of that name. One
 * that says nothing of it offers all, and each the empty choice. */
MUSTCHECK bool layout_offers(const struct layout *layout, const char *api_name, const cJSON *value);
/* True when records of the layout may be in the pipeline of that name; NULL stands for none. */
MUSTCHECK bool layout_takes_pipeline(const struct layout *layout, const char *name);

/* A record as a call would leave it. */
struct mapped_record {
    const struct module *module;
    const struct layout *layout;
    const cJSON *fields; /* all of its values */
    bool is_new;         /* with all of them, or on its layout; else only those changed count: */
    const cJSON *sent;   /* what the call changes */
    const struct field *also_set; /* changed beside that; or NULL */
};

/* The first rule that is broken, as a row with *mismatch filled, or ERR_NONE. */
MUSTCHECK enum error mapping_check(const struct mapped_record *record, struct mismatch *mismatch);

/* The same values for many records: those of a call's changes that have to go together with something.
 * Zeroed: none. */
struct mapping {
    size_t count;
    struct mapped_change {
        const struct field *field;
        cJSON *value; /* owned */
    } changes[RECORD_CHANGES_MAX];
    struct db *db;
    struct arena *arena;
    struct mapped_state *state; /* of the record that was looked at last */
};

/* mapping_end must follow, before the database and the arena are gone. */
void mapping_begin(struct mapping *mapping, struct db *db, struct arena *arena,
                   const struct record_change *changes, size_t count);
void mapping_end(struct mapping *mapping);

/* Whether the changes go together with what they leave a record as it is: STORE_OK, STORE_NOT_FOUND
 * with *mismatch filled, or STORE_FAILED when the record could not be read. */
typedef enum store_status mapping_rule(const struct mapping *mapping, const struct record *record,
                                       struct mismatch *mismatch);
MUSTCHECK mapping_rule mapping_layout_offers, mapping_layout_has_pipeline, mapping_pipeline_has_stage;

/* Says in *fault what the mismatch is. `at` is where the record's fields stand ("$.data[0]"). A value
 * that the layout lacks is told with the record's id when fault->id has it. */
void mismatch_tell(const struct mismatch *mismatch, enum error error, const char *at,
                   struct arena *arena, struct fault *fault);

#endif
