/* For the store room, and that of fixtures above it, only: one SQLite connection, its statements, and
 * how they are run. */
#ifndef CRMOCK_STORE_DB_H
#define CRMOCK_STORE_DB_H

#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attrs.h"
#include "base/log.h"
#include "store/memory.h"
#include "store/store.h"

/* A statement's text. Define it static const beside the function that runs it: its address is its
 * identity, and each connection prepares it once. */
struct sql {
    const char *text;
};

enum { DB_STATEMENTS = 192, DB_BUSY_MILLISECONDS = 5000 };

struct db {
    sqlite3 *handle;
    const struct log *log;
    struct store *store;
    struct memory *memory; /* that it works on; NULL: a file */
    struct db *next;       /* in the store's list of idle connections */
    bool is_own;           /* closed when it is released */
    char failure[128];     /* the last one; empty: there was none */
    struct store_budget budget;
    int64_t begun, steps; /* of the first look at them, in microseconds, and how many were taken */
    int code;             /* SQLite's, of the last failure; SQLITE_OK: there was none */
    size_t count;
    struct {
        const struct sql *sql;
        sqlite3_stmt *statement;
    } prepared[DB_STATEMENTS];
};

/* Opens a connection to a file, or to the bytes of a store in memory, with the pragmas that every
 * connection has; `synchronous` as SQLite names it. NULL after a logged error, of which *code is
 * SQLite's. */
MUSTCHECK struct db *db_open(const char *path, const char *synchronous, const struct log *log,
                             int *code);
MUSTCHECK struct db *db_open_memory(struct memory *memory, const struct log *log, int *code);
void db_close(struct db *db);
/* Tells the bytes that the connection works on, if it is one to memory, how large SQLite has made them.
 * Between transactions. */
void db_note_size(struct db *db);

/* SQLite's code of the connection that could not be opened last; SQLITE_OK: all could. */
MUSTCHECK int store_open_code(struct store *store);

/* What a store keeps of what it has read. */
enum store_cache { CACHE_TOKENS, CACHE_ENDED_JOBS, CACHES };
MUSTCHECK struct cache *store_cache(struct store *store, enum store_cache which);

/* Marks an empty file that is to last as a store in the making: a server that is killed while it fills
 * it leaves one that place_take knows, and that is new to the next. */
MUSTCHECK bool store_mark(struct store *store);
/* A connection of its own to a new store, with schema.sql applied, in a transaction that store_end_new
 * ends: committed, and the store readied for use, or given up. With `can_undo` it may have savepoints,
 * also in memory, which takes longer. */
MUSTCHECK struct db *store_begin_new(struct store *store, bool can_undo);
MUSTCHECK bool store_end_new(struct db *db, bool keep);

/* For snapshots, while nothing else uses the store: closes its connections; empties its file, to be
 * laid out anew. */
void store_close_idle(struct store *store);
void store_empty(struct store *store);
/* True for a store of this version that has been laid out. */
MUSTCHECK bool store_is_laid_out(struct db *db);

/* The prepared statement with its parameters bound from the arguments, one letter each: i int64_t,
 * I int64_t (0 binds null), t const char * (NULL binds null; borrowed until the statement is reset).
 * NULL after a logged error. Hold it in a variable marked CLEANUP(db_done). */
MUSTCHECK sqlite3_stmt *db_query(struct db *db, const struct sql *sql, const char *types, ...);
MUSTCHECK sqlite3_stmt *db_vquery(struct db *db, const struct sql *sql, const char *types,
                                  va_list args);
void db_done(sqlite3_stmt **statement);

/* Fetches the next row: STORE_OK, STORE_NOT_FOUND after the last, STORE_CONFLICT when a constraint
 * forbids it, STORE_FAILED (logged). */
MUSTCHECK enum store_status db_step(struct db *db, sqlite3_stmt *statement);
/* The number that a query answers first, STORE_NOT_FOUND when it has no row; *value stays as it is
 * then.
 */
MUSTCHECK enum store_status db_value(struct db *db, const struct sql *sql, const char *types,
                                     int64_t parameter, int64_t *value);
/* Runs a statement that answers no row. */
MUSTCHECK enum store_status db_run(struct db *db, const struct sql *sql, const char *types, ...);
MUSTCHECK enum store_status db_vrun(struct db *db, const struct sql *sql, const char *types,
                                    va_list args);
/* Runs one or several statements without parameters; for pragmas, the schema and transactions. */
MUSTCHECK enum store_status db_script(struct db *db, const char *script);
/* Logs SQLite's last error on this connection. Returns STORE_FAILED. */
enum store_status db_failed(struct db *db, const char *what);

/* A column's text, copied into the arena; NULL for null. */
MUSTCHECK const char *db_text(sqlite3_stmt *statement, int column, struct arena *arena);

#endif
