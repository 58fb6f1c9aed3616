/* What was answered, as both can be compared. */
#include <ctype.h>
#include <glib.h>
#include <string.h>

#include "base/utf8.h"
#include "parity/side.h"

enum { ID_DIGITS = 7, TIME_LENGTH = 19, TEXT_MOST = 2000, VALUES_MOST = 5000, UTF8_BYTES = 4 };

/* Others tell of the org and of whoever stands before it, not of the request. */
static const char *const headers[] = {"Content-Type", "Allow", "WWW-Authenticate", "Location"};

static bool is_word(char character)
{
    return isalnum((unsigned char)character) || character == '_' || (character & 0x80) != 0;
}

/* What stands for a word that the side alone has; NULL: it is itself. */
static const char *stand_in(const struct side *side, const char *word, size_t length)
{
    const struct {
        const char *name, *text;
    } own[] = {{"{module}", side->module},
               {"{record}", side->record},
               {"{view}", side->view},
               {"{none}", side->none},
               {"{field}", side->fields[0].name},
               {"{field2}", side->fields[1].name},
               {"{field3}", side->fields[2].name},
               {"{field4}", side->fields[3].name}};
    for (size_t i = 0; i < COUNT(own); i++)
        if (own[i].text != NULL && strlen(own[i].text) == length &&
            strncmp(own[i].text, word, length) == 0)
            return own[i].name;
    return length >= ID_DIGITS && strspn(word, "0123456789") >= length ? "{id}" : NULL;
}

static const char *without_words(const struct side *side, const char *text)
{
    GString *whole = g_string_new(NULL);
    for (const char *at = text; *at != '\0';) {
        size_t length = 0;
        while (is_word(at[length]))
            length++;
        const char *other = length > 0 ? stand_in(side, at, length) : NULL;
        length = length > 0 ? length : 1;
        g_string_append_len(whole, other != NULL ? other : at,
                            (gssize)(other != NULL ? strlen(other) : length));
        at += length;
    }
    const char *without = arena_strndup(side->arena, whole->str, whole->len);
    (void)g_string_free(whole, TRUE);
    return without;
}

/* 2021-03-03T12:17:00+05:30 */
static bool is_time(const char *text)
{
    static const char form[] = "0000-00-00T00:00:00";
    for (size_t i = 0; i < TIME_LENGTH; i++)
        if (form[i] == '0' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
            return false;
    return true;
}

static const char *hidden_text(const struct side *side, const cJSON *item)
{
    const char *name = item->string != NULL ? item->string : "";
    if (strcmp(name, "name") == 0 || strcmp(name, "email") == 0)
        return arena_printf(side->arena, "{%s}", name);
    return is_time(item->valuestring)
               ? "{time}"
               : without_words(side, utf8_line(side->arena, item->valuestring, TEXT_MOST));
}

/* In place of each text the one that says what it is. */
static cJSON *hidden(const struct side *side, const cJSON *item)
{
    cJSON *copy;
    const cJSON *child;
    if (cJSON_IsString(item))
        return cJSON_CreateString(hidden_text(side, item));
    if (cJSON_IsNumber(item) && strcmp(without_words(side, item->valuestring), item->valuestring) != 0)
        return cJSON_CreateString(without_words(side, item->valuestring));
    if (!cJSON_IsObject(item) && !cJSON_IsArray(item))
        return cJSON_Duplicate(item, true);
    copy = cJSON_IsObject(item) ? cJSON_CreateObject() : cJSON_CreateArray();
    cJSON_ArrayForEach (child, item) {
        cJSON *other = hidden(side, child);
        if (cJSON_IsObject(item))
            cJSON_AddItemToObject(copy, without_words(side, child->string), other);
        else
            cJSON_AddItemToArray(copy, other);
    }
    return copy;
}

/* No refusal is so long that it had to be told whole: each is kept several times, and there are many.
 */
static cJSON *told_body(const struct side *side, const struct client_answer *answer, bool is_hidden)
{
    if (answer->length == 0)
        return cJSON_CreateNull();
    const size_t most = (size_t)TEXT_MOST * UTF8_BYTES;
    size_t shown = answer->length < most ? answer->length : most;
    cJSON *body = json_parse_small(answer->body, answer->length, VALUES_MOST, NULL);
    if (body == NULL)
        return cJSON_CreateString(utf8_line(
            side->arena,
            utf8_repaired_bytes(side->arena, arena_strndup(side->arena, answer->body, shown), shown),
            TEXT_MOST));
    if (!is_hidden)
        return body;
    cJSON *other = hidden(side, body);
    cJSON_Delete(body);
    return other;
}

/* Without what makes no difference: case, and blanks between parameters. */
static const char *plain_value(const struct side *side, const char *value)
{
    char *plain = arena_alloc(side->arena, strlen(value) + 1), *end = plain;
    for (const char *at = value; *at != '\0'; at++)
        if (*at != ' ' || end == plain || strchr(";,", end[-1]) == NULL)
            *end++ = (char)tolower((unsigned char)*at);
    return utf8_repaired(side->arena, plain);
}

static cJSON *told_headers(const struct side *side, const struct client_answer *answer, bool is_hidden)
{
    cJSON *told = cJSON_CreateObject();
    for (size_t i = 0; i < COUNT(headers); i++) {
        const char *value = client_header(answer, headers[i]);
        if (value != NULL)
            cJSON_AddStringToObject(told, headers[i],
                                    is_hidden ? plain_value(side, value)
                                              : utf8_repaired(side->arena, value));
    }
    return told;
}

cJSON *side_told(const struct side *side, const struct client_answer *answer, bool is_hidden)
{
    cJSON *told = cJSON_CreateObject();
    if (answer->status == 0) {
        cJSON_AddNullToObject(told, "status");
        cJSON_AddStringToObject(told, "failure", answer->reason);
        return told;
    }
    json_add_integer(told, "status", answer->status);
    cJSON_AddItemToObject(told, "headers", told_headers(side, answer, is_hidden));
    cJSON_AddItemToObject(told, "body", told_body(side, answer, is_hidden));
    return told;
}
