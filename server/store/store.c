#include "store/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/inside.h"
#include "store/soundness.h"

const char *const store_durability_names[] = {"normal", "full", NULL};

static struct store *new_store(const struct store_options *options)
{
    struct store *store = must_alloc(sizeof *store);
    *store = (struct store){.log = options->log,
                            .in_memory = options->path == NULL,
                            .durability = options->durability,
                            .place = {.lock = -1},
                            .memory = {.file = -1}};
    for (size_t i = 0; i < CACHES; i++)
        store->caches[i] = cache_new();
    (void)pthread_mutex_init(&store->mutex, NULL);
    writers_init(&store->writers);
    queue_init(&store->queue);
    return store;
}

/* A store in memory is whole as soon as it begins with an image. */
static bool open_in_memory(struct store *store, struct image *image, struct arena *arena,
                           const char **reason)
{
    if (memory_open(&store->memory, image))
        return true;
    *reason = arena_printf(arena, "there is no memory for it: %s", strerror(errno));
    return false;
}

static bool open_file(struct store *store, const char *path, struct arena *arena, bool *is_new,
                      const char **reason)
{
    if (!place_take(&store->place, path, arena, reason))
        return false;
    struct db *db = store_acquire(store);
    *reason = "SQLite can't open it (the log says why)";
    if (db == NULL)
        return false;
    bool is_good = store_check_layout(db, arena, is_new, reason) == STORE_OK &&
                   (*is_new || store_is_sound(db, arena, reason));
    store_release(db);
    return is_good;
}

struct store *store_open(const struct store_options *options, struct arena *arena, bool *is_new,
                         const char **reason)
{
    struct store *store = new_store(options);
    *is_new = options->image == NULL;
    if (options->path == NULL ? open_in_memory(store, options->image, arena, reason)
                              : open_file(store, options->path, arena, is_new, reason))
        return store;
    *reason = arena_printf(arena, "store %s: %s", store_path(store), *reason);
    store_close_idle(store);
    place_discard(&store->place);
    store_close(store);
    return NULL;
}

/* A store in memory has no power cut to survive. A lasting one may be read while it is served. */
static const char *const synchronous[] = {
    [STORE_SURVIVES_CRASH] = "NORMAL",
    [STORE_SURVIVES_POWER_CUT] = "FULL",
};

struct db *store_connect(struct store *store)
{
    int code = SQLITE_OK;
    struct db *db = store_is_in_memory(store)
                        ? db_open_memory(&store->memory, store->log, &code)
                        : db_open(store->place.path, synchronous[store->durability], store->log, &code);
    if (db != NULL) {
        db->store = store;
        return db;
    }
    (void)pthread_mutex_lock(&store->mutex);
    store->open_code = code;
    (void)pthread_mutex_unlock(&store->mutex);
    return NULL;
}

int store_open_code(struct store *store)
{
    (void)pthread_mutex_lock(&store->mutex);
    int code = store->open_code;
    (void)pthread_mutex_unlock(&store->mutex);
    return code;
}

void store_close_idle(struct store *store)
{
    while (store->idle != NULL) {
        struct db *next = store->idle->next;
        db_close(store->idle);
        store->idle = next;
    }
}

bool store_is_in_memory(const struct store *store)
{
    return store->in_memory;
}

void store_empty(struct store *store)
{
    store_close_idle(store);
    if (store_is_in_memory(store) ? !memory_restart(&store->memory, NULL) : !place_empty(&store->place))
        log_event(store->log, LOG_ERROR, "store cannot be emptied reason=\"%s\"", strerror(errno));
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    store_close_idle(store);
    place_leave(&store->place);
    memory_close(&store->memory);
    for (size_t i = 0; i < CACHES; i++)
        cache_free(store->caches[i]);
    queue_clear(&store->queue);
    writers_clear(&store->writers);
    (void)pthread_mutex_destroy(&store->mutex);
    free(store);
}

void store_discard(struct store *store)
{
    if (!store_is_in_memory(store))
        store_empty(store); /* also a file that was there, and empty */
    place_discard(&store->place);
    store_close(store);
}

struct cache *store_cache(struct store *store, enum store_cache which)
{
    return store->caches[which];
}

const char *store_path(const struct store *store)
{
    return store->place.path != NULL ? store->place.path : "(in memory)";
}

static struct db *take_idle(struct store *store)
{
    (void)pthread_mutex_lock(&store->mutex);
    struct db *db = store->idle;
    if (db != NULL)
        store->idle = db->next;
    (void)pthread_mutex_unlock(&store->mutex);
    return db;
}

struct db *store_acquire(struct store *store)
{
    if (store_is_in_memory(store))
        queue_enter(&store->queue);
    struct db *db = take_idle(store);
    if (db == NULL)
        db = store_connect(store);
    if (db == NULL && store_is_in_memory(store))
        queue_leave(&store->queue);
    return db;
}

struct db *store_acquire_own(struct store *store)
{
    bool is_alone = store_is_in_memory(store);
    if (is_alone) {
        queue_enter(&store->queue);
        store_close_idle(store); /* of its bytes there is one connection */
    }
    struct db *db = store_connect(store);
    if (db != NULL)
        db->is_own = true;
    else if (is_alone)
        queue_leave(&store->queue);
    return db;
}

static void keep_idle(struct store *store, struct db *db)
{
    db->budget = (struct store_budget){0};
    (void)pthread_mutex_lock(&store->mutex);
    db->next = store->idle;
    store->idle = db;
    (void)pthread_mutex_unlock(&store->mutex);
}

void store_release(struct db *db)
{
    struct store *store = db->store;
    if (db->is_own || db->failure[0] != '\0') /* its cache may hold what a bad read brought */
        db_close(db);
    else
        keep_idle(store, db);
    if (store_is_in_memory(store))
        queue_leave(&store->queue);
}

void store_limit(struct db *db, const struct store_budget *budget)
{
    db->budget = *budget;
    db->steps = 0;
}

static const struct sql begin = {"BEGIN IMMEDIATE"};
static const struct sql commit = {"COMMIT"};
static const struct sql rollback = {"ROLLBACK"};

enum store_status store_begin(struct db *db, enum store_urgency urgency)
{
    writers_enter(&db->store->writers, urgency);
    enum store_status status = db_run(db, &begin, "");
    if (status != STORE_OK)
        writers_leave(&db->store->writers);
    return status;
}

enum store_status store_commit(struct db *db)
{
    if (db_run(db, &commit, "") != STORE_OK) {
        store_rollback(db);
        return STORE_FAILED;
    }
    writers_leave(&db->store->writers);
    return STORE_OK;
}

void store_rollback(struct db *db)
{
    /* SQLite has rolled back by itself after some errors (disk full, out of memory). */
    if (sqlite3_get_autocommit(db->handle) == 0 && db_run(db, &rollback, "") != STORE_OK)
        log_event(db->log, LOG_ERROR, "store failed reason=\"a transaction could not be rolled back\"");
    writers_leave(&db->store->writers);
}

enum store_status store_end(struct db *db, bool keep)
{
    if (keep)
        return store_commit(db);
    store_rollback(db);
    return STORE_FAILED;
}

enum store_status store_check(struct db *db)
{
    static const struct sql one_row = {"SELECT next_id FROM id_sequence"};
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &one_row, "");
    return row == NULL ? STORE_FAILED : db_step(db, row);
}

const char *store_failure(const struct db *db)
{
    return db->failure;
}
