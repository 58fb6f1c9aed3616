#include "api/call.h"

#include <string.h>

const char *call_parameter(const struct call *call, const char *name)
{
    const char *value = call->request->query(call->request, name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

bool call_modified_since(const struct call *call, int64_t *since)
{
    const char *text = call->request->if_modified_since;
    if (text == NULL)
        return false;
    if (time_read(text, TIME_WITH_OFFSET | TIME_SHORT_OFFSET | TIME_HTTP_DATE, NULL, since, NULL))
        return true;
    call->response->hint = "If-Modified-Since ignored: no ISO 8601 with an offset, no HTTP date";
    return false;
}

struct db *call_connect(const struct call *call)
{
    struct db *db = store_acquire(call->api->crm->store);
    if (db != NULL)
        store_limit(db, &call->api->crm->budget);
    return db;
}

void call_end(struct call *call)
{
    if (call->token.user != NULL)
        call->response->user = arena_strdup(call->arena, call->token.user->email);
    cJSON_Delete(call->metadata);
    if (call->db != NULL)
        store_release(call->db);
}

enum error call_list(struct call *call, const char *name, size_t most, const char **list)
{
    *list = call_parameter(call, name);
    size_t count = 1;
    for (const char *at = *list; at != NULL && (at = strchr(at, ',')) != NULL; at++)
        count++;
    if (count <= most)
        return ERR_NONE;
    call->fault = (struct fault){.param_name = name,
                                 .maximum_length = (int64_t)most,
                                 .hint = arena_printf(call->arena, "at most %zu of them", most)};
    return ERR_INVALID_VALUE;
}

enum error call_bad_parameter(struct call *call, enum error error, const char *name, const char *hint)
{
    call->fault = (struct fault){.param_name = name, .hint = hint};
    return error;
}

enum answers call_answers(const struct call *call)
{
    return versions[call->version].has_current_answers ? call->api->answers : ANSWERS_PAGE;
}

const struct catalogue_row *call_row(const struct call *call, enum error error)
{
    return catalogue_row(call_answers(call), error);
}

static enum error or_invalid(enum error error)
{
    return error != ERR_NONE ? error : ERR_INVALID_MODULE;
}

enum error call_unknown_module(const struct call *call)
{
    return or_invalid(call->endpoint->unknown_module);
}

enum error call_unsupported_module(const struct call *call)
{
    return or_invalid(call->endpoint->unsupported_module);
}
