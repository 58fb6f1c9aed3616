#include "store/soundness.h"

/* A row for each record, or for each time that something happened to one. */
#define SMALL_TABLES                                                                                   \
    "type = 'table' AND name NOT IN ('record', 'record_lock', 'record_territory', 'record_share',"     \
    " 'job_record', 'job_refusal', 'automation_firing', 'webhook_delivery')"

static const struct sql broken_table = {
    "SELECT name || ': ' || integrity_check"
    " FROM sqlite_schema AS listed, pragma_integrity_check(listed.name)"
    " WHERE " SMALL_TABLES " AND integrity_check <> 'ok' LIMIT 1"};

static const struct sql broken_reference = {
    "SELECT name || ': a row refers to nothing in ' || parent"
    " FROM sqlite_schema AS listed, pragma_foreign_key_check(listed.name)"
    " WHERE " SMALL_TABLES " LIMIT 1"};

bool store_is_sound(struct db *db, struct arena *arena, const char **reason)
{
    static const struct sql *const faults[] = {&broken_table, &broken_reference};
    for (size_t i = 0; i < COUNT(faults); i++) {
        sqlite3_stmt *row CLEANUP(db_done) = db_query(db, faults[i], "");
        enum store_status status = row == NULL ? STORE_FAILED : db_step(db, row);
        if (status == STORE_NOT_FOUND)
            continue;
        *reason = arena_printf(arena, "broken: %s",
                               status == STORE_OK ? (const char *)sqlite3_column_text(row, 0)
                                                  : sqlite3_errmsg(db->handle));
        return false;
    }
    return true;
}
