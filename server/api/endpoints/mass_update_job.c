#include "api/reply.h"
#include "base/id.h"
#include "crm/job_control.h"

static call_fn may_read_jobs, tell_job;

const struct endpoint mass_update_job = {
    .method = "GET",
    .path = "/crm/{version}/{module}/actions/mass_update",
    .scope = {"mass_update", "READ", NULL},
    .unknown_module = ERR_JOB_INVALID_MODULE,
    .unsupported_module = ERR_JOB_UNSUPPORTED_MODULE,
    .permit = may_read_jobs,
    .handle = tell_job,
};

static enum error may_read_jobs(struct call *call)
{
    const struct profile *profile = call->token.user->profile;
    bool reads_module = profile->modules[call->module->index].can_read;
    if (profile->read_jobs && reads_module)
        return ERR_NONE;
    call->fault.hint = arena_printf(call->arena, "profile %s may not read %s", profile->name,
                                    reads_module ? "jobs" : call->module->api_name);
    return profile->read_jobs ? ERR_MAY_NOT_READ_MODULE : ERR_MAY_NOT_READ_JOBS;
}

static enum error read_job(struct call *call, int64_t id, struct job *job)
{
    enum store_status status = job_read(call->db, call->api->crm->orgs, id, call->arena, job);
    if (status == STORE_FAILED)
        return ERR_INTERNAL;
    return status == STORE_NOT_FOUND || job->module != call->module ? ERR_JOB_NOT_FOUND : ERR_NONE;
}

/* Where such questions have the job go on, it does before it is told. */
static enum error count_question(struct call *call, struct job *job)
{
    const struct crm *crm = call->api->crm;
    int64_t goal;
    if (!crm->policy->has_polls || job_has_ended(job))
        return ERR_NONE;
    if (job_poll(crm, call->db, job->id, &goal) != STORE_OK)
        return ERR_INTERNAL;
    store_release(call->db); /* what the job goes on with is a connection of its own */
    call->db = NULL;
    enum store_status status = job_run_to(crm, job->id, goal);
    call->db = call_connect(call);
    return status == STORE_OK && call->db != NULL ? read_job(call, job->id, job) : ERR_INTERNAL;
}

/* What the page does not know is left out of its column (F22). */
static const char *state_of(const struct call *call, const struct job *job)
{
    bool is_current = call_answers(call) == ANSWERS_CURRENT;
    if (job->status == JOB_SUSPENDED && !is_current)
        return job_status_names[job->started == JOB_NEVER ? JOB_SCHEDULED : JOB_RUNNING];
    if (is_current && job_is_queued(call->api->crm, call->db, job) == STORE_OK)
        return "QUEUED";
    return job_status_names[job->status];
}

static enum error tell_job(struct call *call)
{
    const char *text = call_parameter(call, "job_id");
    if (text == NULL)
        return call_bad_parameter(call, ERR_JOB_ID_MISSING, "job_id", "add ?job_id=...");
    call->fault.hint = "the module has no job of that id";
    int64_t id;
    if (!id_parse(text, &id))
        return ERR_JOB_NOT_FOUND;
    struct job job;
    enum error error = read_job(call, id, &job);
    if (error == ERR_NONE)
        error = count_question(call, &job);
    if (error != ERR_NONE)
        return error;
    cJSON *list, *body = reply_data(&list), *entry = cJSON_CreateObject();
    json_add_text(entry, "Status", state_of(call, &job));
    json_add_integer(entry, "Failed_Count", job.failed);
    json_add_integer(entry, "Updated_Count", job.updated);
    json_add_integer(entry, "Not_Updated_Count", job.total - job_tried(&job));
    json_add_integer(entry, "Total_Count", job.total);
    cJSON_AddItemToArray(list, entry);
    reply_json(call, 200, body);
    return ERR_NONE;
}
