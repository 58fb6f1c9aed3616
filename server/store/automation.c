#include "store/automation.h"

#include "store/db.h"

static const struct sql add_firing = {
    "INSERT INTO automation_firing (rule_id, record_id, user_id, fired_time) VALUES (?1, ?2, ?3, ?4)"};

enum store_status firing_add(struct db *db, int64_t rule_id, int64_t record_id, int64_t user_id,
                             int64_t now)
{
    return db_run(db, &add_firing, "iiii", rule_id, record_id, user_id, now);
}

static const struct sql await_approval = {"UPDATE record SET approval = 'waiting' WHERE id = ?1"};

enum store_status record_await_approval(struct db *db, int64_t id)
{
    return db_run(db, &await_approval, "i", id);
}

static const struct sql enter_blueprint = {"UPDATE record SET blueprint_id = ?2 WHERE id = ?1"};

enum store_status record_enter_blueprint(struct db *db, int64_t id, int64_t blueprint_id)
{
    return db_run(db, &enter_blueprint, "ii", id, blueprint_id);
}

const char *const delivery_status_names[] = {"WAITING", "DELIVERED", "GIVEN_UP", NULL};

static const struct sql add_delivery = {
    "INSERT INTO webhook_delivery (rule_id, record_id, url, body, status, due)"
    " VALUES (?1, ?2, ?3, ?4, 'WAITING', ?5)"};

enum store_status delivery_add(struct db *db, int64_t rule_id, int64_t record_id, const char *url,
                               const char *body, int64_t due)
{
    return db_run(db, &add_delivery, "iitti", rule_id, record_id, url, body, due);
}

static const struct sql next_delivery = {
    "SELECT id, url, body, tries, due FROM webhook_delivery"
    " WHERE status = 'WAITING' AND url = ?1 ORDER BY due, id LIMIT 1"};

enum store_status delivery_next(struct db *db, const char *url, struct arena *arena,
                                struct delivery *delivery)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &next_delivery, "t", url);
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status = db_step(db, row);
    if (status == STORE_OK)
        *delivery = (struct delivery){
            .id = sqlite3_column_int64(row, 0),
            .url = db_text(row, 1, arena),
            .body = db_text(row, 2, arena),
            .tries = sqlite3_column_int64(row, 3),
            .due = sqlite3_column_int64(row, 4),
        };
    return status;
}

static const struct sql write_delivery = {
    "UPDATE webhook_delivery SET status = ?2, tries = ?3, due = ?4, http_status = ?5, reason = ?6"
    " WHERE id = ?1"};

enum store_status delivery_write(struct db *db, const struct delivery *delivery)
{
    return db_run(db, &write_delivery, "itiiIt", delivery->id, delivery_status_names[delivery->status],
                  delivery->tries, delivery->due, delivery->http_status, delivery->reason);
}

static const struct sql shorten = {
    "UPDATE webhook_delivery SET due = due - ?1 WHERE status = 'WAITING'"};

enum store_status deliveries_shorten(struct db *db, int64_t milliseconds)
{
    return db_run(db, &shorten, "i", milliseconds);
}
