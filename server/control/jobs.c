/* The jobs of a sandbox (section 5 of the control API). */
#include "base/word.h"
#include "control/errand.h"
#include "control/told_job.h"

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

static int64_t tell_one(struct control_call *call, struct db *db, int64_t id, int64_t left)
{
    int64_t limit = query_number(call, "limit", CONTROL_LIST_DEFAULT, 1, CONTROL_LIST_MAX);
    struct job job;
    if (call->is_refused || !told_job_read(call, db, id, &job))
        return CONTROL_DONE;
    if (left > 0 && !job_has_ended(&job))
        return left;
    cJSON *body = told_job_json(call, &job);
    add_refused(call, db, id, limit, body);
    return control_reply(call, 200, body);
}

static int64_t tell(struct control_call *call)
{
    int64_t id, left = errand_query_wait_left(call, sandbox_jobs_changed(call->sandbox));
    struct db *db = told_job_id(call, &id) ? control_connect(call) : NULL;
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
        "One job, and which of its records were refused by which rule; with wait=SECONDS when it has"
        " ended, or then.",
    .answers = TOLD_JOB ", 'refused': " SCHEMA_LIST(SCHEMA_OBJECT(
        "'id', 'rule'", "'id': " SCHEMA_TEXT ", 'rule': " SCHEMA_TEXT)) ", 'more': " SCHEMA_FLAG,
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
            cJSON_AddItemToArray(jobs, told_job_json(call, &list.jobs[i]));
    cJSON_AddBoolToObject(body, "more", list.count > (size_t)limit);
    return control_reply(call, 200, body);
}

static int64_t list(struct control_call *call)
{
    int64_t left = errand_query_wait_left(call, sandbox_jobs_changed(call->sandbox));
    const struct job_filter filter = read_filter(call);
    struct db *db = control_connect(call);
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
    .answers = "'jobs': " SCHEMA_LIST(SCHEMA_OBJECT(TOLD_JOB_NAMES, TOLD_JOB)) ", 'more': " SCHEMA_FLAG,
    .says = "The jobs; with wait=SECONDS when none of those of the view or module goes on any more, or"
            " then.",
};
