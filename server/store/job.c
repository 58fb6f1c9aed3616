#include "store/job.h"

#include <inttypes.h>

#include "base/word.h"
#include "store/cache.h"
#include "store/db.h"
#include "store/record_row.h"

const char *const job_status_names[] = {"SCHEDULED", "RUNNING", "COMPLETED", "FAILED", NULL};

static const struct sql add = {
    "INSERT INTO job (id, module_id, view_id, user_id, status, changes, scheduled_time, waits_since,"
    " total) VALUES (?1, ?2, ?3, ?4, 'SCHEDULED', ?5, ?6, ?7, 0)"};

enum store_status job_add(struct db *db, const struct job *job, int64_t now)
{
    return db_run(db, &add, "iiiitii", job->id, job->module->id, job->view_id, job->user->id,
                  job->changes, now, job->scheduled_milliseconds);
}

static const struct sql set_total = {"UPDATE job SET total = ?2 WHERE id = ?1"};

enum store_status job_set_total(struct db *db, int64_t id, int64_t total)
{
    return db_run(db, &set_total, "ii", id, total);
}

#define JOB_COLUMNS                                                                                    \
    "id, module_id, user_id, view_id, status, changes, total, updated, failed, last_record, "          \
    "waits_since"

static enum store_status read_row(struct db *db, sqlite3_stmt *row, const struct orgs *orgs,
                                  struct arena *arena, struct job *job)
{
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status = db_step(db, row);
    if (status != STORE_OK)
        return status;
    *job = (struct job){
        .id = sqlite3_column_int64(row, 0),
        .module = orgs_module(orgs, sqlite3_column_int64(row, 1)),
        .user = orgs_user(orgs, sqlite3_column_int64(row, 2)),
        .view_id = sqlite3_column_int64(row, 3),
        .changes = db_text(row, 5, arena),
        .total = sqlite3_column_int64(row, 6),
        .updated = sqlite3_column_int64(row, 7),
        .failed = sqlite3_column_int64(row, 8),
        .last_record = sqlite3_column_int64(row, 9),
        .scheduled_milliseconds = sqlite3_column_int64(row, 10),
    };
    int status_index = word_index(job_status_names, (const char *)sqlite3_column_text(row, 4));
    job->status = status_index >= 0 ? (enum job_status)status_index : JOB_FAILED;
    return STORE_OK;
}

static const struct sql one_job = {"SELECT " JOB_COLUMNS " FROM job WHERE id = ?1"};

/* A job that has ended stays as it is, and clients go on asking for it. */
struct ended_job {
    int64_t module_id, user_id;
    struct job job; /* without what it points to */
};

static bool recall(struct cache *cache, const char *name, const struct orgs *orgs, struct arena *arena,
                   struct job *job, unsigned *age)
{
    const struct ended_job *ended = cache_find(cache, name, arena, age);
    if (ended == NULL)
        return false;
    *job = ended->job;
    job->module = orgs_module(orgs, ended->module_id);
    job->user = orgs_user(orgs, ended->user_id);
    return true;
}

static void keep(struct cache *cache, const char *name, const struct job *job, unsigned age)
{
    if ((job->status != JOB_COMPLETED && job->status != JOB_FAILED) || job->module == NULL ||
        job->user == NULL)
        return;
    struct ended_job ended = {.module_id = job->module->id, .user_id = job->user->id, .job = *job};
    ended.job.module = NULL;
    ended.job.user = NULL;
    cache_keep(cache, name, &ended, sizeof ended, age);
}

enum store_status job_read(struct db *db, const struct orgs *orgs, int64_t id, struct arena *arena,
                           struct job *job)
{
    struct cache *cache = store_cache(db->store, CACHE_ENDED_JOBS);
    const char *name = arena_printf(arena, "%" PRId64, id);
    unsigned age;
    if (recall(cache, name, orgs, arena, job, &age))
        return STORE_OK;
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &one_job, "i", id);
    enum store_status status = read_row(db, row, orgs, arena, job);
    job->changes = NULL;
    if (status == STORE_OK)
        keep(cache, name, job, age);
    return status;
}

static const struct sql next_job = {
    "SELECT " JOB_COLUMNS " FROM job WHERE status IN ('SCHEDULED', 'RUNNING') ORDER BY id LIMIT 1"};

enum store_status job_next(struct db *db, const struct orgs *orgs, struct arena *arena, struct job *job)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &next_job, "");
    return read_row(db, row, orgs, arena, job);
}

static const struct sql job_before = {
    "SELECT 1 FROM job WHERE status IN ('SCHEDULED', 'RUNNING') AND id < ?1 LIMIT 1"};

enum store_status job_is_behind(struct db *db, int64_t id)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &job_before, "i", id);
    return row != NULL ? db_step(db, row) : STORE_FAILED;
}

static const struct sql unfinished = {
    "SELECT 1 FROM job WHERE view_id = ?1 AND status IN ('SCHEDULED', 'RUNNING')"};

enum store_status job_unfinished_of_view(struct db *db, int64_t view_id)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &unfinished, "i", view_id);
    return row == NULL ? STORE_FAILED : db_step(db, row);
}

static const struct sql next_records = {
    "SELECT " RECORD_COLUMNS ", job_record.record_id FROM job_record LEFT JOIN record"
    " ON record.id = job_record.record_id WHERE job_id = ?1 AND record_id > ?2"
    " ORDER BY record_id LIMIT ?3"};

enum store_status job_records(struct db *db, const struct org *org, const struct job *job, size_t limit,
                              struct record *records, size_t *count)
{
    *count = 0;
    sqlite3_stmt *row CLEANUP(db_done) =
        db_query(db, &next_records, "iii", job->id, job->last_record, (int64_t)limit);
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status = STORE_NOT_FOUND;
    while (*count < limit && (status = db_step(db, row)) == STORE_OK) {
        struct record *record = &records[(*count)++];
        *record = record_of_row(row, org);
        record->id = sqlite3_column_int64(row, RECORD_COLUMN_COUNT);
    }
    return status == STORE_FAILED ? STORE_FAILED : STORE_OK;
}

static const struct sql write_job = {
    "UPDATE job SET status = ?2, updated = ?3, failed = ?4, last_record = ?5, reason = ?6"
    " WHERE id = ?1"};

enum store_status job_write(struct db *db, const struct job *job, const char *reason)
{
    return db_run(db, &write_job, "itiiit", job->id, job_status_names[job->status], job->updated,
                  job->failed, job->last_record, reason);
}
