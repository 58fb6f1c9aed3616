/* Calls of the control API, with calls of the service between them: {"calls": [...]}, each as
 * fuzz_call.h has it. Whatever is sent, a call is answered as the document says; a refused one and a
 * GET have changed nothing; the journal keeps secrets; and a reset leaves nothing of all that. */
#include <ctype.h>
#include <glib.h>
#include <string.h>

#include "fuzz.h"
#include "fuzz_call.h"
#include "fuzz_json.h"
#include "fuzz_schema.h"

enum { CALLS_MAX = 8, SECRETS_MAX = 8, TOKEN_LENGTH_MIN = 20 };

static struct fuzz_app fuzzed;
static cJSON *document; /* of the control API */

/* An input on its way. */
struct course {
    struct arena *arena;
    const char *secrets[SECRETS_MAX + 1]; /* what the journal must not tell; NULL ends */
    size_t count;
    const char *id;                 /* told last */
    const char *picture, *pictured; /* NULL: it may have changed since; the prefix of what it shows */
    bool is_compared;               /* nothing was called since it was */
    bool has_jobs;                  /* records may change meanwhile */
};

static struct fuzz_answer ask(struct arena *arena, const char *bytes)
{
    size_t length;
    struct fuzz_answer answer;
    const char *answers = fuzz_app_ask(&fuzzed, bytes, strlen(bytes), arena, &length);
    (void)fuzz_answer_next(answers, answers + length, &answer);
    return answer;
}

/* A call of the target's own, which must succeed. Owned by the caller. */
static cJSON *succeed(struct arena *arena, const char *method, const char *path)
{
    const struct fuzz_answer answer = ask(arena, fuzz_call_plain(arena, method, path, true));
    if (answer.status != 200 && answer.status != 204)
        fuzz_fail("%s %s: %lu %.*s", method, path, answer.status, (int)answer.length, answer.body);
    return json_parse(answer.body, answer.length, NULL);
}

static void read_document(void)
{
    struct arena arena = {.blocks = NULL};
    document = succeed(&arena, "GET", "/_crmock/openapi.json");
    if (document == NULL)
        fuzz_fail("there is no document");
    arena_clear(&arena);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fuzz_app_prepare(&fuzzed);
    struct app_options *options = &fuzzed.options;
    options->control = (struct control_options){.is_on = true, .version = "fuzz"};
    options->http.max_control_body = 8000;
    options->max_sandboxes = 4;
    options->max_records = 1000;
    options->journal = 20;
    options->webhooks = (struct webhook_options){.timeout = 100, .tries = 2, .retry = 1};
    if (!clock_set(&options->clock, "2021-03-03T12:17:00+05:30"))
        fuzz_fail("the clock cannot be set");
    fuzz_app_ready(&fuzzed);
    read_document();
    return 0;
}

/* Questions about what a call could change, and nothing else does meanwhile; *count of them. */
static const char *questions(const struct course *course, const char *prefix, size_t *count)
{
    static const char *const paths[] = {"/faults",    "/limits",   "/clock", "/jobs/policy",
                                        "/snapshots", "/webhooks", "/jobs",  "/changes?stamps=true"};
    enum { OF_JOBS = 3 }; /* the last */
    struct arena *arena = course->arena;
    const char *bytes = "";
    size_t asked = COUNT(paths) - (course->has_jobs ? OF_JOBS : 0);
    for (size_t i = 0; i < asked; i++) {
        const char *path = arena_printf(arena, "%s/_crmock%s", prefix, paths[i]);
        bytes = arena_printf(arena, "%s%s", bytes, fuzz_call_plain(arena, "GET", path, false));
    }
    *count = asked + 1;
    return arena_printf(arena, "%s%s", bytes,
                        fuzz_call_plain(arena, "GET", "/_crmock/sandboxes", true));
}

/* What is told, but for the time of a clock that goes. */
static const char *still(struct arena *arena, const struct fuzz_answer *answer)
{
    static const char fixed[] = "\"mode\":\"fixed\"";
    const char *body = arena_strndup(arena, answer->body, answer->length);
    const char *mode = strncmp(body, "{\"now\"", 6) == 0 ? strstr(body, "\"mode\"") : NULL;
    return mode != NULL && strncmp(mode, fixed, sizeof fixed - 1) != 0 ? mode : body;
}

static const char *picture(const struct course *course, const char *prefix)
{
    size_t count, length;
    struct arena *arena = course->arena;
    const char *bytes = questions(course, prefix, &count), *whole = "";
    const char *at = fuzz_app_ask(&fuzzed, bytes, strlen(bytes), arena, &length), *end = at + length;
    for (size_t i = 0; i < count; i++) {
        struct fuzz_answer answer;
        at = fuzz_answer_next(at, end, &answer);
        whole = arena_printf(arena, "%s%lu %s\n", whole, answer.status, still(arena, &answer));
    }
    return whole;
}

static void check_refusal(const struct fuzz_call_made *made, const struct fuzz_answer *answer,
                          const cJSON *body)
{
    const cJSON *member, *at = json_member(body, "at");
    const char *error = cJSON_GetStringValue(json_member(body, "error"));
    bool is_one = error != NULL && error[0] != '\0' &&
                  (at == NULL || (cJSON_IsString(at) && at->valuestring[0] != '\0'));
    cJSON_ArrayForEach (member, body)
        is_one = is_one && (member == at || strcmp(member->string, "error") == 0);
    if (!is_one)
        fuzz_fail("%s %s: a refusal that says something else: %.*s", made->method, made->path,
                  (int)answer->length, answer->body);
    /* Nothing fails here, and nothing else waits; streams end some time after they were left. */
    bool is_stream = strstr(made->path, "/_crmock/events") != NULL;
    if (answer->status >= 500 && answer->status != 501 && !(answer->status == 503 && is_stream))
        fuzz_fail("%s %s: %lu %s", made->method, made->path, answer->status, error);
}

/* What the document says of that answer; NULL: it does not know the status. */
static const cJSON *response_of(const struct fuzz_call_made *made, unsigned long status,
                                struct arena *arena)
{
    char *method = arena_strdup(arena, made->method);
    for (char *at = method; *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    const cJSON *path = json_member(json_member(document, "paths"), made->endpoint->path);
    return json_member(json_member(json_member(path, method), "responses"),
                       arena_printf(arena, "%lu", status));
}

static void check_by_document(const struct fuzz_call_made *made, const struct fuzz_answer *answer,
                              cJSON *body, struct arena *arena)
{
    static const char media[] = "application/json";
    const cJSON *response = response_of(made, answer->status, arena);
    const cJSON *schema = json_member(json_member(json_member(response, "content"), media), "schema");
    bool is_json = answer->type != NULL && strncmp(answer->type, media, sizeof media - 1) == 0;
    if (response == NULL)
        fuzz_fail("%s %s: the document has no status %lu", made->method, made->path, answer->status);
    if (answer->status >= 400 || (answer->type != NULL && !is_json))
        return;
    cJSON *misfit = body != NULL && schema != NULL ? (cJSON *)fuzz_schema_misfit(schema, body) : NULL;
    if ((schema != NULL) != (body != NULL) || misfit != NULL)
        fuzz_fail("%s %s: not as the document has it: %s in %.*s", made->method, made->path,
                  misfit != NULL ? json_print(arena, misfit) : "all", (int)answer->length,
                  answer->body);
}

/* With what is written by its number in the place of that. */
static const char *decoded(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text), *to = copy;
    for (const char *at = copy; *at != '\0'; at++)
        if (at[0] == '%' && isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2])) {
            *to++ = (char)(g_ascii_xdigit_value(at[1]) * 16 + g_ascii_xdigit_value(at[2]));
            at += 2;
        } else {
            *to++ = *at;
        }
    *to = '\0';
    return copy;
}

static void check_secrets(const struct course *course, const struct fuzz_answer *answer)
{
    const char *body = arena_strndup(course->arena, answer->body, answer->length);
    const char *plain = decoded(course->arena, body);
    for (size_t i = 0; course->secrets[i] != NULL; i++)
        if (strstr(body, course->secrets[i]) != NULL || strstr(plain, course->secrets[i]) != NULL)
            fuzz_fail("the journal tells %s: %s", course->secrets[i], body);
}

/* What an answer gives out to be used is a secret from then on. */
static void keep_token(struct course *course, const struct fuzz_answer *answer)
{
    cJSON *body CLEANUP(json_delete) = json_parse(answer->body, answer->length, NULL);
    static const char *const names[] = {"token", "access_token"};
    for (size_t i = 0; i < COUNT(names); i++) {
        const char *token = cJSON_GetStringValue(json_member(body, names[i]));
        if (token != NULL && strncmp(token, "1000.", 5) == 0 && strlen(token) >= TOKEN_LENGTH_MIN &&
            course->count < SECRETS_MAX)
            course->secrets[course->count++] = arena_strdup(course->arena, token);
    }
}

static void keep_id(struct course *course, const struct fuzz_answer *answer)
{
    static const char name[] = "\"id\":\"";
    const char *end = answer->body + answer->length;
    const char *at = memmem(answer->body, answer->length, name, sizeof name - 1);
    const char *id = at != NULL ? at + sizeof name - 1 : end,
               *quote = memchr(id, '"', (size_t)(end - id));
    if (quote != NULL)
        course->id = arena_strndup(course->arena, id, (size_t)(quote - id));
}

/* The control API's answers are all its own. */
static void check_control(struct course *course, const struct fuzz_call_made *made,
                          const struct fuzz_answer *answer)
{
    cJSON *body CLEANUP(json_delete) = json_parse(answer->body, answer->length, NULL);
    if (answer->status >= 400)
        check_refusal(made, answer, body);
    if (made->endpoint != NULL)
        check_by_document(made, answer, body, course->arena);
    if (answer->status == 200 && strstr(made->path, "/_crmock/requests") != NULL)
        check_secrets(course, answer);
    if (answer->status == 201)
        keep_token(course, answer);
    keep_id(course, answer);
}

/* Fails when it is no longer as it was pictured. */
static void compare(struct course *course, const char *made)
{
    const char *now = picture(course, course->pictured);
    if (strcmp(course->picture, now) != 0)
        fuzz_fail("%s: and yet a change: %s, from %s", made, now, course->picture);
    course->is_compared = true;
}

/* Before a call that may change it: what went before has not. */
static void look(struct course *course, const char *prefix)
{
    if (course->picture != NULL && !course->is_compared)
        compare(course, "GET");
    if (course->picture == NULL || strcmp(course->pictured, prefix) != 0)
        course->picture = picture(course, prefix);
    course->pictured = prefix;
    course->is_compared = true;
}

static void call_control(struct course *course, const struct fuzz_call_made *made)
{
    bool is_get = strcmp(made->method, "GET") == 0;
    if (!is_get || course->picture == NULL || strcmp(course->pictured, made->prefix) != 0)
        look(course, made->prefix);
    const struct fuzz_answer answer = ask(course->arena, made->bytes);
    check_control(course, made, &answer);
    if (is_get)
        course->is_compared = false; /* in time */
    else if (answer.status >= 400)
        compare(course,
                arena_printf(course->arena, "%s %s: %lu", made->method, made->path, answer.status));
    else
        course->picture = NULL;
}

/* A fault may answer anything, or nothing. */
static void call_service(struct course *course, const struct fuzz_call_made *made)
{
    size_t length;
    struct fuzz_answer answer;
    const char *answers = fuzz_app_ask(&fuzzed, made->bytes, made->length, course->arena, &length);
    course->picture = NULL;
    course->has_jobs = course->has_jobs || strcmp(made->method, "GET") != 0;
    if (length == 0)
        return;
    const char *head_end = strstr(answers, "\r\n\r\n");
    if (head_end == NULL)
        fuzz_fail("%s %s: no answer: %s", made->method, made->path, answers);
    answer = (struct fuzz_answer){.body = head_end + 4, .length = strlen(head_end + 4)};
    keep_token(course, &answer);
}

/* Whatever it was, main is as it was at first, and alone. */
static void clean_up(struct arena *arena)
{
    const cJSON *snapshot;
    cJSON_Delete(succeed(arena, "DELETE", "/_crmock/sandboxes"));
    cJSON_Delete(succeed(arena, "POST", "/_crmock/reset"));
    cJSON_Delete(succeed(arena, "GET", "/healthz"));
    cJSON *snapshots CLEANUP(json_delete) = succeed(arena, "GET", "/_crmock/snapshots");
    cJSON_ArrayForEach (snapshot, json_member(snapshots, "snapshots")) {
        const char *name = cJSON_GetStringValue(json_member(snapshot, "name"));
        cJSON_Delete(
            succeed(arena, "DELETE",
                    arena_printf(arena, "/_crmock/snapshots/%s", fuzz_call_encode(arena, name, NULL))));
    }
    cJSON *sandboxes CLEANUP(json_delete) = succeed(arena, "GET", "/_crmock/sandboxes");
    if (cJSON_GetArraySize(json_member(sandboxes, "sandboxes")) != 1)
        fuzz_fail("sandboxes are left: %s", json_print(arena, sandboxes));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const char *first; /* main's picture */
    static struct arena kept;
    struct arena arena = {.blocks = NULL};
    struct course course = {.arena = &arena, .secrets = {FUZZ_SECRET}, .count = 1, .id = "1"};
    cJSON *json CLEANUP(json_delete) = json_parse((const char *)data, size, NULL), *call;
    int count = 0;
    fuzz_app_ready(&fuzzed);
    if (first == NULL || fuzzed.asked == 0) { /* it tells when the app was started */
        arena_clear(&kept);
        first = arena_strdup(&kept, picture(&course, ""));
    }
    cJSON_ArrayForEach (call, json_member(json, "calls")) {
        if (count++ == CALLS_MAX)
            break;
        fuzz_call_bound(call);
        const struct fuzz_call_last last = {course.secrets[course.count - 1], course.id};
        const struct fuzz_call_made made = fuzz_call_make(call, &last, &arena);
        (made.is_control ? call_control : call_service)(&course, &made);
    }
    if (course.picture != NULL)
        look(&course, course.pictured);
    clean_up(&arena);
    course.has_jobs = false;
    const char *last = picture(&course, "");
    if (strcmp(first, last) != 0)
        fuzz_fail("a reset leaves something: %s, and first %s", last, first);
    arena_clear(&arena);
    return 0;
}

size_t LLVMFuzzerCustomMutator(unsigned char *data, size_t size, size_t most, unsigned seed)
{
    return fuzz_json_mutate(data, size, most, seed);
}

size_t LLVMFuzzerCustomCrossOver(const unsigned char *one, size_t one_size, const unsigned char *other,
                                 size_t other_size, unsigned char *out, size_t most, unsigned seed)
{
    return fuzz_json_cross(one, one_size, other, other_size, out, most, seed);
}
