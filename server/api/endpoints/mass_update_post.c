#include "api/body.h"
#include "api/catalogue.h"
#include "api/reply.h"

static call_fn may_mass_update, schedule_or_apply;

const struct endpoint mass_update_post = {
    .method = "POST",
    .path = "/crm/{version}/{module}/actions/mass_update",
    .scope = {"mass_update", "UPDATE", NULL},
    .permit = may_mass_update,
    .handle = schedule_or_apply,
};

static enum error may_mass_update(struct call *call)
{
    if (call->token.user->profile->modules[call->module->index].can_mass_update)
        return ERR_NONE;
    call->fault.permission = "Mass_Update"; /* D12 */
    call->fault.hint = arena_printf(call->arena, "profile %s has no mass update in %s",
                                    call->token.user->profile->name, call->module->api_name);
    return ERR_NO_MASS_UPDATE;
}

/* The entry of a refused record, which is noted for the headers, too. */
static cJSON *refused_entry(const struct call *call, const struct outcome *outcome, const char *id,
                            struct reply_refused *refused)
{
    struct fault fault = {.id = id, .hint = outcome->hint};
    if (outcome->mismatch.field != NULL)
        mismatch_tell(&outcome->mismatch, outcome->error, "$.data[0]", call->arena, &fault);
    reply_note_refused(refused, outcome->error, id, fault.hint);
    return reply_refusal(call, outcome->error, reply_details(call, outcome->error, &fault));
}

/* D2: the answer as a whole is a refusal when no record was updated, the first one's. */
static unsigned status_of(const struct call *call, const struct reply_refused *refused, size_t count)
{
    if (refused->count == 0)
        return 200;
    return refused->count == count ? call_row(call, refused->error)->status
                                   : versions[call->version].partly_updated; /* F21 */
}

static enum error apply(struct call *call, const struct mass_update *update)
{
    struct outcome *outcomes = arena_array(call->arena, update->id_count, sizeof *outcomes);
    int64_t now;
    enum error error =
        mass_update_apply(call->api->crm, call->db, update, call->arena, outcomes, &now, &call->fault);
    if (error != ERR_NONE)
        return error;
    const struct reply_written written = {.message = "record updated"};
    struct reply_writer writer;
    reply_writer_init(&writer, update->user, now, call->arena);
    cJSON *list, *body = reply_data(&list);
    struct reply_refused refused = {.count = 0};
    for (size_t i = 0; i < update->id_count; i++) {
        const struct outcome *outcome = &outcomes[i];
        cJSON_AddItemToArray(list, outcome->error == ERR_NONE
                                       ? reply_record(&writer, &outcome->record, &written)
                                       : refused_entry(call, outcome, update->ids[i].text, &refused));
    }
    reply_tell_refused(call, &refused, update->id_count);
    reply_json(call, status_of(call, &refused, update->id_count), body);
    return ERR_NONE;
}

static enum error schedule(struct call *call, const struct mass_update *update)
{
    int64_t job_id;
    enum error error =
        mass_update_schedule(call->api->crm, call->db, update, call->arena, &job_id, &call->fault);
    if (error != ERR_NONE)
        return error;
    cJSON *details = cJSON_CreateObject();
    json_add_id(details, "job_id", job_id);
    cJSON *list, *body = reply_data(&list);
    cJSON_AddItemToArray(list, reply_success(details, "mass update scheduled successfully"));
    reply_json(call, 200, body);
    call->response->job_id = job_id;
    return ERR_NONE;
}

static enum error schedule_or_apply(struct call *call)
{
    cJSON *body CLEANUP(json_delete) = NULL;
    struct mass_update update = {.user = call->token.user, .module = call->module};
    enum error error = body_read(call, &body, &update);
    if (error == ERR_NONE)
        error = mass_update_plan(&update, call->arena, &call->fault);
    if (error != ERR_NONE) {
        /* reply_error prints the fault now: its texts may be the body's own */
        reply_error(call, error);
        return ERR_NONE;
    }
    return update.view != NULL ? schedule(call, &update) : apply(call, &update);
}
