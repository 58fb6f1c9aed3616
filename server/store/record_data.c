#include "store/record_data.h"

#include "store/record_row.h"

static const struct sql whole_record = {
    "SELECT " RECORD_COLUMNS ", modified_by, modified_time, fields, approval, image_review,"
    " busy_with IS 'duplicate_merge', layout_id FROM record WHERE id = ?1"};

enum { FIRST = RECORD_COLUMN_COUNT };

enum store_status record_data_read(struct db *db, const struct org *org, int64_t id,
                                   struct arena *arena, struct record_data *data)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &whole_record, "i", id);
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status = db_step(db, row);
    if (status != STORE_OK)
        return status;
    *data = (struct record_data){
        .state = record_of_row(row, org),
        .modified_by = sqlite3_column_int64(row, FIRST),
        .modified_time = sqlite3_column_int64(row, FIRST + 1),
        .fields = db_text(row, FIRST + 2, arena),
        .approval = db_text(row, FIRST + 3, arena),
        .image_review = db_text(row, FIRST + 4, arena),
        .in_merge = sqlite3_column_int(row, FIRST + 5) != 0,
    };
    if (data->state.module != NULL)
        data->layout = module_layout_or_first(data->state.module, sqlite3_column_int64(row, FIRST + 6));
    return status;
}

static int64_t layout_id(const struct record_values *values)
{
    return values->layout != NULL ? values->layout->id : 0;
}

static const struct sql insert = {
    "INSERT INTO record (id, module_id, owner_id, created_by, modified_by, created_time,"
    " modified_time, fields, layout_id, blueprint_id)"
    " VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?5, ?6, ?7, ?8)"};

enum store_status record_insert(struct db *db, int64_t id, const struct module *module,
                                const struct record_values *values, int64_t user_id, int64_t now)
{
    return db_run(db, &insert, "iiiiitII", id, module->id, values->owner_id, user_id, now,
                  values->fields, layout_id(values), values->blueprint_id);
}

static const struct sql replace = {
    "UPDATE record SET fields = ?2, owner_id = ?3, modified_by = ?4, modified_time = ?5,"
    " layout_id = ?6, blueprint_id = ?7"
    " WHERE id = ?1"};

enum store_status record_replace(struct db *db, int64_t id, const struct record_values *values,
                                 int64_t user_id, int64_t now)
{
    return db_run(db, &replace, "itiiiII", id, values->fields, values->owner_id, user_id, now,
                  layout_id(values), values->blueprint_id);
}

static const struct sql delete_record = {"DELETE FROM record WHERE id = ?1"};

enum store_status record_delete(struct db *db, int64_t id)
{
    return db_run(db, &delete_record, "i", id);
}
