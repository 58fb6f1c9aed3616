#include "api/oauth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "api/gate.h"
#include "api/reply.h"

/* Why a request was refused. */
enum oauth_error {
    OAUTH_OK,
    OAUTH_NO_CLIENT,
    OAUTH_WRONG_SECRET,
    OAUTH_GRANT_TYPE,
    OAUTH_NO_GRANT,
    OAUTH_DEAD_GRANT,
    OAUTH_CLIENT_IS_NOBODY,
    OAUTH_NO_SCOPE,
    OAUTH_WRONG_SCOPE,
    OAUTH_NO_TOKEN,
    OAUTH_FAILED
};

/* The same as the accounts server words it, and for people. The SDKs read the body of an answer 200
 * (contract section 7). */
static const struct oauth_refusal {
    const char *row, *error;
    unsigned status;
    const char *hint; /* where no call->fault.hint says more */
} refusals[] = {
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
};

enum {
    SCOPE_MAX = 2000,             /* characters of what client credentials ask for */
    EXPIRED_KEPT = 60 * 60 * 1000 /* milliseconds that a token that has expired is kept */
};

/* A token request under way. */
struct exchange {
    struct call *call;
    struct client client;
    const char *kind;   /* of the grant: "refresh", "code"; NULL: the client's own credentials */
    struct grant grant; /* what the tokens are issued for */
    const char *access, *refresh; /* refresh NULL: none is issued */
};

/* From the query or a form, as clients send them; "" counts as absent. */
static const char *parameter(const struct request *request, const char *name)
{
    const char *value = request->query(request, name);
    if (value == NULL || value[0] == '\0')
        value = request->form(request, name);
    return value != NULL ? value : "";
}

static const char *new_text(struct arena *arena)
{
    unsigned char bytes[32];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        abort(); /* does not happen for so few, once the system has started */
    char hex[2 * sizeof bytes + 1];
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    return arena_printf(arena, "1000.%.32s.%s", hex, hex + 32);
}

static enum oauth_error check_client(struct exchange *exchange)
{
    struct call *call = exchange->call;
    const char *id = parameter(call->request, "client_id");
    const char *secret = parameter(call->request, "client_secret");
    enum store_status status = client_read(call->db, id, call->arena, &exchange->client);
    if (status == STORE_NOT_FOUND && id[0] == '\0')
        call->fault.hint = "no client_id was sent: parameters stand in the query or in a form";
    if (status != STORE_OK)
        return status == STORE_NOT_FOUND ? OAUTH_NO_CLIENT : OAUTH_FAILED;
    return strcmp(exchange->client.secret, secret) == 0 ? OAUTH_OK : OAUTH_WRONG_SECRET;
}

/* By enum grant_state. */
static const struct {
    enum oauth_error error;
    const char *hint;
} grant_states[] = {
    [GRANT_GOOD] = {OAUTH_OK, NULL},
    [GRANT_UNKNOWN] = {OAUTH_NO_GRANT, NULL},
    [GRANT_OF_OTHER_KIND] = {OAUTH_NO_GRANT,
                             "that is a token of another kind: code, refresh_token and access token"
                             " do not stand for one another"},
    [GRANT_OF_OTHER_CLIENT] = {OAUTH_NO_GRANT,
                               "that code or refresh token was given to another client"},
    [GRANT_USED] = {OAUTH_DEAD_GRANT, "the code has been used or revoked: one is good once"},
    [GRANT_REVOKED] = {OAUTH_DEAD_GRANT, "the refresh token has been revoked"},
    [GRANT_EXPIRED] = {OAUTH_DEAD_GRANT, "the code or refresh token has expired"},
};

static enum oauth_error find_grant(struct exchange *exchange, const char *text, const char *kind)
{
    struct call *call = exchange->call;
    enum grant_state state;
    exchange->kind = kind;
    if (grant_read(call->db, text, kind, exchange->client.id, clock_milliseconds(call->api->crm->clock),
                   call->arena, &exchange->grant, &state) != STORE_OK)
        return OAUTH_FAILED;
    call->fault.hint = grant_states[state].hint;
    return grant_states[state].error;
}

static enum oauth_error by_refresh_token(struct exchange *exchange)
{
    return find_grant(exchange, parameter(exchange->call->request, "refresh_token"), "refresh");
}

static enum oauth_error by_code(struct exchange *exchange)
{
    exchange->refresh = new_text(exchange->call->arena);
    return find_grant(exchange, parameter(exchange->call->request, "code"), "code");
}

static enum oauth_error by_client_credentials(struct exchange *exchange)
{
    const char *scopes = parameter(exchange->call->request, "scope");
    exchange->grant = (struct grant){.scopes = scopes, .user_id = exchange->client.user_id};
    if (exchange->client.user_id == 0)
        return OAUTH_CLIENT_IS_NOBODY;
    if (scopes[0] == '\0')
        return OAUTH_NO_SCOPE;
    bool fits = strnlen(scopes, SCOPE_MAX + 1) <= SCOPE_MAX && scopes_are_well_formed(scopes);
    return fits ? OAUTH_OK : OAUTH_WRONG_SCOPE;
}

static const struct {
    const char *name;
    enum oauth_error (*find)(struct exchange *exchange);
} grant_types[] = {
    {"refresh_token", by_refresh_token},
    {"authorization_code", by_code},
    {"client_credentials", by_client_credentials},
};

static enum oauth_error add_token(struct exchange *exchange, const char *kind, const char *text,
                                  const char *issued_by, int64_t expires_at)
{
    const struct new_token token = {.text = text,
                                    .kind = kind,
                                    .client_id = exchange->client.id,
                                    .scopes = exchange->grant.scopes,
                                    .issued_by = issued_by,
                                    .user_id = exchange->grant.user_id,
                                    .expires_at = expires_at};
    return token_add(exchange->call->db, &token) == STORE_OK ? OAUTH_OK : OAUTH_FAILED;
}

/* Writes the new tokens; a code is used up by it. In the caller's transaction. */
static enum oauth_error issue(struct exchange *exchange)
{
    struct call *call = exchange->call;
    int64_t now = clock_milliseconds(call->api->crm->clock);
    /* What nobody else issued is its own issuer: that tells it from what fixtures gave. */
    const char *issued_by = exchange->refresh != NULL ? exchange->refresh : exchange->access;
    if (exchange->kind != NULL && strcmp(exchange->kind, "refresh") == 0)
        issued_by = exchange->grant.text;
    if (tokens_sweep(call->db, exchange->access, now - EXPIRED_KEPT) != STORE_OK)
        return OAUTH_FAILED;
    if (exchange->refresh != NULL) {
        enum store_status used = token_revoke(call->db, exchange->grant.text);
        if (used != STORE_OK) /* another request was faster */
            return used == STORE_NOT_FOUND ? OAUTH_DEAD_GRANT : OAUTH_FAILED;
        enum oauth_error error = add_token(exchange, "refresh", exchange->refresh, NULL, 0);
        if (error != OAUTH_OK)
            return error;
    }
    return add_token(exchange, "access", exchange->access, issued_by, now + call->api->token_ttl);
}

static enum oauth_error issue_in_transaction(struct exchange *exchange)
{
    struct db *db = exchange->call->db;
    exchange->access = new_text(exchange->call->arena);
    if (store_begin(db, STORE_REQUEST) != STORE_OK)
        return OAUTH_FAILED;
    enum oauth_error error = issue(exchange);
    if (store_end(db, error == OAUTH_OK) == STORE_OK)
        return OAUTH_OK;
    return error != OAUTH_OK ? error : OAUTH_FAILED;
}

static void reply_tokens(const struct exchange *exchange)
{
    struct call *call = exchange->call;
    cJSON *body = cJSON_CreateObject();
    json_add_text(body, "access_token", exchange->access);
    if (exchange->refresh != NULL)
        json_add_text(body, "refresh_token", exchange->refresh);
    json_add_text(body, "scope", exchange->grant.scopes);
    json_add_text(body, "api_domain", call->request->base_url(call->request));
    json_add_text(body, "token_type", "Bearer");
    int64_t seconds = call->api->token_ttl / 1000;
    json_add_integer(body, "expires_in", seconds > 0 ? seconds : 1);
    reply_json(call, 200, body);
}

static enum oauth_error give_token(struct call *call)
{
    struct exchange exchange = {.call = call};
    const char *type = parameter(call->request, "grant_type");
    enum oauth_error error = check_client(&exchange);
    if (error != OAUTH_OK)
        return error;
    error = OAUTH_GRANT_TYPE;
    for (size_t i = 0; i < COUNT(grant_types); i++)
        if (strcmp(grant_types[i].name, type) == 0)
            error = grant_types[i].find(&exchange);
    if (error == OAUTH_OK)
        error = issue_in_transaction(&exchange);
    if (error == OAUTH_OK)
        reply_tokens(&exchange);
    return error;
}

static enum oauth_error revoke_token(struct call *call)
{
    if (store_begin(call->db, STORE_REQUEST) != STORE_OK)
        return OAUTH_FAILED;
    enum store_status status = token_revoke(call->db, parameter(call->request, "token"));
    if (status != STORE_OK) {
        store_rollback(call->db);
        return status == STORE_NOT_FOUND ? OAUTH_NO_TOKEN : OAUTH_FAILED;
    }
    if (store_commit(call->db) != STORE_OK)
        return OAUTH_FAILED;
    tokens_forget(call->api->crm->store);
    cJSON *body = cJSON_CreateObject();
    json_add_text(body, "status", "success");
    reply_json(call, 200, body);
    return OAUTH_OK;
}

static void refuse(struct call *call, enum oauth_error error)
{
    const struct oauth_refusal *refusal = &refusals[error];
    const char *hint = call->fault.hint != NULL ? call->fault.hint : refusal->hint;
    if (error == OAUTH_FAILED)
        hint = reply_cause(call);
    cJSON *body = cJSON_CreateObject();
    json_add_text(body, "error", refusal->error);
    reply_json(call, refusal->status, body);
    call->response->rule = refusal->row;
    call->response->hint = hint;
}

static const struct oauth_endpoint {
    const char *method, *path;
    enum oauth_error (*handle)(struct call *call);
} oauth_endpoints[] = {
    {"POST", "/oauth/v2/token", give_token},
    {"POST", "/oauth/v2/token/revoke", revoke_token},
};

static void respond(struct call *call, const struct oauth_endpoint *endpoint)
{
    if (strcmp(endpoint->method, call->request->method) != 0) {
        call->fault.hint = methods_hint(call->arena, &endpoint->method, 1);
        reply_error(call, ERR_INVALID_METHOD);
        return;
    }
    call->db = call_connect(call);
    enum oauth_error error = call->db != NULL ? endpoint->handle(call) : OAUTH_FAILED;
    if (error != OAUTH_OK)
        refuse(call, error);
}

bool oauth_respond(struct call *call)
{
    for (size_t i = 0; i < COUNT(oauth_endpoints); i++) {
        if (strcmp(oauth_endpoints[i].path, call->request->path) != 0)
            continue;
        respond(call, &oauth_endpoints[i]);
        return true;
    }
    return false;
}
