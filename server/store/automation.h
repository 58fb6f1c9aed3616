/* Automation as it is kept: the firings of rules, and what they do to a record besides its values. */
#ifndef CRMOCK_STORE_AUTOMATION_H
#define CRMOCK_STORE_AUTOMATION_H

#include "store/record.h"

/* Notes that a rule (of a workflow, an approval process or a blueprint) has fired for a record. */
MUSTCHECK enum store_status firing_add(struct db *db, int64_t rule_id, int64_t record_id,
                                       int64_t user_id, int64_t now);
/* Puts a record up for approval; into a blueprint. */
MUSTCHECK enum store_status record_await_approval(struct db *db, int64_t id);
MUSTCHECK enum store_status record_enter_blueprint(struct db *db, int64_t id, int64_t blueprint_id);

#endif
