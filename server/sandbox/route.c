#include "sandbox/route.h"

#include <string.h>

#include "api/credential.h"
#include "base/basic.h"

static const char prefix[] = "/_s/", control[] = "/_crmock", oauth[] = "/oauth/";
enum { PREFIX = sizeof prefix - 1, CONTROL = sizeof control - 1, OAUTH = sizeof oauth - 1 };

static void refuse(struct route *route, unsigned status, const char *error)
{
    if (route->error != NULL)
        return;
    sandbox_free(route->sandbox);
    route->sandbox = NULL;
    route->status = status;
    route->error = error;
}

static const char *no_sandbox(struct arena *arena, const char *id, size_t length)
{
    return arena_printf(arena, "there is no sandbox \"%.*s\"", (int)(length < 100 ? length : 100), id);
}

/* Takes the prefix off the path. */
static void by_path(struct sandboxes *sandboxes, const struct request *request, struct arena *arena,
                    struct route *route)
{
    if (strncmp(request->path, prefix, PREFIX) != 0)
        return;
    const char *id = request->path + PREFIX, *rest = strchrnul(id, '/');
    struct request *without = arena_alloc(arena, sizeof *without);
    *without = *request;
    without->prefix = arena_strndup(arena, request->path, (size_t)(rest - request->path));
    without->path = rest[0] != '\0' ? rest : "/";
    route->request = without;
    route->sandbox = sandboxes_find(sandboxes, id, (size_t)(rest - id));
    if (route->sandbox == NULL)
        refuse(route, 404, no_sandbox(arena, id, (size_t)(rest - id)));
    else if (strncmp(rest, prefix, PREFIX) == 0)
        refuse(route, 404, "a sandbox is in none: /_s/{id} stands once in a path");
}

static void by_header(struct sandboxes *sandboxes, const struct request *request, struct arena *arena,
                      struct route *route)
{
    const char *id = request->header(request, "X-Crmock-Sandbox");
    if (id == NULL || route->error != NULL)
        return;
    if (request->header_count(request, "X-Crmock-Sandbox") > 1)
        refuse(route, 422, "expected X-Crmock-Sandbox once");
    else if (route->sandbox != NULL && strcmp(sandbox_id(route->sandbox), id) != 0)
        refuse(route, 422, "the path and X-Crmock-Sandbox name two sandboxes");
    else if (route->sandbox == NULL)
        route->sandbox = sandboxes_find(sandboxes, id, strlen(id));
    if (route->sandbox == NULL)
        refuse(route, 404, no_sandbox(arena, id, strlen(id)));
}

/* The living sandbox that a credential names, other than main; NULL: none. */
static struct sandbox *of_credential(struct sandboxes *sandboxes, const char *text)
{
    size_t length;
    const char *id = text != NULL ? credential_sandbox(text, &length) : NULL;
    bool is_mains = id == NULL || (length == sizeof CREDENTIAL_OWNER - 1 &&
                                   memcmp(id, CREDENTIAL_OWNER, length) == 0);
    return is_mains ? NULL : sandboxes_find(sandboxes, id, length);
}

/* The access token, or what stands in Basic as client. */
static const char *authorized(const struct request *request, struct arena *arena)
{
    const char *header = request->authorization, *id = NULL, *secret = NULL;
    if (header == NULL)
        return NULL;
    if (strncmp(request->path, oauth, OAUTH) == 0 &&
        basic_read(header, arena, &id, &secret) == BASIC_GOOD)
        return id;
    const char *blank = strrchr(header, ' ');
    return blank != NULL ? blank + 1 : header;
}

static void by_credential(struct sandboxes *sandboxes, const struct request *request,
                          struct arena *arena, struct route *route)
{
    static const char *const names[] = {"client_id", "refresh_token", "code", "token"};
    if (route->sandbox != NULL || route->error != NULL)
        return;
    route->sandbox = of_credential(sandboxes, authorized(request, arena));
    if (strncmp(request->path, oauth, OAUTH) != 0)
        return;
    for (size_t i = 0; i < COUNT(names) && route->sandbox == NULL; i++) {
        const char *value = request->query(request, names[i]);
        if (value == NULL || value[0] == '\0')
            value = request->form(request, names[i]);
        route->sandbox = of_credential(sandboxes, value);
    }
}

void route_find(struct sandboxes *sandboxes, const struct request *request, struct arena *arena,
                struct route *route)
{
    *route = (struct route){.request = request};
    by_path(sandboxes, request, arena, route);
    by_header(sandboxes, request, arena, route);
    if (strncmp(request->path, control, CONTROL) != 0)
        by_credential(sandboxes, route->request, arena, route);
    if (route->sandbox == NULL && route->error == NULL)
        route->sandbox = sandbox_share(sandboxes_main(sandboxes));
}
