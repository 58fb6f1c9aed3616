/* All of what a store has: taken as an image, and put in its place. */
#include "store/inside.h"

static struct image *image_of_memory(struct store *store)
{
    queue_enter(&store->queue);
    if (store->idle != NULL) /* it stays: its pages are the same afterwards, where they were */
        db_note_size(store->idle);
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
    return store_is_in_memory(store) ? image_of_memory(store) : copy_of_file(store);
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
    struct db *to = from != NULL ? store_connect(store) : NULL;
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
    bool done = store_is_in_memory(store) ? restart_in_memory(store, image) : write_over(store, image);
    for (size_t i = 0; i < CACHES && done; i++)
        cache_forget(store->caches[i]);
    return done;
}

void store_rest(struct store *store)
{
    if (!store_is_in_memory(store))
        return;
    queue_enter(&store->queue);
    store_close_idle(store);
    memory_rest(&store->memory);
    queue_leave(&store->queue);
}
