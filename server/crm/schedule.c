#include <inttypes.h>

#include "crm/criteria.h"
#include "crm/mass_update.h"
#include "store/job.h"
#include "store/sequence.h"

static enum error refuse(struct fault *fault, enum error error, int64_t limit, const char *hint)
{
    *fault = (struct fault){.limit = limit, .hint = hint};
    return error;
}

/* What the job is to do, as it is kept in the store. */
static const char *changes_text(const struct mass_update *update, struct arena *arena)
{
    cJSON *changes CLEANUP(json_delete) = cJSON_CreateObject();
    cJSON_AddBoolToObject(changes, "over_write", update->over_write);
    cJSON *trigger = cJSON_AddArrayToObject(changes, "trigger");
    for (unsigned kind = 0; automation_kind_names[kind] != NULL; kind++)
        if ((update->automation & AUTOMATION_BIT(kind)) != 0)
            cJSON_AddItemToArray(trigger, cJSON_CreateStringReference(automation_kind_names[kind]));
    cJSON *fields = cJSON_AddObjectToObject(changes, "fields");
    for (size_t i = 0; i < update->change_count; i++)
        cJSON_AddRawToObject(fields, update->changes[i].field->api_name, update->changes[i].value);
    return json_print(arena, changes);
}

/* In the caller's transaction, which must be rolled back unless this returns ERR_NONE. */
static enum error add_job(const struct crm *crm, struct db *db, const struct mass_update *update,
                          const struct selection *selection, struct arena *arena, int64_t *job_id,
                          struct fault *fault)
{
    enum store_status busy = job_unfinished_of_view(db, update->view->id);
    if (busy == STORE_OK)
        return refuse(fault, ERR_ALREADY_SCHEDULED, 0, "a job of that view has not ended yet");
    if (busy == STORE_FAILED || id_take(db, job_id) != STORE_OK)
        return ERR_INTERNAL;
    const struct job job = {.id = *job_id,
                            .module = update->module,
                            .user = update->user,
                            .view_id = update->view->id,
                            .changes = changes_text(update, arena),
                            .scheduled_milliseconds = clock_machine_milliseconds()};
    int64_t count;
    if (job_add(db, &job, clock_now(crm->clock)) != STORE_OK ||
        selection_fix(db, selection, job.id, MASS_UPDATE_RECORDS_MAX, &count) != STORE_OK)
        return ERR_INTERNAL;
    if (count == 0)
        return refuse(fault, ERR_NO_RECORDS, 0, "view, territory and criteria select no record");
    if (count > MASS_UPDATE_RECORDS_MAX)
        return refuse(fault, ERR_TOO_MANY_RECORDS, MASS_UPDATE_RECORDS_MAX,
                      "the view selects more records than a job may have");
    return job_set_total(db, job.id, count) == STORE_OK ? ERR_NONE : ERR_INTERNAL;
}

enum error mass_update_schedule(const struct crm *crm, struct db *db, const struct mass_update *update,
                                struct arena *arena, int64_t *job_id, struct fault *fault)
{
    struct selection selection = update->selection;
    cJSON *tree CLEANUP(json_delete) = NULL;
    if (criteria_of_view(update->view, arena, &tree, &selection.view) != ERR_NONE)
        return ERR_INTERNAL;
    if (store_begin(db, STORE_REQUEST) != STORE_OK)
        return ERR_INTERNAL;
    enum error error = add_job(crm, db, update, &selection, arena, job_id, fault);
    if (store_end(db, error == ERR_NONE) != STORE_OK)
        return error != ERR_NONE ? error : ERR_INTERNAL;
    log_event(crm->log, LOG_INFO, "job scheduled job=%" PRId64 " view=%" PRId64, *job_id,
              update->view->id);
    bell_ring(crm->jobs_changed);
    worker_wake(crm->worker);
    return ERR_NONE;
}
