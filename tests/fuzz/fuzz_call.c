#include "fuzz_call.h"

#include <glib.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/word.h"

/* Numbers of a member, also in a list or as a text, and what is sent in the place of those between.
 * What is beyond is refused, and sent as it is. */
static const struct bound {
    const char *name;
    double least, most;
    int64_t instead;
} bounds[] = {
    {"wait", 1, 60, 0},           {"delay_ms", 3, 86400000, 2}, {"delay_after_ms", 3, 600000, 2},
    {"latency_ms", 3, 600000, 2}, {"every_ms", 2, 600000, 1},   {"bytes", 1, 255, 256},
    {"ttl", 1, 3599, 3600},
};

/* Where nobody listens. */
static const char receiver[] = "http://127.0.0.1:1/";

/* NULL: it stays as it is. */
static cJSON *instead_of(const char *name, const cJSON *item)
{
    const char *text = json_scalar_text(item);
    double value = text != NULL ? strtod(text, NULL) : 0;
    if (strcmp(name, "webhook") == 0 && cJSON_IsString(item))
        return cJSON_CreateString(receiver);
    for (size_t i = 0; i < COUNT(bounds); i++)
        if (strcmp(bounds[i].name, name) == 0 && value >= bounds[i].least && value <= bounds[i].most)
            return cJSON_IsString(item) ? cJSON_CreateString("0") : json_integer(bounds[i].instead);
    return NULL;
}

/* `name` is that of the member, also of what is in its list. */
static void bound_all(cJSON *above, const char *name)
{
    for (cJSON *item = above->child, *next; item != NULL; item = next) {
        next = item->next;
        const char *own = item->string != NULL ? item->string : name;
        cJSON *other = instead_of(own, item);
        if (other == NULL) {
            bound_all(item, own);
            continue;
        }
        other->string = item->string;
        item->string = NULL;
        (void)cJSON_ReplaceItemViaPointer(above, item, other);
    }
}

/* JSON in a text is sent as it stands there. */
static void unpack_body(cJSON *call)
{
    const char *text = cJSON_GetStringValue(json_member(call, "body"));
    cJSON *body = text != NULL ? json_parse(text, strlen(text), NULL) : NULL;
    if (body != NULL)
        (void)cJSON_ReplaceItemInObjectCaseSensitive(call, "body", body);
}

void fuzz_call_bound(cJSON *json)
{
    unpack_body(json);
    bound_all(json, "");
}

const char *fuzz_call_encode(struct arena *arena, const char *text, const char *allowed)
{
    char *encoded = g_uri_escape_string(text, allowed, false);
    const char *copy = arena_strdup(arena, encoded);
    g_free(encoded);
    return copy;
}

static const char *text_of(const cJSON *json, const char *name, const char *otherwise)
{
    const char *text = json_scalar_text(json_member(json, name));
    return text != NULL ? text : otherwise;
}

/* A header's value: a line. */
static const char *line_of(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *at = copy; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7F)
            *at = ' ';
    return copy;
}

static const struct control_endpoint *endpoint_of(struct arena *arena, const cJSON *call)
{
    const struct control_endpoint *endpoint = NULL;
    size_t count = 1; /* at least */
    while (control_endpoint_at(count) != NULL)
        count++;
    if (cJSON_IsNumber(call))
        return control_endpoint_at((size_t)g_ascii_strtoull(json_scalar_text(call), NULL, 10) % count);
    for (size_t i = 0; i < count && cJSON_IsString(call); i++) {
        endpoint = control_endpoint_at(i);
        if (strcmp(call->valuestring, arena_printf(arena, "%s %s", endpoint->method, endpoint->path)) ==
            0)
            return endpoint;
    }
    return NULL;
}

static const char *or_last(const char *text, const char *last)
{
    return strcmp(text, "$") == 0 ? last : text;
}

/* With the parts in the place of what is in braces, from the first on. */
static const char *filled_path(struct arena *arena, const char *pattern, const cJSON *parts,
                               const char *last)
{
    const char *path = "", *brace;
    for (int i = 0; (brace = strchr(pattern, '{')) != NULL; i++) {
        const char *part = json_scalar_text(cJSON_GetArrayItem(parts, i));
        path = arena_printf(arena, "%s%.*s%s", path, (int)(brace - pattern), pattern,
                            fuzz_call_encode(arena, or_last(part != NULL ? part : "1", last), NULL));
        pattern = brace + strcspn(brace, "}") + 1;
    }
    return arena_printf(arena, "%s%s", path, pattern);
}

static const char *query_of(struct arena *arena, const cJSON *json)
{
    const char *query = "";
    const cJSON *member;
    cJSON_ArrayForEach (member, json_member(json, "query")) {
        const char *text = json_scalar_text(member);
        if (member->string != NULL && text != NULL)
            query = arena_printf(arena, "%s%s%s=%s", query, query[0] != '\0' ? "&" : "?",
                                 fuzz_call_encode(arena, member->string, NULL),
                                 fuzz_call_encode(arena, text, NULL));
    }
    return query;
}

/* What says how the bytes are framed is not the input's. */
static const char *headers_of(struct arena *arena, const cJSON *json)
{
    static const char taken[] = "Last-Event-ID X-Crmock-Sandbox Content-Type Origin Sec-Fetch-Site"
                                " If-Modified-Since Accept Cookie X-Api-Key";
    const char *headers = "";
    const cJSON *member;
    cJSON_ArrayForEach (member, json_member(json, "headers"))
        if (member->string != NULL && cJSON_IsString(member) && word_is_among(taken, member->string))
            headers = arena_printf(arena, "%s%s: %s\r\n", headers, member->string,
                                   line_of(arena, member->valuestring));
    return headers;
}

/* Of the service: whose token, and what the journal must not tell. */
static const char *service_headers(struct arena *arena, const cJSON *json, const char *issued)
{
    const char *token = text_of(json, "token", "1000.crmock.admin");
    return arena_printf(arena, "Authorization: Zoho-oauthtoken %s\r\nX-Api-Key: " FUZZ_SECRET "\r\n",
                        line_of(arena, or_last(token, issued)));
}

static const char *body_of(struct arena *arena, const cJSON *json)
{
    cJSON *body = (cJSON *)json_member(json, "body");
    if (body == NULL)
        return "";
    return cJSON_IsString(body) ? body->valuestring : json_print(arena, body);
}

static void read_words(struct arena *arena, const cJSON *call, struct fuzz_call_made *made)
{
    static const char control[] = "/_crmock";
    const char *text = cJSON_IsString(call) ? call->valuestring : "GET /_crmock";
    size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    made->method = text[length] == ' ' && length > 0 ? arena_strndup(arena, text, length) : "GET";
    const char *path = strchrnul(text, '/');
    made->path = path[0] != '\0' ? fuzz_call_encode(arena, path, "/?&=%:@!$'()*+,;") : "/";
    made->is_control = strncmp(made->path, control, sizeof control - 1) == 0 &&
                       strchr("/?", made->path[sizeof control - 1]) != NULL; /* or its end */
}

struct fuzz_call_made fuzz_call_make(cJSON *json, const struct fuzz_call_last *last,
                                     struct arena *arena)
{
    const cJSON *call = json_member(json, "call");
    struct fuzz_call_made made = {
        .endpoint = endpoint_of(arena, call), .prefix = "", .is_control = true};
    if (made.endpoint != NULL) {
        made.method = made.endpoint->method;
        made.path = filled_path(arena, made.endpoint->path, json_member(json, "parts"), last->id);
    } else {
        read_words(arena, call, &made);
    }
    const char *in = or_last(text_of(json, "in", ""), last->id), *header = "";
    bool is_by_header = strcmp(text_of(json, "by", ""), "header") == 0;
    if (in[0] != '\0')
        made.prefix = arena_printf(arena, "/_s/%s", fuzz_call_encode(arena, in, NULL));
    if (in[0] != '\0' && is_by_header)
        header = arena_printf(arena, "X-Crmock-Sandbox: %s\r\n", line_of(arena, in));
    const char *body = body_of(arena, json);
    made.path = arena_printf(arena, "%s%s%s", is_by_header ? "" : made.prefix, made.path,
                             query_of(arena, json));
    made.bytes = arena_printf(arena,
                              "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s%s%s"
                              "Content-Length: %zu\r\n\r\n%s",
                              made.method, made.path, header,
                              made.is_control ? "" : service_headers(arena, json, last->token),
                              headers_of(arena, json), strlen(body), body);
    made.length = strlen(made.bytes);
    return made;
}

const char *fuzz_call_plain(struct arena *arena, const char *method, const char *path, bool is_last)
{
    return arena_printf(arena, "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n", method, path,
                        is_last ? "Connection: close\r\n" : "");
}
