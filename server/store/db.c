#include "store/db.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* The journal mode is the file's own, set when it is laid out. */
static enum store_status set_pragmas(struct db *db, const char *synchronous)
{
    char script[128];
    (void)sqlite3_snprintf(sizeof script, script, "PRAGMA synchronous = %s; PRAGMA foreign_keys = ON;",
                           synchronous);
    return db_script(db, script);
}

enum { FIRST_PAGES = 2 };

/* SQLite's own book-keeping of memory is one lock for all connections, taken at each allocation. It is
 * off for the process: nobody reads it. A statement that may have to be undone, or that needs a table
 * of its own (RETURNING, DISTINCT), begins with 64 KiB for its journal, or 20 pages: malloc takes and
 * gives back as much from the system each time. They grow from one KiB and two pages now. */
static void configure_sqlite(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void)sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, -1);
    (void)sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, FIRST_PAGES);
}

enum { STEPS_A_LOOK = 1000 };

/* Asked by SQLite every so many steps whether to stop. */
static int is_used_up(void *context)
{
    struct db *db = context;
    const struct store_budget *budget = &db->budget;
    if (db->steps == 0) /* most requests never come here: the clock is not asked for them */
        db->begun = clock_microseconds();
    db->steps += STEPS_A_LOOK;
    return (budget->steps != 0 && db->steps > budget->steps) ||
           (budget->milliseconds != 0 &&
            clock_microseconds() - db->begun > (int64_t)budget->milliseconds * 1000);
}

/* A handle that is not connected yet where `flags` has SQLITE_OPEN_MEMORY. */
static struct db *new_connection(const char *path, int flags, const struct log *log)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, configure_sqlite);
    struct db *db = must_alloc(sizeof *db);
    *db = (struct db){.log = log};
    if (sqlite3_open_v2(path, &db->handle,
                        flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        (void)db_failed(db, "open");
    return db;
}

/* Readies it; or closes it, after a failure. */
static struct db *ready(struct db *db, const char *synchronous, int *code)
{
    if (db->code == SQLITE_OK) {
        (void)sqlite3_busy_timeout(db->handle, DB_BUSY_MILLISECONDS);
        sqlite3_progress_handler(db->handle, STEPS_A_LOOK, is_used_up, db);
        /* A store's file may come from anywhere: SQL cannot be used to break it. */
        (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        if (set_pragmas(db, synchronous) == STORE_OK)
            return db;
    }
    *code = db->code;
    db_close(db);
    return NULL;
}

struct db *db_open(const char *path, const char *synchronous, const struct log *log, int *code)
{
    return ready(new_connection(path, 0, log), synchronous, code);
}

/* A copy of a file that lasts says that it has a journal beside it (18 and 19 in its head), which bytes
 * in memory have not. */
static void forget_journal(struct memory *memory)
{
    enum { WRITE_VERSION = 18, READ_VERSION, ROLLBACK = 1 };
    if (memory->size > READ_VERSION && memory->bytes[WRITE_VERSION] != ROLLBACK)
        memory->bytes[WRITE_VERSION] = memory->bytes[READ_VERSION] = ROLLBACK;
}

/* SQLite reads pages where they stand, and writes them into the room. */
struct db *db_open_memory(struct memory *memory, const struct log *log, int *code)
{
    struct db *db = new_connection(":memory:", SQLITE_OPEN_MEMORY, log);
    forget_journal(memory);
    if (db->code == SQLITE_OK &&
        sqlite3_deserialize(db->handle, "main", memory->bytes, (sqlite3_int64)memory->size,
                            (sqlite3_int64)memory->room, 0) != SQLITE_OK)
        (void)db_failed(db, "open");
    else
        db->memory = memory;
    return ready(db, "OFF; PRAGMA mmap_size = 1073741824", code);
}

void db_note_size(struct db *db)
{
    sqlite3_int64 size = 0;
    if (db->memory == NULL)
        return;
    (void)sqlite3_serialize(db->handle, "main", &size, SQLITE_SERIALIZE_NOCOPY);
    db->memory->size = (size_t)size;
}

void db_close(struct db *db)
{
    if (db == NULL)
        return;
    for (size_t i = 0; i < db->count; i++)
        (void)sqlite3_finalize(db->prepared[i].statement);
    if (db->memory != NULL && sqlite3_get_autocommit(db->handle) == 0)
        (void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    db_note_size(db);
    (void)sqlite3_close(db->handle);
    free(db);
}

enum store_status db_failed(struct db *db, const char *what)
{
    log_event(db->log, LOG_ERROR, "store failed sqlite=%d reason=\"%s\" statement=\"%.200s\"",
              sqlite3_extended_errcode(db->handle), sqlite3_errmsg(db->handle), what);
    (void)sqlite3_snprintf(sizeof db->failure, db->failure, "%s (SQLite %d)",
                           sqlite3_errmsg(db->handle), sqlite3_extended_errcode(db->handle));
    db->code = sqlite3_extended_errcode(db->handle);
    return STORE_FAILED;
}

static sqlite3_stmt *prepared(struct db *db, const struct sql *sql)
{
    for (size_t i = 0; i < db->count; i++)
        if (db->prepared[i].sql == sql)
            return db->prepared[i].statement;
    if (db->count == DB_STATEMENTS) {
        log_event(db->log, LOG_ERROR, "store failed reason=\"more than %d statements\"", DB_STATEMENTS);
        return NULL;
    }
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(db->handle, sql->text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
        SQLITE_OK) {
        (void)db_failed(db, sql->text);
        return NULL;
    }
    db->prepared[db->count].sql = sql;
    db->prepared[db->count++].statement = statement;
    return statement;
}

static int bind_next(sqlite3_stmt *statement, int at, char type, va_list *args)
{
    if (type == 't')
        return sqlite3_bind_text(statement, at, va_arg(*args, const char *), -1, SQLITE_STATIC);
    int64_t value = va_arg(*args, int64_t);
    return type == 'I' && value == 0 ? sqlite3_bind_null(statement, at)
                                     : sqlite3_bind_int64(statement, at, value);
}

sqlite3_stmt *db_vquery(struct db *db, const struct sql *sql, const char *types, va_list args)
{
    sqlite3_stmt *statement = prepared(db, sql);
    if (statement == NULL)
        return NULL;
    int code = SQLITE_OK;
    va_list values;
    va_copy(values, args);
    for (int i = 0; types[i] != '\0' && code == SQLITE_OK; i++)
        code = bind_next(statement, i + 1, types[i], &values);
    va_end(values);
    if (code != SQLITE_OK) {
        (void)db_failed(db, sql->text);
        db_done(&statement);
        return NULL;
    }
    return statement;
}

sqlite3_stmt *db_query(struct db *db, const struct sql *sql, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    sqlite3_stmt *statement = db_vquery(db, sql, types, args);
    va_end(args);
    return statement;
}

void db_done(sqlite3_stmt **statement)
{
    if (*statement == NULL)
        return;
    (void)sqlite3_reset(*statement);
    (void)sqlite3_clear_bindings(*statement);
}

enum store_status db_step(struct db *db, sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return STORE_OK;
    if (code == SQLITE_CONSTRAINT)
        return STORE_CONFLICT;
    return code == SQLITE_DONE ? STORE_NOT_FOUND : db_failed(db, sqlite3_sql(statement));
}

enum store_status db_vrun(struct db *db, const struct sql *sql, const char *types, va_list args)
{
    sqlite3_stmt *statement CLEANUP(db_done) = db_vquery(db, sql, types, args);
    if (statement == NULL)
        return STORE_FAILED;
    enum store_status status = db_step(db, statement);
    return status == STORE_NOT_FOUND ? STORE_OK : status;
}

enum store_status db_run(struct db *db, const struct sql *sql, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    enum store_status status = db_vrun(db, sql, types, args);
    va_end(args);
    return status;
}

enum store_status db_value(struct db *db, const struct sql *sql, const char *types, int64_t parameter,
                           int64_t *value)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, sql, types, parameter);
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status = db_step(db, row);
    if (status == STORE_OK)
        *value = sqlite3_column_int64(row, 0);
    return status;
}

enum store_status db_script(struct db *db, const char *script)
{
    int code = sqlite3_exec(db->handle, script, NULL, NULL, NULL);
    return code == SQLITE_OK ? STORE_OK : db_failed(db, script);
}

const char *db_text(sqlite3_stmt *statement, int column, struct arena *arena)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return text == NULL ? NULL
                        : arena_strndup(arena, text, (size_t)sqlite3_column_bytes(statement, column));
}
