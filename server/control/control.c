#include "control/control.h"

#include <string.h>

#include "base/utf8.h"
#include "base/word.h"
#include "control/call.h"
#include "control/errand.h"
#include "control/guard.h"

static const char health_path[] = "/healthz", openapi_path[] = "/openapi.json";

static void tell_health(const struct scene *scene, struct arena *arena, struct response *response)
{
    struct store *store = scene->crm.store;
    struct db *db = store_acquire(store);
    bool answers = db != NULL && store_check(db) == STORE_OK;
    const char *trouble = answers ? NULL : store_trouble(store, db, arena);
    if (trouble != NULL)
        response->hint = utf8_line(arena, trouble, HINT_MAX);
    if (db != NULL)
        store_release(db);
    response->status = answers ? 200 : 503;
    response->body = arena_printf(arena, "{\"status\":\"%s\"}", answers ? "ok" : "store failed");
}

static void tell_openapi(struct control *control, struct response *response)
{
    (void)pthread_mutex_lock(&control->mutex);
    if (control->document == NULL)
        control->document = control->openapi(&control->arena);
    response->body = control->document;
    (void)pthread_mutex_unlock(&control->mutex);
    response->status = 200;
}

/* The two that are older than the control API, and are there without it. */
static bool tell_of_server(struct control *control, const struct request *request,
                           struct sandbox *sandbox, struct arena *arena, struct response *response)
{
    bool is_health = strcmp(request->path, health_path) == 0;
    if (!is_health && strcmp(request->path, openapi_path) != 0)
        return false;
    *response = (struct response){.content_type = "application/json"};
    unsigned side;
    const struct scene *scene = sandbox_enter(sandbox, &side);
    if (strcmp(request->method, "GET") != 0) {
        response->status = 405;
        response->allow = "GET";
        response->body = "{\"status\":\"GET only\"}";
    } else if (!is_health) {
        tell_openapi(control, response);
    } else if (scene != NULL) {
        tell_health(scene, arena, response);
    }
    sandbox_leave(sandbox, side);
    if (response->body == NULL)
        control_answer(arena, response, 404, CONTROL_GONE, NULL);
    response->body_length = strlen(response->body);
    return true;
}

/* In the order in which paths are compared. */
static const struct control_endpoint *const endpoints[] = {
    &control_info,
    &control_openapi,
    &control_authority,
    &console_enter,
    &console_index,
    &console_file,
    &sandboxes_post,
    &sandboxes_get,
    &sandboxes_delete,
    &sandbox_get,
    &sandbox_delete,
    &reset_post,
    &snapshots_post,
    &snapshots_get,
    &snapshot_restore_post,
    &snapshot_delete,
    &clock_get,
    &clock_put,
    &clock_advance,
    &tokens_post,
    &tokens_get,
    &orgs_get,
    &modules_get,
    &module_get,
    &fixtures_post,
    &records_get,
    &records_post,
    &record_get,
    &record_patch,
    &record_drop,
    &changes_get,
    &jobs_get,
    &job_policy_get,
    &job_policy_put,
    &job_policy_patch,
    &job_get,
    &job_step_post,
    &job_release_post,
    &job_suspend_post,
    &job_fail_post,
    &faults_post,
    &faults_get,
    &faults_delete,
    &fault_get,
    &fault_delete,
    &limits_get,
    &limits_put,
    &limits_patch,
    &requests_get,
    &requests_drop,
    &requests_find_post,
    &requests_verify_post,
    &request_get,
    &events_get,
    &webhooks_get,
    &webhooks_delete,
};

const struct control_endpoint *control_endpoint_at(size_t index)
{
    return index < COUNT(endpoints) ? endpoints[index] : NULL;
}

/* Compares part by part; what the parts in braces stand for is copied into the call. */
static bool path_matches(struct control_call *call, const char *pattern)
{
    const char *path = call->request->path;
    for (size_t count = 0; *pattern == '/' && *path == '/';) {
        pattern++;
        path++;
        size_t wanted = (size_t)(strchrnul(pattern, '/') - pattern);
        size_t given = (size_t)(strchrnul(path, '/') - path);
        if (*pattern == '{' && given > 0)
            call->parts[count++] = arena_strndup(call->arena, path, given);
        else if (wanted != given || strncmp(pattern, path, wanted) != 0)
            return false;
        pattern += wanted;
        path += given;
    }
    return *pattern == '\0' && *path == '\0';
}

/* Sets the endpoint, by the first path that fits, so that /find is no {id}. False: that serves none but
 * the methods in *allow, or, when this is NULL, there is no such path. */
static bool find_endpoint(struct control_call *call, const char **allow)
{
    const char *path = NULL;
    bool is_prefixed = call->request->prefix[0] != '\0';
    *allow = NULL;
    for (size_t i = 0; i < COUNT(endpoints); i++) {
        const struct control_endpoint *endpoint = endpoints[i];
        if ((is_prefixed && endpoint->is_of_process) ||
            (path != NULL && strcmp(endpoint->path, path) != 0) || !path_matches(call, endpoint->path))
            continue;
        path = endpoint->path;
        if (strcmp(endpoint->method, call->request->method) == 0) {
            call->endpoint = endpoint;
            return true;
        }
        if (*allow != NULL && strstr(*allow, endpoint->method) != NULL)
            continue;
        *allow = *allow == NULL ? endpoint->method
                                : arena_printf(call->arena, "%s, %s", *allow, endpoint->method);
    }
    return false;
}

/* Says what is served at the path, in the place of its answer. */
static void tell_served(struct control_call *call, const char *allow)
{
    if (allow == NULL) {
        (void)control_refuse(call, 404, NULL,
                             call->request->prefix[0] != '\0'
                                 ? "there is no such path of a sandbox: GET"
                                   " /_crmock/openapi.json lists all, some without /_s/{id}"
                                 : "there is no such path: GET /_crmock/openapi.json lists all");
        return;
    }
    call->response->allow = arena_printf(call->arena, "%s, OPTIONS", allow);
    if (strcmp(call->request->method, "OPTIONS") == 0)
        (void)control_reply(call, 204, NULL);
    else
        (void)control_refuse(call, 405, NULL, "expected %s", allow);
}

/* What an endpoint does not look at would do nothing, unseen. */
static void take_nothing(struct control_call *call)
{
    const struct said said = said_body(call);
    said_has_only(&said, "");
}

enum { BODY_VALUES_MAX = 100000 };

static bool read_body(struct control_call *call)
{
    struct json_place place = {.line = 0};
    const struct request *request = call->request;
    bool is_empty = request->body_length == 0;
    call->body = is_empty
                     ? cJSON_CreateObject()
                     : json_parse_small(request->body, request->body_length, BODY_VALUES_MAX, &place);
    if (call->body == NULL && place.has_too_many)
        (void)control_refuse(call, 413, "$", "expected at most %d values", BODY_VALUES_MAX);
    else if (call->body == NULL)
        (void)control_refuse(call, 400, NULL, "expected JSON: line %zu, column %zu", place.line,
                             place.column);
    else if (!cJSON_IsObject(call->body))
        (void)control_refuse(call, 422, "$", "expected an object");
    else if (call->endpoint->takes == NULL)
        take_nothing(call);
    return !call->is_refused;
}

/* A name of the query that the endpoint does not take would do nothing, unseen. */
static bool check_query(struct control_call *call)
{
    const char *taken = call->endpoint->query != NULL ? call->endpoint->query : "";
    const char *name = call->request->query_name(call->request, 0);
    for (size_t i = 0; name != NULL; name = call->request->query_name(call->request, ++i))
        if (!word_is_among(taken, name))
            (void)control_refuse(call, 422, name[0] != '\0' ? name : NULL,
                                 taken[0] != '\0' ? "expected one of: %s" : "expected no parameter%s",
                                 taken);
    return !call->is_refused;
}

/* Asks the endpoint once. */
static int64_t run(struct control_call *call)
{
    if (call->endpoint->manner == CONTROL_CHANGES)
        return call->endpoint->handle(call);
    unsigned side;
    call->scene = sandbox_enter(call->sandbox, &side);
    int64_t pause = call->scene != NULL ? call->endpoint->handle(call) : control_gone(call);
    sandbox_leave(call->sandbox, side);
    call->scene = NULL;
    return pause;
}

static void respond(struct control_call *call)
{
    const char *allow;
    if (!find_endpoint(call, &allow)) {
        tell_served(call, allow);
        return;
    }
    if (!check_query(call) || !read_body(call))
        return;
    if (call->endpoint->manner == CONTROL_AT_ONCE)
        (void)run(call);
    else if (errand_begin(call, run))
        call->body = NULL; /* the errand's */
    else
        (void)control_refuse(
            call, 503, NULL,
            "too many calls wait (at most half of --max-connections), or crmock stops");
}

static bool is_of_control(const char *path)
{
    static const char room[] = "/_crmock";
    size_t length = sizeof room - 1;
    return strncmp(path, room, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

/* Before a sandbox is found in its path; a path behind one that is a sandbox's again is refused, as the
 * control API's. */
static bool is_guarded(const struct control *control, const struct request *request)
{
    return control->options.is_on &&
           (is_of_control(request->path) || strncmp(request->path, "/_s/", strlen("/_s/")) == 0);
}

/* By the endpoint that will answer, however its path is spelt. */
static bool is_open(const struct request *request, struct arena *arena)
{
    struct control_call call = {.request = request, .arena = arena};
    const char *allow;
    return find_endpoint(&call, &allow) && call.endpoint->is_open;
}

bool control_admits(const struct control *control, const struct request *request, struct arena *arena,
                    struct response *response)
{
    const struct control_options *options = &control->options;
    if (is_guarded(control, request))
        return guard_passes(options, request, options->token != NULL && is_open(request, arena), arena,
                            response);
    return !options->checks_host || guard_passes_host(options, request, arena, response);
}

/* What no endpoint is asked: too large, or no well-formed HTTP. */
static void refuse(const struct request *request, struct arena *arena, struct response *response)
{
    static const struct {
        unsigned status;
        const char *expected;
    } refusals[REFUSALS] = {
        [REFUSAL_MALFORMED] = {400, "well-formed HTTP"},
        [REFUSAL_URI_TOO_LONG] = {414, "a shorter request line"},
        [REFUSAL_HEAD_TOO_LARGE] = {431, "fewer or shorter headers"},
        [REFUSAL_BODY_TOO_LARGE] = {413, NULL}, /* by the limit */
        [REFUSAL_CODING] = {501, "no transfer coding but chunked"},
        [REFUSAL_VERSION] = {505, "HTTP/1.1"},
        [REFUSAL_ELSEWHERE] = {403, "one of the service's hosts: nothing leaves crmock"},
        [REFUSAL_NO_ROOM] = {503, "less, for there is no memory left for it"},
    };
    const char *hint = request->refusal_hint, *expected = refusals[request->refusal].expected;
    bool is_body = request->refusal == REFUSAL_BODY_TOO_LARGE;
    if (is_body)
        expected = arena_printf(arena, "a body of at most %zu bytes", request->limit);
    const char *error = arena_printf(arena, "expected %s%s%s", expected, hint != NULL ? ": " : "",
                                     hint != NULL ? hint : "");
    response->closes = request->refusal == REFUSAL_NO_ROOM;
    control_answer(arena, response, refusals[request->refusal].status, error, is_body ? "$" : NULL);
}

bool control_respond(struct control *control, const struct request *request, struct sandbox *sandbox,
                     struct arena *arena, struct response *response)
{
    bool is_refused = request->refusal != REFUSAL_NONE;
    if (!is_refused && tell_of_server(control, request, sandbox, arena, response))
        return true;
    bool is_ours = is_of_control(request->path) || (is_refused && request->is_control);
    if (!control->options.is_on || !is_ours)
        return false;
    if (is_refused) {
        refuse(request, arena, response);
        return true;
    }
    struct control_call call = {.control = control,
                                .request = request,
                                .arena = arena,
                                .response = response,
                                .sandbox = sandbox,
                                .begun = clock_microseconds()};
    respond(&call);
    cJSON_Delete(call.body);
    return true;
}

static int64_t ask_later(struct control_call *call)
{
    return call->later(call->state, call->hurries, call->response);
}

bool control_put_off(struct control *control, struct sandbox *sandbox, const struct request *request,
                     struct arena *arena, struct response *response, later_fn *later, void *state)
{
    const struct control_call call = {.control = control,
                                      .request = request,
                                      .arena = arena,
                                      .response = response,
                                      .sandbox = sandbox,
                                      .later = later,
                                      .state = state};
    return errand_begin(&call, ask_later);
}

void control_close(struct control *control)
{
    (void)pthread_mutex_lock(&control->mutex);
    control->is_closing = true;
    (void)pthread_mutex_unlock(&control->mutex);
    if (control->sandboxes != NULL)
        sandboxes_end_events(control->sandboxes);
    pool_free(control->pool);
    control->pool = NULL;
}

void control_clear(struct control *control)
{
    arena_clear(&control->arena);
    (void)pthread_mutex_destroy(&control->mutex);
}
