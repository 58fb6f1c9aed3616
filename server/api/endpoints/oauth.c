#include "api/endpoints/oauth.h"

#include <string.h>

#include "api/endpoints/oauth_call.h"
#include "api/gate.h"
#include "api/reply.h"

/* The same as the accounts server words it, and for people. The SDKs read the body of an answer 200
 * (contract section 7); a login in the browser is refused by a page. */
const struct oauth_refusal oauth_refusals[OAUTH_ERRORS] = {
    [OAUTH_NO_CLIENT] = {"O1", "invalid_client", 200, "there is no client of that client_id"},
    [OAUTH_WRONG_SECRET] = {"O2", "invalid_client_secret", 200,
                            "the client_secret is not that of the client"},
    [OAUTH_GRANT_TYPE] = {"O3", "unsupported_grant_type", 200,
                          "grant_type is refresh_token, authorization_code or client_credentials"},
    [OAUTH_NO_GRANT] = {"O4", "invalid_code", 200, "there is no code or refresh token of that text"},
    [OAUTH_DEAD_GRANT] = {"O5", "invalid_code", 200,
                          "the code has been used, or the token has been revoked or has expired"},
    [OAUTH_CLIENT_IS_NOBODY] = {"O6", "invalid_client", 200,
                                "for client_credentials the client needs a user in the fixtures"},
    [OAUTH_NO_SCOPE] = {"O7", "invalid_scope", 200,
                        "client_credentials needs a scope: ZohoCRM.mass_update.ALL, ..."},
    [OAUTH_WRONG_SCOPE] = {"O8", "invalid_scope", 200,
                           "scopes are ZohoCRM.group.OPERATION or ZohoCRM.group.module.OPERATION, with"
                           " commas or blanks between them, of at most 2,000 characters"},
    [OAUTH_NO_TOKEN] = {"O9", "invalid_token", 200,
                        "there is no token of that text, or it has been revoked before"},
    [OAUTH_FAILED] = {"O10", "general_error", 500, "a failure of crmock's own"},
    [OAUTH_MALFORMED_BASIC] = {"O11", "invalid_client", 200,
                               "Authorization: Basic is followed by the base64 of client_id, a colon"
                               " and client_secret"},
    [OAUTH_TWO_CLIENTS] = {"O12", "invalid_client", 200,
                           "Authorization: Basic says another client_id or client_secret than the"
                           " parameters: send one of them"},
    [OAUTH_OTHER_REDIRECT] = {"O13", "invalid_redirect_uri", 200,
                              "the redirect_uri is not the one with which the code was asked for"},
    [OAUTH_LOGIN_CLIENT] = {"O14", "invalid_client", 400, "there is no client of that client_id"},
    [OAUTH_LOGIN_REDIRECT] = {"O15", "invalid_redirect_uri", 400,
                              "the redirect_uri is not among the client's redirect_uris"},
    [OAUTH_LOGIN_RESPONSE_TYPE] = {"O16", "invalid_response_type", 400, "response_type must be code"},
    [OAUTH_LOGIN_SCOPE] = {"O17", "invalid_scope", 400,
                           "scopes are ZohoCRM.group.OPERATION or ZohoCRM.group.module.OPERATION, with"
                           " commas or blanks between them, of at most 2,000 characters"},
    [OAUTH_LOGIN_WORD] = {"O18", "invalid_request", 400,
                          "a parameter has a value that it does not take"},
    [OAUTH_LOGIN_FORM] = {"O19", "invalid_request", 400,
                          "the form is none that this crmock has made since it started: begin again"},
    [OAUTH_LOGIN_ANSWER] = {"O20", "invalid_request", 400,
                            "the form says answer, accept or reject, and user, an id or email"},
    [OAUTH_DENIED] = {"O21", "access_denied", 302, "who was asked has rejected it"},
    [OAUTH_TOO_MANY_TOKENS] = {"O22", "Access Denied", 400,
                               "the refresh token gave as many access tokens as the limits allow"},
};

const char *oauth_parameter(const struct call *call, const char *name)
{
    const struct request *request = call->request;
    const char *value = request->query(request, name);
    if (value == NULL || value[0] == '\0')
        value = request->form(request, name);
    return value != NULL ? value : "";
}

void oauth_note_missing(struct call *call, const char *name)
{
    if (oauth_parameter(call, name)[0] == '\0')
        call->fault.hint = arena_printf(call->arena, "no %s was sent", name);
}

/* What the accounts server says beside the error, where it does: F12. */
static const char *const descriptions[OAUTH_ERRORS] = {
    [OAUTH_TOO_MANY_TOKENS] =
        "You have made too many requests continuously. Please try again after some time.",
};

static void refuse_by_json(struct call *call, const struct oauth_refusal *refusal, const char *hint)
{
    (void)hint;
    const char *description = descriptions[refusal - oauth_refusals];
    cJSON *body = cJSON_CreateObject();
    if (description != NULL)
        json_add_text(body, "error_description", description);
    json_add_text(body, "error", refusal->error);
    if (description != NULL)
        json_add_text(body, "status", "failure");
    reply_json(call, refusal->status, body);
}

typedef void refuse_fn(struct call *call, const struct oauth_refusal *refusal, const char *hint);

static const struct oauth_endpoint {
    const char *method, *path;
    oauth_fn *handle;
    refuse_fn *refuse;
} endpoints[] = {
    {"GET", "/oauth/v2/auth", oauth_ask_user, oauth_page_refuse},
    {"POST", "/oauth/v2/auth", oauth_take_decision, oauth_page_refuse},
    {"POST", "/oauth/v2/token", oauth_give_token, refuse_by_json},
    {"POST", "/oauth/v2/token/revoke", oauth_revoke_token, refuse_by_json},
};

static void refuse(struct call *call, enum oauth_error error, refuse_fn *refuse_by)
{
    const struct oauth_refusal *refusal = &oauth_refusals[error];
    const char *hint = call->fault.hint != NULL ? call->fault.hint : refusal->hint;
    refuse_by(call, refusal, hint);
    call->response->rule = refusal->row;
    call->response->hint = hint;
}

static void respond(struct call *call, const struct oauth_endpoint *endpoint)
{
    call->db = call_connect(call);
    enum oauth_error error = call->db != NULL ? endpoint->handle(call) : OAUTH_FAILED;
    if (error == OAUTH_FAILED)
        call->fault.hint = reply_cause(call);
    if (error != OAUTH_OK)
        refuse(call, error, endpoint->refuse);
}

/* OAUTH_OK: none has that name. */
static enum oauth_error error_of(const char *rule)
{
    for (enum oauth_error error = OAUTH_OK + 1; error < OAUTH_ERRORS; error++)
        if (strcmp(oauth_refusals[error].row, rule) == 0)
            return error;
    return OAUTH_OK;
}

bool oauth_knows_rule(const char *rule)
{
    return error_of(rule) != OAUTH_OK;
}

void oauth_respond_rule(struct call *call, const char *rule)
{
    enum oauth_error error = error_of(rule);
    bool of_login = error >= OAUTH_LOGIN_CLIENT && error <= OAUTH_DENIED;
    if (error == OAUTH_DENIED) { /* who was asked rejects a login that could have gone on */
        call->db = call_connect(call);
        error = call->db != NULL ? oauth_deny(call) : OAUTH_FAILED;
    }
    if (error != OAUTH_OK)
        refuse(call, error, of_login ? oauth_page_refuse : refuse_by_json);
}

/* Each path once: the endpoints of one stand together. */
static const char *paths_hint(struct arena *arena)
{
    const char *text = "served here: ", *last = "";
    for (size_t i = 0; i < COUNT(endpoints); i++) {
        if (strcmp(endpoints[i].path, last) != 0)
            text = arena_printf(arena, "%s%s%s", text, i == 0 ? "" : ", ", endpoints[i].path);
        last = endpoints[i].path;
    }
    return text;
}

bool oauth_respond(struct call *call)
{
    static const char room[] = "/oauth/";
    const char *served[COUNT(endpoints)];
    size_t count = 0;
    if (strncmp(call->request->path, room, sizeof room - 1) != 0)
        return false;
    for (size_t i = 0; i < COUNT(endpoints); i++) {
        if (strcmp(endpoints[i].path, call->request->path) != 0)
            continue;
        if (strcmp(endpoints[i].method, call->request->method) == 0) {
            respond(call, &endpoints[i]);
            return true;
        }
        served[count++] = endpoints[i].method;
    }
    call->fault.hint = count > 0 ? methods_hint(call->arena, served, count) : paths_hint(call->arena);
    reply_error(call, count > 0 ? ERR_INVALID_METHOD : ERR_INVALID_URL);
    return true;
}
