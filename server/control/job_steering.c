/* Jobs by hand (section 5 of the control API). */
#include "control/told_job.h"
#include "crm/job_control.h"

/* What a body says of what is done to a job. */
struct steering {
    int64_t records;
    const char *reason;
};
typedef enum store_status steer_fn(const struct crm *crm, struct db *db, int64_t id,
                                   const struct steering *said, const char **why);

static int64_t steer(struct control_call *call, steer_fn *change, const struct steering *said)
{
    int64_t id;
    const char *why = NULL;
    struct job job;
    struct db *db = told_job_id(call, &id) ? control_connect(call) : NULL;
    if (db == NULL)
        return CONTROL_DONE;
    switch (change(&call->scene->crm, db, id, said, &why)) {
    case STORE_OK:
        if (told_job_read(call, db, id, &job))
            (void)control_reply(call, 200, told_job_json(call, &job));
        break;
    case STORE_NOT_FOUND:
        (void)control_refuse(call, 404, NULL, "there is no such job");
        break;
    case STORE_CONFLICT:
        (void)control_refuse(call, 409, NULL, "%s", why);
        break;
    default:
        (void)control_fail(call);
    }
    store_release(db);
    return CONTROL_DONE;
}

static enum store_status step_it(const struct crm *crm, struct db *db, int64_t id,
                                 const struct steering *said, const char **why)
{
    return job_step(crm, db, id, said->records, why);
}

static int64_t step(struct control_call *call)
{
    const struct said said = said_body(call), records = said_member(&said, "records");
    said_has_only(&said, "records");
    if (records.json == NULL)
        said_refuse(&records, "expected how many more records are to be tried");
    const struct steering what = {.records = said_number(&said, "records", 1, 1, JOB_BATCH_MAX)};
    return steer(call, step_it, &what);
}

const struct control_endpoint job_step_post = {
    .method = "POST",
    .path = "/_crmock/jobs/{id}/step",
    .handle = step,
    .manner = CONTROL_BESIDE,
    .takes = "'records': {'type': 'integer', 'minimum': 1, 'maximum': 50000}",
    .answers = TOLD_JOB,
    .says = "Tries so many more records of a job that is held or suspended: {\"records\": 10}. The last"
            " one ends it.",
};

static enum store_status release_it(const struct crm *crm, struct db *db, int64_t id,
                                    const struct steering *said, const char **why)
{
    (void)said;
    return job_release(crm, db, id, why);
}

static int64_t release(struct control_call *call)
{
    return steer(call, release_it, NULL);
}

const struct control_endpoint job_release_post = {
    .method = "POST",
    .path = "/_crmock/jobs/{id}/release",
    .handle = release,
    .manner = CONTROL_BESIDE,
    .answers = TOLD_JOB,
    .says = "Lets a job go on that is held or suspended.",
};

static enum store_status suspend_it(const struct crm *crm, struct db *db, int64_t id,
                                    const struct steering *said, const char **why)
{
    (void)said;
    return job_suspend(crm, db, id, why);
}

static int64_t suspend(struct control_call *call)
{
    return steer(call, suspend_it, NULL);
}

const struct control_endpoint job_suspend_post = {
    .method = "POST",
    .path = "/_crmock/jobs/{id}/suspend",
    .handle = suspend,
    .manner = CONTROL_BESIDE,
    .answers = TOLD_JOB,
    .says = "Has a job be SUSPENDED until it is released. The service's endpoint says so with"
            " answers=current, and RUNNING else.",
};

static enum store_status fail_it(const struct crm *crm, struct db *db, int64_t id,
                                 const struct steering *said, const char **why)
{
    return job_fail(crm, db, id, said->reason, why);
}

static int64_t fail(struct control_call *call)
{
    const struct said said = said_body(call);
    said_has_only(&said, "reason");
    const struct steering what = {.reason = said_text(&said, "reason", "it was made to fail")};
    return steer(call, fail_it, &what);
}

const struct control_endpoint job_fail_post = {
    .method = "POST",
    .path = "/_crmock/jobs/{id}/fail",
    .handle = fail,
    .manner = CONTROL_BESIDE,
    .takes = "'reason?': " SCHEMA_TEXT,
    .answers = TOLD_JOB,
    .says = "Makes a job fail: {\"reason\"}. What was done is kept and counted.",
};
