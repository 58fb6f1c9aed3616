#include "store/sequence.h"

#include <stdlib.h>

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

enum store_status ids_take(struct db *db, int64_t count, int64_t *first)
{
    int64_t passed;
    enum store_status status = db_value(db, &next, "i", count, first);
    while (status == STORE_NOT_FOUND) {
        status = db_value(db, &pass, "", 0, &passed);
        if (status == STORE_NOT_FOUND) {
            log_event(db->log, LOG_ERROR, "store failed reason=\"there are no ids left\"");
            return STORE_FAILED;
        }
        if (status == STORE_OK)
            status = db_value(db, &next, "i", count, first);
    }
    return status == STORE_OK ? db_run(db, &take, "i", count) : status;
}

enum store_status id_take(struct db *db, int64_t *id)
{
    return ids_take(db, 1, id);
}

static int by_first(const void *one, const void *other)
{
    const struct id_range *a = one, *b = other;
    return (a->first > b->first) - (a->first < b->first);
}

/* Sorts them and joins those that overlap or touch; how many are left. */
static size_t join(struct id_range *ranges, size_t count)
{
    size_t kept = 0;
    if (count > 0)
        qsort(ranges, count, sizeof *ranges, by_first);
    for (size_t i = 0; i < count; i++) {
        struct id_range *last = kept > 0 ? &ranges[kept - 1] : NULL;
        if (last == NULL || ranges[i].first - 1 > last->last)
            ranges[kept++] = ranges[i];
        else if (ranges[i].last > last->last)
            last->last = ranges[i].last;
    }
    return kept;
}

/* Those that the sequence has still to come to. */
static const struct sql count_ahead = {
    "SELECT count(*) FROM id_reserved, id_sequence WHERE first_id >= next_id"};
static const struct sql list_ahead = {
    "SELECT first_id, last_id FROM id_reserved, id_sequence WHERE first_id >= next_id"};
static const struct sql remove_ahead = {
    "DELETE FROM id_reserved WHERE first_id >= (SELECT next_id FROM id_sequence)"};
/* What lies before the next id is never given anyway. */
static const struct sql reserve = {
    "INSERT INTO id_reserved (first_id, last_id) SELECT max(?1, next_id), ?2 FROM id_sequence"
    " WHERE ?2 >= next_id"};
static const struct sql begin_before = {
    "UPDATE id_sequence SET free_before = first_id FROM (SELECT min(first_id) AS first_id"
    " FROM id_reserved, id_sequence WHERE first_id >= next_id) WHERE first_id IS NOT NULL"};

static enum store_status read_ahead(struct db *db, struct id_range *ranges, size_t room)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &list_ahead, "");
    enum store_status status = row == NULL ? STORE_FAILED : STORE_OK;
    for (size_t i = 0; i < room && status == STORE_OK; i++) {
        status = db_step(db, row);
        if (status == STORE_OK)
            ranges[i] = (struct id_range){sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1)};
    }
    return status == STORE_OK ? STORE_OK : STORE_FAILED;
}

enum store_status ids_reserve(struct db *db, const struct id_range *ranges, size_t count)
{
    struct arena arena = {.blocks = NULL};
    int64_t ahead = 0;
    enum store_status status = db_value(db, &count_ahead, "", 0, &ahead);
    size_t all = count + (size_t)ahead;
    struct id_range *list = arena_array(&arena, all + 1, sizeof *list);
    for (size_t i = 0; i < count; i++)
        list[i] = ranges[i];
    if (status == STORE_OK)
        status = read_ahead(db, list + count, (size_t)ahead);
    if (status == STORE_OK && ahead > 0)
        status = db_run(db, &remove_ahead, "");
    all = join(list, all);
    for (size_t i = 0; i < all && status == STORE_OK; i++)
        status = db_run(db, &reserve, "ii", list[i].first, list[i].last);
    arena_clear(&arena);
    return status == STORE_OK ? db_run(db, &begin_before, "") : status;
}
