#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 8192 - 64 };

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

void *must_alloc(size_t size)
{
    return must_realloc(NULL, size);
}

void *must_realloc(void *memory, size_t size)
{
    void *taken = realloc(memory, size > 0 ? size : 1);
    if (taken == NULL) {
        fprintf(stderr, "crmock: out of memory (%zu bytes asked)\n", size);
        abort();
    }
    return taken;
}

void arena_charge(struct arena *arena, size_t size)
{
    arena->taken += size;
    if (arena->budget != NULL)
        (void)atomic_fetch_add_explicit(&arena->budget->taken, size, memory_order_relaxed);
}

void arena_discharge(struct arena *arena, size_t size)
{
    arena->taken -= size;
    if (arena->budget != NULL)
        (void)atomic_fetch_sub_explicit(&arena->budget->taken, size, memory_order_relaxed);
}

bool arena_is_exceeded(const struct arena *arena)
{
    const struct budget *budget = arena->budget;
    return (arena->limit != 0 && arena->taken > arena->limit) ||
           (budget != NULL && budget->limit != 0 &&
            atomic_load_explicit(&budget->taken, memory_order_relaxed) > budget->limit);
}

static size_t aligned(size_t size)
{
    return (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

/* Memory as it comes. */
static void *take(struct arena *arena, size_t size)
{
    size_t room = aligned(size);
    struct arena_block *block = arena->blocks;
    if (block == NULL || block->size - block->used < room) {
        size_t block_size = room > BLOCK_SIZE ? room : BLOCK_SIZE;
        block = must_alloc(sizeof *block + block_size);
        block->next = arena->blocks;
        block->used = 0;
        block->size = block_size;
        arena->blocks = block;
        arena_charge(arena, block_size);
    }
    void *memory = block->bytes + block->used;
    block->used += room;
    return memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return memset(take(arena, size), 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / 2 / size) {
        fprintf(stderr, "crmock: out of memory (%zu members of %zu bytes asked)\n", count, size);
        abort();
    }
    return arena_alloc(arena, count * size);
}

void *arena_grown(struct arena *arena, void *list, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return list;
    *room = *room > 0 ? 2 * *room : 8;
    void *larger = arena_array(arena, *room, size);
    if (count > 0)
        memcpy(larger, list, count * size);
    return larger;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    char *copy = take(arena, length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

/* Prints into what is left of the block, mostly: measuring a text first takes as long as printing it.
 */
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    struct arena_block *block = arena->blocks;
    size_t left = block != NULL ? block->size - block->used : 0;
    char *text = block != NULL ? (char *)block->bytes + block->used : NULL;
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(text, left, format, args);
    if (length < 0)
        abort(); /* only a malformed format string does this */
    if (block != NULL && aligned((size_t)length + 1) <= left) {
        block->used += aligned((size_t)length + 1);
    } else {
        text = take(arena, (size_t)length + 1);
        (void)vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

static void free_blocks(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_reset(struct arena *arena)
{
    struct arena_block *kept = arena->blocks;
    if (kept == NULL || kept->size != BLOCK_SIZE) {
        arena_clear(arena);
        return;
    }
    free_blocks(kept->next);
    kept->next = NULL;
    kept->used = 0;
    arena_discharge(arena, arena->taken - BLOCK_SIZE);
}

void arena_clear(struct arena *arena)
{
    free_blocks(arena->blocks);
    arena->blocks = NULL;
    arena_discharge(arena, arena->taken);
}
