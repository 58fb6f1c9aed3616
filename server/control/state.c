/* What a sandbox has: back to how it was made, and to moments in between (section 3 of the control
 * API). */
#include <string.h>

#include "control/told_sandbox.h"
#include "sandbox/change.h"
#include "store/memory.h"

static void begin_traffic_again(struct sandbox *sandbox)
{
    sandbox_note_reset(sandbox);
    faults_reset(sandbox_faults(sandbox));
    limits_reset(sandbox_limits(sandbox));
    journal_clear(sandbox_journal(sandbox));
}

static int64_t reset(struct control_call *call)
{
    const struct scene *scene = control_lock(call);
    if (scene == NULL)
        return CONTROL_DONE;
    const struct making *making = sandbox_making(call->sandbox);
    const char *reason = "";
    if (making->image == NULL)
        (void)control_refuse(call, 409, NULL,
                             "main's store is kept (--db), and has no made state:"
                             " take a snapshot, and restore that");
    else if (!change_back(call->sandbox, scene, making, DATE_TOKENS, call->arena, &reason))
        (void)control_refuse(call, 503, NULL, "%s", reason);
    else
        begin_traffic_again(call->sandbox);
    if (!call->is_refused)
        told_sandbox_change(call->control, told_sandbox_server(call), call->sandbox, "reset");
    control_unlock(call);
    return control_reply(call, 204, NULL);
}

const struct control_endpoint reset_post = {
    .method = "POST",
    .path = "/_crmock/reset",
    .handle = reset,
    .manner = CONTROL_CHANGES,
    .says = "Puts the sandbox back to how it was made. Its snapshots stay.",
};

#define MOMENT "'name': " SCHEMA_TEXT ", 'created': " SCHEMA_TIME ", 'bytes': " SCHEMA_COUNT

static cJSON *moment_json(const struct control_call *call, const struct moment *moment)
{
    cJSON *body = cJSON_CreateObject();
    json_add_text(body, "name", arena_strdup(call->arena, moment->name));
    control_add_time(call, body, "created", time_seconds(moment->taken));
    json_add_integer(body, "bytes", (int64_t)image_own_bytes(moment->made.image));
    return body;
}

/* Takes one, under the lock. */
static void take(struct control_call *call, const struct scene *scene, const char *name)
{
    struct making made = {.image = NULL};
    if (change_take(scene, &made))
        sandbox_keep_moment(call->sandbox, name, &made);
    else
        (void)control_refuse(call, 503, NULL, "there is no memory for it, or the store failed");
}

static int64_t keep(struct control_call *call)
{
    enum { NAME_MAX_LENGTH = 100, SNAPSHOTS_A_SANDBOX = 100 };
    const struct said said = said_body(call), member = said_member(&said, "name");
    said_has_only(&said, "name replace");
    const char *name = said_text(&said, "name", "");
    bool replaces = said_flag(&said, "replace", false);
    bool is_of_paths = strchr(name, '/') != NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
    if (name[0] == '\0' || strlen(name) > NAME_MAX_LENGTH || is_of_paths)
        said_refuse(&member, "expected a name of 1 to %d characters, without /, and not . or ..",
                    NAME_MAX_LENGTH);
    const struct scene *scene = control_lock(call);
    if (scene == NULL)
        return CONTROL_DONE;
    size_t count;
    (void)sandbox_moments(call->sandbox, &count);
    bool is_there = sandbox_moment(call->sandbox, name) != NULL;
    if (is_there && !replaces)
        (void)control_refuse(call, 409, "$.name", "there is a snapshot \"%s\"", name);
    else if (!is_there && count >= SNAPSHOTS_A_SANDBOX)
        (void)control_refuse(call, 409, NULL, "at most %d snapshots a sandbox", SNAPSHOTS_A_SANDBOX);
    else
        take(call, scene, name);
    cJSON *body = call->is_refused ? NULL : moment_json(call, sandbox_moment(call->sandbox, name));
    control_unlock(call);
    return control_reply(call, 201, body);
}

const struct control_endpoint snapshots_post = {
    .method = "POST",
    .path = "/_crmock/snapshots",
    .handle = keep,
    .manner = CONTROL_CHANGES,
    .says = "Keeps what the sandbox has now by a name.",
    .takes = "'name': " SCHEMA_TEXT ", 'replace?': " SCHEMA_FLAG,
    .answers = MOMENT,
    .status = 201,
};

static int64_t list(struct control_call *call)
{
    size_t count;
    int64_t limit = query_number(call, "limit", CONTROL_LIST_DEFAULT, 1, CONTROL_LIST_MAX);
    const char *after = query_text(call, "after");
    if (control_lock(call) == NULL)
        return CONTROL_DONE;
    const struct moment *moments = sandbox_moments(call->sandbox, &count);
    cJSON *body = cJSON_CreateObject(), *members = cJSON_AddArrayToObject(body, "snapshots");
    size_t at = 0;
    while (after != NULL && at < count && strcmp(moments[at].name, after) <= 0)
        at++;
    size_t end = count - at > (size_t)limit ? at + (size_t)limit : count;
    for (; at < end; at++)
        cJSON_AddItemToArray(members, moment_json(call, &moments[at]));
    cJSON_AddBoolToObject(body, "more", end < count);
    control_unlock(call);
    return control_reply(call, 200, body);
}

const struct control_endpoint snapshots_get = {
    .method = "GET",
    .path = "/_crmock/snapshots",
    .handle = list,
    .manner = CONTROL_CHANGES, /* it waits for one that is being taken */
    .query = "limit after",
    .says = "The snapshots, in the order of their names.",
    .answers = "'snapshots': " SCHEMA_LIST(
        SCHEMA_OBJECT("'name', 'created', 'bytes'", MOMENT)) ", 'more': " SCHEMA_FLAG,
};

static int64_t restore(struct control_call *call)
{
    const struct scene *scene = control_lock(call);
    if (scene == NULL)
        return CONTROL_DONE;
    const struct moment *moment = sandbox_moment(call->sandbox, call->parts[0]);
    const char *reason = "";
    if (moment == NULL)
        (void)control_refuse(call, 404, NULL, "there is no snapshot \"%s\"", call->parts[0]);
    else if (!change_back(call->sandbox, scene, &moment->made, DATE_NOTHING, call->arena, &reason))
        (void)control_refuse(call, 503, NULL, "%s", reason);
    if (!call->is_refused)
        told_sandbox_change(call->control, told_sandbox_server(call), call->sandbox, "restored");
    control_unlock(call);
    return control_reply(call, 204, NULL);
}

const struct control_endpoint snapshot_restore_post = {
    .method = "POST",
    .path = "/_crmock/snapshots/{name}/restore",
    .handle = restore,
    .manner = CONTROL_CHANGES,
    .says = "Puts the sandbox back to how it was then: store, tokens, jobs, clock.",
};

static int64_t drop(struct control_call *call)
{
    if (control_lock(call) == NULL)
        return CONTROL_DONE;
    sandbox_drop_moment(call->sandbox, call->parts[0]);
    control_unlock(call);
    return control_reply(call, 204, NULL);
}

const struct control_endpoint snapshot_delete = {
    .method = "DELETE",
    .path = "/_crmock/snapshots/{name}",
    .handle = drop,
    .manner = CONTROL_CHANGES,
    .says = "Forgets a snapshot. It answers 204 also when there is none.",
};
