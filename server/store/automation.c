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
