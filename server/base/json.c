#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* A text that is held against RFC 8259's grammar: cJSON forgives much of what is none of it. */
struct scan {
    const char *at, *end;
    size_t values, depth;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char peek(const struct scan *scan)
{
    if (scan->at == scan->end)
        return '\0'; /* well-formed UTF-8 here has no zero byte */
    return *scan->at;
}

static bool skip(struct scan *scan, char c)
{
    if (peek(scan) != c)
        return false;
    scan->at++;
    return true;
}

static void skip_blanks(struct scan *scan)
{
    while (scan->at < scan->end && strchr(" \t\r\n", *scan->at) != NULL)
        scan->at++;
}

static bool skip_digits(struct scan *scan)
{
    const char *start = scan->at;
    while (is_digit(peek(scan)))
        scan->at++;
    return scan->at > start;
}

static bool scan_digits_of_number(struct scan *scan)
{
    (void)skip(scan, '-');
    if (!skip(scan, '0') && !skip_digits(scan))
        return false;
    if (skip(scan, '.') && !skip_digits(scan))
        return false;
    if (!skip(scan, 'e') && !skip(scan, 'E'))
        return true;
    if (!skip(scan, '+'))
        (void)skip(scan, '-');
    return skip_digits(scan);
}

/* A fault of it is told at its start. */
static bool scan_number(struct scan *scan)
{
    const char *start = scan->at;
    if (scan_digits_of_number(scan) && !is_digit(peek(scan)) && peek(scan) != '.')
        return true;
    scan->at = start;
    return false;
}

/* Four hexadecimal digits; -1: there are none. */
static long scan_unit(struct scan *scan)
{
    long unit = 0;
    for (int i = 0; i < 4; i++, scan->at++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF";
        const char *digit = peek(scan) != '\0' ? strchr(digits, peek(scan)) : NULL;
        if (digit == NULL)
            return -1;
        unit = unit * 16 + (digit - digits) % 16;
    }
    return unit;
}

/* Behind a backslash. A zero would cut the text short, and half a surrogate pair is no character. */
static bool scan_escape(struct scan *scan)
{
    if (!skip(scan, 'u')) {
        bool is_known = peek(scan) != '\0' && strchr("\"\\/bfnrt", peek(scan)) != NULL;
        scan->at += is_known ? 1 : 0;
        return is_known;
    }
    long unit = scan_unit(scan);
    if (unit >= 0xd800 && unit < 0xdc00) {
        long low = skip(scan, '\\') && skip(scan, 'u') ? scan_unit(scan) : -1;
        return low >= 0xdc00 && low < 0xe000;
    }
    return unit > 0 && (unit < 0xdc00 || unit >= 0xe000);
}

static bool scan_string(struct scan *scan)
{
    if (!skip(scan, '"'))
        return false;
    while (scan->at < scan->end && (unsigned char)*scan->at >= ' ') {
        char c = *scan->at++;
        if (c == '"')
            return true;
        if (c == '\\' && !scan_escape(scan))
            return false;
    }
    return false;
}

static bool scan_word(struct scan *scan, const char *word)
{
    while (*word != '\0' && skip(scan, *word))
        word++;
    return *word == '\0';
}

static bool scan_value(struct scan *scan);

static bool scan_member(struct scan *scan, bool is_named)
{
    if (is_named) {
        skip_blanks(scan);
        if (!scan_string(scan))
            return false;
        skip_blanks(scan);
        if (!skip(scan, ':'))
            return false;
    }
    return scan_value(scan);
}

static bool scan_members(struct scan *scan, char opening, char closing)
{
    if (!skip(scan, opening) || ++scan->depth > CJSON_NESTING_LIMIT)
        return false;
    skip_blanks(scan);
    bool is_whole = skip(scan, closing), is_fine = true;
    while (is_fine && !is_whole) {
        is_fine = scan_member(scan, opening == '{');
        is_whole = is_fine && skip(scan, closing);
        is_fine = is_whole || (is_fine && skip(scan, ','));
    }
    scan->depth--;
    return is_whole;
}

/* A value and the blanks around it. */
static bool scan_value(struct scan *scan)
{
    bool is_fine;
    scan->values++;
    skip_blanks(scan);
    switch (peek(scan)) {
    case '{':
        is_fine = scan_members(scan, '{', '}');
        break;
    case '[':
        is_fine = scan_members(scan, '[', ']');
        break;
    case '"':
        is_fine = scan_string(scan);
        break;
    case 't':
        is_fine = scan_word(scan, "true");
        break;
    case 'f':
        is_fine = scan_word(scan, "false");
        break;
    case 'n':
        is_fine = scan_word(scan, "null");
        break;
    default:
        is_fine = scan_number(scan);
    }
    skip_blanks(scan);
    return is_fine;
}

static void place_of(const char *text, const char *fault, struct json_place *place)
{
    *place = (struct json_place){.line = 1, .column = 1};
    for (; text < fault; text++) {
        place->column++;
        if (*text == '\n') {
            place->line++;
            place->column = 1;
        }
    }
}

/* The next number of a text that is JSON and has one, from *at on; *at is behind it then. */
static const char *next_number(const char **at, const char *end)
{
    const char *token = *at;
    for (; *token != '-' && !is_digit(*token); token++)
        if (*token == '"')
            for (token++; *token != '"'; token++)
                token += *token == '\\' ? 1 : 0;
    struct scan scan = {.at = token, .end = end};
    (void)scan_digits_of_number(&scan);
    *at = scan.at;
    return token;
}

/* Gives each number of the tree its token: both stand in document order. */
static void keep_tokens(cJSON *item, const char **at, const char *end)
{
    for (; item != NULL; item = item->next) {
        if (cJSON_IsNumber(item)) {
            const char *token = next_number(at, end);
            size_t length = (size_t)(*at - token);
            item->valuestring = must_alloc(length + 1); /* cJSON_Delete frees it */
            memcpy(item->valuestring, token, length);
            item->valuestring[length] = '\0';
        }
        keep_tokens(item->child, at, end);
    }
}

cJSON *json_parse_small(const char *text, size_t length, size_t values_max, struct json_place *place)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* a byte order mark may be ignored, says RFC 8259 */
    size_t marked = length >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
    struct scan scan = {.at = text + marked, .end = text + length};
    struct json_place unused;
    place = place != NULL ? place : &unused;
    bool is_whole = utf8_valid(text, length) && scan_value(&scan) && scan.at == scan.end;
    cJSON *tree = NULL;
    if (is_whole && scan.values <= values_max)
        tree = cJSON_ParseWithLengthOpts(text + marked, length - marked, NULL, false);
    if (tree == NULL) {
        place_of(text, scan.at, place);
        place->has_too_many = is_whole && scan.values > values_max;
        return NULL;
    }
    const char *at = text;
    keep_tokens(tree, &at, scan.end);
    return tree;
}

cJSON *json_parse(const char *text, size_t length, struct json_place *place)
{
    return json_parse_small(text, length, SIZE_MAX, place);
}

/* cJSON prints numbers from their double, and raw items by their text. */
static void swap_types(cJSON *item, int from, int to)
{
    for (; item != NULL; item = item->next) {
        if ((item->type & 0xFF) == from && item->valuestring != NULL)
            item->type = (item->type & ~0xFF) | to;
        if ((item->type & cJSON_IsReference) == 0)
            swap_types(item->child, from, to);
    }
}

char *json_print(struct arena *arena, cJSON *tree)
{
    cJSON *next = tree->next; /* only this item, not what follows it in its list */
    tree->next = NULL;
    swap_types(tree, cJSON_Number, cJSON_Raw);
    char *printed = cJSON_PrintBuffered(tree, 512, false);
    swap_types(tree, cJSON_Raw, cJSON_Number);
    tree->next = next;
    if (printed == NULL)
        abort(); /* out of memory: cJSON has no other reason */
    char *copy = arena_strdup(arena, printed);
    cJSON_free(printed);
    return copy;
}

const cJSON *json_member(const cJSON *object, const char *name)
{
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, name) : NULL;
}

const char *json_scalar_text(const cJSON *item)
{
    return cJSON_IsString(item) || cJSON_IsNumber(item) ? item->valuestring : NULL;
}

bool json_is_integer(const cJSON *item)
{
    return cJSON_IsNumber(item) && item->valuestring != NULL &&
           strpbrk(item->valuestring, ".eE") == NULL;
}

bool json_is_blank(const cJSON *item)
{
    return cJSON_IsNull(item) || (cJSON_IsString(item) && item->valuestring[0] == '\0');
}

bool json_equal(const cJSON *one, const cJSON *other)
{
    return cJSON_Compare(one, other, true);
}

enum { INTEGER_SIZE = 24 };

static const char *digits(char text[INTEGER_SIZE], int64_t value)
{
    (void)snprintf(text, INTEGER_SIZE, "%" PRId64, value);
    return text;
}

/* As json_parse makes them: a number and its token. */
cJSON *json_integer(int64_t value)
{
    char text[INTEGER_SIZE];
    cJSON *item = cJSON_CreateRaw(digits(text, value));
    item->type = cJSON_Number;
    (void)cJSON_SetNumberHelper(item, (double)value);
    return item;
}

void json_add_integer(cJSON *object, const char *name, int64_t value)
{
    cJSON_AddItemToObjectCS(object, name, json_integer(value));
}

cJSON *json_text(const char *text)
{
    cJSON *item = cJSON_CreateStringReference(text);
    item->type = cJSON_Raw | cJSON_IsReference;
    return item;
}

void json_add_text(cJSON *object, const char *name, const char *text)
{
    cJSON_AddItemToObjectCS(object, name, cJSON_CreateStringReference(text));
}

void json_add_text_or_null(cJSON *object, const char *name, const char *text)
{
    cJSON_AddItemToObjectCS(object, name,
                            text != NULL ? cJSON_CreateStringReference(text) : cJSON_CreateNull());
}

void json_add_id(cJSON *object, const char *name, int64_t id)
{
    char text[INTEGER_SIZE];
    cJSON_AddItemToObjectCS(object, name, cJSON_CreateString(digits(text, id)));
}
