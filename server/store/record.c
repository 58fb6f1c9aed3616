#include "store/record.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/db.h"
#include "store/job.h"
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
        .fault = sqlite3_column_int(row, 12) != 0,
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

/* "[1,2,3]" of at least one. */
static const char *id_list(const struct record *records, size_t count, struct arena *arena)
{
    enum { ROOM = 21 /* for an id and a comma */ };
    char *list = arena_alloc(arena, count * ROOM + sizeof "]"), *at = list;
    for (size_t i = 0; i < count; i++)
        at += snprintf(at, ROOM + 1, "%c%" PRId64, i == 0 ? '[' : ',', records[i].id);
    *at = ']';
    return list;
}

static const struct sql records_of_ids = {"SELECT " RECORD_COLUMNS
                                          ", key FROM json_each(?1) JOIN record ON record.id = value"};

static enum store_status read_list(struct db *db, const struct org *org, struct record *records,
                                   size_t count, struct arena *arena)
{
    sqlite3_stmt *row CLEANUP(db_done) =
        db_query(db, &records_of_ids, "t", id_list(records, count, arena));
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status;
    while ((status = db_step(db, row)) == STORE_OK)
        records[sqlite3_column_int64(row, RECORD_COLUMN_COUNT)] = record_of_row(row, org);
    return status;
}

enum store_status records_read(struct db *db, const struct org *org, struct record *records,
                               size_t count, struct arena *arena)
{
    /* Most calls name one record: a list of one would cost them a twentieth of their time. */
    enum store_status status = count == 1 ? record_read(db, org, records[0].id, records)
                                          : read_list(db, org, records, count, arena);
    return status == STORE_FAILED ? STORE_FAILED : STORE_OK;
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

static const struct sql ties_of = {
    "SELECT layout_id, iif(?2 IS NULL, NULL, fields ->> ?2), iif(?3 IS NULL, NULL, fields ->> ?3)"
    " FROM record WHERE id = ?1"};

static const char *path_of(const struct field *field)
{
    return field != NULL ? field->path : NULL;
}

enum store_status record_ties_read(struct db *db, int64_t id, const struct field *pipeline,
                                   const struct field *stage, struct arena *arena,
                                   struct record_ties *ties)
{
    sqlite3_stmt *row CLEANUP(db_done) =
        db_query(db, &ties_of, "itt", id, path_of(pipeline), path_of(stage));
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status = db_step(db, row);
    if (status == STORE_OK)
        *ties = (struct record_ties){.layout_id = sqlite3_column_int64(row, 0),
                                     .pipeline = db_text(row, 1, arena),
                                     .stage = db_text(row, 2, arena)};
    return status;
}

/* By the number of changes. */
#define UPDATES_WHERE(condition)                                                                       \
    {                                                                                                  \
        {"UPDATE record SET modified_by = ?1, modified_time = ?2,"                                     \
         " fields = json_set(fields, ?3, json(?4)) WHERE " condition},                                 \
            {"UPDATE record SET modified_by = ?1, modified_time = ?2,"                                 \
             " fields = json_set(fields, ?3, json(?4), ?5, json(?6)) WHERE " condition},               \
            {"UPDATE record SET modified_by = ?1, modified_time = ?2,"                                 \
             " fields = json_set(fields, ?3, json(?4), ?5, json(?6), ?7, json(?8)) WHERE " condition}, \
    }

static const struct sql update_one[] = UPDATES_WHERE("id = ?9");
/* Without a query inside, SQLite finds and writes each record in one step. */
static const struct sql update_range[] = UPDATES_WHERE("id BETWEEN ?9 AND ?10");
static const struct sql update_part[] =
    UPDATES_WHERE("id IN (SELECT record_id FROM job_record WHERE job_id = ?11 AND record_id BETWEEN ?9"
                  " AND ?10) AND id NOT IN (SELECT record_id FROM job_refusal WHERE job_id = ?11"
                  " AND record_id BETWEEN ?9 AND ?10)");

/* The changes as the parameters 3 to 8; those beyond their number are null. */
struct bound_changes {
    const char *at[2 * RECORD_CHANGES_MAX];
};

static struct bound_changes bound(const struct record_change *changes, size_t count)
{
    struct bound_changes bound = {{NULL}};
    for (size_t i = 0; i < count; i++) {
        bound.at[2 * i] = changes[i].field->path;
        bound.at[2 * i + 1] = changes[i].value;
    }
    return bound;
}

enum store_status record_update(struct db *db, int64_t id, const struct record_change *changes,
                                size_t count, int64_t user_id, int64_t now)
{
    struct bound_changes b = bound(changes, count);
    return db_run(db, &update_one[count - 1], "iitttttti", user_id, now, b.at[0], b.at[1], b.at[2],
                  b.at[3], b.at[4], b.at[5], id);
}

enum store_status job_update_records(struct db *db, const struct job *job, const struct job_part *part,
                                     const struct record_change *changes, size_t count, int64_t now)
{
    struct bound_changes b = bound(changes, count);
    bool has_gaps = part->last - part->first >= (int64_t)part->count; /* else all ids are the job's */
    if (!has_gaps && !part->has_refused)
        return db_run(db, &update_range[count - 1], "iittttttii", job->user->id, now, b.at[0], b.at[1],
                      b.at[2], b.at[3], b.at[4], b.at[5], part->first, part->last);
    return db_run(db, &update_part[count - 1], "iittttttiii", job->user->id, now, b.at[0], b.at[1],
                  b.at[2], b.at[3], b.at[4], b.at[5], part->first, part->last, job->id);
}

static const struct sql same_value = {
    "SELECT id FROM record WHERE module_id IN (SELECT id FROM module WHERE id = ?1 OR part_of = ?1)"
    " AND id <> ?4"
    " AND json_extract(fields, ?2) = json_extract(?3, '$') COLLATE NOCASE LIMIT 1"};

enum store_status record_with_value(struct db *db, const struct module *module,
                                    const struct record_change *value, int64_t except, int64_t *id)
{
    sqlite3_stmt *row CLEANUP(db_done) =
        db_query(db, &same_value, "itti", module->id, value->field->path, value->value, except);
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status = db_step(db, row);
    if (status == STORE_OK)
        *id = sqlite3_column_int64(row, 0);
    return status;
}

static const struct sql share = {"SELECT 1 FROM record_share WHERE record_id = ?1 AND user_id = ?2"};

enum store_status record_shared_with(struct db *db, int64_t id, int64_t user_id)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &share, "ii", id, user_id);
    return row == NULL ? STORE_FAILED : db_step(db, row);
}
