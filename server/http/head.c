#include "http/head.h"

#include <glib.h>
#include <string.h>

#include "base/grammar.h"

struct reading {
    struct head *head;
    size_t fields, fields_max;
    bool is_1_1, has_host, has_length, has_coding;
    char *expect; /* the line of that header; NULL: there is none */
};

static const struct refused fine = {REFUSAL_NONE, NULL};

static struct refused malformed(const char *hint)
{
    return (struct refused){REFUSAL_MALFORMED, hint};
}

static struct refused take_length(struct reading *reading, struct text value)
{
    uint64_t length = 0;
    if (value.length == 0)
        return malformed("Content-Length is digits");
    for (size_t i = 0; i < value.length; i++) {
        if (!g_ascii_isdigit(value.at[i]))
            return malformed("Content-Length is digits");
        if (length > UINT64_MAX / 100)
            return (struct refused){REFUSAL_BODY_TOO_LARGE, "Content-Length is beyond any limit"};
        length = length * 10 + (uint64_t)(value.at[i] - '0');
    }
    if (reading->has_length && reading->head->body_length != length)
        return malformed("there are two Content-Lengths, and they differ");
    reading->has_length = true;
    reading->head->body_length = length;
    return fine;
}

static struct refused take_coding(struct reading *reading, struct text value)
{
    if (reading->has_coding)
        return malformed("there are two Transfer-Encodings");
    reading->has_coding = true;
    reading->head->chunked = true;
    if (!grammar_says(value, "chunked"))
        return (struct refused){REFUSAL_CODING, "of transfer codings \"chunked\" alone is known"};
    return fine;
}

/* How many bytes in front are a name's or an IPv4 address's, or an IPv6 address in brackets. */
size_t head_host_length(const char *text, size_t most)
{
    size_t length = 0;
    if (most == 0 || text[0] != '[') {
        while (length < most && grammar_is_name_byte(text[length]))
            length++;
        return length;
    }
    do
        length++;
    while (length < most &&
           (g_ascii_isxdigit(text[length]) || text[length] == ':' || text[length] == '.'));
    return length > 1 && length < most && text[length] == ']' ? length + 1 : 0;
}

bool head_is_host(const char *text, size_t length)
{
    enum { PORT_DIGITS = 5 };
    size_t at = head_host_length(text, length);
    if (at == 0 || at == length)
        return at == length; /* it may be empty, by RFC 9112 */
    if (text[at++] != ':' || length - at > PORT_DIGITS)
        return false;
    while (at < length && g_ascii_isdigit(text[at]))
        at++;
    return at == length;
}

struct target target_cut(const char *text, size_t length)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < COUNT(schemes); i++) {
        size_t front = strlen(schemes[i]);
        if (length <= front || g_ascii_strncasecmp(text, schemes[i], front) != 0)
            continue;
        const char *authority = text + front, *end = text + length, *at = authority;
        while (at < end && *at != '/' && *at != '?')
            at++;
        if (at == authority)
            break;
        return (struct target){.authority = authority,
                               .authority_length = (size_t)(at - authority),
                               .is_secure = i > 0,
                               .rest = at,
                               .rest_length = (size_t)(end - at)};
    }
    return (struct target){.rest = text, .rest_length = length};
}

static struct refused take_host(struct reading *reading, struct text value)
{
    if (reading->has_host)
        return malformed("there are two Hosts");
    reading->has_host = true;
    return head_is_host(value.at, value.length)
               ? fine
               : malformed("Host is a name or an address, and a port or none");
}

static const struct {
    const char *name;
    struct refused (*take)(struct reading *reading, struct text value);
} headers[] = {
    {"Content-Length", take_length},
    {"Transfer-Encoding", take_coding},
    {"Host", take_host},
};

/* "Name: value", cut at its colon. */
static struct refused cut_line(struct text line, struct text *name, struct text *value)
{
    *name = (struct text){line.at, grammar_token_length(line)};
    if (line.length > 0 && grammar_is_blank(line.at[0]))
        return malformed("a header goes on on a second line");
    if (name->length == 0 || name->length == line.length || line.at[name->length] != ':')
        return malformed("a header is a name, a colon at once behind it, and a value");
    *value = grammar_trimmed((struct text){line.at + name->length + 1, line.length - name->length - 1});
    if (grammar_has_control_byte(*value))
        return malformed("a header's value has a control character (a bare CR?)");
    return fine;
}

/* libmicrohttpd takes blanks behind a value for a part of it: they go in front. `line` is the text's
 * own bytes. */
static void move_blanks(char *line, struct text text, struct text value)
{
    size_t from = (size_t)(value.at - text.at), behind = text.length - from - value.length;
    if (behind == 0)
        return;
    memmove(line + from + behind, line + from, value.length);
    memset(line + from, ' ', behind);
}

/* A bit that no name has that passes the check. */
enum { HIDDEN = 0x80 };

static void head_hide(char *name)
{
    name[0] = (char)(name[0] | HIDDEN);
}

const char *head_name(const char *name, struct arena *arena)
{
    if (((unsigned char)name[0] & HIDDEN) == 0)
        return name;
    char *own = arena_strdup(arena, name);
    own[0] = (char)(own[0] & ~HIDDEN);
    return own;
}

/* libmicrohttpd takes cookies apart, in memory that the other headers need, and nobody reads them. It
 * says "100 Continue" to a request without a body, too, and then takes what follows for one. */
static void hide(struct reading *reading, char *line, struct text name)
{
    if (grammar_says(name, "Cookie"))
        head_hide(line);
    else if (grammar_says(name, "Expect"))
        reading->expect = line;
}

/* `bytes` is the line's own bytes. */
static struct refused take_header(struct reading *reading, struct text line, char *bytes)
{
    struct text name, value;
    struct refused refused = cut_line(line, &name, &value);
    if (refused.why != REFUSAL_NONE)
        return refused;
    for (size_t i = 0; i < COUNT(headers) && refused.why == REFUSAL_NONE; i++)
        if (grammar_says(name, headers[i].name))
            refused = headers[i].take(reading, value);
    hide(reading, bytes, name);
    move_blanks(bytes, line, value);
    return refused;
}

/* "HTTP/1.1". A later minor version is spoken to as 1.1. */
static struct refused take_version(struct reading *reading, struct text version)
{
    if (version.length != strlen("HTTP/1.1") || strncmp(version.at, "HTTP/", 5) != 0 ||
        !g_ascii_isdigit(version.at[5]) || version.at[6] != '.' || !g_ascii_isdigit(version.at[7]))
        return malformed("a request line is METHOD, target and HTTP/1.1, with one blank between");
    if (version.at[5] != '1')
        return (struct refused){REFUSAL_VERSION, "HTTP/1.1 and HTTP/1.0 are spoken"};
    reading->is_1_1 = version.at[7] != '0';
    return fine;
}

/* Parameters are fields, too: libmicrohttpd keeps them as it keeps headers. */
static size_t count_parameters(struct text target)
{
    const char *query = memchr(target.at, '?', target.length);
    size_t count = query != NULL;
    for (; query != NULL; count += query != NULL) {
        query++;
        query = memchr(query, '&', target.length - (size_t)(query - target.at));
    }
    return count;
}

static struct refused take_request_line(struct reading *reading, struct text line)
{
    const char *wrong = "a request line is METHOD, target and HTTP/1.1, with one blank between";
    size_t method = grammar_token_length(line);
    if (method == 0 || method == line.length || line.at[method] != ' ')
        return malformed(wrong);
    if (grammar_says((struct text){line.at, method}, "CONNECT"))
        return malformed("this port is no proxy: --proxy-port opens one");
    struct text target = {line.at + method + 1, 0};
    size_t left = line.length - method - 1;
    while (target.length < left && (unsigned char)target.at[target.length] > ' ' &&
           target.at[target.length] != 0x7f)
        target.length++;
    if (target.length == 0 || target.length == left || target.at[target.length] != ' ')
        return malformed(wrong);
    reading->head->target = target_cut(target.at, target.length);
    const struct target *cut = &reading->head->target;
    if (cut->authority_length > 0 && !head_is_host(cut->authority, cut->authority_length))
        return malformed("an address in a request line is http://HOST or http://HOST:PORT, and a path");
    reading->fields += count_parameters(target);
    return take_version(reading,
                        (struct text){target.at + target.length + 1, left - target.length - 1});
}

/* The line at `at` without its end; the next one's start in *next. The empty line is told by length 0.
 */
static struct text line_at(const char *at, const char *end, const char **next)
{
    const char *feed = memchr(at, '\n', (size_t)(end - at));
    *next = feed != NULL ? feed + 1 : end;
    return (struct text){at, feed != NULL && feed > at ? (size_t)(feed - at) - 1 : 0};
}

static struct refused check_whole(const struct reading *reading)
{
    if (reading->fields > reading->fields_max)
        return (struct refused){REFUSAL_HEAD_TOO_LARGE, "too many headers and parameters"};
    if (reading->has_coding && reading->has_length)
        return malformed("Content-Length does not go with Transfer-Encoding");
    if (reading->has_coding && !reading->is_1_1)
        return malformed("HTTP/1.0 has no Transfer-Encoding");
    if (reading->is_1_1 && !reading->has_host)
        return malformed("HTTP/1.1 asks for a header Host");
    return fine;
}

struct refused head_check(char *bytes, size_t length, size_t fields_max, struct head *head)
{
    *head = (struct head){.target.rest = ""};
    struct reading reading = {.head = head, .fields_max = fields_max};
    const char *end = bytes + length, *next = bytes;
    struct text line = line_at(bytes, end, &next);
    struct refused refused = take_request_line(&reading, line);
    while (refused.why == REFUSAL_NONE && (line = line_at(next, end, &next)).length > 0) {
        refused = take_header(&reading, line, bytes + (line.at - bytes));
        reading.fields++;
    }
    if (reading.expect != NULL && !head->chunked && head->body_length == 0)
        head_hide(reading.expect);
    return refused.why == REFUSAL_NONE ? check_whole(&reading) : refused;
}

struct refused trailer_check(const char *bytes, size_t length, size_t fields_max)
{
    const char *end = bytes + length, *next = bytes;
    size_t fields = 0;
    struct text line, name, value;
    struct refused refused = fine;
    while (refused.why == REFUSAL_NONE && (line = line_at(next, end, &next)).length > 0) {
        refused = cut_line(line, &name, &value);
        if (++fields > fields_max)
            refused = (struct refused){REFUSAL_HEAD_TOO_LARGE, "too many trailers"};
    }
    return refused;
}

bool chunk_size_read(const char *line, size_t length, uint64_t *size)
{
    size_t digits = 0;
    *size = 0;
    while (digits < length && g_ascii_isxdigit(line[digits])) {
        if (*size > UINT64_MAX >> 8)
            return false;
        *size = *size << 4 | (uint64_t)g_ascii_xdigit_value(line[digits++]);
    }
    for (size_t i = digits; i < length; i++)
        if (line[i] == '\r' || line[i] == '\0')
            return false;
    return digits > 0 && (digits == length || line[digits] == ';');
}
