#include "fuzz_seen.h"

#include <string.h>

#include "base/json.h"

static const char *text_of(const cJSON *request, const char *name)
{
    return cJSON_GetStringValue(json_member(request, name));
}

static struct pairs pairs_of(const cJSON *request, const char *name, struct arena *arena)
{
    const cJSON *json = json_member(request, name), *member;
    struct pair *list = arena_array(arena, (size_t)cJSON_GetArraySize(json), sizeof *list);
    size_t count = 0;
    cJSON_ArrayForEach (member, json)
        if (member->string != NULL && cJSON_IsString(member))
            list[count++] = (struct pair){member->string, member->valuestring};
    return (struct pairs){list, count};
}

struct seen fuzz_seen(cJSON *request, struct arena *arena)
{
    struct seen seen = {.method = text_of(request, "method"),
                        .path = text_of(request, "path"),
                        .version = text_of(request, "version"),
                        .module = text_of(request, "module"),
                        .query = pairs_of(request, "query", arena),
                        .headers = pairs_of(request, "headers", arena),
                        .form = pairs_of(request, "form", arena),
                        .token = text_of(request, "token"),
                        .user = text_of(request, "user"),
                        .body = text_of(request, "text"),
                        .rule = text_of(request, "rule")};
    seen.json = json_member(request, "body");
    if (seen.json != NULL)
        seen.body = json_print(arena, (cJSON *)seen.json);
    seen.body_length = seen.body != NULL ? strlen(seen.body) : 0;
    seen.status = cJSON_IsNumber(json_member(request, "status")) ? 400 : 0;
    return seen;
}
