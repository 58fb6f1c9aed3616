#include "api/reply.h"
#include "base/id.h"
#include "store/job.h"

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
    enum store_status status = job_read(call->db, call->api->crm->orgs, id, call->arena, &job);
    if (status == STORE_FAILED)
        return ERR_INTERNAL;
    if (status == STORE_NOT_FOUND || job.module != call->module)
        return ERR_JOB_NOT_FOUND;
    const char *state = job_status_names[job.status];
    bool may_queue = call_answers(call) == ANSWERS_CURRENT && job.status == JOB_SCHEDULED;
    if (may_queue && job_is_behind(call->db, job.id) == STORE_OK)
        state = "QUEUED"; /* F22 */
    cJSON *list, *body = reply_data(&list), *entry = cJSON_CreateObject();
    json_add_text(entry, "Status", state);
    json_add_integer(entry, "Failed_Count", job.failed);
    json_add_integer(entry, "Updated_Count", job.updated);
    json_add_integer(entry, "Not_Updated_Count", job.total - job.updated - job.failed);
    json_add_integer(entry, "Total_Count", job.total);
    cJSON_AddItemToArray(list, entry);
    reply_json(call, 200, body);
    return ERR_NONE;
}
