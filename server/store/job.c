#include "store/job.h"

#include <inttypes.h>
#include <string.h>

#include "base/word.h"
#include "store/cache.h"
#include "store/db.h"
#include "store/record_row.h"

const char *const job_status_names[] = {"SCHEDULED", "RUNNING", "SUSPENDED",
                                        "COMPLETED", "FAILED",  NULL};

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

/* With the texts of a job, or without them. */
#define JOB_COLUMNS(texts)                                                                             \
    "id, module_id, user_id, view_id, status, total, updated, failed, last_record, waits_since,"       \
    " scheduled_time, started_time, ended_time, released, polls, " texts
#define TEXTS "changes, reason"
#define NO_TEXTS "NULL, NULL"

#define UNFINISHED "status IN ('SCHEDULED', 'RUNNING', 'SUSPENDED')"

static int64_t time_of(sqlite3_stmt *row, int column)
{
    bool is_null = sqlite3_column_type(row, column) == SQLITE_NULL;
    return is_null ? JOB_NEVER : sqlite3_column_int64(row, column);
}

static struct job job_of_row(sqlite3_stmt *row, const struct orgs *orgs, struct arena *arena)
{
    int status = word_index(job_status_names, (const char *)sqlite3_column_text(row, 4));
    return (struct job){
        .id = sqlite3_column_int64(row, 0),
        .module = orgs_module(orgs, sqlite3_column_int64(row, 1)),
        .user = orgs_user(orgs, sqlite3_column_int64(row, 2)),
        .view_id = sqlite3_column_int64(row, 3),
        .status = status >= 0 ? (enum job_status)status : JOB_FAILED,
        .total = sqlite3_column_int64(row, 5),
        .updated = sqlite3_column_int64(row, 6),
        .failed = sqlite3_column_int64(row, 7),
        .last_record = sqlite3_column_int64(row, 8),
        .scheduled_milliseconds = sqlite3_column_int64(row, 9),
        .created = sqlite3_column_int64(row, 10),
        .started = time_of(row, 11),
        .ended = time_of(row, 12),
        .released = sqlite3_column_int(row, 13) != 0,
        .polls = sqlite3_column_int64(row, 14),
        .changes = db_text(row, 15, arena),
        .reason = db_text(row, 16, arena),
    };
}

static enum store_status read_one(struct db *db, const struct sql *sql, const struct orgs *orgs,
                                  int64_t id, struct arena *arena, struct job *job)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, sql, "i", id);
    enum store_status status = row == NULL ? STORE_FAILED : db_step(db, row);
    if (status == STORE_OK)
        *job = job_of_row(row, orgs, arena);
    return status;
}

static const struct sql one_job = {"SELECT " JOB_COLUMNS(NO_TEXTS) " FROM job WHERE id = ?1"};

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
    if (!job_has_ended(job) || job->module == NULL || job->user == NULL)
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
    enum store_status status = read_one(db, &one_job, orgs, id, arena, job);
    if (status == STORE_OK)
        keep(cache, name, job, age);
    return status;
}

static const struct sql whole_job = {"SELECT " JOB_COLUMNS(TEXTS) " FROM job WHERE id = ?1"};

enum store_status job_read_whole(struct db *db, const struct orgs *orgs, int64_t id,
                                 struct arena *arena, struct job *job)
{
    return read_one(db, &whole_job, orgs, id, arena, job);
}

/* Reads all rows of a query into a list. */
static enum store_status read_list(struct db *db, sqlite3_stmt *row, const struct orgs *orgs,
                                   struct arena *arena, struct job_list *list)
{
    *list = (struct job_list){.count = 0};
    size_t room = 0;
    enum store_status status = STORE_FAILED;
    while (row != NULL && (status = db_step(db, row)) == STORE_OK) {
        list->jobs = arena_grown(arena, list->jobs, list->count, &room, sizeof *list->jobs);
        list->jobs[list->count++] = job_of_row(row, orgs, arena);
    }
    return status == STORE_NOT_FOUND ? STORE_OK : STORE_FAILED;
}

static const struct sql unfinished_jobs = {"SELECT " JOB_COLUMNS(NO_TEXTS) " FROM job WHERE " UNFINISHED
                                                                           " ORDER BY id"};

enum store_status jobs_unfinished(struct db *db, const struct orgs *orgs, struct arena *arena,
                                  struct job_list *list)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &unfinished_jobs, "");
    return read_list(db, row, orgs, arena, list);
}

static const struct sql listed_jobs = {
    "SELECT " JOB_COLUMNS(TEXTS) " FROM job WHERE id > ?1 AND (?2 IS NULL OR status = ?2)"
                                 " AND (?3 IS NULL OR view_id = ?3) AND (?4 IS NULL OR module_id = ?4)"
                                 " AND (?5 IS NULL OR " UNFINISHED ") ORDER BY id LIMIT ?6"};

enum store_status jobs_list(struct db *db, const struct orgs *orgs, const struct job_filter *filter,
                            int64_t after, size_t limit, struct arena *arena, struct job_list *list)
{
    int64_t module_id = filter->module != NULL ? filter->module->id : 0;
    sqlite3_stmt *row CLEANUP(db_done) =
        db_query(db, &listed_jobs, "itIIIi", after, filter->status, filter->view_id, module_id,
                 (int64_t)filter->unfinished, (int64_t)limit);
    return read_list(db, row, orgs, arena, list);
}

/* From the newest on, down to the first. */
static const struct sql newest_job = {
    "SELECT id FROM job WHERE waits_since < ?1 ORDER BY id DESC LIMIT 1"};

enum store_status job_newest(struct db *db, int64_t before, int64_t *id)
{
    *id = 0;
    enum store_status status = db_value(db, &newest_job, "i", before, id);
    return status == STORE_NOT_FOUND ? STORE_OK : status;
}

static const struct sql job_before = {
    "SELECT 1 FROM job JOIN module ON module.id = module_id WHERE " UNFINISHED
    " AND status <> 'SUSPENDED' AND job.id < ?1 AND org_id = ?2 AND released >= ?3 LIMIT 1"};

enum store_status job_is_behind(struct db *db, const struct job *job, bool released)
{
    sqlite3_stmt *row CLEANUP(db_done) =
        db_query(db, &job_before, "iii", job->id, job->module->org->id, (int64_t)released);
    return row != NULL ? db_step(db, row) : STORE_FAILED;
}

static const struct sql unfinished_of_view = {"SELECT 1 FROM job WHERE view_id = ?1 AND " UNFINISHED};

enum store_status job_unfinished_of_view(struct db *db, int64_t view_id)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &unfinished_of_view, "i", view_id);
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

/* What has not been yet, JOB_NEVER, is null there. */
static const struct sql write_job = {
    "UPDATE job SET status = ?2, updated = ?3, failed = ?4, last_record = ?5, reason = ?6,"
    " started_time = nullif(?7, 9223372036854775807), ended_time = nullif(?8, 9223372036854775807),"
    " released = ?9, polls = ?10 WHERE id = ?1"};

enum store_status job_write(struct db *db, const struct job *job)
{
    return db_run(db, &write_job, "itiiitiiii", job->id, job_status_names[job->status], job->updated,
                  job->failed, job->last_record, job->reason, job->started, job->ended,
                  (int64_t)job->released, job->polls);
}

static const struct sql release_all = {
    "UPDATE job SET released = 1 WHERE status IN ('SCHEDULED', 'RUNNING')"};

enum store_status jobs_release(struct db *db)
{
    return db_run(db, &release_all, "");
}

/* One that is suspended may be released before its delay is over. */
static const struct sql shorten_delays = {
    "UPDATE job SET waits_since = waits_since - ?1 WHERE " UNFINISHED " AND started_time IS NULL"};

enum store_status job_shorten_delays(struct db *db, int64_t milliseconds)
{
    return db_run(db, &shorten_delays, "i", milliseconds);
}

static const struct sql add_refusal = {
    "INSERT OR REPLACE INTO job_refusal (job_id, record_id, rule) VALUES (?1, ?2, ?3)"};

enum store_status job_refuse(struct db *db, int64_t job_id, const struct job_refusal *refusal)
{
    return db_run(db, &add_refusal, "iit", job_id, refusal->record_id, refusal->rule);
}

static const struct sql refusals = {"SELECT record_id, rule FROM job_refusal WHERE job_id = ?1"
                                    " AND record_id > ?2 ORDER BY record_id LIMIT ?3"};

enum store_status job_refusals(struct db *db, int64_t job_id, int64_t after, size_t limit,
                               struct arena *arena, struct job_refusal **list, size_t *count)
{
    *list = arena_array(arena, limit, sizeof **list);
    *count = 0;
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &refusals, "iii", job_id, after, (int64_t)limit);
    enum store_status status = row == NULL ? STORE_FAILED : STORE_NOT_FOUND;
    while (*count < limit && row != NULL && (status = db_step(db, row)) == STORE_OK)
        (*list)[(*count)++] = (struct job_refusal){.record_id = sqlite3_column_int64(row, 0),
                                                   .rule = db_text(row, 1, arena)};
    return status == STORE_FAILED ? STORE_FAILED : STORE_OK;
}
