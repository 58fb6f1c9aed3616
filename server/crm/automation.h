/* Inside the crm room: what happens by itself to a record that has just been changed (D8): workflow
 * rules, approval processes, blueprints. */
#ifndef CRMOCK_CRM_AUTOMATION_H
#define CRMOCK_CRM_AUTOMATION_H

#include "crm/mass_update.h"

struct armed_rule; /* a rule with its criteria, ready to be asked */

/* For records of one call, or one batch of a job. What stands below `arena` is its own. */
struct automation {
    struct db *db;
    const struct user *user;
    const struct module *module;
    unsigned kinds; /* of enum automation_kind, a bit each: AUTOMATION_BIT */
    int64_t now;
    struct arena *arena;
    struct armed_rule *rules;
    size_t rule_count;
    bool called_webhook; /* a delivery was added */
};

/* True when a change of these fields can start anything: records must then be changed one by one. */
MUSTCHECK bool automation_may_start(const struct automation *automation,
                                    const struct record_change *changes, size_t count);
/* Makes the rules ready; automation_end must follow. STORE_FAILED when a rule's criteria can't be read.
 */
MUSTCHECK enum store_status automation_begin(struct automation *automation);
void automation_end(struct automation *automation);

/* Runs what the changes start, in the transaction that has written them. What a workflow sets may start
 * further rules, each of them once for a record. */
MUSTCHECK enum store_status automation_run(struct automation *automation, int64_t record_id,
                                           const struct record_change *changes, size_t count);
/* Has webhooks called, and who waits for them woken: once the deliveries that were added are committed.
 */
void automation_call_webhooks(const struct crm *crm);

#endif
