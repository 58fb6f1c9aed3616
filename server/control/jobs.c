/* The jobs of a sandbox (section 5 of the control API). */
#include <string.h>

#include "base/id.h"
#include "base/word.h"
#include "control/call.h"
#include "control/errand.h"
#include "crm/job_control.h"

enum { WAIT_MAX = 60 }; /* seconds */

static void add_time_or_null(const struct control_call *call, cJSON *body, const char *name,
                             int64_t seconds)
{
    if (seconds == JOB_NEVER)
        cJSON_AddNullToObject(body, name);
    else
        control_add_time(call, body, name, seconds);
}

/* What it is to change. */
static void add_fields(cJSON *body, const char *changes)
{
    cJSON *said = json_parse(changes, strlen(changes), NULL);
    cJSON *fields = cJSON_DetachItemFromObjectCaseSensitive(said, "fields");
    cJSON_AddItemToObject(body, "fields", fields != NULL ? fields : cJSON_CreateObject());
    cJSON_Delete(said);
}

static cJSON *job_json(const struct control_call *call, const struct job *job)
{
    cJSON *body = cJSON_CreateObject();
    json_add_id(body, "id", job->id);
    json_add_text(body, "status", job_status_names[job->status]);
    json_add_integer(body, "total", job->total);
    json_add_integer(body, "updated", job->updated);
    json_add_integer(body, "failed", job->failed);
    json_add_integer(body, "not_updated", job->total - job_tried(job));
    json_add_text(body, "module", job->module->api_name);
    json_add_id(body, "view", job->view_id);
    add_fields(body, job->changes);
    json_add_text(body, "user", job->user->email);
    control_add_time(call, body, "created", job->created);
    add_time_or_null(call, body, "started", job->started);
    add_time_or_null(call, body, "ended", job->ended);
    if (job->reason != NULL)
        json_add_text(body, "reason", job->reason);
    else
        cJSON_AddNullToObject(body, "reason");
    return body;
}

/* An id of the query; 0 when it is not given. */
static int64_t query_id(struct control_call *call, const char *name)
{
    const char *text = query_text(call, name);
    int64_t id = 0;
    if (text != NULL && !id_parse(text, &id))
        (void)control_refuse(call, 422, name, "expected an id: up to 19 digits");
    return id;
}

/* Milliseconds that the call waits yet, for what it is about to look for; 0: it answers now. */
static int64_t wait_left(struct control_call *call)
{
    int64_t left =
        query_number(call, "wait", 0, 0, WAIT_MAX) * 1000 - (clock_microseconds() - call->begun) / 1000;
    if (call->is_refused || call->hurries || left <= 0)
        return 0;
    errand_wake_by(call, sandbox_jobs_changed(call->sandbox));
    return left;
}

/* The connection; NULL after a refusal. */
static struct db *connect(struct control_call *call)
{
    struct db *db = store_acquire(call->scene->crm.store);
    if (db == NULL)
        (void)control_fail(call);
    return db;
}

/* Reads the job of the path. False after a refusal. */
static bool read_job(struct control_call *call, struct db *db, int64_t id, struct job *job)
{
    enum store_status status = job_read_whole(db, call->scene->crm.orgs, id, call->arena, job);
    if (status == STORE_FAILED)
        (void)control_fail(call);
    else if (status == STORE_NOT_FOUND || job->module == NULL || job->user == NULL)
        (void)control_refuse(call, 404, NULL, "there is no such job");
    return !call->is_refused;
}

static void add_refused(struct control_call *call, struct db *db, int64_t id, int64_t limit,
                        cJSON *body)
{
    struct job_refusal *refusals;
    size_t count;
    if (job_refusals(db, id, query_id(call, "after"), (size_t)limit + 1, call->arena, &refusals,
                     &count) != STORE_OK) {
        (void)control_fail(call);
        return;
    }
    cJSON *list = cJSON_AddArrayToObject(body, "refused");
    for (size_t i = 0; i < count && i < (size_t)limit; i++) {
        cJSON *refusal = cJSON_CreateObject();
        json_add_id(refusal, "id", refusals[i].record_id);
        json_add_text(refusal, "rule", refusals[i].rule);
        cJSON_AddItemToArray(list, refusal);
    }
    cJSON_AddBoolToObject(body, "more", count > (size_t)limit);
}

/* The id of the path. False after a refusal. */
static bool read_id(struct control_call *call, int64_t *id)
{
    if (!call->is_refused && !id_parse(call->parts[0], id))
        (void)control_refuse(call, 404, NULL, "there is no such job");
    return !call->is_refused;
}

static int64_t tell_one(struct control_call *call, struct db *db, int64_t id, int64_t left)
{
    int64_t limit = query_number(call, "limit", CONTROL_LIST_DEFAULT, 1, CONTROL_LIST_MAX);
    struct job job;
    if (call->is_refused || !read_job(call, db, id, &job))
        return CONTROL_DONE;
    if (left > 0 && !job_has_ended(&job))
        return left;
    cJSON *body = job_json(call, &job);
    add_refused(call, db, id, limit, body);
    return control_reply(call, 200, body);
}

static int64_t tell(struct control_call *call)
{
    int64_t id, left = wait_left(call);
    struct db *db = read_id(call, &id) ? connect(call) : NULL;
    if (db == NULL)
        return CONTROL_DONE;
    int64_t pause = tell_one(call, db, id, left);
    store_release(db);
    return pause;
}

const struct control_endpoint job_get = {
    .method = "GET",
    .path = "/_crmock/jobs/{id}",
    .handle = tell,
    .manner = CONTROL_BESIDE,
    .query = "wait limit after",
    .says =
        "One job, and which of its records were refused and by which rule; with wait=SECONDS when it"
        " has ended, or then.",
};

/* Which jobs the query asks for. */
static struct job_filter read_filter(struct control_call *call)
{
    const char *module = query_text(call, "module"), *status = query_text(call, "status");
    const struct org *org = query_org(call);
    struct job_filter filter = {.status = status, .view_id = query_id(call, "view")};
    if (status != NULL && word_index(job_status_names, status) < 0)
        (void)control_refuse(call, 422, "status",
                             "expected SCHEDULED, RUNNING, SUSPENDED, COMPLETED or FAILED");
    if (module != NULL && org != NULL)
        filter.module = org_module(org, module);
    if (module != NULL && filter.module == NULL)
        (void)control_refuse(call, 422, "module", "expected the API name of a module of the org");
    return filter;
}

/* 1, or 0 when there is none that has not ended; -1 after a refusal. */
static int some_go_on(struct control_call *call, struct db *db, const struct job_filter *filter)
{
    const struct job_filter unfinished = {
        .view_id = filter->view_id, .module = filter->module, .unfinished = true};
    struct job_list list;
    if (jobs_list(db, call->scene->crm.orgs, &unfinished, 0, 1, call->arena, &list) == STORE_OK)
        return list.count > 0;
    (void)control_fail(call);
    return -1;
}

static int64_t tell_list(struct control_call *call, struct db *db, const struct job_filter *filter,
                         int64_t left)
{
    int64_t limit = query_number(call, "limit", CONTROL_LIST_DEFAULT, 1, CONTROL_LIST_MAX);
    int64_t after = query_id(call, "after");
    struct job_list list;
    if (!call->is_refused && left > 0 && some_go_on(call, db, filter) == 1)
        return left;
    if (call->is_refused)
        return CONTROL_DONE;
    if (jobs_list(db, call->scene->crm.orgs, filter, after, (size_t)limit + 1, call->arena, &list) !=
        STORE_OK)
        return control_fail(call);
    cJSON *body = cJSON_CreateObject(), *jobs = cJSON_AddArrayToObject(body, "jobs");
    for (size_t i = 0; i < list.count && i < (size_t)limit; i++)
        if (list.jobs[i].module != NULL && list.jobs[i].user != NULL)
            cJSON_AddItemToArray(jobs, job_json(call, &list.jobs[i]));
    cJSON_AddBoolToObject(body, "more", list.count > (size_t)limit);
    return control_reply(call, 200, body);
}

static int64_t list(struct control_call *call)
{
    int64_t left = wait_left(call);
    const struct job_filter filter = read_filter(call);
    struct db *db = call->is_refused ? NULL : connect(call);
    if (db == NULL)
        return CONTROL_DONE;
    int64_t pause = tell_list(call, db, &filter, left);
    store_release(db);
    return pause;
}

const struct control_endpoint jobs_get = {
    .method = "GET",
    .path = "/_crmock/jobs",
    .handle = list,
    .manner = CONTROL_BESIDE,
    .query = "status view module org wait limit after",
    .says = "The jobs; with wait=SECONDS when none of those of the view or module goes on any more, or"
            " then.",
};

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
    struct db *db = read_id(call, &id) ? connect(call) : NULL;
    if (db == NULL)
        return CONTROL_DONE;
    switch (change(&call->scene->crm, db, id, said, &why)) {
    case STORE_OK:
        if (read_job(call, db, id, &job))
            (void)control_reply(call, 200, job_json(call, &job));
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
    const struct said said = said_body(call);
    said_has_only(&said, "");
    return steer(call, release_it, NULL);
}

const struct control_endpoint job_release_post = {
    .method = "POST",
    .path = "/_crmock/jobs/{id}/release",
    .handle = release,
    .manner = CONTROL_BESIDE,
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
    const struct said said = said_body(call);
    said_has_only(&said, "");
    return steer(call, suspend_it, NULL);
}

const struct control_endpoint job_suspend_post = {
    .method = "POST",
    .path = "/_crmock/jobs/{id}/suspend",
    .handle = suspend,
    .manner = CONTROL_BESIDE,
    .says = "Has a job be SUSPENDED until it is released.",
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
    .says = "Makes a job fail: {\"reason\"}. What was done is kept and counted.",
};
