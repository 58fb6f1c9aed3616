#include "crm/job_control.h"

#include "crm/job_batch.h"

enum store_status job_release_all(const struct crm *crm, struct db *db)
{
    if (store_begin(db, STORE_REQUEST) != STORE_OK)
        return STORE_FAILED;
    if (store_end(db, jobs_release(db) == STORE_OK) != STORE_OK)
        return STORE_FAILED;
    bell_ring(crm->jobs_changed);
    worker_wake(crm->worker);
    return STORE_OK;
}

/* What is done to a job in its transaction. */
struct steering {
    struct job_batch batch;
    int64_t records;    /* that are to be tried */
    const char *reason; /* why it fails */
    const char *why;    /* it can't be done */
};

typedef enum store_status steer_fn(struct steering *steering);

static enum store_status change(struct steering *steering, steer_fn *steer)
{
    struct job_batch *batch = &steering->batch;
    struct job *job = batch->job;
    enum store_status status = job_read_whole(batch->db, batch->crm->orgs, job->id, batch->arena, job);
    if (status == STORE_OK && job_has_ended(job)) {
        steering->why = "The job has ended.";
        return STORE_CONFLICT;
    }
    if (status == STORE_OK)
        status = steer(steering);
    return status == STORE_OK ? job_write(batch->db, job) : status;
}

/* From begin to commit, and who is to know is told. */
static enum store_status steer_job(struct steering *steering, steer_fn *steer)
{
    struct job_batch *batch = &steering->batch;
    if (store_begin(batch->db, STORE_REQUEST) != STORE_OK)
        return STORE_FAILED;
    enum store_status status = change(steering, steer);
    if (store_end(batch->db, status == STORE_OK) != STORE_OK)
        return status == STORE_OK ? STORE_FAILED : status;
    job_batch_tell(batch);
    worker_wake(batch->crm->worker);
    return STORE_OK;
}

static enum store_status steer_with(const struct crm *crm, struct db *db, int64_t id, steer_fn *steer,
                                    const struct steering *what, const char **why)
{
    struct arena arena = {.blocks = NULL};
    struct job job = {.id = id};
    struct steering steering = *what;
    steering.batch = (struct job_batch){.crm = crm, .db = db, .arena = &arena, .job = &job};
    enum store_status status = steer_job(&steering, steer);
    arena_clear(&arena);
    *why = steering.why;
    return status;
}

static enum store_status step(struct steering *steering)
{
    const struct job_policy *policy = steering->batch.crm->policy;
    struct job *job = steering->batch.job;
    if (job->status != JOB_SUSPENDED && !job_is_held(policy, job)) {
        steering->why = "The job goes on by itself: step one that is held or suspended.";
        return STORE_CONFLICT;
    }
    enum store_status status = STORE_OK;
    int64_t most = job->total - job_tried(job);
    int64_t left = steering->records < most ? steering->records : most;
    while (left > 0 && status == STORE_OK) {
        int64_t limit = policy->batch < left ? policy->batch : left;
        status = job_batch_try(&steering->batch, (size_t)limit);
        left -= limit;
    }
    return status;
}

enum store_status job_step(const struct crm *crm, struct db *db, int64_t id, int64_t records,
                           const char **why)
{
    const struct steering what = {.records = records};
    return steer_with(crm, db, id, step, &what, why);
}

static enum store_status release(struct steering *steering)
{
    struct job *job = steering->batch.job;
    job->released = true;
    if (job->status == JOB_SUSPENDED)
        job->status = job->started == JOB_NEVER ? JOB_SCHEDULED : JOB_RUNNING;
    return STORE_OK;
}

enum store_status job_release(const struct crm *crm, struct db *db, int64_t id, const char **why)
{
    return steer_with(crm, db, id, release, &(struct steering){.reason = NULL}, why);
}

static enum store_status suspend(struct steering *steering)
{
    steering->batch.job->status = JOB_SUSPENDED;
    return STORE_OK;
}

enum store_status job_suspend(const struct crm *crm, struct db *db, int64_t id, const char **why)
{
    return steer_with(crm, db, id, suspend, &(struct steering){.reason = NULL}, why);
}

static enum store_status fail(struct steering *steering)
{
    struct job *job = steering->batch.job;
    job->status = JOB_FAILED;
    job->reason = steering->reason;
    job->ended = clock_now(steering->batch.crm->clock);
    return STORE_OK;
}

enum store_status job_fail(const struct crm *crm, struct db *db, int64_t id, const char *reason,
                           const char **why)
{
    const struct steering what = {.reason = reason};
    return steer_with(crm, db, id, fail, &what, why);
}

/* It is RUNNING as soon as a client is to be told so, even if no record is tried for it. */
static enum store_status count_poll(struct steering *steering)
{
    const struct job_policy *policy = steering->batch.crm->policy;
    struct job *job = steering->batch.job;
    if (!policy->has_polls || job->status == JOB_SUSPENDED || job_is_held(policy, job))
        return STORE_CONFLICT;
    job->polls++;
    if (job->polls > policy->polls_scheduled)
        job_begin(job, clock_now(steering->batch.crm->clock));
    steering->records = job_goal(policy, job);
    return STORE_OK;
}

enum store_status job_poll(const struct crm *crm, struct db *db, int64_t id, int64_t *goal)
{
    struct arena arena = {.blocks = NULL};
    struct job job = {.id = id};
    struct steering steering = {.batch = {.crm = crm, .db = db, .arena = &arena, .job = &job}};
    enum store_status status = steer_job(&steering, count_poll);
    arena_clear(&arena);
    *goal = status == STORE_OK ? steering.records : 0;
    return status == STORE_CONFLICT ? STORE_OK : status;
}
