/* What this crmock is. */
#include "control/call.h"

static int64_t tell(struct control_call *call)
{
    const struct control_options *options = &call->control->options;
    cJSON *body = cJSON_CreateObject();
    json_add_text(body, "version", options->version);
    control_add_time(call, body, "started", options->started);
    json_add_text(body, "sandbox", arena_strdup(call->arena, sandbox_id(call->sandbox)));
    json_add_text(body, "url", call->request->base_url(call->request));
    json_add_integer(body, "sandboxes", (int64_t)sandboxes_count(call->control->sandboxes) + 1);
    return control_reply(call, 200, body);
}

const struct control_endpoint control_info = {
    .method = "GET",
    .path = "/_crmock/info",
    .handle = tell,
    .says = "This crmock: its version, options, base URL and the time of its start.",
};
