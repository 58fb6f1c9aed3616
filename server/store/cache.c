#include "store/cache.h"

#include <glib.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT_MAX = 1024 };

struct cache {
    pthread_mutex_t mutex;
    unsigned age;        /* how often it was forgotten */
    GHashTable *by_name; /* of struct kept */
};

struct kept {
    size_t size;
    char bytes[];
};

struct cache *cache_new(void)
{
    struct cache *cache = must_alloc(sizeof *cache);
    *cache = (struct cache){.by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
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

void cache_keep(struct cache *cache, const char *name, const void *bytes, size_t size, unsigned age)
{
    struct kept *kept = g_malloc(sizeof *kept + size);
    kept->size = size;
    memcpy(kept->bytes, bytes, size);
    (void)pthread_mutex_lock(&cache->mutex);
    if (g_hash_table_size(cache->by_name) == KEPT_MAX)
        g_hash_table_remove_all(cache->by_name);
    if (cache->age == age)
        (void)g_hash_table_replace(cache->by_name, g_strdup(name), kept);
    else
        g_free(kept);
    (void)pthread_mutex_unlock(&cache->mutex);
}

void cache_forget(struct cache *cache)
{
    (void)pthread_mutex_lock(&cache->mutex);
    cache->age++;
    g_hash_table_remove_all(cache->by_name);
    (void)pthread_mutex_unlock(&cache->mutex);
}
