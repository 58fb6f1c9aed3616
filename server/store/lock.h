/* Locks that keep records as they are. A record has one at most. */
#ifndef CRMOCK_STORE_LOCK_H
#define CRMOCK_STORE_LOCK_H

#include <stdint.h>

#include "base/arena.h"
#include "store/store.h"

enum { LOCK_REASON_MAX = 3000 }; /* characters */

struct record_lock {
    int64_t id;
    int64_t locked_by; /* 0: a rule of the org set it */
    int64_t locked_time;
    const char *reason; /* arena-owned, or NULL */
};

/* The lock of a record; STORE_NOT_FOUND when it has none. */
MUSTCHECK enum store_status lock_of_record(struct db *db, int64_t record_id, struct arena *arena,
                                           struct record_lock *lock);

/* In the caller's transaction: locks a record that has no lock, sets what a lock says, takes it off. */
MUSTCHECK enum store_status lock_set(struct db *db, int64_t record_id, const struct record_lock *lock);
MUSTCHECK enum store_status lock_set_reason(struct db *db, int64_t lock_id, const char *reason);
MUSTCHECK enum store_status lock_remove(struct db *db, int64_t record_id, int64_t lock_id);

#endif
