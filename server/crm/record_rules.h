/* The rules about one record: whether its existence, sharing and state let a call change it. */
#ifndef CRMOCK_CRM_RECORD_RULES_H
#define CRMOCK_CRM_RECORD_RULES_H

#include "crm/mass_update.h"

/* What is to happen to a record. */
struct record_check {
    struct db *db;
    const struct user *user;
    const struct module *module;
    const struct record_change *changes;
    size_t change_count;
    /* By change: a record that has the value of a unique field already; 0: none. */
    int64_t holders[RECORD_CHANGES_MAX];
    struct mapping mapping; /* of the changes */
};

/* True for a value that one record of the module may have at most. */
MUSTCHECK bool must_be_unique(const struct record_change *change);

/* What is known of a record's ERR_INTERNAL: that fixtures injected it, and for which. Arena-owned. */
MUSTCHECK const char *record_fault_cause(const struct record *record, struct arena *arena);

/* Checks a record (without a module: there is none of its id) in the order of D1. outcome->record is
 * given, the rest zeroed and to be filled. STORE_FAILED when sharing could not be read. */
MUSTCHECK enum store_status record_rules_check(const struct record_check *check,
                                               struct outcome *outcome);

extern const struct rules record_rules_order;

#endif
