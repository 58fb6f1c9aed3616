#include "store/record.h"

#include "store/db.h"
#include "store/record_row.h"

struct record record_of_row(sqlite3_stmt *row, const struct org *org)
{
    return (struct record){
        .id = sqlite3_column_int64(row, 0),
        .module = org_module_of_id(org, sqlite3_column_int64(row, 1)),
        .owner_id = sqlite3_column_int64(row, 2),
        .created_by = sqlite3_column_int64(row, 3),
        .created_time = sqlite3_column_int64(row, 4),
        .blueprint_id = sqlite3_column_int64(row, 5),
        .converted = sqlite3_column_int(row, 6) != 0,
        .locked = sqlite3_column_int(row, 7) != 0,
        .stop_processing = sqlite3_column_int(row, 8) != 0,
        .busy = sqlite3_column_int(row, 9) != 0,
        .in_image_review = sqlite3_column_int(row, 10) != 0,
        .awaits_approval = sqlite3_column_int(row, 11) != 0,
    };
}

static const struct sql one_record = {"SELECT " RECORD_COLUMNS " FROM record WHERE id = ?1"};

enum store_status record_read(struct db *db, const struct org *org, int64_t id, struct record *record)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &one_record, "i", id);
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status = db_step(db, row);
    if (status == STORE_OK)
        *record = record_of_row(row, org);
    return status;
}

static const struct sql one_value = {"SELECT fields -> ?2 FROM record WHERE id = ?1"};

enum store_status record_value(struct db *db, int64_t id, const struct field *field,
                               struct arena *arena, const char **value)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &one_value, "it", id, field->path);
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status = db_step(db, row);
    if (status != STORE_OK)
        return status;
    *value = db_text(row, 0, arena);
    if (*value == NULL)
        *value = "null";
    return STORE_OK;
}

/* By the number of changes. */
static const struct sql updates[] = {
    {"UPDATE record SET modified_by = ?2, modified_time = ?3,"
     " fields = json_set(fields, ?4, json(?5)) WHERE id = ?1"},
    {"UPDATE record SET modified_by = ?2, modified_time = ?3,"
     " fields = json_set(fields, ?4, json(?5), ?6, json(?7)) WHERE id = ?1"},
    {"UPDATE record SET modified_by = ?2, modified_time = ?3,"
     " fields = json_set(fields, ?4, json(?5), ?6, json(?7), ?8, json(?9)) WHERE id = ?1"},
};

enum store_status record_update(struct db *db, int64_t id, const struct record_change *changes,
                                size_t count, int64_t user_id, int64_t now)
{
    const char *bound[2 * RECORD_CHANGES_MAX] = {NULL};
    for (size_t i = 0; i < count; i++) {
        bound[2 * i] = changes[i].field->path;
        bound[2 * i + 1] = changes[i].value;
    }
    static const char *const types[] = {"iiitt", "iiitttt", "iiitttttt"};
    return db_run(db, &updates[count - 1], types[count - 1], id, user_id, now, bound[0], bound[1],
                  bound[2], bound[3], bound[4], bound[5]);
}

static const struct sql share = {"SELECT 1 FROM record_share WHERE record_id = ?1 AND user_id = ?2"};

enum store_status record_shared_with(struct db *db, int64_t id, int64_t user_id)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &share, "ii", id, user_id);
    return row == NULL ? STORE_FAILED : db_step(db, row);
}
