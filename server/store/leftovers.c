#include "store/leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char *temporary_parent(void)
{
    const char *parent = getenv("TMPDIR");
    return parent != NULL && parent[0] != '\0' ? parent : "/tmp";
}

static bool is_temporary(const char *name)
{
    size_t fixed = strlen(TEMPORARY_FOLDER) - strlen("XXXXXX");
    return strlen(name) == strlen(TEMPORARY_FOLDER) && strncmp(name, TEMPORARY_FOLDER, fixed) == 0;
}

/* A server that is starting has a folder without a store for a moment. */
static bool is_old(const struct stat *file)
{
    enum { SECONDS = 60 };
    return time(NULL) - file->st_mtime > SECONDS;
}

/* True when no server holds the store in the folder, or none has come so far as to make one. */
static bool is_left(int folder)
{
    struct stat what;
    if (fstat(folder, &what) != 0 || what.st_uid != geteuid() || (what.st_mode & 077) != 0)
        return false;
    int file = openat(folder, TEMPORARY_STORE, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return errno == ENOENT && is_old(&what);
    bool is_free = flock(file, LOCK_EX | LOCK_NB) == 0;
    (void)close(file);
    return is_free;
}

static void empty(int folder)
{
    static const char *const names[] = {TEMPORARY_STORE, TEMPORARY_STORE "-wal", TEMPORARY_STORE "-shm",
                                        TEMPORARY_STORE "-journal", TEMPORARY_NEW};
    for (size_t i = 0; i < COUNT(names); i++)
        (void)unlinkat(folder, names[i], 0);
}

/* A folder that has something else in it stays. */
static bool remove_left(int parent, const char *name)
{
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return false;
    bool is_gone = is_left(folder);
    if (is_gone)
        empty(folder);
    (void)close(folder);
    return is_gone && unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

void leftovers_remove(const struct log *log)
{
    DIR *parent = opendir(temporary_parent());
    const struct dirent *entry;
    while (parent != NULL && (entry = readdir(parent)) != NULL)
        if (is_temporary(entry->d_name) && remove_left(dirfd(parent), entry->d_name))
            log_event(log, LOG_INFO, "store of a dead server removed folder=\"%s/%s\"",
                      temporary_parent(), entry->d_name);
    if (parent != NULL)
        (void)closedir(parent);
}
