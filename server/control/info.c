/* What this crmock is. */
#include "control/call.h"

static int64_t tell(struct control_call *call)
{
    const struct control_options *options = &call->control->options;
    cJSON *body = cJSON_CreateObject();
    json_add_text(body, "version", options->version);
    control_add_time(call, body, "started", options->started);
    json_add_text(body, "url", call->request->base_url(call->request));
    cJSON *urls = cJSON_AddArrayToObject(body, "urls");
    for (size_t i = 0; i < COUNT(call->control->urls) && call->control->urls[i] != NULL; i++)
        cJSON_AddItemToArray(urls, cJSON_CreateStringReference(call->control->urls[i]));
    json_add_text_or_null(body, "proxy", call->control->proxy_url);
    json_add_text(body, "sandbox", arena_strdup(call->arena, sandbox_id(call->sandbox)));
    json_add_integer(body, "sandboxes", (int64_t)sandboxes_count(call->control->sandboxes) + 1);
    cJSON_AddItemToObject(body, "options", call->control->options_told(call->control->app_options));
    return control_reply(call, 200, body);
}

const struct control_endpoint control_info = {
    .method = "GET",
    .path = "/_crmock/info",
    .handle = tell,
    .says = "This crmock: its version, options, addresses and the time of its start.",
    .answers = "'version': " SCHEMA_TEXT ", 'started': " SCHEMA_TIME ", 'url': " SCHEMA_TEXT
               ", 'urls': " SCHEMA_LIST(
                   SCHEMA_TEXT) ", 'proxy': {'type': ['string', 'null']}, 'sandbox': " SCHEMA_TEXT
                                ", 'sandboxes': " SCHEMA_COUNT
                                ", 'options': {'type': 'object', 'additionalProperties': "
                                "{'type': ['string', 'integer',"
                                " 'boolean', 'array', 'null']}}",
};
