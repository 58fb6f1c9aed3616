/* Access tokens, and how another is got. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/uri.h"
#include "base/utf8.h"
#include "remote/inside.h"

enum { TOKEN_PATIENCE_MS = 60000, STATUS_OK = 200, STATUS_BAD = 400, STATUS_THROTTLED = 429 };

bool token_can_renew(const struct remote_options *options)
{
    return options->client_id != NULL && options->client_secret != NULL &&
           options->refresh_token != NULL;
}

bool remote_is_token(const char *text)
{
    enum { LENGTH_MOST = 4096 };
    size_t length = 0;
    while (length <= LENGTH_MOST && text[length] > ' ' && text[length] < 0x7f)
        length++;
    return length > 0 && length <= LENGTH_MOST && text[length] == '\0';
}

const char *remote_token_form(const struct remote_options *options, struct arena *arena)
{
    const char *const members[][2] = {{"grant_type", "refresh_token"},
                                      {"client_id", options->client_id},
                                      {"client_secret", options->client_secret},
                                      {"refresh_token", options->refresh_token}};
    const char *form = "";
    for (size_t i = 0; i < COUNT(members); i++)
        form = arena_printf(arena, "%s%s%s=%s", form, i > 0 ? "&" : "", members[i][0],
                            uri_escaped(arena, members[i][1]));
    return form;
}

static const char *accounts_url(const struct remote_options *options)
{
    return options->accounts_url != NULL ? options->accounts_url : options->url;
}

static void send_form(struct remote *remote, struct arena *arena, struct remote_answer *answer)
{
    static const struct header headers[] = {{"Content-Type", "application/x-www-form-urlencoded"},
                                            {NULL, NULL}};
    const struct remote_options *options = &remote->options;
    remote_send(
        remote,
        &(struct client_call){.method = "POST",
                              .url = arena_printf(arena, "%s/oauth/v2/token", accounts_url(options)),
                              .headers = headers,
                              .body = remote_token_form(options, arena),
                              .timeout = TOKEN_PATIENCE_MS},
        arena, answer);
}

static const char *error_of(const struct remote_answer *answer)
{
    const char *error = json_scalar_text(json_member(answer->json, "error"));
    return error != NULL ? error : "";
}

static enum trouble trouble_of(const struct remote_answer *answer)
{
    enum { SERVER_FAILS = 500 };
    if ((answer->status == 0 && !answer->is_hopeless) || answer->status >= SERVER_FAILS ||
        (answer->status == STATUS_OK && answer->json == NULL))
        return TROUBLE_BROKEN;
    bool is_throttled =
        answer->status == STATUS_THROTTLED ||
        (answer->status == STATUS_BAD && strcmp(error_of(answer), "Access Denied") == 0);
    return is_throttled ? TROUBLE_TOKENS_THROTTLED : TROUBLE_NONE;
}

/* Why an answer has no token. */
static const char *refusal(const struct remote *remote, const struct remote_answer *answer,
                           struct arena *arena)
{
    enum { ERROR_MOST = 80 };
    const char *error = utf8_line(arena, error_of(answer), ERROR_MOST);
    const char *what = error[0] != '\0' ? arena_printf(arena, " \"%s\"", error) : "";
    return arena_printf(arena, "%s/oauth/v2/token: no access token: status %u%s",
                        accounts_url(&remote->options), answer->status, what);
}

static bool renew(struct remote *remote, struct arena *arena, struct remote_answer *answer)
{
    struct patience patience = {.has_renewed = false};
    enum trouble trouble;
    do {
        remote_answer_clear(answer);
        send_form(remote, arena, answer);
        trouble = trouble_of(answer);
    } while (trouble != TROUBLE_NONE && remote_wait(remote, trouble, &patience));
    const cJSON *token = json_member(answer->json, "access_token");
    if (cJSON_IsString(token) && remote_is_token(token->valuestring))
        remote->token = g_strdup(token->valuestring);
    else if (answer->status != 0)
        answer->reason = refusal(remote, answer, arena);
    remote_answer_clear(answer);
    answer->status = 0;
    return remote->token != NULL;
}

const char *token_hold(struct remote *remote, struct arena *arena, unsigned *generation,
                       struct remote_answer *answer)
{
    (void)pthread_mutex_lock(&remote->mutex);
    const char *token = NULL;
    if (remote->token == NULL && remote->refusal == NULL && !renew(remote, arena, answer))
        remote->refusal = g_strdup(answer->reason);
    if (remote->token != NULL)
        token = arena_strdup(arena, remote->token);
    else
        *answer = (struct remote_answer){.reason = arena_strdup(arena, remote->refusal), .text = ""};
    *generation = remote->generation;
    (void)pthread_mutex_unlock(&remote->mutex);
    return token;
}

bool token_drop(struct remote *remote, unsigned generation, bool *was_newest)
{
    if (!token_can_renew(&remote->options))
        return false;
    (void)pthread_mutex_lock(&remote->mutex);
    *was_newest = generation == remote->generation;
    if (*was_newest) {
        g_free(remote->token);
        remote->token = NULL;
        remote->generation++;
    }
    (void)pthread_mutex_unlock(&remote->mutex);
    return true;
}
