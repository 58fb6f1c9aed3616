/* Inside the crm room: one record of a mass update, by id or in a job. */
#ifndef CRMOCK_CRM_APPLY_H
#define CRMOCK_CRM_APPLY_H

#include "crm/automation.h"
#include "crm/record_rules.h"

/* Who changes what, and when. All records of an application get the same values. */
struct application {
    struct record_check check;
    bool over_write;
    unsigned automation; /* the kinds that may run */
    int64_t now;
    struct arena *arena;
    bool automates; /* a record may start something; its own, as is what follows */
    struct automation running;
};

/* Finds out who has the values of unique fields, in the transaction that applies them, and readies
 * automation. application_end must follow. */
MUSTCHECK enum store_status application_begin(struct application *application);
void application_end(struct application *application);

/* True, once begun, when records must be changed one by one: what becomes of one depends on its present
 * value, or on the record before it, or automation follows. Else one statement can write them all. */
MUSTCHECK bool is_one_by_one(const struct application *application);

/* Checks outcome->record and, when nothing refuses it, writes its changes, all in one statement, in
 * the caller's transaction. STORE_FAILED when the store failed. */
MUSTCHECK enum store_status apply_to_record(struct application *application, struct outcome *outcome);

#endif
