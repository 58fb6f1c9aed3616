#include <inttypes.h>
#include <string.h>

#include "crm/apply.h"
#include "crm/criteria.h"
#include "store/job.h"
#include "store/sequence.h"

static enum error refuse(struct fault *fault, enum error error, int64_t limit, const char *hint)
{
    *fault = (struct fault){.limit = limit, .hint = hint};
    return error;
}

/* What the job is to do, as it is kept in the store. */
static const char *changes_text(const struct mass_update *update, struct arena *arena)
{
    cJSON *changes CLEANUP(json_delete) = cJSON_CreateObject();
    cJSON_AddBoolToObject(changes, "over_write", update->over_write);
    cJSON *fields = cJSON_AddObjectToObject(changes, "fields");
    for (size_t i = 0; i < update->change_count; i++)
        cJSON_AddRawToObject(fields, update->changes[i].field->api_name, update->changes[i].value);
    return json_print(arena, changes);
}

/* In the caller's transaction, which must be rolled back unless this returns ERR_NONE. */
static enum error add_job(const struct crm *crm, struct db *db, const struct mass_update *update,
                          const struct selection *selection, struct arena *arena, int64_t *job_id,
                          struct fault *fault)
{
    enum store_status busy = job_unfinished_of_view(db, update->view->id);
    if (busy == STORE_OK)
        return refuse(fault, ERR_ALREADY_SCHEDULED, 0, "a job of that view has not ended yet");
    if (busy == STORE_FAILED || id_take(db, job_id) != STORE_OK)
        return ERR_INTERNAL;
    const struct job job = {.id = *job_id,
                            .module = update->module,
                            .user = update->user,
                            .view_id = update->view->id,
                            .changes = changes_text(update, arena)};
    int64_t count;
    if (job_add(db, &job, clock_now(crm->clock)) != STORE_OK ||
        selection_fix(db, selection, job.id, MASS_UPDATE_RECORDS_MAX, &count) != STORE_OK)
        return ERR_INTERNAL;
    if (count == 0)
        return refuse(fault, ERR_NO_RECORDS, 0, "view, territory and criteria select no record");
    if (count > MASS_UPDATE_RECORDS_MAX)
        return refuse(fault, ERR_TOO_MANY_RECORDS, MASS_UPDATE_RECORDS_MAX,
                      "the view selects more records than a job may have");
    return job_set_total(db, job.id, count) == STORE_OK ? ERR_NONE : ERR_INTERNAL;
}

enum error mass_update_schedule(const struct crm *crm, struct db *db, const struct mass_update *update,
                                struct arena *arena, int64_t *job_id, struct fault *fault)
{
    struct selection selection = update->selection;
    cJSON *tree CLEANUP(json_delete) = NULL;
    if (criteria_of_view(update->view, arena, &tree, &selection.view) != ERR_NONE)
        return ERR_INTERNAL;
    if (store_begin(db, STORE_REQUEST) != STORE_OK)
        return ERR_INTERNAL;
    enum error error = add_job(crm, db, update, &selection, arena, job_id, fault);
    if (error != ERR_NONE) {
        store_rollback(db);
        return error;
    }
    if (store_commit(db) != STORE_OK)
        return ERR_INTERNAL;
    log_event(crm->log, LOG_INFO, "job scheduled job=%" PRId64 " view=%" PRId64, *job_id,
              update->view->id);
    worker_wake(crm->worker);
    return ERR_NONE;
}

/* One batch of a job, in one transaction. */
struct batch {
    const struct crm *crm;
    struct arena *arena;
    struct job job;
    struct record_change changes[RECORD_CHANGES_MAX];
    struct application application;
};

static void read_changes(struct batch *batch)
{
    const char *text = batch->job.changes;
    cJSON *changes CLEANUP(json_delete) = json_parse(text, strlen(text), NULL);
    batch->application.over_write = cJSON_IsTrue(json_member(changes, "over_write"));
    size_t count = 0;
    cJSON *value = NULL;
    const cJSON *fields = json_member(changes, "fields");
    for (value = fields != NULL ? fields->child : NULL; value != NULL && count < RECORD_CHANGES_MAX;
         value = value->next)
        batch->changes[count++] = (struct record_change){
            .field = module_field(batch->job.module, value->string),
            .value = json_print(batch->arena, value),
        };
    batch->application.check.changes = batch->changes;
    batch->application.check.change_count = count;
}

/* Counts what came of a record, and moves the job's place behind it. */
static void count_outcome(struct job *job, const struct outcome *outcome)
{
    job->updated += outcome->error == ERR_NONE;
    job->failed += outcome->error != ERR_NONE; /* D7 */
    job->last_record = outcome->record.id;
}

static enum store_status change_each(struct batch *batch, const struct record *records, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct outcome outcome = {.record = records[i]};
        if (apply_to_record(&batch->application, &outcome) != STORE_OK)
            return STORE_FAILED;
        count_outcome(&batch->job, &outcome);
    }
    return STORE_OK;
}

/* Records that get the same values: checked one by one, written by one statement. */
static enum store_status change_together(struct batch *batch, const struct record *records,
                                         size_t count)
{
    const struct application *application = &batch->application;
    struct job after = batch->job;
    cJSON *refused CLEANUP(json_delete) = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++) {
        struct outcome outcome = {.record = records[i]};
        if (record_rules_check(&application->check, &outcome) != STORE_OK)
            return STORE_FAILED;
        count_outcome(&after, &outcome);
        if (outcome.error != ERR_NONE)
            cJSON_AddItemToArray(
                refused, cJSON_CreateRaw(arena_printf(batch->arena, "%" PRId64, records[i].id)));
    }
    enum store_status status = job_update_records(
        application->check.db, &batch->job, after.last_record, json_print(batch->arena, refused),
        application->check.changes, application->check.change_count, application->now);
    batch->job = after;
    return status;
}

static enum store_status change_records(struct batch *batch)
{
    struct record *records = arena_array(batch->arena, JOB_BATCH, sizeof *records);
    size_t count;
    if (job_records(batch->application.check.db, batch->job.module->org, &batch->job, JOB_BATCH,
                    records, &count) != STORE_OK)
        return STORE_FAILED;
    if (!is_one_by_one(&batch->application))
        return change_together(batch, records, count);
    return application_begin(&batch->application) == STORE_OK ? change_each(batch, records, count)
                                                              : STORE_FAILED;
}

/* Takes a batch in the caller's transaction; STORE_NOT_FOUND when no job waits. */
static enum store_status take_batch(struct batch *batch, struct db *db)
{
    const struct crm *crm = batch->crm;
    struct job *job = &batch->job;
    enum store_status status = job_next(db, crm->orgs, batch->arena, job);
    if (status != STORE_OK)
        return status;
    batch->application = (struct application){
        .check = {.db = db, .user = job->user, .module = job->module},
        .now = clock_now(crm->clock),
        .arena = batch->arena,
    };
    read_changes(batch);
    if (change_records(batch) != STORE_OK)
        return STORE_FAILED;
    job->status = JOB_RUNNING;
    if (job->updated + job->failed == job->total)
        job->status = job->updated > 0 ? JOB_COMPLETED : JOB_FAILED; /* D7 */
    return job_write(db, job, NULL);
}

static enum worker_progress run_batch(struct batch *batch, struct db *db)
{
    /* A look without the write lock first: an idle worker must not hold up a request. */
    enum store_status status = job_next(db, batch->crm->orgs, batch->arena, &batch->job);
    if (status != STORE_OK)
        return status == STORE_NOT_FOUND ? WORKER_IDLE : WORKER_FAILED;
    if (store_begin(db, STORE_BACKGROUND) != STORE_OK)
        return WORKER_FAILED;
    status = take_batch(batch, db);
    if (status != STORE_OK) {
        store_rollback(db);
        return status == STORE_NOT_FOUND ? WORKER_IDLE : WORKER_FAILED;
    }
    if (store_commit(db) != STORE_OK)
        return WORKER_FAILED;
    const struct job *job = &batch->job;
    if (job->status != JOB_RUNNING)
        log_event(batch->crm->log, LOG_INFO,
                  "job ended job=%" PRId64 " status=%s updated=%" PRId64 " failed=%" PRId64, job->id,
                  job_status_names[job->status], job->updated, job->failed);
    return WORKER_MORE;
}

enum worker_progress mass_update_job_step(void *context)
{
    const struct crm *crm = context;
    struct db *db = store_acquire(crm->store);
    if (db == NULL)
        return WORKER_FAILED;
    struct arena arena = {NULL};
    struct batch batch = {.crm = crm, .arena = &arena};
    enum worker_progress progress = run_batch(&batch, db);
    store_release(db);
    arena_clear(&arena);
    return progress;
}
