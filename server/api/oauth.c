#include "api/oauth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "api/catalogue.h"
#include "api/reply.h"

/* A refusal, as the accounts server words it. The SDKs read the body of an answer 200 (contract section
 * 7). */
enum oauth_error {
    OAUTH_OK,
    OAUTH_INVALID_CLIENT,
    OAUTH_INVALID_CLIENT_SECRET,
    OAUTH_INVALID_CODE,
    OAUTH_INVALID_SCOPE,
    OAUTH_UNSUPPORTED_GRANT_TYPE,
    OAUTH_INVALID_TOKEN,
    OAUTH_GENERAL_ERROR
};
static const char *const oauth_errors[] = {
    [OAUTH_INVALID_CLIENT] = "invalid_client",
    [OAUTH_INVALID_CLIENT_SECRET] = "invalid_client_secret",
    [OAUTH_INVALID_CODE] = "invalid_code",
    [OAUTH_INVALID_SCOPE] = "invalid_scope",
    [OAUTH_UNSUPPORTED_GRANT_TYPE] = "unsupported_grant_type",
    [OAUTH_INVALID_TOKEN] = "invalid_token",
    [OAUTH_GENERAL_ERROR] = "general_error",
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
    const char *secret = parameter(call->request, "client_secret");
    enum store_status status =
        client_read(call->db, parameter(call->request, "client_id"), call->arena, &exchange->client);
    if (status != STORE_OK)
        return status == STORE_NOT_FOUND ? OAUTH_INVALID_CLIENT : OAUTH_GENERAL_ERROR;
    return strcmp(exchange->client.secret, secret) == 0 ? OAUTH_OK : OAUTH_INVALID_CLIENT_SECRET;
}

static enum oauth_error find_grant(struct exchange *exchange, const char *text, const char *kind)
{
    struct call *call = exchange->call;
    exchange->kind = kind;
    enum store_status status =
        grant_read(call->db, text, kind, exchange->client.id, clock_now(call->api->crm->clock),
                   call->arena, &exchange->grant);
    if (status == STORE_NOT_FOUND)
        return OAUTH_INVALID_CODE;
    return status == STORE_OK ? OAUTH_OK : OAUTH_GENERAL_ERROR;
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
        return OAUTH_INVALID_CLIENT;
    return scopes[0] != '\0' ? OAUTH_OK : OAUTH_INVALID_SCOPE;
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
    return token_add(exchange->call->db, &token) == STORE_OK ? OAUTH_OK : OAUTH_GENERAL_ERROR;
}

/* Writes the new tokens; a code is used up by it. In the caller's transaction. */
static enum oauth_error issue(struct exchange *exchange)
{
    struct call *call = exchange->call;
    const char *issued_by = exchange->refresh;
    if (exchange->kind != NULL && strcmp(exchange->kind, "refresh") == 0)
        issued_by = exchange->grant.text;
    if (exchange->refresh != NULL) {
        enum store_status used = token_revoke(call->db, exchange->grant.text);
        if (used != STORE_OK) /* another request was faster */
            return used == STORE_NOT_FOUND ? OAUTH_INVALID_CODE : OAUTH_GENERAL_ERROR;
        enum oauth_error error = add_token(exchange, "refresh", exchange->refresh, NULL, 0);
        if (error != OAUTH_OK)
            return error;
    }
    return add_token(exchange, "access", exchange->access, issued_by,
                     clock_now(call->api->crm->clock) + call->api->token_ttl);
}

static enum oauth_error issue_in_transaction(struct exchange *exchange)
{
    struct db *db = exchange->call->db;
    exchange->access = new_text(exchange->call->arena);
    if (store_begin(db, STORE_REQUEST) != STORE_OK)
        return OAUTH_GENERAL_ERROR;
    enum oauth_error error = issue(exchange);
    if (store_end(db, error == OAUTH_OK) == STORE_OK)
        return OAUTH_OK;
    return error != OAUTH_OK ? error : OAUTH_GENERAL_ERROR;
}

static void reply_tokens(const struct exchange *exchange)
{
    struct call *call = exchange->call;
    const char *host = call->request->host;
    cJSON *body = cJSON_CreateObject();
    json_add_text(body, "access_token", exchange->access);
    if (exchange->refresh != NULL)
        json_add_text(body, "refresh_token", exchange->refresh);
    json_add_text(body, "scope", exchange->grant.scopes);
    json_add_text(body, "api_domain",
                  arena_printf(call->arena, "http://%s", host != NULL ? host : "localhost"));
    json_add_text(body, "token_type", "Bearer");
    json_add_integer(body, "expires_in", call->api->token_ttl);
    reply_json(call, 200, body);
}

static enum oauth_error give_token(struct call *call)
{
    struct exchange exchange = {.call = call};
    const char *type = parameter(call->request, "grant_type");
    enum oauth_error error = check_client(&exchange);
    if (error != OAUTH_OK)
        return error;
    error = OAUTH_UNSUPPORTED_GRANT_TYPE;
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
        return OAUTH_GENERAL_ERROR;
    enum store_status status = token_revoke(call->db, parameter(call->request, "token"));
    if (status != STORE_OK) {
        store_rollback(call->db);
        return status == STORE_NOT_FOUND ? OAUTH_INVALID_TOKEN : OAUTH_GENERAL_ERROR;
    }
    if (store_commit(call->db) != STORE_OK)
        return OAUTH_GENERAL_ERROR;
    tokens_forget(call->api->crm->store);
    cJSON *body = cJSON_CreateObject();
    json_add_text(body, "status", "success");
    reply_json(call, 200, body);
    return OAUTH_OK;
}

static const struct {
    const char *path;
    enum oauth_error (*handle)(struct call *call);
} oauth_endpoints[] = {
    {"/oauth/v2/token", give_token},
    {"/oauth/v2/token/revoke", revoke_token},
};

bool oauth_respond(struct call *call)
{
    for (size_t i = 0; i < COUNT(oauth_endpoints); i++) {
        if (strcmp(oauth_endpoints[i].path, call->request->path) != 0)
            continue;
        if (strcmp(call->request->method, "POST") != 0) {
            reply_error(call, ERR_INVALID_METHOD);
            return true;
        }
        call->db = call_connect(call);
        enum oauth_error error = OAUTH_GENERAL_ERROR;
        if (call->db != NULL)
            error = oauth_endpoints[i].handle(call);
        if (error == OAUTH_OK)
            return true;
        cJSON *body = cJSON_CreateObject();
        json_add_text(body, "error", oauth_errors[error]);
        reply_json(call, error == OAUTH_GENERAL_ERROR ? 500 : 200, body);
        return true;
    }
    return false;
}
