#include "control/told_sandbox.h"

#include "traffic/events.h"

const char *told_sandbox_server(const struct control_call *call)
{
    struct request request = *call->request;
    request.prefix = "";
    return request.base_url(&request);
}

cJSON *told_sandbox_json(struct arena *arena, const char *server, const struct sandbox *sandbox)
{
    const struct control_call call = {.arena = arena};
    cJSON *body = cJSON_CreateObject();
    const char *id = arena_strdup(arena, sandbox_id(sandbox));
    json_add_text(body, "id", id);
    json_add_text(body, "url", arena_printf(arena, "%s/_s/%s", server, id));
    control_add_time(&call, body, "created", time_seconds(sandbox_created(sandbox)));
    json_add_integer(body, "ttl", sandbox_ttl(sandbox));
    return body;
}

void told_sandbox_change(struct control *control, const char *server, struct sandbox *sandbox,
                         const char *change)
{
    struct sandbox *main = sandboxes_main(control->sandboxes);
    struct events *own = sandbox_events(sandbox), *others = sandbox_events(main);
    if (!events_are_heard(own) && !events_are_heard(others))
        return;
    struct arena arena = {.blocks = NULL};
    cJSON *body = told_sandbox_json(&arena, server, sandbox);
    json_add_text(body, "change", change);
    const char *text = json_print(&arena, body);
    events_tell(own, "sandbox", text);
    if (sandbox != main)
        events_tell(others, "sandbox", text);
    cJSON_Delete(body);
    arena_clear(&arena);
}

void control_note_drop(void *control, struct sandbox *sandbox)
{
    struct control *self = control;
    told_sandbox_change(self, self->urls[0], sandbox, "dropped");
}
