#include "store/sequence.h"

#include "store/db.h"

/* Two statements: one with RETURNING would make a table of its own each time, ten times the work. */
static const struct sql next = {"SELECT next_id FROM id_sequence WHERE next_id <= free_before - ?1"};
static const struct sql take = {"UPDATE id_sequence SET next_id = next_id + ?1"};
/* On to what lies behind the next range that is reserved, unless nothing does. */
static const struct sql pass = {
    "UPDATE id_sequence SET next_id = last_id + 1, free_before = ifnull((SELECT min(other.first_id)"
    "  FROM id_reserved AS other WHERE other.first_id > given.last_id), 9223372036854775807)"
    " FROM id_reserved AS given WHERE first_id = free_before AND last_id < 9223372036854775807"
    " RETURNING 1"};

static enum store_status first_value(struct db *db, const struct sql *sql, const char *types,
                                     int64_t parameter, int64_t *value)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, sql, types, parameter);
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status = db_step(db, row);
    if (status == STORE_OK)
        *value = sqlite3_column_int64(row, 0);
    return status;
}

enum store_status ids_take(struct db *db, int64_t count, int64_t *first)
{
    int64_t passed;
    enum store_status status = first_value(db, &next, "i", count, first);
    while (status == STORE_NOT_FOUND) {
        status = first_value(db, &pass, "", 0, &passed);
        if (status == STORE_NOT_FOUND) {
            log_event(db->log, LOG_ERROR, "store failed reason=\"there are no ids left\"");
            return STORE_FAILED;
        }
        if (status == STORE_OK)
            status = first_value(db, &next, "i", count, first);
    }
    return status == STORE_OK ? db_run(db, &take, "i", count) : status;
}

enum store_status id_take(struct db *db, int64_t *id)
{
    return ids_take(db, 1, id);
}

/* What lies before the next id is never given anyway. */
static const struct sql reserve = {
    "INSERT INTO id_reserved (first_id, last_id) SELECT max(?1, next_id), ?2 FROM id_sequence"
    " WHERE ?2 >= next_id"};
static const struct sql begin_before = {
    "UPDATE id_sequence SET free_before = first_id FROM"
    " (SELECT min(first_id) AS first_id FROM id_reserved) WHERE first_id IS NOT NULL"};

enum store_status ids_reserve(struct db *db, const struct id_range *ranges, size_t count)
{
    enum store_status status = STORE_OK;
    for (size_t i = 0; i < count && status == STORE_OK; i++)
        status = db_run(db, &reserve, "ii", ranges[i].first, ranges[i].last);
    return status == STORE_OK ? db_run(db, &begin_before, "") : status;
}
