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

enum delivery_status { DELIVERY_WAITING, DELIVERY_DELIVERED, DELIVERY_GIVEN_UP };
extern const char *const delivery_status_names[]; /* by enum delivery_status, ended by NULL */

/* A call of a webhook. */
struct delivery {
    int64_t id;
    const char *url, *body;
    enum delivery_status status;
    int64_t tries;
    int64_t due;         /* milliseconds, by the machine's clock */
    int64_t http_status; /* of the last try; 0: there was no answer */
    const char *reason;  /* why the last try failed; NULL: it did not */
};

/* Adds a delivery of a rule's for a record, to be made as soon as may be. */
MUSTCHECK enum store_status delivery_add(struct db *db, int64_t rule_id, int64_t record_id,
                                         const char *url, const char *body, int64_t due);
/* The delivery of those that wait for that URL which is due first; its texts are owned by the arena. */
MUSTCHECK enum store_status delivery_next(struct db *db, const char *url, struct arena *arena,
                                          struct delivery *delivery);
/* Writes what came of a try. */
MUSTCHECK enum store_status delivery_write(struct db *db, const struct delivery *delivery);
/* Has every delivery that waits for its next try wait that much less. In the caller's transaction. */
MUSTCHECK enum store_status deliveries_shorten(struct db *db, int64_t milliseconds);

#endif
