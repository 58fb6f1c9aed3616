#include "parity/report.h"

#include <ctype.h>
#include <errno.h>
#include <glib.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parity/difference.h"
#include "parity/telling.h"

/* Words of the service itself, in members and what they say. */
static const char vocabulary[] =
    "data code details message status error success SUCCESS id name email time field field2 field3 "
    "field4 module record view none api_name json_path param_name expected_data_type maximum_length "
    "minimum_length maximum_decimal_place limit range from to permissions resource_path_index action "
    "ambiguity_due_to supported_values regex info job_id query ids cvid territory criteria trigger "
    "over_write text string integer bigint double boolean jsonarray jsonobject date datetime picklist "
    "Modified_Time Modified_By Created_Time Created_By Owner Layout error_description failure";

enum { INDEX_DIGITS = 3 };

static bool is_word(char character)
{
    return isalnum((unsigned char)character) || character == '_' || (character & 0x80) != 0;
}

static bool has_word(const char *text, const char *word, size_t length)
{
    for (const char *at = text; *at != '\0'; at++)
        if (strncmp(at, word, length) == 0 && !is_word(at[length]) && (at == text || !is_word(at[-1])))
            return true;
    return false;
}

/* The same word always has the same name. */
static const char *renamed(struct report *report, const char *word, size_t length)
{
    struct arena *arena = report->theirs->arena;
    size_t i = 0;
    while (i < report->count &&
           (strlen(report->words[i]) != length || strncasecmp(report->words[i], word, length) != 0))
        i++;
    if (i == report->count) {
        report->words = arena_grown(arena, (void *)report->words, report->count, &report->room,
                                    sizeof *report->words);
        report->words[report->count++] = arena_strndup(arena, word, length);
    }
    return arena_printf(arena, "NAME%zu", i + 1);
}

/* Ends a text that was put together: the arena's. */
static const char *ended(struct report *report, GString *text)
{
    const char *whole = arena_strndup(report->theirs->arena, text->str, text->len);
    (void)g_string_free(text, TRUE);
    return whole;
}

/* As in "$.data[0]". */
static bool is_index(const char *word, size_t length)
{
    return length <= INDEX_DIGITS && strspn(word, "0123456789") >= length;
}

/* Leaves words that crmock says or was asked with; replaces all others. */
static const char *without_others(struct report *report, const char *known, const char *text)
{
    GString *whole = g_string_new(NULL);
    while (*text != '\0') {
        size_t length = 0;
        while (is_word(text[length]))
            length++;
        bool stays = length == 0 || is_index(text, length) || has_word(known, text, length) ||
                     has_word(vocabulary, text, length);
        if (stays)
            g_string_append_len(whole, text, length > 0 ? (gssize)length : 1);
        else
            g_string_append(whole, renamed(report, text, length));
        text += length > 0 ? length : 1;
    }
    return ended(report, whole);
}

static const char *without_name(struct report *report, const char *text, const char *name)
{
    struct arena *arena = report->theirs->arena;
    const char *found = name != NULL && name[0] != '\0' ? strcasestr(text, name) : NULL;
    while (found != NULL) {
        const char *other = renamed(report, name, strlen(name));
        size_t before = (size_t)(found - text);
        text = arena_printf(arena, "%.*s%s%s", (int)before, text, other, found + strlen(name));
        found = strcasestr(text + before + strlen(other), name);
    }
    return text;
}

/* https://x.example:80 -> x.example */
static const char *host_of(const struct side *side, const char *url)
{
    const char *host = url != NULL ? strstr(url, "://") : NULL;
    return host != NULL ? arena_strndup(side->arena, host + 3, strcspn(host + 3, ":/")) : NULL;
}

static bool is_address(const char *piece, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (piece[i] == '@' || strncmp(piece + i, "://", 3) == 0 || strncmp(piece + i, "www.", 4) == 0)
            return true;
    return false;
}

static const char *without_addresses(struct report *report, const char *text)
{
    GString *whole = g_string_new(NULL);
    while (*text != '\0') {
        size_t length = strcspn(text, " \t\n\"'<>(),;");
        if (is_address(text, length))
            g_string_append(whole, renamed(report, text, length));
        else
            g_string_append_len(whole, text, (gssize)length);
        text += length;
        if (*text != '\0')
            g_string_append_c(whole, *text++);
    }
    return ended(report, whole);
}

/* Prose: without what is known to be somebody's. */
static const char *without_names(struct report *report, const char *text)
{
    const struct side *side = report->theirs;
    const struct remote_options *remote = &side->parity->remote;
    const char *const secrets[] = {
        side->token,         remote->refresh_token,    side->client_id,
        side->client_secret, host_of(side, side->url), host_of(side, side->accounts)};
    text = without_addresses(report, text);
    for (size_t i = 0; i < COUNT(secrets); i++)
        text = without_name(report, text, secrets[i]);
    for (size_t i = 0; i < side->name_count; i++)
        text = without_name(report, text, side->names[i]);
    return text;
}

/* A code of the service's, known or not. */
static bool is_code(const char *name, const char *text)
{
    return strcmp(name, "code") == 0 && text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_")] == '\0';
}

static const char *shown_text(struct report *report, const char *known, const char *text,
                              const char *name)
{
    if (is_code(name, text))
        return text;
    return strcmp(name, "message") == 0 ? without_names(report, text)
                                        : without_others(report, known, text);
}

/* Limits and places are short; amounts and phones are not, and belong to somebody. */
static bool is_short(const cJSON *number)
{
    enum { DIGITS = 5 };
    const char *text = number->valuestring;
    return text != NULL && strlen(text) <= DIGITS && text[strspn(text, "0123456789")] == '\0';
}

/* The tree, without what is theirs alone. */
static cJSON *shown(struct report *report, const char *known, const cJSON *item, const char *name)
{
    const cJSON *child;
    if (cJSON_IsString(item))
        return cJSON_CreateString(shown_text(report, known, item->valuestring, name));
    if (cJSON_IsNumber(item) && !is_short(item))
        return cJSON_CreateString("{number}");
    if (!cJSON_IsObject(item) && !cJSON_IsArray(item))
        return cJSON_Duplicate(item, true);
    cJSON *copy = cJSON_IsObject(item) ? cJSON_CreateObject() : cJSON_CreateArray();
    cJSON_ArrayForEach (child, item) {
        const char *key = child->string != NULL ? child->string : "";
        cJSON *other = shown(report, known, child, key);
        if (cJSON_IsObject(item))
            cJSON_AddItemToObject(copy, without_others(report, known, key), other);
        else
            cJSON_AddItemToArray(copy, other);
    }
    return copy;
}

/* Why there is no answer may name a host. */
static cJSON *shown_answer(struct report *report, const char *known, const cJSON *theirs)
{
    const cJSON *body = json_member(theirs, "body"), *headers = json_member(theirs, "headers");
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddItemToObject(answer, "status", cJSON_Duplicate(json_member(theirs, "status"), true));
    if (headers == NULL) {
        json_add_text(answer, "failure", "no answer");
        return answer;
    }
    const char *media =
        arena_printf(report->theirs->arena, "%s application text html plain xml", known);
    cJSON_AddItemToObject(answer, "headers", shown(report, media, headers, ""));
    cJSON_AddItemToObject(answer, "body",
                          cJSON_IsString(body) ? cJSON_CreateString("a text that is left out")
                                               : shown(report, known, body, ""));
    return answer;
}

cJSON *report_case(struct report *report, const struct parity_case *asked, const char *version,
                   cJSON *own, cJSON *theirs)
{
    struct arena *arena = report->theirs->arena;
    const char *known = arena_printf(arena, "%s %s %s", asked->path,
                                     asked->body != NULL ? asked->body : "", json_print(arena, own));
    cJSON *one = cJSON_Duplicate(own, true), *other = shown_answer(report, known, theirs);
    return telling_case(asked, version, one, other, difference_of(one, other, arena));
}

const char *report_trouble(const char *path, struct arena *arena)
{
    struct stat found;
    if (lstat(path, &found) == 0 && !S_ISREG(found.st_mode))
        return arena_printf(arena, "%s: expected a regular file, or none", path);
    if (access(dirname(arena_strdup(arena, path)), W_OK | X_OK) != 0)
        return arena_printf(arena, "%s: %s", path, strerror(errno));
    return NULL;
}

const char *report_write(const char *path, cJSON *document, struct arena *arena)
{
    char *new_path = arena_printf(arena, "%s.XXXXXX", path), *text = cJSON_Print(document);
    int file = mkstemp(new_path);
    FILE *out = file >= 0 ? fdopen(file, "w") : NULL;
    bool is_written = text != NULL && out != NULL && fprintf(out, "%s\n", text) > 0;
    is_written = (out == NULL || fclose(out) == 0) && is_written;
    is_written = is_written && rename(new_path, path) == 0;
    const char *reason = is_written ? NULL : arena_printf(arena, "%s: %s", path, strerror(errno));
    if (!is_written && file >= 0)
        (void)unlink(new_path);
    cJSON_free(text);
    return reason;
}
