#include "control/call.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/word.h"
#include "traffic/events.h"

const struct header control_headers[] = {{"Cache-Control", "no-store"},
                                         {"X-Content-Type-Options", "nosniff"},
                                         {"X-Accel-Buffering", "no"}, /* of events, behind nginx */
                                         {"Cross-Origin-Resource-Policy", "same-origin"},
                                         {NULL, NULL}};

static void set_answer(struct arena *arena, struct response *response, unsigned status, cJSON *body)
{
    *response =
        (struct response){.status = status,
                          .body = "",
                          .allow = response->allow,
                          .closes = response->closes,
                          .headers = response->headers != NULL ? response->headers : control_headers};
    if (body == NULL)
        return;
    response->content_type = "application/json";
    response->body = json_print(arena, body);
    response->body_length = strlen(response->body);
    cJSON_Delete(body);
}

int64_t control_reply(struct control_call *call, unsigned status, cJSON *body)
{
    if (call->is_refused)
        cJSON_Delete(body);
    else
        set_answer(call->arena, call->response, status, body);
    return CONTROL_DONE;
}

int64_t control_reply_text(struct control_call *call, const char *text, size_t length)
{
    if (call->is_refused)
        return CONTROL_DONE;
    set_answer(call->arena, call->response, 200, NULL);
    call->response->content_type = call->endpoint->text;
    call->response->body = text;
    call->response->body_length = length;
    return CONTROL_DONE;
}

static size_t header_count(const struct header *headers)
{
    size_t count = 0;
    while (headers[count].name != NULL)
        count++;
    return count;
}

void control_add_headers(struct arena *arena, struct response *response, const struct header *more)
{
    size_t count = header_count(response->headers), at;
    struct header *all = arena_array(arena, count + header_count(more) + 1, sizeof *all);
    memcpy(all, response->headers, count * sizeof *all);
    for (; more->name != NULL; more++) {
        for (at = 0; at < count && strcmp(all[at].name, more->name) != 0; at++)
            ;
        all[at] = *more;
        count += at == count;
    }
    response->headers = all;
}

int64_t control_stream(struct control_call *call, const struct source *source)
{
    (void)control_reply_text(call, "", 0);
    call->response->source = source;
    return CONTROL_DONE;
}

void control_tell(struct control_call *call, const char *kind, cJSON *json)
{
    struct events *events = sandbox_events(call->sandbox);
    if (events_are_heard(events))
        events_tell(events, kind, json_print(call->arena, json));
}

void control_answer(struct arena *arena, struct response *response, unsigned status, const char *error,
                    const char *at)
{
    cJSON *body = cJSON_CreateObject();
    json_add_text(body, "error", error);
    if (at != NULL)
        json_add_text(body, "at", at);
    set_answer(arena, response, status, body);
}

int64_t control_refuse(struct control_call *call, unsigned status, const char *at, const char *format,
                       ...)
{
    if (call->is_refused)
        return CONTROL_DONE;
    call->is_refused = true;
    va_list args;
    va_start(args, format);
    control_answer(call->arena, call->response, status, arena_vprintf(call->arena, format, args), at);
    va_end(args);
    return CONTROL_DONE;
}

int64_t control_fail(struct control_call *call)
{
    return control_refuse(call, 500, NULL, "the store failed (the log says why)");
}

int64_t control_gone(struct control_call *call)
{
    return control_refuse(call, 404, NULL, CONTROL_GONE);
}

const struct scene *control_lock(struct control_call *call)
{
    if (call->is_refused)
        return NULL;
    call->scene = sandbox_lock(call->sandbox);
    if (call->scene == NULL) {
        control_unlock(call);
        (void)control_gone(call);
    }
    return call->scene;
}

void control_unlock(struct control_call *call)
{
    call->scene = NULL;
    sandbox_unlock(call->sandbox);
}

struct db *control_connect(struct control_call *call)
{
    struct db *db = call->is_refused ? NULL : store_acquire(call->scene->crm.store);
    if (db == NULL)
        (void)control_fail(call);
    return db;
}

struct said said_body(struct control_call *call)
{
    return (struct said){.call = call, .at = "$", .json = call->body};
}

struct said said_member(const struct said *said, const char *name)
{
    return (struct said){.call = said->call,
                         .at = arena_printf(said->call->arena, "%s.%s", said->at, name),
                         .json = cJSON_IsObject(said->json) ? json_member(said->json, name) : NULL};
}

void said_refuse(const struct said *said, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(said->call->arena, format, args);
    va_end(args);
    (void)control_refuse(said->call, 422, said->at, "%s", text);
}

void said_has_only(const struct said *said, const char *names)
{
    if (said->json != NULL && !cJSON_IsObject(said->json)) {
        said_refuse(said, names[0] != '\0' ? "expected an object of: %s" : "expected an object%s",
                    names);
        return;
    }
    /* To the first fault alone: a look at each of many would take as long as their square. */
    for (const cJSON *member = said->json != NULL ? said->json->child : NULL;
         member != NULL && !said->call->is_refused; member = member->next) {
        const struct said one = said_member(said, member->string);
        if (!word_is_among(names, member->string))
            said_refuse(&one, names[0] != '\0' ? "expected one of: %s" : "expected no member%s", names);
        else if (one.json != member)
            said_refuse(&one, "expected it once");
    }
}

const char *said_text(const struct said *said, const char *name, const char *otherwise)
{
    const struct said member = said_member(said, name);
    if (member.json == NULL)
        return otherwise;
    if (!cJSON_IsString(member.json))
        said_refuse(&member, "expected a text");
    return cJSON_IsString(member.json) ? member.json->valuestring : otherwise;
}

bool said_flag(const struct said *said, const char *name, bool otherwise)
{
    const struct said member = said_member(said, name);
    if (member.json != NULL && !cJSON_IsBool(member.json))
        said_refuse(&member, "expected true or false");
    return cJSON_IsBool(member.json) ? cJSON_IsTrue(member.json) : otherwise;
}

static int64_t number_of(const struct said *said, int64_t otherwise, int64_t least, int64_t most)
{
    if (said->json == NULL)
        return otherwise;
    double value = cJSON_IsNumber(said->json) ? said->json->valuedouble : 0;
    if (cJSON_IsNumber(said->json) && value >= (double)least && value <= (double)most &&
        value == (double)(int64_t)value)
        return (int64_t)value;
    said_refuse(said, "expected a whole number from %" PRId64 " to %" PRId64, least, most);
    return otherwise;
}

int64_t said_number(const struct said *said, const char *name, int64_t otherwise, int64_t least,
                    int64_t most)
{
    const struct said member = said_member(said, name);
    return number_of(&member, otherwise, least, most);
}

int64_t said_item(const struct said *said, int index, int64_t least, int64_t most)
{
    const struct said item = {.call = said->call,
                              .at = arena_printf(said->call->arena, "%s[%d]", said->at, index),
                              .json = cJSON_GetArrayItem(said->json, index)};
    return number_of(&item, least, least, most);
}

/* "a, b or c". */
static const char *list_of(struct arena *arena, const char *const words[])
{
    const char *text = words[0];
    for (size_t i = 1; words[i] != NULL; i++)
        text = arena_printf(arena, "%s%s%s", text, words[i + 1] != NULL ? ", " : " or ", words[i]);
    return text;
}

int said_word(const struct said *said, const char *name, const char *const words[])
{
    const struct said member = said_member(said, name);
    const char *text = said_text(said, name, NULL);
    int index = word_index(words, text);
    if (text != NULL && index < 0)
        said_refuse(&member, "expected %s", list_of(said->call->arena, words));
    return index;
}

const char *query_text(struct control_call *call, const char *name)
{
    return call->request->query(call->request, name);
}

int64_t query_number(struct control_call *call, const char *name, int64_t otherwise, int64_t least,
                     int64_t most)
{
    const char *text = query_text(call, name);
    if (text == NULL)
        return otherwise;
    char *end;
    size_t length = strlen(text);
    long long value = strtoll(text, &end, 10);
    if (length > 0 && length < 19 && *end == '\0' && text[0] >= '0' && text[0] <= '9' &&
        value >= least && value <= most)
        return value;
    (void)control_refuse(call, 422, name, "expected a whole number from %" PRId64 " to %" PRId64, least,
                         most);
    return otherwise;
}

bool query_flag(struct control_call *call, const char *name, bool otherwise)
{
    static const char *const words[] = {"false", "true", NULL};
    const char *text = query_text(call, name);
    int index = word_index(words, text);
    if (text != NULL && index < 0)
        (void)control_refuse(call, 422, name, "expected true or false");
    return text != NULL ? index == 1 : otherwise;
}

int64_t query_id(struct control_call *call, const char *name)
{
    const char *text = query_text(call, name);
    int64_t id = 0;
    if (text != NULL && !id_parse(text, &id))
        (void)control_refuse(call, 422, name, "expected an id: up to 19 digits");
    return id;
}

const struct org *query_org(struct control_call *call)
{
    const struct orgs *orgs = call->scene->crm.orgs;
    const char *text = query_text(call, "org");
    if (text == NULL && orgs->count > 0)
        return &orgs->list[0];
    for (size_t i = 0; i < orgs->count && text != NULL; i++)
        if (strcmp(arena_printf(call->arena, "%" PRId64, orgs->list[i].id), text) == 0)
            return &orgs->list[i];
    (void)control_refuse(call, 404, "org", "there is no org of that id");
    return NULL;
}

void control_add_time(const struct control_call *call, cJSON *object, const char *name, int64_t seconds)
{
    char text[TIME_TEXT_SIZE];
    time_format_utc(seconds, text);
    json_add_text(object, name, arena_strdup(call->arena, text));
}
