#include "control/told_job.h"

#include <string.h>

#include "base/id.h"

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

cJSON *told_job_json(const struct control_call *call, const struct job *job)
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
    json_add_text_or_null(body, "reason", job->reason);
    return body;
}

bool told_job_read(struct control_call *call, struct db *db, int64_t id, struct job *job)
{
    enum store_status status = job_read_whole(db, call->scene->crm.orgs, id, call->arena, job);
    if (status == STORE_FAILED)
        (void)control_fail(call);
    else if (status == STORE_NOT_FOUND || job->module == NULL || job->user == NULL)
        (void)control_refuse(call, 404, NULL, "there is no such job");
    return !call->is_refused;
}

bool told_job_id(struct control_call *call, int64_t *id)
{
    if (!call->is_refused && !id_parse(call->parts[0], id))
        (void)control_refuse(call, 404, NULL, "there is no such job");
    return !call->is_refused;
}
