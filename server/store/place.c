#include "store/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const journals[] = {"-wal", "-shm", "-journal"};

/* SQLite would take some names for something else than a file. */
static bool set_path(struct place *place, const char *path, struct arena *arena, const char **reason)
{
    *reason = "a store in memory is what you get without --db";
    place->path = strdup(path[0] == '/' || path[0] == '.' ? path : arena_printf(arena, "./%s", path));
    return path[0] != ':';
}

static bool has_journals(const struct place *place, struct arena *arena)
{
    struct stat file;
    for (size_t i = 0; i < COUNT(journals); i++)
        if (lstat(arena_printf(arena, "%s%s", place->path, journals[i]), &file) == 0)
            return true;
    return false;
}

/* Opens the file, or makes one. Nothing but a regular file is touched: opening a device may do
 * something. */
static int open_file(struct place *place, const char *path, const char **reason)
{
    struct stat file;
    int lock = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    place->is_own = lock >= 0;
    if (lock < 0 && errno == EEXIST && stat(path, &file) == 0) {
        if (!S_ISREG(file.st_mode)) {
            *reason = "it is no regular file";
            return -1;
        }
        lock = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    }
    *reason = strerror(errno);
    return lock;
}

/* SQLite reads, and so writes, what a journal beside the file says: it is not let near another
 * program's database, nor a new one near the journal of one that is gone. */
static bool is_mine(const struct place *place, const char **reason)
{
    static const char magic[16] = "SQLite format 3";
    enum { ID_AT = 68 };
    unsigned char head[ID_AT + 4];
    ssize_t count = pread(place->lock, head, sizeof head, 0);
    *reason = "there is a journal of another store beside it (-wal, -shm or -journal)";
    if (count <= 0)
        return place->owns_journals;
    *reason = "not a store of crmock: file is not a database";
    if (count < (ssize_t)sizeof head || memcmp(head, magic, sizeof magic) != 0)
        return false;
    *reason = "not a store of crmock: another program's database";
    return memcmp(head + ID_AT, "CRMK", 4) == 0;
}

static bool take_file(struct place *place, struct arena *arena, const char **reason)
{
    place->owns_journals = !has_journals(place, arena);
    place->lock = open_file(place, place->path, reason);
    if (place->lock < 0)
        return false;
    if (flock(place->lock, LOCK_EX | LOCK_NB) == 0)
        return is_mine(place, reason);
    place->is_own = false; /* who was faster with the lock has it now */
    *reason = errno == EWOULDBLOCK ? "in use by another crmock"
                                   : arena_printf(arena, "cannot be locked: %s", strerror(errno));
    return false;
}

bool place_take(struct place *place, const char *path, struct arena *arena, const char **reason)
{
    *place = (struct place){.lock = -1};
    return set_path(place, path, arena, reason) && take_file(place, arena, reason);
}

static void remove_journals(const struct place *place)
{
    char name[4096];
    for (size_t i = 0; i < COUNT(journals) && place->owns_journals; i++) {
        (void)snprintf(name, sizeof name, "%s%s", place->path, journals[i]);
        (void)unlink(name);
    }
}

void place_discard(const struct place *place)
{
    if (!place->is_own)
        return;
    (void)unlink(place->path);
    remove_journals(place);
}

bool place_empty(const struct place *place)
{
    bool is_empty = ftruncate(place->lock, 0) == 0;
    int reason = errno;
    remove_journals(place);
    errno = reason;
    return is_empty;
}

void place_leave(struct place *place)
{
    if (place->lock >= 0)
        (void)close(place->lock);
    free(place->path);
    *place = (struct place){.lock = -1};
}
