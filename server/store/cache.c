#include "store/cache.h"

#include <glib.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct cache {
    pthread_mutex_t mutex;
    unsigned age;        /* how often it was forgotten */
    GHashTable *by_name; /* of struct kept, which it owns, by their names */
    GQueue by_age;       /* the same, the oldest first; the links are their own */
    size_t bytes;        /* that they take */
};

struct kept {
    GList link;
    size_t size;
    const char *name; /* behind the bytes */
    char bytes[];
};

/* What keeping something of `size` bytes takes: it, and its place in the table. */
static size_t room_of(size_t size, const char *name)
{
    enum { PLACE = 64 };
    return sizeof(struct kept) + size + strlen(name) + 1 + PLACE;
}

struct cache *cache_new(void)
{
    struct cache *cache = must_alloc(sizeof *cache);
    *cache = (struct cache){.by_name = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free)};
    (void)pthread_mutex_init(&cache->mutex, NULL);
    return cache;
}

void cache_free(struct cache *cache)
{
    if (cache == NULL)
        return;
    g_hash_table_destroy(cache->by_name);
    (void)pthread_mutex_destroy(&cache->mutex);
    free(cache);
}

void *cache_find(struct cache *cache, const char *name, struct arena *arena, unsigned *age)
{
    (void)pthread_mutex_lock(&cache->mutex);
    *age = cache->age;
    const struct kept *found = g_hash_table_lookup(cache->by_name, name);
    void *copy =
        found != NULL ? memcpy(arena_alloc(arena, found->size), found->bytes, found->size) : NULL;
    (void)pthread_mutex_unlock(&cache->mutex);
    return copy;
}

static void drop(struct cache *cache, struct kept *kept)
{
    if (kept == NULL)
        return;
    g_queue_unlink(&cache->by_age, &kept->link);
    cache->bytes -= room_of(kept->size, kept->name);
    (void)g_hash_table_remove(cache->by_name, kept->name);
}

static void put(struct cache *cache, struct kept *kept)
{
    cache->bytes += room_of(kept->size, kept->name);
    drop(cache, g_hash_table_lookup(cache->by_name, kept->name)); /* another thread read it, too */
    while (cache->bytes > CACHE_BYTES_MAX)
        drop(cache, g_queue_peek_head(&cache->by_age));
    g_queue_push_tail_link(&cache->by_age, &kept->link);
    (void)g_hash_table_insert(cache->by_name, (char *)kept->name, kept);
}

void cache_keep(struct cache *cache, const char *name, const void *bytes, size_t size, unsigned age)
{
    if (room_of(size, name) > CACHE_ENTRY_MAX)
        return;
    size_t name_size = strlen(name) + 1;
    struct kept *kept = g_malloc(sizeof *kept + size + name_size);
    *kept = (struct kept){.link = {.data = kept}, .size = size};
    memcpy(kept->bytes, bytes, size);
    kept->name = memcpy(kept->bytes + size, name, name_size);
    (void)pthread_mutex_lock(&cache->mutex);
    if (cache->age == age)
        put(cache, kept);
    else
        g_free(kept);
    (void)pthread_mutex_unlock(&cache->mutex);
}

void cache_forget(struct cache *cache)
{
    (void)pthread_mutex_lock(&cache->mutex);
    cache->age++;
    g_hash_table_remove_all(cache->by_name);
    g_queue_init(&cache->by_age);
    cache->bytes = 0;
    (void)pthread_mutex_unlock(&cache->mutex);
}
