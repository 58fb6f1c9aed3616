/* JSON by cJSON, with what cJSON leaves out: numbers keep their exact text (ids above 2^53), and what
 * is no JSON by RFC 8259 is refused, though cJSON forgives it (bad UTF-8, 01, raw control characters,
 * \uzzzz); so is \u0000, which would cut a string short. */
#ifndef CRMOCK_BASE_JSON_H
#define CRMOCK_BASE_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attrs.h"

struct json_place {
    size_t line, column; /* both from 1, column in bytes */
    bool has_too_many;   /* it is JSON, with more values than are taken */
};

/* Parses the whole text. The tree belongs to the caller (cJSON_Delete). On failure NULL, and *place
 * (may be NULL) says where. Each number's `valuestring` holds the token as it was written. */
MUSTCHECK cJSON *json_parse(const char *text, size_t length, struct json_place *place);
/* The same of a text that comes from a client: of more than `values_max` values no tree is made, each
 * of which takes some hundred bytes for as little as two in the text. */
MUSTCHECK cJSON *json_parse_small(const char *text, size_t length, size_t values_max,
                                  struct json_place *place);

/* Compact text of a tree, parsed numbers exactly as they were written; owned by the arena. The tree
 * must not be in use by another thread meanwhile. */
MUSTCHECK char *json_print(struct arena *arena, cJSON *tree);

/* The member of that exact name; NULL when there is none or `object` is no object. */
MUSTCHECK const cJSON *json_member(const cJSON *object, const char *name);
/* A string's characters or a number's token; NULL for any other type. Borrowed from the item. */
MUSTCHECK const char *json_scalar_text(const cJSON *item);
/* True for a number written without fraction and exponent. */
MUSTCHECK bool json_is_integer(const cJSON *item);
/* True for null, and for a string without characters: both count as absent in a request (D11). */
MUSTCHECK bool json_is_blank(const cJSON *item);
MUSTCHECK bool json_equal(const cJSON *one, const cJSON *other);

/* A whole number, printed digit by digit: cJSON prints what it has as double, which is slow and inexact
 * beyond 2^53. Owned by the caller. */
MUSTCHECK cJSON *json_integer(int64_t value);
/* Adds one. The name must outlive the tree. */
void json_add_integer(cJSON *object, const char *name, int64_t value);
/* A value that is printed already, compact. The text must outlive it: it is not copied. Owned by the
 * caller. */
MUSTCHECK cJSON *json_text(const char *text);
/* Adds a string. It and the name must outlive the tree: neither is copied. */
void json_add_text(cJSON *object, const char *name, const char *text);
/* The same, or null where the text is NULL. */
void json_add_text_or_null(cJSON *object, const char *name, const char *text);
/* Adds an id as the service writes it: a string of digits. The name must outlive the tree. */
void json_add_id(cJSON *object, const char *name, int64_t id);

static inline void json_delete(cJSON **tree)
{
    cJSON_Delete(*tree);
}

#endif
