/* The store: SQLite, one writer at a time. One that lasts is a file, with a connection for each thread
 * that asks; another is in memory, and has one connection, which those who ask get in turn. */
#ifndef CRMOCK_STORE_STORE_H
#define CRMOCK_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attrs.h"
#include "base/log.h"

/* How a call to the store ended. A conflict is a value that the schema forbids beside those it has.
 * What failed is in the log; a transaction must then be rolled back. */
enum store_status { STORE_OK, STORE_NOT_FOUND, STORE_CONFLICT, STORE_FAILED };

struct store;
struct image; /* what a store had at one moment; store/memory.h */
struct db;    /* a connection, for one thread at a time */

/* A writer's urgency: a background writer lets waiting requests go first, but not more than some
 * dozens. */
enum store_urgency { STORE_REQUEST, STORE_BACKGROUND };

/* What a committed transaction survives in a store that lasts. */
enum store_durability { STORE_SURVIVES_CRASH, STORE_SURVIVES_POWER_CUT };
extern const char *const store_durability_names[]; /* by enum store_durability, ended by NULL */

/* What the queries of one request may take; 0: no end. */
struct store_budget {
    unsigned milliseconds; /* from store_limit on */
    unsigned steps;        /* of SQLite's machine: some ten for each record that is looked at */
};

struct store_options {
    const char *path;    /* NULL: in memory */
    struct image *image; /* what a store in memory begins with; NULL: nothing. Shared */
    enum store_durability durability;
    const struct log *log; /* borrowed */
};

/* Opens the file, takes it for this process, checks its layout; *is_new when it is still to be laid out
 * (fixtures_load, snapshot_restore), as one in memory that begins with nothing.
 * NULL with a reason in `reason` (arena-owned): held by another server, of another version, not a
 * store of crmock, no such folder, no memory. */
MUSTCHECK struct store *store_open(const struct store_options *options, struct arena *arena,
                                   bool *is_new, const char **reason);
/* Closes every connection; all must have been released. NULL is allowed. */
void store_close(struct store *store);
/* Closes a new store when filling it failed. Removes the file if store_open made it; one that was
 * there, empty, stays so. */
void store_discard(struct store *store);
/* Where it is, for a person. Borrowed. */
const char *store_path(const struct store *store);
MUSTCHECK bool store_is_in_memory(const struct store *store);

/* What it has now, once nobody writes to it, or has the connection of one in memory, which is waited
 * for. Owned by the caller; NULL: there is no memory, or it failed (logged). Of one in memory it is
 * cheap. */
MUSTCHECK struct image *store_image(struct store *store);
/* Gives it what the image has, likewise: all else goes. False as above, and it is as it was. */
MUSTCHECK bool store_restart(struct store *store, struct image *image);
/* Gives back what a store in memory can do without until it is used again. */
void store_rest(struct store *store);

/* A connection, NULL when none can be opened (logged). Give it back with store_release; one on which
 * something failed is closed then. Nobody may ask for a second one while he has that of a store in
 * memory: he would wait for himself. */
MUSTCHECK struct db *store_acquire(struct store *store);
void store_release(struct db *db);
/* The same of a new connection, which is closed when it is released: for work with statements and
 * functions that nothing else has. */
MUSTCHECK struct db *store_acquire_own(struct store *store);

/* Gives the connection a budget, until it is released. A query that uses it up fails, and what it began
 * to write is undone. */
void store_limit(struct db *db, const struct store_budget *budget);

/* Begins a write transaction: waits for the writer before, at most one transaction of his.
 * After STORE_OK the caller must end it by store_end, store_commit or store_rollback. */
MUSTCHECK enum store_status store_begin(struct db *db, enum store_urgency urgency);
/* After STORE_FAILED the transaction has been rolled back. */
MUSTCHECK enum store_status store_commit(struct db *db);
void store_rollback(struct db *db);
/* Commits when the transaction is to be kept, else rolls it back. STORE_OK when it has been committed.
 */
MUSTCHECK enum store_status store_end(struct db *db, bool keep);

/* What went wrong last on this connection, for a person. Borrowed until the next failure. */
const char *store_failure(const struct db *db);
/* The same in one sentence for whoever sent the request: what kind of failure, of which file; NULL when
 * nothing failed on the connection. `db` NULL: why none could be opened. Arena-owned. */
MUSTCHECK const char *store_trouble(struct store *store, const struct db *db, struct arena *arena);

/* Reads one row: whether the store answers at all. */
MUSTCHECK enum store_status store_check(struct db *db);

#endif
