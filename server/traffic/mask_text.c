/* Secrets in texts: by their values, by their form, and by names in front of them, as texts have them
 * that are no JSON, or in which a query stands, or a form. */
#include <string.h>

#include "traffic/masking.h"

/* One character as a text has it: as it is, or written by a number or a name. */
struct unit {
    char byte;
    size_t length; /* in the text */
};

typedef struct unit unit_fn(const char *at, const char *end);

static struct unit plain(const char *at, const char *end)
{
    (void)end;
    return (struct unit){.byte = *at, .length = 1};
}

/* The byte that two hexadecimal digits say; or false. */
static bool read_byte(const char *digits, char *byte)
{
    int high = g_ascii_xdigit_value(digits[0]), low = g_ascii_xdigit_value(digits[1]);
    *byte = (char)(high * 16 + low);
    return high >= 0 && low >= 0;
}

/* %2F, and + for a blank. */
static struct unit by_percent(const char *at, const char *end)
{
    struct unit unit = {.length = 3};
    if (*at == '%' && end - at >= 3 && read_byte(at + 1, &unit.byte))
        return unit;
    return *at == '+' ? (struct unit){.byte = ' ', .length = 1} : plain(at, end);
}

/* \/, \n, \u002f. */
static struct unit by_backslash(const char *at, const char *end)
{
    static const char letters[] = "\"\\/nrtbf", bytes[] = "\"\\/\n\r\t\b\f";
    struct unit unit = {.length = 6};
    const char *letter = *at == '\\' && end - at >= 2 && at[1] != '\0' ? strchr(letters, at[1]) : NULL;
    if (letter != NULL)
        return (struct unit){.byte = bytes[letter - letters], .length = 2};
    if (*at == '\\' && end - at >= 6 && strncmp(at, "\\u00", 4) == 0 && read_byte(at + 4, &unit.byte))
        return unit;
    return plain(at, end);
}

/* As pages have it. */
static struct unit by_name(const char *at, const char *end)
{
    static const struct {
        const char *text;
        char byte;
    } entities[] = {{"&amp;", '&'},  {"&lt;", '<'},  {"&gt;", '>'},   {"&quot;", '"'},
                    {"&#39;", '\''}, {"&#34;", '"'}, {"&apos;", '\''}};
    for (size_t i = 0; *at == '&' && i < COUNT(entities); i++) {
        size_t length = strlen(entities[i].text);
        if ((size_t)(end - at) >= length && memcmp(at, entities[i].text, length) == 0)
            return (struct unit){.byte = entities[i].byte, .length = length};
    }
    return plain(at, end);
}

static unit_fn *const encodings[] = {plain, by_percent, by_backslash, by_name};

/* In whichever it is. A + stays one: what it is depends on where it stands. */
static struct unit unit_at(const char *at, const char *end)
{
    switch (*at) {
    case '%':
        return by_percent(at, end);
    case '\\':
        return by_backslash(at, end);
    case '&':
        return by_name(at, end);
    default:
        return plain(at, end);
    }
}

struct scan {
    struct secrets *secrets;
    const char *at, *end;
    const char *unit_end; /* of the character that `at` is in */
    bool begins_word;     /* a word does, there */
    unsigned kind;
};

/* What is cut: from `at` on. */
struct part {
    const char *at;
    size_t length;
};

/* Bytes at `at` that are the value, in an encoding; 0: they are not. */
static size_t length_of(const struct scan *scan, const char *value, unit_fn *read)
{
    const char *at = scan->at;
    for (; *value != '\0' && at < scan->end; value++) {
        struct unit unit = read(at, scan->end);
        scan->secrets->steps++;
        if (unit.byte != *value)
            return 0;
        at += unit.length;
    }
    bool is_whole = *value == '\0' || (scan->kind & BYTES_CUT) != 0;
    return is_whole ? (size_t)(at - scan->at) : 0;
}

/* One of the entry's secrets: the longest. */
static bool find_value(const struct scan *scan, struct part *part)
{
    part->length = 0;
    for (size_t i = 0; i < scan->secrets->count; i++)
        for (size_t k = 0; k < COUNT(encodings); k++) {
            size_t length = length_of(scan, scan->secrets->values[i], encodings[k]);
            part->length = length > part->length ? length : part->length;
        }
    part->at = scan->at;
    return part->length > 0;
}

static bool is_of_word(char byte)
{
    return g_ascii_isalnum(byte) || byte == '-' || byte == '_';
}

/* Passes what is_of_word, and dots if they count. */
static const char *word_end(const struct scan *scan, const char *at, bool with_dots)
{
    while (at < scan->end) {
        struct unit unit = unit_at(at, scan->end);
        if (!is_of_word(unit.byte) && !(with_dots && unit.byte == '.'))
            break;
        at += unit.length;
    }
    return at;
}

/* The text passed; NULL: something else stands there. */
static const char *pass(const struct scan *scan, const char *at, const char *text)
{
    for (; *text != '\0'; text++) {
        struct unit unit = {.byte = '\0'};
        if (at < scan->end)
            unit = unit_at(at, scan->end);
        if (unit.byte != *text)
            return NULL;
        at += unit.length;
    }
    return at;
}

/* 1000.a.b, or where a text was cut as much of it as there is. */
static bool find_token(const struct scan *scan, struct part *part)
{
    const char *middle = pass(scan, scan->at, "1000.");
    if (middle == NULL)
        return false;
    const char *end = word_end(scan, middle, false);
    const char *rest = end > middle ? pass(scan, end, ".") : NULL;
    bool is_cut = end == scan->end && (scan->kind & BYTES_CUT) != 0;
    if (rest != NULL)
        end = word_end(scan, rest, true);
    else if (!is_cut)
        return false;
    while (rest != NULL && end > rest && end[-1] == '.') /* the end of a sentence */
        end--;
    *part = (struct part){.at = scan->at, .length = (size_t)(end - scan->at)};
    return is_cut || end > rest;
}

/* What stands between a name and its value. */
struct separator {
    struct unit sign;  /* = or : */
    struct unit quote; /* before the value; length 0: none */
};

static const char *pass_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

static bool is_quote(struct unit unit)
{
    return unit.byte == '"' || unit.byte == '\'';
}

/* Passes a separator; NULL: there is none. */
static const char *pass_separator(const struct scan *scan, const char *at, struct separator *separator)
{
    const bool is_form = (scan->kind & BYTES_FORM) != 0;
    *separator = (struct separator){.quote = {.length = 0}};
    if (at < scan->end && !is_form && is_quote(unit_at(at, scan->end)))
        at += unit_at(at, scan->end).length;
    at = pass_blanks(at, scan->end);
    if (at == scan->end)
        return NULL;
    separator->sign = unit_at(at, scan->end);
    if (separator->sign.byte != '=' && separator->sign.byte != ':')
        return NULL;
    at = pass_blanks(at + separator->sign.length, scan->end);
    if (at < scan->end && !is_form && is_quote(unit_at(at, scan->end))) {
        separator->quote = unit_at(at, scan->end);
        at += separator->quote.length;
    }
    return at;
}

/* A text ends at the quote that it began with, written the same; a parameter at &, likewise; what else
 * ends one in a text is in no parameter that is written as it should be. */
static bool ends_value(const struct scan *scan, const struct separator *separator, struct unit unit)
{
    if (separator->quote.length > 0)
        return unit.byte == separator->quote.byte && unit.length == separator->quote.length;
    if (unit.byte == '&')
        return (unit.length == 3) == (separator->sign.length == 3);
    if ((scan->kind & BYTES_FORM) != 0 || unit.length > 1 || unit.byte == '\0')
        return false;
    return strchr(separator->sign.byte == ':' ? "\r\n,}]<" : " \t\r\n\"'<>#", unit.byte) != NULL;
}

static struct part value_part(const struct scan *scan, const struct separator *separator,
                              const char *at)
{
    const char *begin = at;
    while (at < scan->end) {
        struct unit unit = unit_at(at, scan->end);
        if (ends_value(scan, separator, unit))
            break;
        at += unit.length;
    }
    return (struct part){.at = begin, .length = (size_t)(at - begin)};
}

/* Reads a name's characters as they are meant; its length, 0: it is too long, or none. */
static size_t read_name(const struct scan *scan, const char **at, char name[SECRET_NAME_MAX])
{
    size_t length = 0;
    while (*at < scan->end) {
        struct unit unit = unit_at(*at, scan->end);
        if (!is_of_word(unit.byte))
            return length;
        if (length == SECRET_NAME_MAX)
            return 0;
        name[length++] = unit.byte;
        *at += unit.length;
    }
    return length;
}

/* The content of a part of a multipart form: behind the next blank line, to the next boundary. */
static bool find_content(const struct scan *scan, const char *at, struct part *part)
{
    const char *begin = memmem(at, (size_t)(scan->end - at), "\r\n\r\n", 4);
    if (begin == NULL)
        return false;
    begin += 4;
    const char *end = memmem(begin, (size_t)(scan->end - begin), "\r\n--", 4);
    *part = (struct part){.at = begin, .length = (size_t)((end != NULL ? end : scan->end) - begin)};
    return true;
}

/* A value behind a name that says that it is one. */
static bool find_named(const struct scan *scan, struct part *part)
{
    char name[SECRET_NAME_MAX];
    const char *at = scan->at;
    size_t length = read_name(scan, &at, name);
    struct separator separator;
    at = length > 0 ? pass_separator(scan, at, &separator) : NULL;
    if (at == NULL)
        return false;
    if (length == strlen("name") && memcmp(name, "name", length) == 0 && separator.quote.length > 0) {
        length = read_name(scan, &at, name);
        return length > 0 && secret_is_named(name, length, IN_PARAMETERS) &&
               find_content(scan, at, part);
    }
    unsigned places = separator.sign.byte == '=' ? IN_PARAMETERS : IN_HEADERS | IN_MEMBERS;
    if (!secret_is_named(name, length, places))
        return false;
    *part = value_part(scan, &separator, at);
    return part->length > 0;
}

/* True for a token that is built in, whatever it is written like. */
static bool is_built_in(const struct part *part)
{
    char text[64];
    size_t length = 0;
    const char *end = part->at + part->length;
    for (const char *at = part->at; at < end && length < sizeof text;) {
        struct unit unit = unit_at(at, end);
        text[length++] = unit.byte;
        at += unit.length;
    }
    return length < sizeof text && mask_is_built_in(text, length);
}

/* What is cut from here on, or behind a name that stands here. */
static bool find(const struct scan *scan, struct part *part)
{
    if (scan->secrets->starts[(unsigned char)*scan->at] &&
        (find_value(scan, part) || find_token(scan, part)))
        return true;
    return scan->begins_word && find_named(scan, part);
}

/* Goes on by a byte, and sees whether a word begins there. */
static void see(struct scan *scan, char *character)
{
    scan->begins_word = false;
    if (scan->at < scan->unit_end)
        return; /* within a character */
    struct unit unit = unit_at(scan->at, scan->end);
    scan->begins_word = !is_of_word(*character) && is_of_word(unit.byte);
    scan->unit_end = scan->at + unit.length;
    *character = unit.byte;
}

/* What stands behind `copied`, up to the part; and the part, cut. */
static void append(GString *text, const char *copied, const struct part *part)
{
    (void)g_string_append_len(text, copied, part->at - copied);
    if (is_built_in(part))
        (void)g_string_append_len(text, part->at, (gssize)part->length);
    else
        secret_append(text, part->at, part->length);
}

/* NULL: there is nothing to cut. */
static GString *cut(struct scan *scan)
{
    GString *text = NULL;
    const char *copied = scan->at;
    char character = '\0';
    struct part part;
    while (scan->at < scan->end && scan->secrets->steps < SECRET_STEPS_MAX) {
        see(scan, &character);
        if (!find(scan, &part)) {
            scan->at++;
            continue;
        }
        text = text != NULL ? text : g_string_new(NULL);
        append(text, copied, &part);
        copied = scan->at = scan->unit_end = part.at + part.length;
    }
    if (text != NULL)
        (void)g_string_append_len(text, copied, scan->end - copied);
    return text;
}

const char *secrets_cut_bytes(struct secrets *secrets, const char *bytes, size_t *length, unsigned kind)
{
    static const char untold[] = "...";
    struct scan scan = {
        .secrets = secrets, .at = bytes, .end = bytes + *length, .unit_end = bytes, .kind = kind};
    GString *text = secrets->are_many ? NULL : cut(&scan);
    secrets->are_many = secrets->are_many || secrets->steps >= SECRET_STEPS_MAX;
    if (text != NULL && !secrets->are_many) {
        bytes = arena_strndup(secrets->arena, text->str, text->len);
        *length = text->len;
    }
    if (text != NULL)
        (void)g_string_free(text, true);
    if (secrets->are_many && *length > 0) {
        *length = sizeof untold - 1;
        return untold;
    }
    return bytes;
}

const char *secrets_cut(struct secrets *secrets, const char *text)
{
    size_t length = text != NULL ? strlen(text) : 0;
    return text != NULL ? secrets_cut_bytes(secrets, text, &length, 0) : NULL;
}

const char *mask_text(const char *text, struct arena *arena)
{
    static const char signs[] = "1%\\&=:\"' "; /* without which there is neither token nor name */
    struct secrets none;
    if (text != NULL && strpbrk(text, signs) == NULL)
        return text;
    secrets_begin(&none, arena);
    return secrets_cut(&none, text);
}
