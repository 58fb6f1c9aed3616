#include "fuzz.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "crm/fixture_rules.h"
#include "fixture/fixture.h"
#include "store/cache.h"
#include "store/db.h"

void fuzz_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs("fuzz: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    abort();
}

unsigned char fuzz_byte(struct fuzz_input *input)
{
    return input->at < input->end ? *input->at++ : 0;
}

char *fuzz_rest(struct fuzz_input *input, struct arena *arena)
{
    return arena_strndup(arena, (const char *)input->at, (size_t)(input->end - input->at));
}

size_t fuzz_split(char *text, char mark, char *parts[], size_t most)
{
    size_t count = 0;
    for (char *at = text; at != NULL && count < most; count++) {
        parts[count] = at;
        at = strchr(at, mark);
        if (at != NULL)
            *at++ = '\0';
    }
    return count;
}

void fuzz_api_open(struct fuzz_api *fuzzed)
{
    struct arena arena = {.blocks = NULL};
    const char *reason = "";
    bool is_new;
    log_sink_open(&fuzzed->sink, STDERR_FILENO);
    fuzzed->log = (struct log){.sink = &fuzzed->sink, .level = LOG_ERROR};
    if (!clock_set(&fuzzed->clock, "2021-03-03T12:17:00+05:30"))
        fuzz_fail("the clock cannot be set");
    const struct store_options options = {.log = &fuzzed->log};
    fuzzed->store = store_open(&options, &arena, &is_new, &reason);
    if (fuzzed->store == NULL)
        fuzz_fail("%s", reason);
    fuzzed->policy = (struct job_policy){.batch = 500};
    fuzzed->crm = (struct crm){.store = fuzzed->store,
                               .orgs = &fuzzed->orgs,
                               .clock = &fuzzed->clock,
                               .log = &fuzzed->log,
                               .policy = &fuzzed->policy,
                               .rule_name = catalogue_row_name};
    fuzzed->runner = (struct job_runner){.crm = &fuzzed->crm};
    fuzzed->api = (struct api){.crm = &fuzzed->crm, .token_ttl = 3600, .sandbox = MAIN_SANDBOX};
    arena_clear(&arena);
}

bool fuzz_api_load(struct fuzz_api *fuzzed, const char *folder, struct arena *arena,
                   const char **reason)
{
    const struct fixture_source source = {.folder = folder, .now = clock_now(&fuzzed->clock)};
    orgs_clear(&fuzzed->orgs);
    for (int i = 0; i < CACHES; i++)
        cache_forget(store_cache(fuzzed->store, (enum store_cache)i));
    store_empty(fuzzed->store);
    if (!fixtures_load(fuzzed->store, &source, &fixture_rules, arena, reason))
        return false;
    struct db *db = store_acquire(fuzzed->store);
    if (db == NULL || orgs_load(db, ALL_ORGS, &fuzzed->orgs) != STORE_OK)
        fuzz_fail("what fixtures have filled cannot be read");
    store_release(db);
    return true;
}

static long long changes_of(struct store *store)
{
    struct db *db = store_acquire(store);
    if (db == NULL)
        fuzz_fail("the store has no connection");
    long long changes = sqlite3_total_changes64(db->handle);
    store_release(db);
    return changes;
}

void fuzz_api_open_filled(struct fuzz_api *fuzzed)
{
    struct arena arena = {.blocks = NULL};
    const char *reason = "";
    fuzz_api_open(fuzzed);
    if (!fuzz_api_load(fuzzed, NULL, &arena, &reason))
        fuzz_fail("%s", reason);
    arena_clear(&arena);
    fuzzed->image = store_image(fuzzed->store);
    if (fuzzed->image == NULL)
        fuzz_fail("the store cannot be kept");
    fuzzed->changes = changes_of(fuzzed->store);
}

void fuzz_api_reset(struct fuzz_api *fuzzed)
{
    if (changes_of(fuzzed->store) == fuzzed->changes)
        return;
    if (!store_restart(fuzzed->store, fuzzed->image))
        fuzz_fail("the store cannot be put back");
    fuzzed->changes = changes_of(fuzzed->store);
}

static const char *parameter(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; at != NULL && *at != '\0'; at = strchr(at, '\0') + 1)
        if (strncmp(at, name, length) == 0 && at[length] == '=')
            return at + length + 1;
    return NULL;
}

static const char *query(const struct request *request, const char *name)
{
    return parameter(((const struct fuzz_call *)request->connection)->query, name);
}

static const char *form(const struct request *request, const char *name)
{
    return parameter(((const struct fuzz_call *)request->connection)->form, name);
}

static const char *forwarded_host(const struct request *request)
{
    (void)request;
    return NULL;
}

static const char *base_url(const struct request *request)
{
    (void)request;
    return "http://x";
}

static void check(const struct fuzz_call *call, const struct response *response)
{
    if (response->status < 200 || response->status > 499)
        fuzz_fail("%s %s: status %u", call->method, call->path, response->status);
    if (response->content_type != NULL && strncmp(response->content_type, "text/html", 9) == 0)
        return; /* a login in the browser */
    cJSON *body = json_parse(response->body, response->body_length, NULL);
    if ((body == NULL) != (response->content_type == NULL))
        fuzz_fail("%s %s: the answer's body is no JSON: %.*s", call->method, call->path,
                  (int)response->body_length, response->body);
    cJSON_Delete(body);
}

unsigned fuzz_api_ask(struct fuzz_api *fuzzed, const struct fuzz_call *call)
{
    struct arena arena = {.blocks = NULL};
    struct fuzz_call asked = *call;
    const struct request request = {.method = call->method,
                                    .path = call->path,
                                    .authorization = arena_printf(&arena, "Bearer %s", call->token),
                                    .body = call->body != NULL ? call->body : "",
                                    .body_length = call->body_length,
                                    .query = query,
                                    .form = form,
                                    .base_url = base_url,
                                    .forwarded_host = forwarded_host,
                                    .connection = &asked};
    struct response response = {.status = 0, .body = ""};
    api_respond(&fuzzed->api, &request, &arena, &response);
    check(call, &response);
    while (job_runner_step(&fuzzed->runner) == WORKER_MORE)
        ;
    arena_clear(&arena);
    return response.status;
}
