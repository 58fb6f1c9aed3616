#include "remote/remote.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "remote/inside.h"

enum {
    STATUS_OK = 200,
    STATUS_UNAUTHORIZED = 401,
    STATUS_TIMEOUT = 408,
    STATUS_TOO_MANY = 429,
    STATUS_SERVER = 500
};

struct remote *remote_new(const struct remote_options *options, struct arena *arena,
                          const char **reason)
{
    if (options->token == NULL && !token_can_renew(options)) {
        *reason = "expected --token, or --client-id, --client-secret and --refresh-token";
        return NULL;
    }
    const char *behind = strstr(options->url, "/crm");
    if (behind != NULL && (behind[4] == '\0' || behind[4] == '/')) {
        *reason = arena_printf(arena, "%s: expected the base URL of the API, which ends before /crm",
                               options->url);
        return NULL;
    }
    if (options->token != NULL && !remote_is_token(options->token)) {
        *reason = "--token: expected visible characters of ASCII, 4096 at most";
        return NULL;
    }
    struct client *client = client_new(arena, reason);
    if (client == NULL)
        return NULL;
    struct remote *remote = must_alloc(sizeof *remote);
    *remote =
        (struct remote){.options = *options, .client = client, .mutex = PTHREAD_MUTEX_INITIALIZER};
    remote->token = g_strdup(options->token);
    (void)sem_init(&remote->places, 0, REMOTE_AT_ONCE);
    return remote;
}

void remote_free(struct remote *remote)
{
    if (remote == NULL)
        return;
    client_free(remote->client);
    (void)sem_destroy(&remote->places);
    (void)pthread_mutex_destroy(&remote->mutex);
    g_free(remote->token);
    g_free(remote->refusal);
    free(remote);
}

void remote_answer_clear(struct remote_answer *answer)
{
    cJSON_Delete(answer->json);
    answer->json = NULL;
}

unsigned remote_calls(struct remote *remote)
{
    return atomic_load(&remote->calls);
}

/* A token of a page is nobody's business who reads a log. */
static const char *told_url(struct arena *arena, const char *url)
{
    static const char token[] = "page_token=";
    const char *at = strstr(url, token);
    return at != NULL ? arena_printf(arena, "%.*s...", (int)(at - url + (ptrdiff_t)strlen(token)), url)
                      : url;
}

void remote_send(struct remote *remote, const struct client_call *call, struct arena *arena,
                 struct remote_answer *answer)
{
    struct client_call sent = *call;
    struct client_answer got;
    sent.most = ANSWER_MOST;
    sent.is_stopping = remote->options.is_stopping;
    sent.context = remote->options.context;
    while (sem_wait(&remote->places) != 0)
        continue;
    (void)atomic_fetch_add(&remote->calls, 1);
    client_ask(remote->client, &sent, arena, &got);
    (void)sem_post(&remote->places);
    *answer = (struct remote_answer){.status = got.status,
                                     .is_hopeless = got.is_hopeless,
                                     .text = got.body,
                                     .length = got.length,
                                     .headers = got.headers};
    if (got.status == 0)
        answer->reason = arena_printf(arena, "%s: %s", told_url(arena, call->url), got.reason);
    else if (got.length > 0)
        answer->json = json_parse_small(got.body, got.length, VALUES_MOST, NULL);
}

static void send_with(struct remote *remote, const struct remote_call *call, const char *token,
                      struct arena *arena, struct remote_answer *answer)
{
    const struct header headers[] = {
        {"Authorization", arena_printf(arena, "Zoho-oauthtoken %s", token)},
        {call->body != NULL ? "Content-Type" : NULL, "application/json"},
        {NULL, NULL}};
    remote_send(
        remote,
        &(struct client_call){.method = call->method,
                              .url = arena_printf(arena, "%s%s", remote->options.url, call->target),
                              .headers = headers,
                              .body = call->body,
                              .timeout = PATIENCE_MS},
        arena, answer);
}

static bool is_token_refused(const struct remote_answer *answer)
{
    const char *code = json_scalar_text(json_member(answer->json, "code"));
    return answer->status == STATUS_UNAUTHORIZED && code != NULL && strcmp(code, "INVALID_TOKEN") == 0;
}

/* An answer that is half a document is broken, whatever its status says. */
static bool is_broken(const struct remote_answer *answer)
{
    enum { FIRST_ERROR = 300 };
    bool has_body = answer->length > 0 || answer->status == STATUS_OK; /* that has always one */
    return (answer->status == 0 && !answer->is_hopeless) || answer->status == STATUS_TIMEOUT ||
           answer->status >= STATUS_SERVER ||
           (answer->status < FIRST_ERROR && has_body && answer->json == NULL);
}

static enum trouble trouble_of(const struct remote_call *call, const struct remote_answer *answer)
{
    if (answer->status == STATUS_TOO_MANY)
        return TROUBLE_THROTTLED;
    if (is_token_refused(answer))
        return TROUBLE_TOKEN;
    return strcmp(call->method, "GET") == 0 && is_broken(answer) ? TROUBLE_BROKEN : TROUBLE_NONE;
}

/* A token that others have replaced meanwhile is no try of this call's. */
static bool try_again(struct remote *remote, enum trouble trouble, unsigned generation,
                      struct patience *patience)
{
    bool was_newest = false;
    if (trouble != TROUBLE_TOKEN)
        return trouble != TROUBLE_NONE && remote_wait(remote, trouble, patience);
    if (patience->has_renewed || !token_drop(remote, generation, &was_newest))
        return false;
    patience->has_renewed = was_newest;
    return !remote_is_stopping(remote);
}

bool remote_ask(struct remote *remote, const struct remote_call *call, struct arena *arena,
                struct remote_answer *answer)
{
    struct patience patience = {.has_renewed = false};
    unsigned generation;
    enum trouble trouble;
    *answer = (struct remote_answer){.text = ""};
    do {
        remote_answer_clear(answer);
        const char *token = token_hold(remote, arena, &generation, answer);
        if (token == NULL)
            return false;
        send_with(remote, call, token, arena, answer);
        trouble = trouble_of(call, answer);
    } while (try_again(remote, trouble, generation, &patience));
    return answer->status != 0;
}

/* Jobs, taken one after the other by several threads. */
struct queue {
    remote_job *job;
    void *context;
    size_t count;
    atomic_size_t next;
};

static void *work(void *data)
{
    struct queue *queue = data;
    for (size_t i; (i = atomic_fetch_add(&queue->next, 1)) < queue->count;)
        queue->job(queue->context, i);
    return NULL;
}

void remote_each(size_t count, remote_job *job, void *context)
{
    struct queue queue = {.job = job, .context = context, .count = count};
    pthread_t threads[REMOTE_AT_ONCE - 1];
    size_t started = 0;
    while (started < COUNT(threads) && started + 1 < count &&
           pthread_create(&threads[started], NULL, work, &queue) == 0)
        started++;
    (void)work(&queue);
    while (started > 0)
        (void)pthread_join(threads[--started], NULL);
}
