#include "api/api.h"

#include "api/endpoints/oauth.h"
#include "api/gate.h"
#include "api/reply.h"
#include "api/throttle.h"
#include "base/utf8.h"

static const enum error refusals[REFUSALS] = {
    [REFUSAL_MALFORMED] = ERR_MALFORMED_REQUEST,   [REFUSAL_URI_TOO_LONG] = ERR_URI_TOO_LONG,
    [REFUSAL_HEAD_TOO_LARGE] = ERR_HEAD_TOO_LARGE, [REFUSAL_BODY_TOO_LARGE] = ERR_BODY_TOO_LARGE,
    [REFUSAL_CODING] = ERR_UNKNOWN_CODING,         [REFUSAL_VERSION] = ERR_UNKNOWN_VERSION,
    [REFUSAL_ELSEWHERE] = ERR_ELSEWHERE,           [REFUSAL_NO_ROOM] = ERR_NO_ROOM,
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
    throttle_tell(&call);
    bound_hint(arena, response);
    call_end(&call);
}
