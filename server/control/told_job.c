#include "control/told_job.h"

#include <string.h>

#include "base/id.h"
#include "control/watch.h"

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

/* A job has at most 50,000 records, and its counts only go up. */
static struct watched_one watched_of(const struct job *job, bool has_texts)
{
    return (struct watched_one){.id = job->id,
                                .state =
                                    ((int64_t)job->status << 56) | (job->updated << 28) | job->failed,
                                .is_over = job_has_ended(job),
                                .row = has_texts ? job : NULL};
}

static void watch_list(struct control_call *call, const struct job_list *jobs, bool has_texts,
                       struct watched_list *found)
{
    *found = (struct watched_list){.list = arena_array(call->arena, jobs->count, sizeof *found->list),
                                   .count = jobs->count};
    for (size_t i = 0; i < jobs->count; i++)
        found->list[i] = watched_of(&jobs->jobs[i], has_texts);
}

static enum store_status watch_open(struct control_call *call, struct db *db,
                                    struct watched_list *found)
{
    struct job_list jobs = {.count = 0};
    enum store_status status = jobs_unfinished(db, call->scene->crm.orgs, call->arena, &jobs);
    watch_list(call, &jobs, false, found);
    return status;
}

static enum store_status watch_behind(struct control_call *call, struct db *db, int64_t after,
                                      struct watched_list *found)
{
    const struct job_filter all = {.status = NULL};
    struct job_list jobs = {.count = 0};
    enum store_status status =
        jobs_list(db, call->scene->crm.orgs, &all, after, WATCHED_MAX, call->arena, &jobs);
    watch_list(call, &jobs, true, found);
    return status;
}

static enum store_status watch_read(struct control_call *call, struct db *db, int64_t id,
                                    struct watched_one *one)
{
    struct job *job = arena_alloc(call->arena, sizeof *job);
    enum store_status status = job_read_whole(db, call->scene->crm.orgs, id, call->arena, job);
    if (status == STORE_OK)
        *one = watched_of(job, true);
    return status;
}

static cJSON *watched_json(const struct control_call *call, const void *row)
{
    const struct job *job = row;
    return job->module != NULL && job->user != NULL ? told_job_json(call, job) : NULL;
}

const struct watched watched_jobs = {
    .event = "job",
    .bell = sandbox_jobs_changed,
    .open = watch_open,
    .behind = watch_behind,
    .read = watch_read,
    .newest = job_newest,
    .json = watched_json,
};
