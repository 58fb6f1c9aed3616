/* Inside the store room only: what a store is. */
#ifndef CRMOCK_STORE_INSIDE_H
#define CRMOCK_STORE_INSIDE_H

#include <pthread.h>

#include "store/cache.h"
#include "store/db.h"
#include "store/memory.h"
#include "store/place.h"
#include "store/turns.h"

struct store {
    struct place place; /* of a lasting one; without a path: in memory */
    bool in_memory;     /* as it was opened */
    struct memory memory;
    struct queue queue; /* for the one connection that a store in memory has */
    const struct log *log;
    enum store_durability durability;
    struct cache *caches[CACHES];
    struct writers writers;
    pthread_mutex_t mutex; /* guards what follows */
    struct db *idle;
    int open_code; /* SQLite's, of the connection that could not be opened last */
};

/* A new connection, whoever has others. NULL after a logged error. */
MUSTCHECK struct db *store_connect(struct store *store);
/* STORE_OK when the connection is to a store of this version, or to an empty one (*is_new); else a
 * reason (arena-owned or static). (layout.c) */
MUSTCHECK enum store_status store_check_layout(struct db *db, struct arena *arena, bool *is_new,
                                               const char **reason);

#endif
