/* Inside the store room only: what was read once and need not be read again, by a text that names it.
 * Any thread may use it. What is kept here is good until cache_forget. What was kept first goes first
 * when there is no more room. */
#ifndef CRMOCK_STORE_CACHE_H
#define CRMOCK_STORE_CACHE_H

#include "base/arena.h"
#include "base/attrs.h"

struct cache;

/* Bytes that a cache takes at most, and one entry with its name; what is larger is not kept. */
enum { CACHE_BYTES_MAX = 1 << 20, CACHE_ENTRY_MAX = 16 << 10 };

/* An empty cache. Free it with cache_free. */
MUSTCHECK struct cache *cache_new(void);
/* NULL is allowed. */
void cache_free(struct cache *cache);

/* Finds what is kept by that name: a copy, arena-owned; or NULL, and *age is to be given to
 * cache_keep. */
MUSTCHECK void *cache_find(struct cache *cache, const char *name, struct arena *arena, unsigned *age);
/* Keeps a copy of `size` bytes that were read after cache_find did not have them; not if they may be
 * outdated, because cache_forget was called meanwhile. */
void cache_keep(struct cache *cache, const char *name, const void *bytes, size_t size, unsigned age);
/* Forgets all: call it when what was kept has changed in the store. */
void cache_forget(struct cache *cache);

#endif
