#include "control/control.h"

#include <string.h>

#include "base/utf8.h"

static void tell_health(struct control *control, struct arena *arena, struct response *response)
{
    struct db *db = store_acquire(control->store);
    bool answers = db != NULL && store_check(db) == STORE_OK;
    const char *trouble = answers ? NULL : store_trouble(control->store, db, arena);
    if (trouble != NULL)
        response->hint = utf8_line(arena, trouble, HINT_MAX);
    if (db != NULL)
        store_release(db);
    response->status = answers ? 200 : 503;
    response->body = arena_printf(arena, "{\"status\":\"%s\"}", answers ? "ok" : "store failed");
}

static void tell_openapi(struct control *control, struct arena *arena, struct response *response)
{
    (void)arena;
    (void)pthread_mutex_lock(&control->mutex);
    if (control->document == NULL)
        control->document = control->openapi(&control->arena);
    response->body = control->document;
    (void)pthread_mutex_unlock(&control->mutex);
    response->status = 200;
}

void control_clear(struct control *control)
{
    arena_clear(&control->arena);
}

static const struct control_endpoint {
    const char *method, *path;
    void (*handle)(struct control *, struct arena *, struct response *);
} endpoints[] = {
    {"GET", "/healthz", tell_health},
    {"GET", "/openapi.json", tell_openapi},
};

bool control_respond(struct control *control, const struct request *request, struct arena *arena,
                     struct response *response)
{
    for (size_t i = 0; i < COUNT(endpoints); i++) {
        if (strcmp(endpoints[i].path, request->path) != 0)
            continue;
        *response = (struct response){.content_type = "application/json"};
        if (strcmp(endpoints[i].method, request->method) == 0) {
            endpoints[i].handle(control, arena, response);
        } else {
            response->status = 405;
            response->allow = endpoints[i].method;
            response->body = arena_printf(arena, "{\"status\":\"%s only\"}", endpoints[i].method);
        }
        response->body_length = strlen(response->body);
        return true;
    }
    return false;
}
