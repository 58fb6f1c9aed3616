/* Memory with one lifetime: everything taken from an arena is given back together.
 * A request has one, the loaded metadata has one. Not thread-safe. */
#ifndef CRMOCK_BASE_ARENA_H
#define CRMOCK_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/attrs.h"

struct arena_block;
struct arena {
    struct arena_block *blocks;
};

/* Bytes, zeroed and aligned for any type, owned by the arena. Never NULL: a process that has no
 * memory left ends with a message (every input is bounded, so this is no way to bring it down). */
MUSTCHECK void *arena_alloc(struct arena *arena, size_t size);
/* The same for `count` members of `size` bytes each; an overflow ends the process. */
MUSTCHECK void *arena_array(struct arena *arena, size_t count, size_t size);
/* Copies of text, owned by the arena. */
MUSTCHECK char *arena_strndup(struct arena *arena, const char *text, size_t length);
MUSTCHECK char *arena_strdup(struct arena *arena, const char *text);
MUSTCHECK char *arena_printf(struct arena *arena, const char *format, ...) PRINTF(2, 3);
MUSTCHECK char *arena_vprintf(struct arena *arena, const char *format, va_list args) PRINTF(2, 0);
/* Gives everything back; the arena is empty and may be used again. */
void arena_clear(struct arena *arena);
/* Empties the arena for another use, and keeps one block of its memory for that. */
void arena_reset(struct arena *arena);

/* malloc and realloc that end the process with a message instead of answering NULL. */
MUSTCHECK void *must_alloc(size_t size);
MUSTCHECK void *must_realloc(void *memory, size_t size);

#endif
