#include "store/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/embedded.h"
#include "store/cache.h"
#include "store/db.h"
#include "store/memory.h"
#include "store/place.h"
#include "store/soundness.h"
#include "store/turns.h"

enum { LAYOUT_VERSION = 6, APPLICATION_ID = 0x43524d4b /* "CRMK" */ };

struct store {
    struct place place; /* of a lasting one; without a path: in memory */
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

static const struct sql layout_of = {
    "SELECT (SELECT user_version FROM pragma_user_version),"
    " (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)"};

/* STORE_OK when the file is a store of this version or empty (*is_new), else a reason. */
static enum store_status check_layout(struct db *db, struct arena *arena, bool *is_new,
                                      const char **reason)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &layout_of, "");
    if (row == NULL || db_step(db, row) != STORE_OK) {
        *reason = arena_printf(arena, "not a store of crmock: %s", sqlite3_errmsg(db->handle));
        return STORE_FAILED;
    }
    int version = sqlite3_column_int(row, 0), application = sqlite3_column_int(row, 1);
    *is_new = version == 0 && (application == 0 || application == APPLICATION_ID) &&
              sqlite3_column_int(row, 2) == 0;
    if (*is_new)
        return STORE_OK;
    if (application != APPLICATION_ID) {
        *reason = "not a store of crmock: another program's database";
        return STORE_FAILED;
    }
    if (version != LAYOUT_VERSION) {
        *reason = arena_printf(arena, "layout version %d; this crmock reads version %d", version,
                               LAYOUT_VERSION);
        return STORE_FAILED;
    }
    return STORE_OK;
}

const char *const store_durability_names[] = {"normal", "full", NULL};

static bool is_in_memory(const struct store *store)
{
    return store->memory.bytes != NULL;
}

static struct store *new_store(const struct store_options *options)
{
    struct store *store = must_alloc(sizeof *store);
    *store = (struct store){.log = options->log,
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
    bool is_good = check_layout(db, arena, is_new, reason) == STORE_OK &&
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

/* A store in memory that breaks while it is laid out is thrown away: it needs no journal for that. Nor
 * need references and words be checked again that the loader has looked up; a lasting store, which
 * takes longer anyway, checks them, and so do the tests of the default fixtures. */
static const char lasting_journal[] = "PRAGMA journal_mode = DELETE";
static const char no_journal[] = "PRAGMA journal_mode = OFF; PRAGMA foreign_keys = OFF;"
                                 "PRAGMA ignore_check_constraints = ON";

/* A store in memory has no power cut to survive. A lasting one may be read while it is served. */
static const char *const synchronous[] = {
    [STORE_SURVIVES_CRASH] = "NORMAL",
    [STORE_SURVIVES_POWER_CUT] = "FULL",
};

static struct db *open_connection(struct store *store)
{
    int code = SQLITE_OK;
    struct db *db = is_in_memory(store)
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

/* Without a journal, which would be another store's to who finds it beside an empty file. */
static const char mark[] = "PRAGMA journal_mode = MEMORY; PRAGMA application_id = 0x43524d4b";

bool store_mark(struct store *store)
{
    if (is_in_memory(store))
        return true;
    struct db *db = open_connection(store);
    bool is_marked = db != NULL && db_script(db, mark) == STORE_OK;
    db_close(db);
    return is_marked;
}

struct db *store_begin_new(struct store *store)
{
    struct db *db = store_mark(store) ? open_connection(store) : NULL;
    if (db == NULL)
        return NULL;
    const struct embedded_file *schema = embedded_find("schema.sql");
    if (schema != NULL &&
        db_script(db, is_in_memory(store) ? no_journal : lasting_journal) == STORE_OK &&
        db_script(db, "BEGIN EXCLUSIVE") == STORE_OK && db_script(db, schema->text) == STORE_OK)
        return db;
    db_close(db);
    return NULL;
}

bool store_end_new(struct db *db, bool keep)
{
    struct store *store = db->store;
    bool lasts = !is_in_memory(store);
    bool kept =
        keep && db_script(db, lasts ? "COMMIT; PRAGMA journal_mode = WAL" : "COMMIT") == STORE_OK;
    db_close(db);
    if (!kept || lasts)
        return kept;
    struct image *image = memory_image(&store->memory); /* what it goes on with */
    image_free(image);
    return image != NULL;
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
    return is_in_memory(store);
}

static struct image *image_of_memory(struct store *store)
{
    queue_enter(&store->queue);
    store_close_idle(store);
    struct image *image = memory_image(&store->memory);
    queue_leave(&store->queue);
    return image;
}

/* All of a file's pages, while nobody writes. */
static struct image *copy_of_file(struct store *store)
{
    struct db *db = store_acquire(store);
    struct image *image = NULL;
    if (db == NULL)
        return NULL;
    if (store_begin(db, STORE_REQUEST) == STORE_OK) {
        sqlite3_int64 size = 0;
        unsigned char *bytes = sqlite3_serialize(db->handle, "main", &size, 0);
        image = bytes != NULL ? image_of_bytes(bytes, (size_t)size) : NULL;
        sqlite3_free(bytes);
        store_rollback(db);
    }
    store_release(db);
    return image;
}

struct image *store_image(struct store *store)
{
    return is_in_memory(store) ? image_of_memory(store) : copy_of_file(store);
}

static bool restart_in_memory(struct store *store, struct image *image)
{
    queue_enter(&store->queue);
    store_close_idle(store);
    bool restarted = memory_restart(&store->memory, image);
    queue_leave(&store->queue);
    return restarted;
}

/* By SQLite's backup: in one transaction, which who reads the file beside us sees done or not. */
static bool write_over(struct store *store, struct image *image)
{
    struct memory memory;
    int code = SQLITE_OK;
    bool done = false;
    struct db *from = memory_open(&memory, image) ? db_open_memory(&memory, store->log, &code) : NULL;
    struct db *to = from != NULL ? open_connection(store) : NULL;
    if (to != NULL) {
        writers_enter(&store->writers, STORE_REQUEST);
        sqlite3_backup *backup = sqlite3_backup_init(to->handle, "main", from->handle, "main");
        done = backup != NULL && sqlite3_backup_step(backup, -1) == SQLITE_DONE;
        done = sqlite3_backup_finish(backup) == SQLITE_OK && done;
        writers_leave(&store->writers);
        if (!done)
            (void)db_failed(to, "backup");
    }
    db_close(to);
    db_close(from);
    memory_close(&memory);
    return done;
}

bool store_restart(struct store *store, struct image *image)
{
    bool done = is_in_memory(store) ? restart_in_memory(store, image) : write_over(store, image);
    for (size_t i = 0; i < CACHES && done; i++)
        cache_forget(store->caches[i]);
    return done;
}

void store_rest(struct store *store)
{
    if (!is_in_memory(store))
        return;
    queue_enter(&store->queue);
    store_close_idle(store);
    queue_leave(&store->queue);
}

bool store_is_laid_out(struct db *db)
{
    struct arena arena = {.blocks = NULL};
    const char *reason;
    bool is_new = true;
    bool is_laid_out = check_layout(db, &arena, &is_new, &reason) == STORE_OK && !is_new;
    arena_clear(&arena);
    return is_laid_out;
}

void store_empty(struct store *store)
{
    store_close_idle(store);
    if (is_in_memory(store) ? !memory_restart(&store->memory, NULL) : !place_empty(&store->place))
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
    if (!is_in_memory(store))
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
    if (is_in_memory(store))
        queue_enter(&store->queue);
    struct db *db = take_idle(store);
    if (db == NULL)
        db = open_connection(store);
    if (db == NULL && is_in_memory(store))
        queue_leave(&store->queue);
    return db;
}

struct db *store_acquire_own(struct store *store)
{
    bool is_alone = is_in_memory(store);
    if (is_alone) {
        queue_enter(&store->queue);
        store_close_idle(store); /* of its bytes there is one connection */
    }
    struct db *db = open_connection(store);
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
    if (is_in_memory(store))
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
