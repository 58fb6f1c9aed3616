/* The token endpoint, and the end of tokens. */
#include <string.h>

#include "api/credential.h"
#include "api/endpoints/oauth_call.h"
#include "api/reply.h"
#include "api/throttle.h"
#include "base/basic.h"
#include "base/scopes.h"
#include "base/service_host.h"
#include "crm/limits.h"

struct grant_type;

/* A token request under way. */
struct exchange {
    struct call *call;
    const char *id, *secret; /* as sent; "": not sent */
    struct client client;
    const struct grant_type *type;
    struct grant grant;           /* what the tokens are issued for */
    const char *access, *refresh; /* refresh NULL: none is issued */
};

typedef enum oauth_error exchange_fn(struct exchange *exchange);

struct grant_type {
    const char *name;
    const char *kind; /* of the grant in the store; NULL: the client's own credentials */
    exchange_fn *find;
};

static const char *parameter(const struct exchange *exchange, const char *name)
{
    return oauth_parameter(exchange->call, name);
}

/* True when both are sent, and differ. */
static bool differ(const char *parameter, const char *by_header)
{
    return parameter[0] != '\0' && strcmp(parameter, by_header) != 0;
}

static enum oauth_error credentials_are_sent_once(struct exchange *exchange)
{
    const char *id = parameter(exchange, "client_id");
    const char *secret = parameter(exchange, "client_secret");
    exchange->id = id;
    exchange->secret = secret;
    switch (basic_read(exchange->call->request->authorization, exchange->call->arena, &exchange->id,
                       &exchange->secret)) {
    case BASIC_MALFORMED:
        return OAUTH_MALFORMED_BASIC;
    case BASIC_GOOD:
        return differ(id, exchange->id) || differ(secret, exchange->secret) ? OAUTH_TWO_CLIENTS
                                                                            : OAUTH_OK;
    default:
        return OAUTH_OK;
    }
}

static enum oauth_error client_is_known(struct exchange *exchange)
{
    struct call *call = exchange->call;
    enum store_status status =
        client_read(call->db, credential_client_inside(call->api, call->arena, exchange->id),
                    call->arena, &exchange->client);
    if (status == STORE_NOT_FOUND && exchange->id[0] == '\0')
        call->fault.hint = "no client_id was sent: parameters stand in the query or in a form";
    if (status != STORE_OK)
        return status == STORE_NOT_FOUND ? OAUTH_NO_CLIENT : OAUTH_FAILED;
    return OAUTH_OK;
}

static enum oauth_error secret_is_the_clients(struct exchange *exchange)
{
    if (exchange->secret[0] == '\0')
        exchange->call->fault.hint = "no client_secret was sent";
    return strcmp(exchange->client.secret, exchange->secret) == 0 ? OAUTH_OK : OAUTH_WRONG_SECRET;
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

static enum oauth_error find_grant(struct exchange *exchange, const char *name)
{
    struct call *call = exchange->call;
    const char *text = credential_inside(call->api, call->arena, parameter(exchange, name));
    enum grant_state state;
    if (grant_read(call->db, text, exchange->type->kind, exchange->client.id,
                   clock_milliseconds(call->api->crm->clock), call->arena, &exchange->grant,
                   &state) != STORE_OK)
        return OAUTH_FAILED;
    call->fault.hint = grant_states[state].hint;
    oauth_note_missing(call, name);
    return grant_states[state].error;
}

static enum oauth_error by_refresh_token(struct exchange *exchange)
{
    return find_grant(exchange, "refresh_token");
}

static enum oauth_error by_code(struct exchange *exchange)
{
    enum oauth_error error = find_grant(exchange, "code");
    const char *redirect_uri = exchange->grant.redirect_uri;
    if (error != OAUTH_OK)
        return error;
    if (redirect_uri != NULL && strcmp(redirect_uri, parameter(exchange, "redirect_uri")) != 0)
        return OAUTH_OTHER_REDIRECT;
    if (exchange->grant.offline)
        exchange->refresh = credential_new(exchange->call->api, exchange->call->arena);
    return OAUTH_OK;
}

static enum oauth_error by_client_credentials(struct exchange *exchange)
{
    const char *scopes = parameter(exchange, "scope"), *wrong;
    size_t length;
    exchange->grant = (struct grant){.scopes = scopes, .user_id = exchange->client.user_id};
    if (exchange->client.user_id == 0)
        return OAUTH_CLIENT_IS_NOBODY;
    if (scopes[0] == '\0')
        return OAUTH_NO_SCOPE;
    bool fits = strnlen(scopes, OAUTH_SCOPES_MAX + 1) <= OAUTH_SCOPES_MAX &&
                scopes_are_known(scopes, &wrong, &length);
    return fits ? OAUTH_OK : OAUTH_WRONG_SCOPE;
}

static const struct grant_type grant_types[] = {
    {"refresh_token", "refresh", by_refresh_token},
    {"authorization_code", "code", by_code},
    {"client_credentials", NULL, by_client_credentials},
};

static enum oauth_error grant_type_is_served(struct exchange *exchange)
{
    const char *name = parameter(exchange, "grant_type");
    for (size_t i = 0; i < COUNT(grant_types); i++)
        if (strcmp(grant_types[i].name, name) == 0)
            exchange->type = &grant_types[i];
    return exchange->type != NULL ? OAUTH_OK : OAUTH_GRANT_TYPE;
}

static enum oauth_error grant_is_good(struct exchange *exchange)
{
    return exchange->type->find(exchange);
}

static bool is_of_kind(const struct exchange *exchange, const char *kind)
{
    return exchange->type->kind != NULL && strcmp(exchange->type->kind, kind) == 0;
}

/* F12. A token that the store then fails to keep counts as well. */
static enum oauth_error refresh_token_may_give_one(struct exchange *exchange)
{
    struct call *call = exchange->call;
    const struct crm *crm = call->api->crm;
    struct limits_tokens tokens;
    if (!is_of_kind(exchange, "refresh") ||
        limits_issue(crm->limits, exchange->grant.text, crm->clock, &tokens))
        return OAUTH_OK;
    call->fault.hint =
        arena_printf(call->arena,
                     "the refresh token gave %u access tokens in %u seconds, as many as"
                     " the limits allow: it gives the next one %s",
                     tokens.most, tokens.seconds, throttle_when(call->arena, tokens.free_at));
    return OAUTH_TOO_MANY_TOKENS;
}

/* In this order; the first failure answers. What bounds how often a grant may be used is the last: only
 * then it is known whose it is, and that it would give a token. */
static exchange_fn *const checks[] = {
    credentials_are_sent_once, client_is_known, secret_is_the_clients,
    grant_type_is_served,      grant_is_good,   refresh_token_may_give_one,
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

/* The token with which the new access token goes when that is revoked. What nobody else issued is its
 * own issuer: that tells it from what fixtures gave. */
static const char *issuer(const struct exchange *exchange)
{
    if (is_of_kind(exchange, "refresh"))
        return exchange->grant.text;
    return exchange->refresh != NULL ? exchange->refresh : exchange->access;
}

static enum oauth_error use_code_up(struct exchange *exchange)
{
    enum store_status used = token_revoke(exchange->call->db, exchange->grant.text);
    if (used == STORE_NOT_FOUND)
        return OAUTH_DEAD_GRANT; /* another request was faster */
    return used == STORE_OK ? OAUTH_OK : OAUTH_FAILED;
}

/* Writes the new tokens. In the caller's transaction. */
static enum oauth_error issue(struct exchange *exchange)
{
    struct call *call = exchange->call;
    int64_t now = clock_milliseconds(call->api->crm->clock);
    enum oauth_error error = OAUTH_OK;
    if (tokens_sweep(call->db, exchange->access, now - OAUTH_EXPIRED_KEPT) != STORE_OK)
        return OAUTH_FAILED;
    if (is_of_kind(exchange, "code"))
        error = use_code_up(exchange);
    if (error == OAUTH_OK && exchange->refresh != NULL)
        error = add_token(exchange, "refresh", exchange->refresh, NULL, 0);
    if (error == OAUTH_OK)
        error = add_token(exchange, "access", exchange->access, issuer(exchange),
                          now + call->api->token_ttl);
    return error;
}

static enum oauth_error issue_in_transaction(struct exchange *exchange)
{
    struct db *db = exchange->call->db;
    exchange->access = credential_new(exchange->call->api, exchange->call->arena);
    if (store_begin(db, STORE_REQUEST) != STORE_OK)
        return OAUTH_FAILED;
    enum oauth_error error = issue(exchange);
    if (store_end(db, error == OAUTH_OK) == STORE_OK)
        return OAUTH_OK;
    return error != OAUTH_OK ? error : OAUTH_FAILED;
}

/* F11: the address by which the client came; of an accounts server of the service, its data centre's
 * for the API, as that server says: nobody finds records at the other. */
static const char *api_domain(const struct call *call)
{
    const char *url = call->request->base_url(call->request);
    const char *host = strchr(url, ':') + strlen("://");
    size_t length = strcspn(host, ":/");
    const char *api = service_host_api(host, length);
    return api == NULL
               ? url
               : arena_printf(call->arena, "%.*s%s%s", (int)(host - url), url, api, host + length);
}

static void reply_tokens(const struct exchange *exchange)
{
    struct call *call = exchange->call;
    cJSON *body = cJSON_CreateObject();
    json_add_text(body, "access_token", credential_outside(call->api, call->arena, exchange->access));
    if (exchange->refresh != NULL)
        json_add_text(body, "refresh_token",
                      credential_outside(call->api, call->arena, exchange->refresh));
    json_add_text(body, "scope", scopes_by_blanks(call->arena, exchange->grant.scopes));
    json_add_text(body, "api_domain", api_domain(call));
    json_add_text(body, "token_type", "Bearer");
    int64_t seconds = call->api->token_ttl / 1000;
    json_add_integer(body, "expires_in", seconds > 0 ? seconds : 1);
    reply_json(call, 200, body);
}

enum oauth_error oauth_give_token(struct call *call)
{
    struct exchange exchange = {.call = call};
    enum oauth_error error = OAUTH_OK;
    for (size_t i = 0; i < COUNT(checks) && error == OAUTH_OK; i++)
        error = checks[i](&exchange);
    if (error == OAUTH_OK)
        error = issue_in_transaction(&exchange);
    if (error == OAUTH_OK)
        reply_tokens(&exchange);
    return error;
}

enum oauth_error oauth_revoke_token(struct call *call)
{
    if (store_begin(call->db, STORE_REQUEST) != STORE_OK)
        return OAUTH_FAILED;
    enum store_status status = token_revoke(
        call->db, credential_inside(call->api, call->arena, oauth_parameter(call, "token")));
    if (status != STORE_OK) {
        store_rollback(call->db);
        oauth_note_missing(call, "token");
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
