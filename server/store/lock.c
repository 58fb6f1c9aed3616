#include "store/lock.h"

#include "store/db.h"

static const struct sql of_record = {
    "SELECT record_lock.id, locked_by, locked_time, reason FROM record"
    " JOIN record_lock ON record_lock.id = lock_id WHERE record.id = ?1"};

enum store_status lock_of_record(struct db *db, int64_t record_id, struct arena *arena,
                                 struct record_lock *lock)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &of_record, "i", record_id);
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status = db_step(db, row);
    if (status == STORE_OK)
        *lock = (struct record_lock){.id = sqlite3_column_int64(row, 0),
                                     .locked_by = sqlite3_column_int64(row, 1),
                                     .locked_time = sqlite3_column_int64(row, 2),
                                     .reason = db_text(row, 3, arena)};
    return status;
}

static const struct sql add = {
    "INSERT INTO record_lock (id, locked_by, locked_time, reason) VALUES (?1, ?2, ?3, ?4)"};
static const struct sql set_lock = {"UPDATE record SET lock_id = ?2 WHERE id = ?1"};

enum store_status lock_set(struct db *db, int64_t record_id, const struct record_lock *lock)
{
    enum store_status status =
        db_run(db, &add, "iIit", lock->id, lock->locked_by, lock->locked_time, lock->reason);
    return status == STORE_OK ? db_run(db, &set_lock, "iI", record_id, lock->id) : status;
}

static const struct sql set_reason = {"UPDATE record_lock SET reason = ?2 WHERE id = ?1"};

enum store_status lock_set_reason(struct db *db, int64_t lock_id, const char *reason)
{
    return db_run(db, &set_reason, "it", lock_id, reason);
}

static const struct sql remove_lock = {"DELETE FROM record_lock WHERE id = ?1"};

enum store_status lock_remove(struct db *db, int64_t record_id, int64_t lock_id)
{
    enum store_status status = db_run(db, &set_lock, "iI", record_id, INT64_C(0));
    return status == STORE_OK ? db_run(db, &remove_lock, "i", lock_id) : status;
}
