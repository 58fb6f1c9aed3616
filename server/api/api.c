#include "api/api.h"

#include <string.h>

#include "api/gate.h"
#include "api/oauth.h"
#include "api/reply.h"
#include "base/utf8.h"

const char *call_parameter(const struct call *call, const char *name)
{
    const char *value = call->request->query(call->request, name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

struct db *call_connect(const struct call *call)
{
    struct db *db = store_acquire(call->api->crm->store);
    if (db != NULL)
        store_limit(db, &call->api->crm->budget);
    return db;
}

enum error call_list(struct call *call, const char *name, size_t most, const char **list)
{
    *list = call_parameter(call, name);
    size_t count = 1;
    for (const char *at = *list; at != NULL && (at = strchr(at, ',')) != NULL; at++)
        count++;
    if (count <= most)
        return ERR_NONE;
    call->fault = (struct fault){.param_name = name,
                                 .maximum_length = (int64_t)most,
                                 .hint = arena_printf(call->arena, "at most %zu of them", most)};
    return ERR_INVALID_VALUE;
}

enum error call_bad_parameter(struct call *call, enum error error, const char *name, const char *hint)
{
    call->fault = (struct fault){.param_name = name, .hint = hint};
    return error;
}

static enum error or_invalid(enum error error)
{
    return error != ERR_NONE ? error : ERR_INVALID_MODULE;
}

enum error call_unknown_module(const struct call *call)
{
    return or_invalid(call->endpoint->unknown_module);
}

enum error call_unsupported_module(const struct call *call)
{
    return or_invalid(call->endpoint->unsupported_module);
}

static const enum error refusals[REFUSALS] = {
    [REFUSAL_MALFORMED] = ERR_MALFORMED_REQUEST,
    [REFUSAL_URI_TOO_LONG] = ERR_URI_TOO_LONG,
    [REFUSAL_HEAD_TOO_LARGE] = ERR_HEAD_TOO_LARGE,
    [REFUSAL_BODY_TOO_LARGE] = ERR_BODY_TOO_LARGE,
    [REFUSAL_CODING] = ERR_UNKNOWN_CODING,
    [REFUSAL_VERSION] = ERR_UNKNOWN_VERSION,
    [REFUSAL_NO_ROOM] = ERR_NO_ROOM,
};

/* A header holds one line, and not one of any length: hints name what clients send. */
static void bound_hint(struct arena *arena, struct response *response)
{
    if (response->hint != NULL)
        response->hint = utf8_line(arena, response->hint, HINT_MAX);
}

static enum error answer(struct call *call)
{
    if (call->request->refusal != REFUSAL_NONE) {
        call->fault = (struct fault){.maximum_length = (int64_t)call->request->limit,
                                     .hint = call->request->refusal_hint};
        return refusals[call->request->refusal];
    }
    if (oauth_respond(call))
        return ERR_NONE;
    enum error error = gate_check(call);
    return error == ERR_NONE ? call->endpoint->handle(call) : error;
}

void api_respond(void *context, const struct request *request, struct arena *arena,
                 struct response *response)
{
    struct call call = {.api = context, .request = request, .arena = arena, .response = response};
    enum error error = answer(&call);
    if (error != ERR_NONE)
        reply_error(&call, error);
    bound_hint(arena, response);
    cJSON_Delete(call.metadata);
    if (call.db != NULL)
        store_release(call.db);
}
