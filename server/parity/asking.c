#include <ctype.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "parity/side.h"

enum {
    PATIENCE_MS = 60000,
    ANSWER_MOST = 16 << 20,
    TRIES = 4,
    REST_MS = 10000, /* where nobody says how long */
    REST_MOST_S = 60,
    NO_ROOM = 429,
    MADE = 200,
    HEADERS = 3,
    TEXT_MOST = 100
};

static bool is_given_up(void *context)
{
    const struct side *side = context;
    return !side->is_finishing && side->parity->rest(side->parity->context, 0);
}

static const char *client_authorization(const struct side *side)
{
    const char *both = arena_printf(side->arena, "%s:%s", side->client_id, side->client_secret);
    char *coded = g_base64_encode((const guchar *)both, strlen(both));
    const char *header = arena_printf(side->arena, "Basic %s", coded);
    g_free(coded);
    return header;
}

static const char *authorization(const struct side *side, enum credential credential)
{
    static const char unknown[] =
        "Zoho-oauthtoken 1000.00000000000000000000000000000000.00000000000000000000000000000000";
    switch (credential) {
    case CREDENTIAL_TOKEN:
        return side->token != NULL ? arena_printf(side->arena, "Zoho-oauthtoken %s", side->token)
                                   : NULL;
    case CREDENTIAL_MALFORMED:
        return "x";
    case CREDENTIAL_UNKNOWN:
        return unknown;
    case CREDENTIAL_CLIENT:
        return client_authorization(side);
    case CREDENTIAL_BASIC:
        return "Basic x";
    case CREDENTIAL_NONE:
        break;
    }
    return NULL;
}

static void ask_once(const struct side *side, const struct side_request *request,
                     struct client_answer *answer)
{
    const char *who = authorization(side, request->is_form && request->credential == CREDENTIAL_TOKEN
                                              ? CREDENTIAL_NONE
                                              : request->credential);
    struct header headers[HEADERS] = {
        {"Content-Type", request->is_form ? "application/x-www-form-urlencoded" : "application/json"}};
    if (who != NULL)
        headers[1] = (struct header){"Authorization", who};
    const struct client_call call = {.method = request->method,
                                     .url = arena_printf(side->arena, "%s%s",
                                                         request->is_form ? side->accounts : side->url,
                                                         request->path),
                                     .headers = headers,
                                     .body = request->body,
                                     .timeout = PATIENCE_MS,
                                     .is_own = side->is_own,
                                     .most = request->most > 0 ? request->most : ANSWER_MOST,
                                     .is_stopping = is_given_up,
                                     .context = (void *)side};
    client_ask(side->client, &call, side->arena, answer);
}

/* Milliseconds that a service without room asks to wait, within bounds. */
static long rest_of(const struct client_answer *answer)
{
    const char *asked = client_header(answer, "Retry-After");
    if (asked == NULL || !isdigit((unsigned char)*asked))
        return REST_MS;
    long seconds = strtol(asked, NULL, 10);
    return (seconds < REST_MOST_S ? seconds : REST_MOST_S) * 1000;
}

void side_ask(const struct side *side, const struct side_request *request, struct client_answer *answer)
{
    const struct parity *parity = side->parity;
    ask_once(side, request, answer);
    for (int i = 1; i < TRIES && answer->status == NO_ROOM; i++) {
        if (parity->rest(parity->context, rest_of(answer)))
            break;
        ask_once(side, request, answer);
    }
    if (answer->status == NO_ROOM)
        *answer = (struct client_answer){.reason = "it has no room for calls (status 429)",
                                         .headers = answer->headers};
}

const char *parity_token(const struct side *side, const char **reason)
{
    const struct remote_options *remote = &side->parity->remote;
    struct arena *arena = side->arena;
    if (remote->token != NULL)
        return remote->token;
    const struct side_request request = {.method = "POST",
                                         .path = "/oauth/v2/token",
                                         .body = remote_token_form(remote, arena),
                                         .is_form = true};
    struct client_answer answer;
    side_ask(side, &request, &answer);
    cJSON *told CLEANUP(json_delete) =
        answer.status == MADE ? json_parse(answer.body, answer.length, NULL) : NULL;
    const cJSON *token = json_member(told, "access_token");
    const char *error = json_scalar_text(json_member(told, "error"));
    *reason = arena_printf(arena, "%s: no access token: %s", side->accounts,
                           answer.status == 0 ? answer.reason
                           : error != NULL    ? utf8_line(arena, error, TEXT_MOST)
                                              : "the answer is none of an accounts server");
    bool is_one = cJSON_IsString(token) && remote_is_token(token->valuestring);
    return is_one ? arena_strdup(arena, token->valuestring) : NULL;
}
