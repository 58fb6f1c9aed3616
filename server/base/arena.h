/* Memory with one lifetime: everything taken from an arena is given back together.
 * A request has one, the loaded metadata has one. Not thread-safe.
 *
 * What a client sends decides how much a request takes: its arena has a limit, and a share in a budget
 * that all requests have together. Who goes beyond gets his memory all the same, for nothing below
 * could do without; loops over what may be many ask arena_is_exceeded in between, and give up. */
#ifndef CRMOCK_BASE_ARENA_H
#define CRMOCK_BASE_ARENA_H

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attrs.h"

/* Bytes that several arenas may take together, from any thread. */
struct budget {
    size_t limit; /* 0: none */
    atomic_size_t taken;
};

struct arena_block;
struct arena {
    struct arena_block *blocks;
    struct budget *budget; /* NULL: none */
    size_t limit, taken;   /* bytes; limit 0: none */
};

/* Bytes, zeroed and aligned for any type, owned by the arena. Never NULL: a process that has no
 * memory left ends with a message. */
MUSTCHECK void *arena_alloc(struct arena *arena, size_t size);
/* The same for `count` members of `size` bytes each; an overflow ends the process. */
MUSTCHECK void *arena_array(struct arena *arena, size_t count, size_t size);
/* A list of `count` members, of `size` bytes each, with room for one more: itself, while *room is for
 * more than `count`, or a larger copy. */
MUSTCHECK void *arena_grown(struct arena *arena, void *list, size_t count, size_t *room, size_t size);
/* Copies of text, owned by the arena. */
MUSTCHECK char *arena_strndup(struct arena *arena, const char *text, size_t length);
MUSTCHECK char *arena_strdup(struct arena *arena, const char *text);
MUSTCHECK char *arena_printf(struct arena *arena, const char *format, ...) PRINTF(2, 3);
MUSTCHECK char *arena_vprintf(struct arena *arena, const char *format, va_list args) PRINTF(2, 0);
/* Puts bytes on the arena's account that are taken elsewhere, and as long as what is in it. */
void arena_charge(struct arena *arena, size_t size);
/* Takes bytes off it again that were put on it so. */
void arena_discharge(struct arena *arena, size_t size);
/* True when the arena or its budget has gone beyond its limit. */
MUSTCHECK bool arena_is_exceeded(const struct arena *arena);
/* Gives everything back; the arena is empty and may be used again. */
void arena_clear(struct arena *arena);
/* Empties the arena for another use, and keeps one block of its memory for that. */
void arena_reset(struct arena *arena);

/* malloc and realloc that end the process with a message instead of answering NULL. */
MUSTCHECK void *must_alloc(size_t size);
MUSTCHECK void *must_realloc(void *memory, size_t size);

#endif
