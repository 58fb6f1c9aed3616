#include "crm/job.h"

#include <inttypes.h>
#include <stdlib.h>

#include "crm/job_batch.h"

bool job_is_held(const struct job_policy *policy, const struct job *job)
{
    return policy->hold && !job->released;
}

int64_t job_goal(const struct job_policy *policy, const struct job *job)
{
    int64_t running = policy->polls_running, nth = job->polls - (int64_t)policy->polls_scheduled;
    if (nth <= 0)
        return 0;
    return nth > running ? job->total : job->total * nth / (running + 1);
}

enum store_status job_is_queued(const struct crm *crm, struct db *db, const struct job *job)
{
    const struct job_policy *policy = crm->policy;
    if (job->status != JOB_SCHEDULED || policy->has_polls || job_is_held(policy, job))
        return STORE_NOT_FOUND;
    return job_is_behind(db, job, policy->hold);
}

/* When the rate lets the jobs of an org go on. */
struct pace {
    int64_t org_id;
    int64_t not_before; /* of clock_microseconds */
};

void job_runner_clear(struct job_runner *runner)
{
    free(runner->paces);
}

static struct pace *find_pace(const struct job_runner *runner, int64_t org_id)
{
    for (size_t i = 0; i < runner->pace_count; i++)
        if (runner->paces[i].org_id == org_id)
            return &runner->paces[i];
    return NULL;
}

static void set_pace(struct job_runner *runner, int64_t org_id, int64_t not_before)
{
    struct pace *pace = find_pace(runner, org_id);
    if (pace == NULL) {
        runner->paces = must_realloc(runner->paces, (runner->pace_count + 1) * sizeof *runner->paces);
        pace = &runner->paces[runner->pace_count++];
    }
    *pace = (struct pace){.org_id = org_id, .not_before = not_before};
}

/* Milliseconds that the job is to stay SCHEDULED yet. */
static int64_t delay_left(const struct job_policy *policy, const struct job *job)
{
    int64_t delay = policy->delay;
    int64_t left = job->scheduled_milliseconds + delay - clock_machine_milliseconds();
    if (job->status != JOB_SCHEDULED || left < 0)
        return 0;
    return left < delay ? left : delay; /* a clock that was set back lets nobody wait for ever */
}

/* Milliseconds until the rate lets the job's org go on. */
static int64_t rate_left(const struct job_runner *runner, const struct job *job)
{
    const struct pace *pace = find_pace(runner, job->module->org->id);
    int64_t left =
        pace != NULL && runner->crm->policy->rate > 0 ? pace->not_before - clock_microseconds() : 0;
    return left > 0 ? (left + 999) / 1000 : 0;
}

/* Milliseconds until the job goes on by itself; WORKER_IDLE: it does not. */
static int64_t pause_of(const struct job_runner *runner, const struct job *job)
{
    const struct job_policy *policy = runner->crm->policy;
    bool is_known = job->module != NULL && job->user != NULL; /* what is new may not be loaded yet */
    if (!is_known || job->status == JOB_SUSPENDED || job_is_held(policy, job))
        return WORKER_IDLE;
    if (policy->has_polls)
        return job_tried(job) < job_goal(policy, job) ? 0 : WORKER_IDLE;
    int64_t delay = delay_left(policy, job), turn = rate_left(runner, job);
    return delay > turn ? delay : turn;
}

static bool is_among(const struct org *const *orgs, size_t count, const struct org *org)
{
    size_t i = 0;
    while (i < count && orgs[i] != org)
        i++;
    return i < count;
}

/* The oldest job that is ready; NULL and how long it is until one is. The later ones of an org wait for
 * that which waits for its time. */
static const struct job *first_ready(const struct job_runner *runner, const struct job_list *list,
                                     struct arena *arena, int64_t *pause)
{
    const struct org **waiting = arena_array(arena, list->count, sizeof(struct org *));
    size_t count = 0;
    *pause = WORKER_IDLE;
    for (size_t i = 0; i < list->count; i++) {
        const struct job *job = &list->jobs[i];
        int64_t left = pause_of(runner, job);
        if (left == WORKER_IDLE || is_among(waiting, count, job->module->org))
            continue;
        if (left == 0)
            return job;
        waiting[count++] = job->module->org;
        *pause = *pause == WORKER_IDLE || left < *pause ? left : *pause;
    }
    return NULL;
}

static int64_t least(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

/* With a rate, about ten batches a second. */
static size_t batch_limit(const struct job_policy *policy, const struct job *job)
{
    enum { BATCHES_A_SECOND = 10 };
    int64_t limit = policy->batch;
    if (policy->has_polls)
        limit = least(limit, job_goal(policy, job) - job_tried(job));
    else if (policy->rate > 0)
        limit = least(limit, (policy->rate + BATCHES_A_SECOND - 1) / BATCHES_A_SECOND);
    return (size_t)limit;
}

/* In a transaction: what was looked for without one may be otherwise. STORE_NOT_FOUND when the job is
 * not ready any more. */
static enum store_status go_on(const struct job_runner *runner, struct job_batch *batch)
{
    struct job *job = batch->job;
    enum store_status status = job_read_whole(batch->db, runner->crm->orgs, job->id, batch->arena, job);
    if (status != STORE_OK)
        return status;
    if (job_has_ended(job) || pause_of(runner, job) != 0)
        return STORE_NOT_FOUND;
    return job_batch_try(batch, batch_limit(runner->crm->policy, job));
}

/* One batch from begin to commit. */
static enum store_status run_batch(struct job_runner *runner, struct job_batch *batch)
{
    unsigned rate = runner->crm->policy->rate;
    int64_t began = clock_microseconds();
    if (store_begin(batch->db, STORE_BACKGROUND) != STORE_OK)
        return STORE_FAILED;
    enum store_status status = go_on(runner, batch);
    if (store_end(batch->db, status == STORE_OK) != STORE_OK)
        return status == STORE_NOT_FOUND ? STORE_NOT_FOUND : STORE_FAILED;
    job_batch_tell(batch);
    if (rate > 0)
        set_pace(runner, batch->job->module->org->id, began + (int64_t)batch->tried * 1000000 / rate);
    return STORE_OK;
}

static enum store_status write_end(struct job_batch *batch, const char *reason)
{
    struct job *job = batch->job;
    enum store_status status = job_read_whole(batch->db, batch->crm->orgs, job->id, batch->arena, job);
    if (status != STORE_OK || job_has_ended(job))
        return status;
    job->status = JOB_FAILED;
    job->reason = reason;
    job->ended = clock_now(batch->crm->clock);
    return job_write(batch->db, job);
}

static const char *reason_of(const struct job_batch *failed)
{
    const char *reason = failed->trouble != NULL ? failed->trouble : store_failure(failed->db);
    return reason[0] != '\0' ? arena_strdup(failed->arena, reason) : "the store does not take it";
}

/* Ends a job that the store fails on. Its counts stay those of what was committed. */
static enum store_status give_up(const struct job_batch *failed)
{
    struct job job = *failed->job;
    struct job_batch batch = {
        .crm = failed->crm, .db = failed->db, .arena = failed->arena, .job = &job};
    const char *reason = reason_of(failed);
    log_event(batch.crm->log, LOG_ERROR, "job given up job=%" PRId64 " reason=\"%s\"", job.id, reason);
    if (store_begin(batch.db, STORE_BACKGROUND) != STORE_OK ||
        store_end(batch.db, write_end(&batch, reason) == STORE_OK) != STORE_OK)
        return STORE_FAILED;
    job_batch_tell(&batch);
    return STORE_OK;
}

static int64_t retry(struct job_runner *runner)
{
    const int64_t first_pause = 50;
    runner->failures += runner->failures < JOB_TRIES;
    return first_pause << runner->failures;
}

static int64_t step(struct job_runner *runner, struct db *db, struct arena *arena)
{
    struct job_list list;
    int64_t pause;
    /* A look without the write lock: an idle worker must not hold up a request. */
    if (jobs_unfinished(db, runner->crm->orgs, arena, &list) != STORE_OK)
        return retry(runner);
    const struct job *ready = first_ready(runner, &list, arena, &pause);
    if (ready == NULL)
        return pause;
    struct job job = *ready;
    struct job_batch batch = {.crm = runner->crm, .db = db, .arena = arena, .job = &job};
    if (run_batch(runner, &batch) == STORE_FAILED) {
        pause = retry(runner);
        if (runner->failures < JOB_TRIES || give_up(&batch) != STORE_OK)
            return pause;
    }
    runner->failures = 0;
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

/* One batch towards a goal, from begin to commit. STORE_NOT_FOUND when it is reached, or the job is not
 * to go on. */
static enum store_status approach(struct job_batch *batch, int64_t goal)
{
    const struct crm *crm = batch->crm;
    struct job *job = batch->job;
    if (store_begin(batch->db, STORE_REQUEST) != STORE_OK)
        return STORE_FAILED;
    const struct job_policy *policy = crm->policy;
    enum store_status status = job_read_whole(batch->db, crm->orgs, job->id, batch->arena, job);
    int64_t left = status == STORE_OK ? least(goal, job->total) - job_tried(job) : 0;
    if (status == STORE_OK &&
        (job_has_ended(job) || job->status == JOB_SUSPENDED || job_is_held(policy, job) || left <= 0))
        status = STORE_NOT_FOUND;
    if (status == STORE_OK)
        status = job_batch_try(batch, (size_t)least(left, policy->batch));
    if (store_end(batch->db, status == STORE_OK) != STORE_OK)
        return status == STORE_NOT_FOUND ? STORE_NOT_FOUND : STORE_FAILED;
    job_batch_tell(batch);
    return STORE_OK;
}

enum store_status job_run_to(const struct crm *crm, int64_t id, int64_t goal)
{
    enum store_status status = STORE_OK;
    while (status == STORE_OK) {
        struct arena arena = {.blocks = NULL};
        struct job job = {.id = id};
        struct job_batch batch = {
            .crm = crm, .db = store_acquire(crm->store), .arena = &arena, .job = &job};
        status = batch.db != NULL ? approach(&batch, goal) : STORE_FAILED;
        if (batch.db != NULL)
            store_release(batch.db);
        arena_clear(&arena);
    }
    worker_wake(crm->worker); /* others may be behind it; and if this failed, it tries again */
    return status == STORE_NOT_FOUND ? STORE_OK : STORE_FAILED;
}
