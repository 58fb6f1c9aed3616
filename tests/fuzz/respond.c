/* Requests as they come off the wire, straight into the api room: whatever the body, path or token, the
 * answer is one of the catalogue, never a failure of the server's own.
 * An input's first line is "METHOD PATH TOKEN", what follows is the body. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/json.h"
#include "base/utf8.h"
#include "crm/fixture_rules.h"
#include "crm/job.h"
#include "store/fixture.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static struct {
    struct log log;
    struct clock clock;
    struct store *store;
    struct orgs orgs;
    struct crm crm;
    struct job_runner runner;
    struct api api;
    const char *form; /* of the request: parameters as parameter_of reads them */
} fuzzed;

static void open_once(void)
{
    struct arena arena = {NULL};
    const char *reason = "";
    bool is_new;
    fuzzed.log = (struct log){.stream = stderr, .level = LOG_ERROR};
    const struct store_options options = {.log = &fuzzed.log};
    const struct fixture_source source = {.now = 1614334436};
    fuzzed.store = store_open(&options, &arena, &is_new, &reason);
    if (fuzzed.store == NULL ||
        !fixtures_load(fuzzed.store, &source, &fixture_rules, &arena, &reason)) {
        (void)fprintf(stderr, "%s\n", reason);
        abort();
    }
    struct db *db = store_acquire(fuzzed.store);
    if (db == NULL || orgs_load(db, &fuzzed.orgs) != STORE_OK)
        abort();
    store_release(db);
    arena_clear(&arena);
    fuzzed.crm = (struct crm){.store = fuzzed.store,
                              .orgs = &fuzzed.orgs,
                              .clock = &fuzzed.clock,
                              .log = &fuzzed.log,
                              .worker = worker_new(job_runner_step, &fuzzed.runner)};
    fuzzed.runner = (struct job_runner){.crm = &fuzzed.crm, .options = {.batch = 500}};
    fuzzed.api = (struct api){.crm = &fuzzed.crm};
}

/* Each is "name=value" with an end of its own, an empty one comes last. */
static const char *parameter_of(const char *at, const char *name)
{
    size_t length = strlen(name);
    for (; *at != '\0'; at = strchr(at, '\0') + 1)
        if (strncmp(at, name, length) == 0 && at[length] == '=')
            return at + length + 1;
    return NULL;
}

/* Those of the query stand behind the path. */
static const char *query(const struct request *request, const char *name)
{
    return parameter_of(strchr(request->path, '\0') + 1, name);
}

static const char *form(const struct request *request, const char *name)
{
    (void)request;
    return parameter_of(fuzzed.form, name);
}

/* Cuts "name=value&name=value"; the text has an end more than it needs. */
static void cut(char *at)
{
    while (*at != '\0') {
        at += strcspn(at, "&");
        if (*at != '\0')
            *at++ = '\0';
    }
}

static void cut_path(char *path)
{
    char *at = path + strcspn(path, "?");
    if (*at != '\0')
        *at++ = '\0';
    cut(at);
}

/* The body as a form. */
static const char *form_of(struct arena *arena, const char *body, size_t length)
{
    const char *text = utf8_repaired(arena, arena_strndup(arena, body, length));
    char *copy = arena_alloc(arena, strlen(text) + 2);
    memcpy(copy, text, strlen(text));
    cut(copy);
    return copy;
}

static char *next_word(struct arena *arena, const char **at, const char *end)
{
    size_t length = 0;
    while (*at + length < end && (*at)[length] != ' ' && (*at)[length] != '\n')
        length++;
    char *word = arena_alloc(arena, length + 3); /* more ends than one: query reads on behind a path */
    memcpy(word, *at, length);
    *at += length + (*at + length < end);
    return word;
}

static void check(const struct response *response, bool fault_is_asked_for)
{
    if (response->status < 200 || response->status > (fault_is_asked_for ? 500U : 499U))
        abort();
    cJSON *body = json_parse(response->body, response->body_length, NULL);
    if ((body == NULL) != (response->content_type == NULL))
        abort();
    cJSON_Delete(body);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    if (fuzzed.store == NULL)
        open_once();
    struct arena arena = {NULL};
    const char *at = (const char *)data, *end = at + size;
    const char *method = next_word(&arena, &at, end);
    char *path = next_word(&arena, &at, end);
    const char *token = utf8_repaired(&arena, next_word(&arena, &at, end));
    if (!utf8_valid(path, strlen(path)) || !utf8_valid(method, strlen(method)))
        path[0] = '\0'; /* the http room hands down no such texts */
    cut_path(path);
    fuzzed.form = form_of(&arena, at, (size_t)(end - at));
    const struct request request = {.method = method,
                                    .path = path,
                                    .authorization = arena_printf(&arena, "Bearer %s", token),
                                    .body = at,
                                    .body_length = (size_t)(end - at),
                                    .query = query,
                                    .form = form};
    struct response response = {.status = 0, .body = ""};
    api_respond(&fuzzed.api, &request, &arena, &response);
    static const char record_with_fault[] = "600500"; /* of the default fixtures: E23 */
    check(&response, memmem(data, size, record_with_fault, strlen(record_with_fault)) != NULL);
    while (job_runner_step(&fuzzed.runner) == WORKER_MORE)
        ;
    arena_clear(&arena);
    return 0;
}
