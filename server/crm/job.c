#include "crm/job.h"

#include <inttypes.h>
#include <string.h>

#include "base/word.h"
#include "crm/apply.h"
#include "store/job.h"

/* One batch of a job, in one transaction. */
struct batch {
    const struct crm *crm;
    struct arena *arena;
    size_t limit, count; /* records that it may have, and has */
    struct job job;
    size_t fault_count; /* records for which fixtures injected a fault, and the first one */
    struct record faulty;
    struct record_change changes[RECORD_CHANGES_MAX];
    struct application application;
};

static unsigned kinds_of(const cJSON *trigger)
{
    unsigned kinds = 0;
    const cJSON *word;
    cJSON_ArrayForEach (word, trigger) {
        int kind = word_index(automation_kind_names, word->valuestring);
        kinds |= kind >= 0 ? AUTOMATION_BIT(kind) : 0;
    }
    return kinds;
}

/* False when they are none: the store has been changed by somebody else. */
static bool read_changes(struct batch *batch)
{
    const char *text = batch->job.changes;
    cJSON *changes CLEANUP(json_delete) = json_parse(text, strlen(text), NULL);
    batch->application.over_write = cJSON_IsTrue(json_member(changes, "over_write"));
    batch->application.automation =
        batch->job.total <= AUTOMATION_RECORDS_MAX ? kinds_of(json_member(changes, "trigger")) : 0;
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
    bool is_whole = count > 0 && value == NULL;
    for (size_t i = 0; i < count; i++)
        is_whole = is_whole && batch->changes[i].field != NULL;
    return is_whole;
}

/* Counts what came of a record, and moves the job's place behind it. */
static void count_outcome(struct job *job, const struct outcome *outcome)
{
    job->updated += outcome->error == ERR_NONE;
    job->failed += outcome->error != ERR_NONE; /* D7 */
    job->last_record = outcome->record.id;
}

static void note_fault(struct batch *batch, const struct outcome *outcome)
{
    if (outcome->error == ERR_INTERNAL && batch->fault_count++ == 0)
        batch->faulty = outcome->record;
}

static enum store_status change_each(struct batch *batch, const struct record *records, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct outcome outcome = {.record = records[i]};
        if (apply_to_record(&batch->application, &outcome) != STORE_OK)
            return STORE_FAILED;
        count_outcome(&batch->job, &outcome);
        note_fault(batch, &outcome);
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
        note_fault(batch, &outcome);
        if (outcome.error != ERR_NONE)
            cJSON_AddItemToArray(refused, json_integer(records[i].id));
    }
    const struct job_part part = {
        .first = count > 0 ? records[0].id : 0,
        .last = after.last_record,
        .count = count,
        .skipped = refused->child != NULL ? json_print(batch->arena, refused) : NULL,
    };
    enum store_status status =
        job_update_records(application->check.db, &batch->job, &part, application->check.changes,
                           application->check.change_count, application->now);
    batch->job = after;
    return status;
}

static enum store_status change_records(struct batch *batch)
{
    struct record *records = arena_array(batch->arena, batch->limit, sizeof *records);
    if (job_records(batch->application.check.db, batch->job.module->org, &batch->job, batch->limit,
                    records, &batch->count) != STORE_OK)
        return STORE_FAILED;
    enum store_status status = application_begin(&batch->application);
    if (status == STORE_OK)
        status = is_one_by_one(&batch->application) ? change_each(batch, records, batch->count)
                                                    : change_together(batch, records, batch->count);
    application_end(&batch->application);
    return status;
}

/* Takes a batch of the job in the caller's transaction. */
static enum store_status take_batch(struct batch *batch, struct db *db)
{
    struct job *job = &batch->job;
    batch->application = (struct application){
        .check = {.db = db, .user = job->user, .module = job->module},
        .now = clock_now(batch->crm->clock),
        .arena = batch->arena,
    };
    if (!read_changes(batch) || change_records(batch) != STORE_OK)
        return STORE_FAILED;
    job->status = JOB_RUNNING;
    if (job->updated + job->failed == job->total)
        job->status = job->updated > 0 ? JOB_COMPLETED : JOB_FAILED; /* D7 */
    return job_write(db, job, NULL);
}

/* One line a batch, however many records have one. */
static void log_faults(const struct batch *batch)
{
    if (batch->fault_count > 0)
        log_event(batch->crm->log, LOG_WARNING,
                  "job met faults job=%" PRId64 " records=%zu first=\"%s\"", batch->job.id,
                  batch->fault_count, record_fault_cause(&batch->faulty, batch->arena));
}

static void log_end(const struct crm *crm, const struct job *job)
{
    if (job->status != JOB_RUNNING)
        log_event(crm->log, LOG_INFO,
                  "job ended job=%" PRId64 " status=%s updated=%" PRId64 " failed=%" PRId64, job->id,
                  job_status_names[job->status], job->updated, job->failed);
}

/* One batch from begin to commit. Nobody else writes to jobs that are under way, so that the job is
 * what it was when it was looked for. */
static enum store_status run_batch(struct batch *batch, struct db *db)
{
    if (store_begin(db, STORE_BACKGROUND) != STORE_OK)
        return STORE_FAILED;
    if (store_end(db, take_batch(batch, db) == STORE_OK) != STORE_OK)
        return STORE_FAILED;
    log_faults(batch);
    log_end(batch->crm, &batch->job);
    if (batch->application.running.called_webhook)
        workers_wake(batch->crm->deliverers);
    return STORE_OK;
}

/* Ends a job that the store fails on. Its counts stay those of what was committed. */
static enum store_status give_up(const struct crm *crm, struct db *db, struct job *job)
{
    job->status = JOB_FAILED;
    const char *reason = store_failure(db);
    if (reason[0] == '\0')
        reason = "what it is to change is no such fields";
    log_event(crm->log, LOG_ERROR, "job given up job=%" PRId64 " reason=\"%s\"", job->id, reason);
    if (store_begin(db, STORE_BACKGROUND) != STORE_OK)
        return STORE_FAILED;
    if (store_end(db, job_write(db, job, reason) == STORE_OK) != STORE_OK)
        return STORE_FAILED;
    log_end(crm, job);
    return STORE_OK;
}

/* Milliseconds that the job is to stay SCHEDULED yet. */
static int64_t delay_left(const struct job_runner *runner, const struct job *job)
{
    int64_t delay = runner->options.delay;
    int64_t left = job->scheduled_milliseconds + delay - clock_machine_milliseconds();
    if (job->status != JOB_SCHEDULED || left < 0)
        return 0;
    return left < delay ? left : delay; /* a clock that was set back lets nobody wait for ever */
}

/* Milliseconds until the rate lets the next batch go. */
static int64_t rate_left(const struct job_runner *runner)
{
    int64_t left = runner->not_before - clock_microseconds();
    return left > 0 ? (left + 999) / 1000 : 0;
}

/* With a rate, about ten batches a second. */
static size_t batch_limit(const struct job_options *options)
{
    enum { BATCHES_A_SECOND = 10 };
    size_t by_rate = (options->rate + BATCHES_A_SECOND - 1) / BATCHES_A_SECOND;
    return options->rate > 0 && by_rate < options->batch ? by_rate : options->batch;
}

static int64_t retry(struct job_runner *runner)
{
    const int64_t first_pause = 50;
    runner->failures += runner->failures < JOB_TRIES;
    return first_pause << runner->failures;
}

static int64_t step(struct job_runner *runner, struct db *db, struct arena *arena)
{
    const struct crm *crm = runner->crm;
    struct job job;
    /* A look without the write lock: an idle worker must not hold up a request. */
    enum store_status status = job_next(db, crm->orgs, arena, &job);
    if (status != STORE_OK)
        return status == STORE_NOT_FOUND ? WORKER_IDLE : retry(runner);
    int64_t delay = delay_left(runner, &job), turn = rate_left(runner);
    if (delay > 0 || turn > 0)
        return delay > turn ? delay : turn;
    int64_t began = clock_microseconds();
    struct batch batch = {
        .crm = crm, .arena = arena, .limit = batch_limit(&runner->options), .job = job};
    status = run_batch(&batch, db);
    if (status != STORE_OK) {
        int64_t pause = retry(runner);
        if (runner->failures < JOB_TRIES || give_up(crm, db, &job) != STORE_OK)
            return pause;
    }
    runner->failures = 0;
    if (runner->options.rate > 0)
        runner->not_before = began + (int64_t)batch.count * 1000000 / runner->options.rate;
    return WORKER_MORE;
}

int64_t job_runner_step(void *context)
{
    struct job_runner *runner = context;
    struct db *db = store_acquire(runner->crm->store);
    if (db == NULL)
        return retry(runner);
    struct arena arena = {.blocks = NULL};
    int64_t pause = step(runner, db, &arena);
    store_release(db);
    arena_clear(&arena);
    return pause;
}
