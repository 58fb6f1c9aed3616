/* Calls of webhooks: what each sends, and what came of it. */
#ifndef CRMOCK_STORE_DELIVERY_H
#define CRMOCK_STORE_DELIVERY_H

#include "store/record.h"

enum delivery_status { DELIVERY_WAITING, DELIVERY_DELIVERED, DELIVERY_GIVEN_UP };
extern const char *const delivery_status_names[]; /* by enum delivery_status, ended by NULL */

/* A call of a webhook. */
struct delivery {
    int64_t id; /* greater than that of any before, also of those that are gone */
    int64_t record_id;
    const char *rule, *module; /* the rule's name, and the API name of the record's module */
    const char *url, *body;
    enum delivery_status status;
    int64_t tries;
    int64_t created, due; /* due: for the next try; in milliseconds, by the machine's clock */
    int64_t http_status;  /* of the last try; 0: there was no answer */
    const char *reason;   /* why the last try failed; NULL: it did not */
};

/* Adds a delivery of a rule's for a record, to be made as soon as may be; `now` is in milliseconds, by
 * the machine's clock. */
MUSTCHECK enum store_status delivery_add(struct db *db, int64_t rule_id, const struct record *record,
                                         const char *url, const char *body, int64_t now);
/* The delivery of those that wait for that URL which is due first; its texts are owned by the arena. */
MUSTCHECK enum store_status delivery_next(struct db *db, const char *url, struct arena *arena,
                                          struct delivery *delivery);
/* Writes what came of a try; nothing when the store has no longer what the try was of: it was dropped
 * meanwhile, or the store begun again. */
MUSTCHECK enum store_status delivery_write(struct db *db, const struct delivery *delivery);
/* Has every delivery that waits for its next try wait that much less. In the caller's transaction. */
MUSTCHECK enum store_status deliveries_shorten(struct db *db, int64_t milliseconds);

struct delivery_list {
    struct delivery *deliveries;
    size_t count;
};

/* Those whose ids are greater than `after`, by their ids, `limit` at most. Arena-owned. */
MUSTCHECK enum store_status deliveries_list(struct db *db, int64_t after, size_t limit,
                                            struct arena *arena, struct delivery_list *list);
/* Those that wait, for their first try or another one, by their ids: `id`, `status` and `tries` alone.
 * Arena-owned. */
MUSTCHECK enum store_status deliveries_waiting(struct db *db, struct arena *arena,
                                               struct delivery_list *list);
/* The one of that id. Arena-owned. */
MUSTCHECK enum store_status delivery_read(struct db *db, int64_t id, struct arena *arena,
                                          struct delivery *delivery);
/* The greatest id of those that were made before that time (milliseconds, by the machine's clock); 0
 * when there are none. */
MUSTCHECK enum store_status delivery_newest(struct db *db, int64_t before, int64_t *id);
/* STORE_OK when one waits, for its first try or another one. */
MUSTCHECK enum store_status deliveries_wait(struct db *db);
/* Drops all of them. In the caller's transaction. */
MUSTCHECK enum store_status deliveries_drop(struct db *db);

#endif
