#include "api/see.h"

#include <string.h>

#include "api/credential.h"
#include "api/unserved.h"
#include "base/json.h"
#include "store/token.h"

enum { VALUES_MAX = 100000 }; /* of a body's JSON */

/* Pairs that are told one after the other. */
struct gathering {
    struct arena *arena;
    struct pair *list;
    size_t count, room;
};

static void gather(void *context, const char *name, const char *value)
{
    struct gathering *gathering = context;
    gathering->list = arena_grown(gathering->arena, gathering->list, gathering->count, &gathering->room,
                                  sizeof *gathering->list);
    gathering->list[gathering->count++] = (struct pair){name, value};
}

static struct pairs pairs_of(const struct request *request, enum request_part part, struct arena *arena)
{
    struct gathering gathering = {.arena = arena};
    request->each(request, part, gather, &gathering);
    return (struct pairs){gathering.list, gathering.count};
}

/* The part of a path from `at` on, and what stands behind it; NULL: there is none. */
static const char *next_part(const char **at, struct arena *arena)
{
    if (**at != '/')
        return NULL;
    const char *part = *at + 1;
    *at = strchrnul(part, '/');
    return *at > part ? arena_strndup(arena, part, (size_t)(*at - part)) : NULL;
}

static void see_path(const char *path, struct arena *arena, struct seen *seen)
{
    static const char room[] = "/crm/";
    seen->path = path;
    if (strncmp(path, room, sizeof room - 1) != 0)
        return;
    const char *at = path + sizeof room - 2;
    seen->version = next_part(&at, arena);
    const char *part = next_part(&at, arena);
    if (part != NULL && !is_no_module(part, strlen(part)))
        seen->module = part;
}

const struct user *api_user(const struct api *api, const struct request *request, struct arena *arena)
{
    struct token token;
    const char *text = credential_sent(api, request, arena);
    struct db *db = text != NULL ? store_acquire(api->crm->store) : NULL;
    if (db == NULL)
        return NULL;
    bool is_alive = token_read(db, api->crm->orgs, text, clock_milliseconds(api->crm->clock), arena,
                               &token) == STORE_OK;
    store_release(db);
    return is_alive ? token.user : NULL;
}

void api_see(const struct api *api, const struct request *request, unsigned needs, struct arena *arena,
             struct seen *seen, cJSON **json)
{
    *seen = (struct seen){.method = request->method,
                          .token = credential_sent(api, request, arena),
                          .body = request->body,
                          .body_length = request->body_length};
    see_path(request->path, arena, seen);
    if ((needs & MATCH_QUERY) != 0)
        seen->query = pairs_of(request, PART_QUERY, arena);
    if ((needs & MATCH_HEADERS) != 0)
        seen->headers = pairs_of(request, PART_HEADERS, arena);
    if ((needs & MATCH_FORM) != 0)
        seen->form = pairs_of(request, PART_FORM, arena);
    const struct user *user = (needs & MATCH_USER) != 0 ? api_user(api, request, arena) : NULL;
    if (user != NULL)
        seen->user = arena_strdup(arena, user->email);
    if ((needs & MATCH_JSON) != 0)
        *json = json_parse_small(request->body, request->body_length, VALUES_MAX, NULL);
    seen->json = *json;
}
