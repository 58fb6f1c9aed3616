/* An entry as the control API tells it. Bodies are read only now: writing is done for every request. */
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "traffic/entry.h"
#include "traffic/masking.h"

static cJSON *read_json(const char *bytes, size_t length, bool is_cut)
{
    return length > 0 && !is_cut ? json_parse(bytes, length, NULL) : NULL;
}

cJSON *entry_body(const struct entry *entry)
{
    return read_json(entry->note.seen.body, entry->note.seen.body_length, entry->is_body_cut);
}

cJSON *entry_answer(const struct entry *entry)
{
    return read_json(entry->note.answer, entry->note.answer_length, entry->is_answer_cut);
}

static void add_text(cJSON *object, const char *name, const char *text)
{
    if (text != NULL)
        json_add_text(object, name, text);
    else
        (void)cJSON_AddNullToObject(object, name);
}

static void add_id(cJSON *object, const char *name, int64_t id)
{
    if (id != 0)
        json_add_id(object, name, id);
    else
        (void)cJSON_AddNullToObject(object, name);
}

/* With milliseconds: what follows one another in a test does so within a second. */
static const char *time_text(struct arena *arena, int64_t microseconds)
{
    char text[TIME_TEXT_SIZE];
    int64_t milliseconds = microseconds / 1000;
    time_format_utc(time_seconds(milliseconds), text);
    text[strcspn(text, "Z")] = '\0';
    return arena_printf(arena, "%s.%03dZ", text, (int)(milliseconds % 1000));
}

/* Adds a value: of a name that comes more than once a list. `there` has the item of each name. */
static void add_value(cJSON *object, GHashTable *there, const char *key, const char *name,
                      const char *value)
{
    cJSON *text = cJSON_CreateStringReference(value), *former = g_hash_table_lookup(there, key);
    if (former == NULL) {
        cJSON_AddItemToObject(object, name, text);
        (void)g_hash_table_insert(there, (char *)key, text);
        return;
    }
    if (!cJSON_IsArray(former)) { /* becomes a list where it is */
        cJSON *first = cJSON_CreateStringReference(former->valuestring);
        former->type = cJSON_Array | (former->type & cJSON_StringIsConst);
        former->valuestring = NULL;
        cJSON_AddItemToArray(former, first);
    }
    cJSON_AddItemToArray(former, text);
}

static const char *lower(struct arena *arena, const char *name)
{
    char *text = arena_strdup(arena, name);
    for (char *at = text; *at != '\0'; at++)
        *at = g_ascii_tolower(*at);
    return text;
}

/* An entry that is being told. */
struct telling {
    const struct entry *entry;
    struct arena *arena;
    struct secrets *secrets;
    cJSON *told;
};

static void add_pairs(const struct telling *telling, const char *name, const struct pairs *pairs,
                      unsigned place)
{
    cJSON *object = cJSON_AddObjectToObject(telling->told, name);
    GHashTable *there = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t i = 0; i < pairs->count; i++) {
        const struct pair *pair = &pairs->list[i];
        add_value(object, there, place == IN_HEADERS ? lower(telling->arena, pair->name) : pair->name,
                  secrets_cut(telling->secrets, pair->name),
                  secrets_cut_value(telling->secrets, place, pair->name, pair->value));
    }
    g_hash_table_destroy(there);
}

/* JSON as JSON (which is freed), else a text; null of nothing. */
static void add_content(const struct telling *telling, const char *name, cJSON *json, const char *bytes,
                        size_t length, unsigned kind)
{
    if (json != NULL) {
        secrets_cut_json(telling->secrets, json);
        cJSON_AddItemToObjectCS(telling->told, name, json_text(json_print(telling->arena, json)));
        cJSON_Delete(json);
        return;
    }
    bytes = secrets_cut_bytes(telling->secrets, bytes, &length, kind);
    add_text(telling->told, name,
             length > 0 ? utf8_repaired_bytes(telling->arena, bytes, length) : NULL);
}

unsigned entry_body_kind(const struct entry *entry)
{
    static const char type[] = "application/x-www-form-urlencoded";
    const struct pairs *headers = &entry->note.seen.headers;
    unsigned kind = entry->is_body_cut ? BYTES_CUT : 0;
    for (size_t i = 0; i < headers->count; i++)
        if (g_ascii_strcasecmp(headers->list[i].name, "Content-Type") == 0 &&
            g_ascii_strncasecmp(headers->list[i].value, type, sizeof type - 1) == 0)
            kind |= BYTES_FORM;
    return kind;
}

static void add_request(const struct telling *telling, cJSON *body)
{
    const struct entry *entry = telling->entry;
    const struct seen *seen = &entry->note.seen;
    cJSON *told = telling->told;
    json_add_id(told, "id", entry->id);
    json_add_text(told, "time", time_text(telling->arena, entry->note.time));
    json_add_text(told, "method", secrets_cut(telling->secrets, seen->method));
    json_add_text(told, "path", secrets_cut(telling->secrets, seen->path));
    add_pairs(telling, "query", &seen->query, IN_PARAMETERS);
    add_pairs(telling, "headers", &seen->headers, IN_HEADERS);
    add_text(told, "token", seen->token != NULL ? secret_told(telling->secrets, seen->token) : NULL);
    add_text(told, "user", seen->user);
    add_content(telling, "body", body, seen->body, seen->body_length, entry_body_kind(entry));
}

static void add_answer(const struct telling *telling, cJSON *answer)
{
    const struct note *note = &telling->entry->note;
    cJSON *told = telling->told;
    if (note->seen.status != 0)
        json_add_integer(told, "status", note->seen.status);
    else
        (void)cJSON_AddNullToObject(told, "status");
    add_content(telling, "answer", answer, note->answer, note->answer_length,
                telling->entry->is_answer_cut ? BYTES_CUT : 0);
    add_text(told, "rule", note->seen.rule);
    add_text(told, "hint", secrets_cut(telling->secrets, note->hint));
    json_add_integer(told, "duration_us", note->duration);
    add_id(told, "job_id", note->job_id);
    add_id(told, "fault_id", note->fault_id);
}

cJSON *entry_json(const struct entry *entry, struct arena *arena)
{
    cJSON *body = entry_body(entry), *answer = entry_answer(entry);
    const struct telling telling = {.entry = entry,
                                    .arena = arena,
                                    .secrets = secrets_of(entry, body, answer, arena),
                                    .told = cJSON_CreateObject()};
    add_request(&telling, body);
    add_answer(&telling, answer);
    return telling.told;
}
