/* Inside the crm room: one record of a mass update, by id or in a job. */
#ifndef CRMOCK_CRM_APPLY_H
#define CRMOCK_CRM_APPLY_H

#include "crm/record_rules.h"

/* Who changes what, and when. */
struct application {
    struct record_check check;
    bool over_write;
    int64_t now;
    struct arena *arena;
};

/* True when the records' present values matter to their new ones: a multi-select picklist that is added
 * to. Else every record gets the same ones. */
MUSTCHECK bool depends_on_record(const struct record_change *change, bool over_write);

/* Checks outcome->record and, when nothing refuses it, writes its changes, all in one statement, in
 * the caller's transaction. STORE_FAILED when the store failed. */
MUSTCHECK enum store_status apply_to_record(const struct application *application,
                                            struct outcome *outcome);

#endif
