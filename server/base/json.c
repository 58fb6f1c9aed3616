#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && is_digit(*at))
        at++;
    return at;
}

/* The end of the number that starts at `at`, or NULL when RFC 8259 has no such number. */
static const char *number_end(const char *at, const char *end)
{
    if (*at == '-')
        at++;
    if (at == end || !is_digit(*at))
        return NULL;
    at = *at == '0' ? at + 1 : skip_digits(at, end);
    if (at < end && *at == '.') {
        const char *fraction = ++at;
        at = skip_digits(at, end);
        if (at == fraction)
            return NULL;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        const char *exponent = at;
        at = skip_digits(at, end);
        if (at == exponent)
            return NULL;
    }
    return at < end && (is_digit(*at) || *at == '.') ? NULL : at;
}

/* The byte after the string that starts at `at`, or NULL when it has what cJSON would let pass or
 * cut short; *fault then says where. */
static const char *string_end(const char *at, const char *end, const char **fault)
{
    for (at++; at < end && *at != '"'; at++) {
        *fault = at;
        if ((unsigned char)*at < ' ')
            return NULL;
        if (*at != '\\')
            continue;
        if (end - at >= 6 && memcmp(at, "\\u0000", 6) == 0)
            return NULL;
        if (++at == end)
            return NULL;
    }
    *fault = at;
    return at < end ? at + 1 : NULL;
}

/* Finds the next number token from *at on; moves *at behind it. False at the end of the text, or at
 * a fault, which *fault then points to. */
static bool next_number(const char **at, const char *end, const char **token, const char **fault)
{
    *fault = NULL;
    while (*at < end) {
        const char *here = *at;
        if (*here == '"') {
            const char *behind = string_end(here, end, fault);
            if (behind == NULL)
                return false;
            *fault = NULL;
            *at = behind;
        } else if (*here == '-' || is_digit(*here)) {
            *token = here;
            const char *behind = number_end(here, end);
            if (behind != NULL)
                *at = behind;
            else
                *fault = here;
            return behind != NULL;
        } else {
            *at = here + 1;
        }
    }
    return false;
}

static void place_of(const char *text, const char *fault, struct json_place *place)
{
    if (place == NULL)
        return;
    *place = (struct json_place){.line = 1, .column = 1};
    for (; text < fault; text++) {
        place->column++;
        if (*text == '\n') {
            place->line++;
            place->column = 1;
        }
    }
}

/* Gives each number of the tree its token: both stand in document order. */
static void keep_tokens(cJSON *item, const char **at, const char *end)
{
    for (; item != NULL; item = item->next) {
        if (cJSON_IsNumber(item)) {
            const char *token = NULL, *fault;
            if (!next_number(at, end, &token, &fault))
                return; /* not reached: the text was scanned before */
            size_t length = (size_t)(*at - token);
            item->valuestring = must_alloc(length + 1); /* cJSON_Delete frees it */
            memcpy(item->valuestring, token, length);
            item->valuestring[length] = '\0';
        }
        keep_tokens(item->child, at, end);
    }
}

cJSON *json_parse(const char *text, size_t length, struct json_place *place)
{
    const char *at = text, *end = text + length, *token, *fault = NULL;
    if (!utf8_valid(text, length)) {
        place_of(text, text, place);
        return NULL;
    }
    while (next_number(&at, end, &token, &fault))
        ;
    if (fault != NULL) {
        place_of(text, fault, place);
        return NULL;
    }
    cJSON *tree = cJSON_ParseWithLengthOpts(text, length, &fault, false);
    const char *rest = fault; /* cJSON says where it ended; it does not object to what follows */
    while (tree != NULL && rest < end && strchr(" \t\r\n", *rest) != NULL)
        rest++;
    if (tree == NULL || rest < end) {
        cJSON_Delete(tree);
        place_of(text, tree == NULL && fault != NULL ? fault : rest, place);
        return NULL;
    }
    at = text;
    keep_tokens(tree, &at, end);
    return tree;
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

void json_add_id(cJSON *object, const char *name, int64_t id)
{
    char text[INTEGER_SIZE];
    cJSON_AddItemToObjectCS(object, name, cJSON_CreateString(digits(text, id)));
}
