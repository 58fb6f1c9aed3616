#include "store/delivery.h"

#include "base/word.h"
#include "store/db.h"

const char *const delivery_status_names[] = {"WAITING", "DELIVERED", "GIVEN_UP", NULL};

static const struct sql add = {
    "INSERT INTO webhook_delivery (rule_id, module_id, record_id, url, body, status, created, due)"
    " VALUES (?1, ?2, ?3, ?4, ?5, 'WAITING', ?6, ?6)"};

enum store_status delivery_add(struct db *db, int64_t rule_id, const struct record *record,
                               const char *url, const char *body, int64_t now)
{
    return db_run(db, &add, "iiitti", rule_id, record->module->id, record->id, url, body, now);
}

#define COLUMNS                                                                                        \
    "id, record_id, (SELECT name FROM automation_rule WHERE id = rule_id),"                            \
    " (SELECT api_name FROM module WHERE id = module_id), url, body, status, tries, created, due,"     \
    " http_status, reason"

static struct delivery delivery_of_row(sqlite3_stmt *row, struct arena *arena)
{
    const char *status = (const char *)sqlite3_column_text(row, 6);
    return (struct delivery){
        .id = sqlite3_column_int64(row, 0),
        .record_id = sqlite3_column_int64(row, 1),
        .rule = db_text(row, 2, arena),
        .module = db_text(row, 3, arena),
        .url = db_text(row, 4, arena),
        .body = db_text(row, 5, arena),
        .status = (enum delivery_status)word_index(delivery_status_names, status),
        .tries = sqlite3_column_int64(row, 7),
        .created = sqlite3_column_int64(row, 8),
        .due = sqlite3_column_int64(row, 9),
        .http_status = sqlite3_column_int64(row, 10),
        .reason = db_text(row, 11, arena),
    };
}

static enum store_status first_of(struct db *db, sqlite3_stmt *row, struct arena *arena,
                                  struct delivery *delivery)
{
    enum store_status status = row != NULL ? db_step(db, row) : STORE_FAILED;
    if (status == STORE_OK)
        *delivery = delivery_of_row(row, arena);
    return status;
}

static const struct sql next = {"SELECT " COLUMNS " FROM webhook_delivery"
                                " WHERE status = 'WAITING' AND url = ?1 ORDER BY due, id LIMIT 1"};

enum store_status delivery_next(struct db *db, const char *url, struct arena *arena,
                                struct delivery *delivery)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &next, "t", url);
    return first_of(db, row, arena, delivery);
}

/* A store that began again may have given the id to another. */
static const struct sql write_try = {
    "UPDATE webhook_delivery SET status = ?2, tries = ?3, due = ?4, http_status = ?5, reason = ?6"
    " WHERE id = ?1 AND tries = ?3 - 1 AND created = ?7"};

enum store_status delivery_write(struct db *db, const struct delivery *delivery)
{
    return db_run(db, &write_try, "itiiIti", delivery->id, delivery_status_names[delivery->status],
                  delivery->tries, delivery->due, delivery->http_status, delivery->reason,
                  delivery->created);
}

static const struct sql shorten = {
    "UPDATE webhook_delivery SET due = due - ?1 WHERE status = 'WAITING'"};

enum store_status deliveries_shorten(struct db *db, int64_t milliseconds)
{
    return db_run(db, &shorten, "i", milliseconds);
}

static const struct sql listed = {"SELECT " COLUMNS " FROM webhook_delivery"
                                  " WHERE id > ?1 ORDER BY id LIMIT ?2"};

enum store_status deliveries_list(struct db *db, int64_t after, size_t limit, struct arena *arena,
                                  struct delivery_list *list)
{
    *list = (struct delivery_list){.deliveries = arena_array(arena, limit, sizeof *list->deliveries)};
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &listed, "ii", after, (int64_t)limit);
    enum store_status status = row == NULL ? STORE_FAILED : STORE_NOT_FOUND;
    while (list->count < limit && row != NULL && (status = db_step(db, row)) == STORE_OK)
        list->deliveries[list->count++] = delivery_of_row(row, arena);
    return status == STORE_FAILED ? STORE_FAILED : STORE_OK;
}

static const struct sql one = {"SELECT " COLUMNS " FROM webhook_delivery WHERE id = ?1"};

enum store_status delivery_read(struct db *db, int64_t id, struct arena *arena,
                                struct delivery *delivery)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &one, "i", id);
    return first_of(db, row, arena, delivery);
}

/* From the newest on, down to the first. */
static const struct sql newest = {
    "SELECT id FROM webhook_delivery WHERE created < ?1 ORDER BY id DESC LIMIT 1"};

enum store_status delivery_newest(struct db *db, int64_t before, int64_t *id)
{
    *id = 0;
    enum store_status status = db_value(db, &newest, "i", before, id);
    return status == STORE_NOT_FOUND ? STORE_OK : status;
}

static const struct sql all_waiting = {
    "SELECT id, tries FROM webhook_delivery INDEXED BY delivery_waiting WHERE status = 'WAITING'"
    " ORDER BY id"};

enum store_status deliveries_waiting(struct db *db, struct arena *arena, struct delivery_list *list)
{
    *list = (struct delivery_list){.count = 0};
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &all_waiting, "");
    enum store_status status = STORE_FAILED;
    size_t room = 0;
    while (row != NULL && (status = db_step(db, row)) == STORE_OK) {
        list->deliveries =
            arena_grown(arena, list->deliveries, list->count, &room, sizeof *list->deliveries);
        list->deliveries[list->count++] = (struct delivery){.id = sqlite3_column_int64(row, 0),
                                                            .status = DELIVERY_WAITING,
                                                            .tries = sqlite3_column_int64(row, 1)};
    }
    return status == STORE_NOT_FOUND ? STORE_OK : STORE_FAILED;
}

static const struct sql waiting = {"SELECT 1 FROM webhook_delivery WHERE status = 'WAITING' LIMIT 1"};

enum store_status deliveries_wait(struct db *db)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &waiting, "");
    return row == NULL ? STORE_FAILED : db_step(db, row);
}

static const struct sql drop = {"DELETE FROM webhook_delivery"};

enum store_status deliveries_drop(struct db *db)
{
    return db_run(db, &drop, "");
}
