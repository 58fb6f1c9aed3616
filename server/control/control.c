#include "control/control.h"

#include <string.h>

#include "base/utf8.h"
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
        control_answer(arena, response, 404, "the sandbox has just been dropped", NULL);
    response->body_length = strlen(response->body);
    return true;
}

/* In the order in which paths are compared. */
static const struct control_endpoint *const endpoints[] = {
    &control_info,    &sandboxes_post, &sandboxes_get,    &sandboxes_delete, &sandbox_get,
    &sandbox_delete,  &reset_post,     &snapshots_post,   &snapshots_get,    &snapshot_restore_post,
    &snapshot_delete, &clock_get,      &clock_put,        &clock_advance,    &tokens_post,
    &fixtures_post,   &jobs_get,       &job_policy_get,   &job_policy_put,   &job_policy_patch,
    &job_get,         &job_step_post,  &job_release_post, &job_suspend_post, &job_fail_post,
};

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

/* The endpoint, or a refusal that says what is served there. */
static bool find_endpoint(struct control_call *call)
{
    const char *allow = NULL;
    bool is_prefixed = call->request->prefix[0] != '\0';
    for (size_t i = 0; i < COUNT(endpoints); i++) {
        const struct control_endpoint *endpoint = endpoints[i];
        if ((is_prefixed && endpoint->is_of_process) || !path_matches(call, endpoint->path))
            continue;
        if (strcmp(endpoint->method, call->request->method) == 0) {
            call->endpoint = endpoint;
            return true;
        }
        if (allow != NULL && strstr(allow, endpoint->method) != NULL)
            continue;
        allow = allow == NULL ? endpoint->method
                              : arena_printf(call->arena, "%s, %s", allow, endpoint->method);
    }
    if (allow == NULL) {
        (void)control_refuse(call, 404, NULL,
                             "there is no such path: GET /_crmock/openapi.json lists all");
        return false;
    }
    call->response->allow = arena_printf(call->arena, "%s, OPTIONS", allow);
    if (strcmp(call->request->method, "OPTIONS") == 0)
        (void)control_reply(call, 204, NULL);
    else
        (void)control_refuse(call, 405, NULL, "expected %s", allow);
    return false;
}

static bool read_body(struct control_call *call)
{
    struct json_place place = {.line = 0};
    const struct request *request = call->request;
    bool is_empty = request->body_length == 0;
    call->body =
        is_empty ? cJSON_CreateObject() : json_parse(request->body, request->body_length, &place);
    if (call->body == NULL)
        (void)control_refuse(call, 400, NULL, "expected JSON: line %zu, column %zu", place.line,
                             place.column);
    else if (!cJSON_IsObject(call->body))
        (void)control_refuse(call, 422, "$", "expected an object");
    return !call->is_refused;
}

static bool is_named(const char *names, const char *name, size_t length)
{
    for (const char *at = names; (at = strstr(at, name)) != NULL; at++)
        if ((at == names || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

/* A name of the query that the endpoint does not take would do nothing, unseen. */
static bool check_query(struct control_call *call)
{
    const char *taken = call->endpoint->query != NULL ? call->endpoint->query : "";
    const char *name = call->request->query_name(call->request, 0);
    for (size_t i = 0; name != NULL; name = call->request->query_name(call->request, ++i))
        if (!is_named(taken, name, strlen(name)))
            (void)control_refuse(call, 422, name,
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
    int64_t pause = call->scene != NULL
                        ? call->endpoint->handle(call)
                        : control_refuse(call, 404, NULL, "the sandbox has just been dropped");
    sandbox_leave(call->sandbox, side);
    call->scene = NULL;
    return pause;
}

static void respond(struct control_call *call)
{
    if (!guard_passes(call) || !find_endpoint(call) || !check_query(call) || !read_body(call))
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

bool control_respond(struct control *control, const struct request *request, struct sandbox *sandbox,
                     struct arena *arena, struct response *response)
{
    if (tell_of_server(control, request, sandbox, arena, response))
        return true;
    if (!control->options.is_on || !is_of_control(request->path))
        return false;
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

void control_close(struct control *control)
{
    (void)pthread_mutex_lock(&control->mutex);
    control->is_closing = true;
    (void)pthread_mutex_unlock(&control->mutex);
    pool_free(control->pool);
    control->pool = NULL;
}

void control_clear(struct control *control)
{
    arena_clear(&control->arena);
    (void)pthread_mutex_destroy(&control->mutex);
}
