#include "crm/job_batch.h"

#include <inttypes.h>
#include <string.h>

#include "base/word.h"

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
static bool read_changes(struct job_batch *batch)
{
    const char *text = batch->job->changes;
    cJSON *changes CLEANUP(json_delete) = json_parse(text, strlen(text), NULL);
    batch->application.over_write = cJSON_IsTrue(json_member(changes, "over_write"));
    batch->application.automation =
        batch->job->total <= AUTOMATION_RECORDS_MAX ? kinds_of(json_member(changes, "trigger")) : 0;
    size_t count = 0;
    cJSON *value = NULL;
    const cJSON *fields = json_member(changes, "fields");
    for (value = fields != NULL ? fields->child : NULL; value != NULL && count < RECORD_CHANGES_MAX;
         value = value->next)
        batch->changes[count++] = (struct record_change){
            .field = module_field(batch->job->module, value->string),
            .value = json_print(batch->arena, value),
        };
    batch->application.check.changes = batch->changes;
    batch->application.check.change_count = count;
    bool is_whole = count > 0 && value == NULL;
    for (size_t i = 0; i < count; i++)
        is_whole = is_whole && batch->changes[i].field != NULL;
    return is_whole;
}

static enum store_status note_refused(struct job_batch *batch, const struct outcome *outcome)
{
    if (outcome->error == ERR_INTERNAL && batch->fault_count++ == 0)
        batch->faulty = outcome->record;
    bool is_deleted = outcome->record.module == NULL;
    const struct job_refusal refusal = {.record_id = outcome->record.id,
                                        .rule = is_deleted ? "deleted"
                                                           : batch->crm->rule_name(outcome->error)};
    return job_refuse(batch->db, batch->job->id, &refusal);
}

/* Counts what came of a record, and moves the job's place behind it. */
static enum store_status note_outcome(struct job_batch *batch, const struct outcome *outcome)
{
    struct job *job = batch->job;
    bool is_refused = outcome->error != ERR_NONE;
    job->updated += !is_refused;
    job->failed += is_refused; /* D7 */
    job->last_record = outcome->record.id;
    return is_refused ? note_refused(batch, outcome) : STORE_OK;
}

static enum store_status change_each(struct job_batch *batch, const struct record *records)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct outcome outcome = {.record = records[i]};
        if (apply_to_record(&batch->application, &outcome) != STORE_OK ||
            note_outcome(batch, &outcome) != STORE_OK)
            return STORE_FAILED;
    }
    return STORE_OK;
}

/* Records that get the same values: checked one by one, written by one statement. */
static enum store_status change_together(struct job_batch *batch, const struct record *records)
{
    const struct record_check *check = &batch->application.check;
    int64_t failed_before = batch->job->failed;
    for (size_t i = 0; i < batch->count; i++) {
        struct outcome outcome = {.record = records[i]};
        if (record_rules_check(check, &outcome) != STORE_OK ||
            note_outcome(batch, &outcome) != STORE_OK)
            return STORE_FAILED;
    }
    const struct job_part part = {
        .first = records[0].id,
        .last = records[batch->count - 1].id,
        .count = batch->count,
        .has_refused = batch->job->failed > failed_before,
    };
    return job_update_records(batch->db, batch->job, &part, check->changes, check->change_count,
                              batch->application.now);
}

static enum store_status change_records(struct job_batch *batch)
{
    struct record *records = arena_array(batch->arena, batch->limit, sizeof *records);
    if (job_records(batch->db, batch->job->module->org, batch->job, batch->limit, records,
                    &batch->count) != STORE_OK)
        return STORE_FAILED;
    if (batch->count == 0) {
        batch->trouble = "its records are gone";
        return STORE_FAILED;
    }
    enum store_status status = application_begin(&batch->application);
    if (status == STORE_OK)
        status = is_one_by_one(&batch->application) ? change_each(batch, records)
                                                    : change_together(batch, records);
    application_end(&batch->application);
    return status;
}

void job_begin(struct job *job, int64_t now)
{
    if (job->started == JOB_NEVER)
        job->started = now;
    if (job->status == JOB_SCHEDULED)
        job->status = JOB_RUNNING;
}

enum store_status job_batch_try(struct job_batch *batch, size_t limit)
{
    struct job *job = batch->job;
    int64_t now = clock_now(batch->crm->clock);
    batch->limit = limit;
    batch->application = (struct application){
        .check = {.db = batch->db, .user = job->user, .module = job->module},
        .now = now,
        .arena = batch->arena,
    };
    if (!read_changes(batch)) {
        batch->trouble = "what it is to change is no such fields";
        return STORE_FAILED;
    }
    if (change_records(batch) != STORE_OK)
        return STORE_FAILED;
    batch->tried += batch->count;
    batch->called_webhook = batch->called_webhook || batch->application.running.called_webhook;
    job_begin(job, now);
    if (job_tried(job) == job->total) {
        job->status = job->updated > 0 ? JOB_COMPLETED : JOB_FAILED; /* D7 */
        job->ended = now;
    }
    return job_write(batch->db, job);
}

/* One line, however many records have one. */
static void log_faults(const struct job_batch *batch)
{
    if (batch->fault_count > 0)
        log_event(batch->crm->log, LOG_WARNING,
                  "job met faults job=%" PRId64 " records=%zu first=\"%s\"", batch->job->id,
                  batch->fault_count, record_fault_cause(&batch->faulty, batch->arena));
}

void job_batch_tell(const struct job_batch *batch)
{
    const struct job *job = batch->job;
    log_faults(batch);
    if (job_has_ended(job))
        log_event(batch->crm->log, LOG_INFO,
                  "job ended job=%" PRId64 " status=%s updated=%" PRId64 " failed=%" PRId64, job->id,
                  job_status_names[job->status], job->updated, job->failed);
    if (batch->called_webhook)
        automation_call_webhooks(batch->crm);
    bell_ring(batch->crm->jobs_changed);
}
