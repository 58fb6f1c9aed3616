/* Locking records by hand, and unlocking them: how E27 comes and goes. */
#ifndef CRMOCK_CRM_LOCKING_H
#define CRMOCK_CRM_LOCKING_H

#include "crm/error.h"
#include "store/lock.h"
#include "store/record_data.h"

/* What a call is about, and what was found. */
struct locking {
    struct db *db;
    const struct user *user;
    const struct module *module;
    const char *record_id, *lock_id; /* as in the path; lock_id is NULL when it names none */
    int64_t now;
    struct arena *arena;
    /* What came of it. */
    struct record_data record;
    struct record_lock lock; /* id 0: the record is not locked */
    struct fault fault;
};

/* Finds the record (P5: the user sees none of that id) and its lock (E7: it has no lock of that id). */
MUSTCHECK enum error locking_find(struct locking *locking);

/* In the caller's transaction: find, and then change. A record that the user may not edit is E11; one
 * that is locked already is P6, a lock that a rule set P7. */
MUSTCHECK enum error locking_lock(struct locking *locking, const char *reason);
MUSTCHECK enum error locking_set_reason(struct locking *locking, const char *reason);
MUSTCHECK enum error locking_unlock(struct locking *locking);

#endif
