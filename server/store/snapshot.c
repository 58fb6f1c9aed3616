#include "store/snapshot.h"

#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/embedded.h"
#include "base/file.h"
#include "store/db.h"

static const char suffix[] = ".snapshot";

const char *snapshot_path(const char *folder, const char *fixtures, struct arena *arena)
{
    const char *path;
    if (folder == NULL)
        folder = arena_printf(arena, "%s/crmock", g_get_user_cache_dir());
    char *digest = g_compute_checksum_for_string(
        G_CHECKSUM_SHA256, arena_printf(arena, "%s %s", source_digest, fixtures), -1);
    path = arena_printf(arena, "%s/%s%s", folder, digest, suffix);
    g_free(digest);
    return path;
}

/* The bytes from `start` to `end` of one file, to the same place in another. The kernel shares or
 * copies the pages. */
static bool copy_part(int from, int to, off_t start, off_t end)
{
    off_t source = start, target = start;
    while (source < end && copy_file_range(from, &source, to, &target, (size_t)(end - source), 0) > 0)
        ;
    static const size_t piece = 1 << 20;
    char *buffer = source < end ? g_malloc(piece) : NULL; /* not every two file systems do that */
    while (source < end) {
        size_t wanted = end - source < (off_t)piece ? (size_t)(end - source) : piece;
        ssize_t got = pread(from, buffer, wanted, source);
        if (got <= 0 || pwrite(to, buffer, (size_t)got, source) != got)
            break;
        source += got;
    }
    g_free(buffer);
    return source == end;
}

/* All of a file, its first page last: a store that is copied is none until then. Most of it is copied
 * from a round number on: the kernel takes half as long again for what begins at the second page. */
static bool copy(int from, int to)
{
    enum { PAGE = 4096, ROUND = 1 << 16 };
    struct stat size;
    return fstat(from, &size) == 0 && size.st_size >= ROUND &&
           copy_part(from, to, ROUND, size.st_size) && copy_part(from, to, PAGE, ROUND) &&
           copy_part(from, to, 0, PAGE);
}

static const struct sql loaded = {"SELECT loaded_time, dates_records FROM fixture_load"};
static const struct sql date_load = {"UPDATE fixture_load SET loaded_time = ?2"};
static const struct sql date_orgs = {"UPDATE org SET metadata_time = ?2 WHERE metadata_time = ?1"};
static const struct sql date_users = {"UPDATE user SET created_time = ?2 WHERE created_time = ?1"};
static const struct sql date_locks = {"UPDATE record_lock SET locked_time = ?2 WHERE locked_time = ?1"};
static const struct sql date_tokens = {
    "UPDATE oauth_token SET expires_at = ?1 + expires_after WHERE expires_after IS NOT NULL"};
static const struct sql date_records = {
    "UPDATE record SET created_time = iif(created_time = ?1, ?2, created_time), modified_time ="
    " iif(modified_time = ?1, ?2, modified_time) WHERE created_time = ?1 OR modified_time = ?1"};

/* Gives what took the time of the load another one. */
static bool set_dates(struct db *db, int64_t milliseconds)
{
    static const struct sql *const always[] = {&date_orgs, &date_users, &date_locks};
    int64_t then = 0, now = time_seconds(milliseconds);
    bool dates_records = false;
    {
        sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &loaded, "");
        if (row == NULL || db_step(db, row) != STORE_OK)
            return false;
        then = sqlite3_column_int64(row, 0);
        dates_records = sqlite3_column_int(row, 1) != 0;
    }
    bool done = db_run(db, &date_load, "ii", then, now) == STORE_OK;
    for (size_t i = 0; i < COUNT(always) && done; i++)
        done = db_run(db, always[i], "ii", then, now) == STORE_OK;
    done = done && db_run(db, &date_tokens, "i", milliseconds) == STORE_OK;
    return done && (!dates_records || db_run(db, &date_records, "ii", then, now) == STORE_OK);
}

bool snapshot_date(struct store *store, int64_t now, bool all)
{
    struct db *db = store_acquire(store);
    if (db == NULL)
        return false;
    bool done = store_begin(db, STORE_REQUEST) == STORE_OK &&
                store_end(db, all ? set_dates(db, now)
                                  : db_run(db, &date_tokens, "i", now) == STORE_OK) == STORE_OK;
    store_release(db);
    return done;
}

static bool check_and_date(struct store *store, int64_t now)
{
    struct db *db = store_acquire(store);
    if (db == NULL)
        return false;
    bool lasts = !store_is_in_memory(store);
    bool done =
        store_is_laid_out(db) && (!lasts || db_script(db, "PRAGMA journal_mode = WAL") == STORE_OK) &&
        store_begin(db, STORE_REQUEST) == STORE_OK && store_end(db, set_dates(db, now)) == STORE_OK;
    store_release(db);
    return done;
}

/* In memory the store begins with the file as it is. */
static bool begin_with(struct store *store, int from)
{
    struct image *image = image_of_file(from);
    bool begun = image != NULL && store_restart(store, image);
    image_free(image);
    return begun;
}

static bool copy_into(struct store *store, int from)
{
    bool copied = false;
    store_close_idle(store); /* no connection may see the file change */
    int to = store_mark(store) ? open(store_path(store), O_WRONLY | O_CLOEXEC) : -1;
    if (to >= 0) {
        copied = copy(from, to) && fdatasync(to) == 0;
        (void)close(to);
    }
    (void)close(from);
    return copied;
}

/* All that the packed file has, to another; true at its sound end. */
static bool unpack(gzFile packed, int to)
{
    enum { PIECE = 1 << 16, MOST = 1 << 30 };
    char *piece = g_malloc(PIECE);
    off_t size = 0;
    int count;
    while ((count = gzread(packed, piece, PIECE)) > 0 && size < MOST &&
           pwrite(to, piece, (size_t)count, size) == count)
        size += count;
    g_free(piece);
    return count == 0;
}

/* The snapshot at `path` where one was packed, as a file in memory; -1: there is none that is whole. */
static int open_packed(const char *path)
{
    const char *reason;
    char *name = g_strconcat(path, ".gz", NULL);
    int file = file_open(name, &reason), to = -1;
    g_free(name);
    gzFile packed = file >= 0 ? gzdopen(file, "rb") : NULL;
    if (packed == NULL) {
        if (file >= 0)
            (void)close(file);
        return -1;
    }
    to = memfd_create("crmock", MFD_CLOEXEC);
    bool is_whole = to >= 0 && unpack(packed, to);
    is_whole = gzclose_r(packed) == Z_OK && is_whole;
    if (!is_whole && to >= 0)
        (void)close(to);
    return is_whole ? to : -1;
}

static int open_snapshot(const char *path)
{
    const char *reason;
    int file = file_open(path, &reason);
    if (file < 0)
        return open_packed(path);
    (void)futimens(file, NULL); /* it was used now */
    return file;
}

bool snapshot_restore(struct store *store, const char *path, int64_t now)
{
    int from = open_snapshot(path);
    if (from < 0)
        return false;
    bool has_it = store_is_in_memory(store) ? begin_with(store, from) : copy_into(store, from);
    if (has_it && check_and_date(store, now))
        return true;
    store_empty(store);
    return false;
}

void snapshot_drop(struct store *store, const char *path)
{
    (void)unlink(path);
    store_empty(store);
}

/* A new file beside `path`, whose name is returned. */
static int open_beside(const char *path, struct arena *arena, char **name)
{
    *name = arena_printf(arena, "%s-XXXXXX", path);
    char *folder = g_path_get_dirname(path);
    (void)g_mkdir_with_parents(folder, 0700);
    g_free(folder);
    return mkostemp(*name, O_CLOEXEC);
}

static bool write_copy(struct store *store, int to)
{
    if (store_is_in_memory(store)) {
        struct image *image = store_image(store);
        bool written = image != NULL && image_write(image, to);
        image_free(image);
        return written;
    }
    store_close_idle(store); /* closing a file drops SQLite's locks on it */
    int from = open(store_path(store), O_RDONLY | O_CLOEXEC);
    bool copied = from >= 0 && copy(from, to);
    if (from >= 0)
        (void)close(from);
    return copied;
}

const char *snapshot_copy(struct store *store, const char *path, struct arena *arena)
{
    char *name;
    int to = open_beside(path, arena, &name);
    if (to < 0)
        return NULL;
    bool copied = write_copy(store, to);
    (void)close(to);
    if (copied)
        return name;
    (void)unlink(name);
    return NULL;
}

/* By its name: a checksum, the suffix, and what mkostemp adds while it is written. Whatever else is in
 * the folder, which the user may have for other things too, is not crmock's to remove. */
static bool is_snapshot(const char *name)
{
    enum { SUM_LENGTH = 64, SUFFIX_LENGTH = sizeof suffix - 1 };
    const char *rest = name + strspn(name, "0123456789abcdef");
    if (rest - name != SUM_LENGTH || strncmp(rest, suffix, SUFFIX_LENGTH) != 0)
        return false;
    rest += SUFFIX_LENGTH;
    return rest[0] == '\0' || (rest[0] == '-' && strlen(rest) == strlen("-XXXXXX"));
}

/* Of the files of the folder that hold snapshots, or began to, the one not used for longest; owned. */
static char *oldest(const char *folder, size_t *count)
{
    char *found = NULL;
    time_t time = 0;
    const char *name;
    GDir *dir = g_dir_open(folder, 0, NULL);
    *count = 0;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        struct stat file;
        char *path = g_build_filename(folder, name, NULL);
        bool is_one = is_snapshot(name) && lstat(path, &file) == 0 && S_ISREG(file.st_mode);
        *count += is_one;
        if (is_one && (found == NULL || file.st_mtime < time)) {
            time = file.st_mtime;
            g_free(found);
            found = path;
        } else {
            g_free(path);
        }
    }
    if (dir != NULL)
        g_dir_close(dir);
    return found;
}

void snapshot_publish(const char *copy_path, const char *path)
{
    int file = open(copy_path, O_RDONLY | O_CLOEXEC);
    bool is_safe = file >= 0 && fdatasync(file) == 0;
    if (file >= 0)
        (void)close(file);
    if (!is_safe || rename(copy_path, path) != 0)
        (void)unlink(copy_path);
    char *folder = g_path_get_dirname(path), *name = NULL;
    size_t count;
    while ((name = oldest(folder, &count)) != NULL && count > SNAPSHOTS_MAX && unlink(name) == 0)
        g_free(name);
    g_free(name);
    g_free(folder);
}
