/* An entry as a command line that sends it again. */
#include <string.h>

#include "traffic/entry.h"
#include "traffic/masking.h"

struct line {
    GString *text;
    const struct entry *entry;
    struct secrets *secrets;
};

/* What no shell reads anything into. A quote itself stands between two such texts. */
static void add_quoted(struct line *line, const char *bytes, size_t length)
{
    (void)g_string_append_c(line->text, '\'');
    for (const char *end = bytes + length, *quote; bytes < end; bytes = quote) {
        quote = memchr(bytes, '\'', (size_t)(end - bytes));
        quote = quote != NULL ? quote : end;
        (void)g_string_append_len(line->text, bytes, quote - bytes);
        if (quote < end) {
            (void)g_string_append(line->text, "'\\''");
            quote++;
        }
    }
    (void)g_string_append_c(line->text, '\'');
}

static void add_escaped(GString *url, const char *text, const char *allowed)
{
    char *escaped = g_uri_escape_string(text, allowed, false);
    (void)g_string_append(url, escaped);
    g_free(escaped);
}

static void add_url(struct line *line, const char *base)
{
    const struct seen *seen = &line->entry->note.seen;
    GString *url = g_string_new(base);
    add_escaped(url, secrets_cut(line->secrets, seen->path), "/:@!$&()*+,;=");
    for (size_t i = 0; i < seen->query.count; i++) {
        const struct pair *pair = &seen->query.list[i];
        (void)g_string_append_c(url, i == 0 ? '?' : '&');
        add_escaped(url, secrets_cut(line->secrets, pair->name), NULL);
        (void)g_string_append_c(url, '=');
        add_escaped(url, secrets_cut_value(line->secrets, IN_PARAMETERS, pair->name, pair->value),
                    NULL);
    }
    add_quoted(line, url->str, url->len);
    (void)g_string_free(url, true);
}

/* The token is that of whoever sends it again. */
static void add_authorization(struct line *line, const struct pair *pair)
{
    const char *text = arena_printf(line->secrets->arena, "%s: %.*s", pair->name,
                                    (int)secret_scheme(pair->value), pair->value);
    add_quoted(line, text, strlen(text));
    (void)g_string_append(line->text, "\"$TOKEN\"");
}

static bool has_name(const struct pair *header, const char *name)
{
    return g_ascii_strcasecmp(header->name, name) == 0;
}

/* What belongs to the connection, or is made of the rest. */
static bool is_curls(const struct pair *header)
{
    static const char *const names[] = {"Host",   "Content-Length",  "Transfer-Encoding", "Connection",
                                        "Expect", "Keep-Alive",      "Upgrade",           "Trailer",
                                        "TE",     "Proxy-Connection"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (has_name(header, names[i]))
            return true;
    return false;
}

/* curl leaves out a header that ends with a colon, and sends one without a value for a semicolon. */
static void add_header(struct line *line, const struct pair *header)
{
    const char *value = secrets_cut_value(line->secrets, IN_HEADERS, header->name, header->value);
    const char *text = value[0] != '\0'
                           ? arena_printf(line->secrets->arena, "%s: %s", header->name, value)
                           : arena_printf(line->secrets->arena, "%s;", header->name);
    text = secrets_cut(line->secrets, text);
    add_quoted(line, text, strlen(text));
}

static void add_headers(struct line *line)
{
    const struct pairs *headers = &line->entry->note.seen.headers;
    bool has_type = line->entry->note.seen.body_length == 0;
    for (size_t i = 0; i < headers->count; i++) {
        const struct pair *header = &headers->list[i];
        has_type = has_type || has_name(header, "Content-Type");
        if (is_curls(header))
            continue;
        (void)g_string_append(line->text, " -H ");
        if (has_name(header, "Authorization"))
            add_authorization(line, header);
        else
            add_header(line, header);
    }
    if (!has_type)
        (void)g_string_append(line->text, " -H 'Content-Type:'");
}

/* The body without secrets: as it was sent where it has none, else JSON as it is told. */
static const char *cut_body(struct line *line, cJSON *body, size_t *length)
{
    const struct seen *seen = &line->entry->note.seen;
    struct arena *arena = line->secrets->arena;
    const char *former = body != NULL ? json_print(arena, body) : NULL;
    secrets_cut_json(line->secrets, body);
    const char *told = body != NULL ? json_print(arena, body) : NULL;
    bool is_cut = told != NULL && strcmp(told, former) != 0;
    *length = is_cut ? strlen(told) : seen->body_length;
    return is_cut ? told
                  : secrets_cut_bytes(line->secrets, seen->body, length, entry_body_kind(line->entry));
}

/* No argument of a command has a zero byte in it: the body comes by a pipe then. A printf takes what
 * begins with - for an option. */
static void add_piped(struct line *line, const char *bytes, size_t length)
{
    GString *pipe = g_string_new("printf '");
    for (size_t i = 0; i < length; i++) {
        if (g_ascii_isprint(bytes[i]) && strchr("'\\%-", bytes[i]) == NULL)
            (void)g_string_append_c(pipe, bytes[i]);
        else
            g_string_append_printf(pipe, "\\%03o", (unsigned)(unsigned char)bytes[i]);
    }
    (void)g_string_append(pipe, "' | ");
    (void)g_string_prepend(line->text, pipe->str);
    (void)g_string_append(line->text, " --data-binary @-");
    (void)g_string_free(pipe, true);
}

static void add_body(struct line *line, cJSON *body)
{
    size_t length;
    const char *bytes = cut_body(line, body, &length);
    if (length == 0)
        return;
    if (memchr(bytes, '\0', length) != NULL) {
        add_piped(line, bytes, length);
        return;
    }
    (void)g_string_append(line->text, " --data-raw ");
    add_quoted(line, bytes, length);
}

static void add_command(struct line *line, const char *url)
{
    const struct seen *seen = &line->entry->note.seen;
    (void)g_string_append(line->text, "curl ");
    if (strstr(seen->path, "/.") != NULL)
        (void)g_string_append(line->text, "--path-as-is ");
    if (strcmp(seen->method, "GET") != 0 || seen->body_length > 0) {
        (void)g_string_append(line->text, "-X ");
        add_quoted(line, seen->method, strlen(seen->method));
        (void)g_string_append_c(line->text, ' ');
    }
    add_url(line, url);
    add_headers(line);
}

const char *entry_curl(const struct entry *entry, const char *url, struct arena *arena, size_t *length)
{
    cJSON *body = entry_body(entry), *answer = entry_answer(entry);
    struct line line = {
        .text = g_string_new(NULL), .entry = entry, .secrets = secrets_of(entry, body, answer, arena)};
    cJSON_Delete(answer);
    add_command(&line, url);
    add_body(&line, body);
    cJSON_Delete(body);
    (void)g_string_append_c(line.text, '\n');
    const char *copy = arena_strndup(arena, line.text->str, line.text->len);
    *length = line.text->len;
    (void)g_string_free(line.text, true);
    return copy;
}
