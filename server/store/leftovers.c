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

#include "base/word.h"

const char *temporary_parent(void)
{
    const char *parent = getenv("TMPDIR");
    return parent != NULL && parent[0] != '\0' ? parent : "/tmp";
}

static const char mark[] = "temporary"; /* a file's name, and what it says */
static const char says[] = "A server of crmock's has its store here while it runs.\n";

bool temporary_mark(const char *folder)
{
    int parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int file = openat(parent, mark, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool is_marked = file >= 0 && write(file, says, sizeof says - 1) == sizeof says - 1;
    if (file >= 0)
        (void)close(file);
    if (parent >= 0)
        (void)close(parent);
    return is_marked;
}

void temporary_unmark(const char *folder)
{
    int parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)unlinkat(parent, mark, 0);
    if (parent >= 0)
        (void)close(parent);
}

static bool is_marked(int folder)
{
    char bytes[sizeof says];
    int file = openat(folder, mark, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t count = file >= 0 ? read(file, bytes, sizeof bytes) : 0;
    if (file >= 0)
        (void)close(file);
    return count == sizeof says - 1 && memcmp(bytes, says, sizeof says - 1) == 0;
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

/* What crmock makes in such a folder. */
static const char *const known[] = {TEMPORARY_STORE,
                                    TEMPORARY_STORE "-wal",
                                    TEMPORARY_STORE "-shm",
                                    TEMPORARY_STORE "-journal",
                                    TEMPORARY_NEW,
                                    mark,
                                    NULL};

/* A folder that has something else in it stays as it is. */
static bool has_only_known(int folder)
{
    int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = again >= 0 ? fdopendir(again) : NULL;
    bool is_so = names != NULL;
    for (const struct dirent *entry; is_so && (entry = readdir(names)) != NULL;)
        is_so = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                word_index(known, entry->d_name) >= 0;
    if (names != NULL)
        (void)closedir(names);
    return is_so;
}

/* True when no server holds the store in the folder, or none has come so far as to make one. */
static bool is_left(int folder)
{
    struct stat what;
    if (fstat(folder, &what) != 0 || what.st_uid != geteuid() || (what.st_mode & 077) != 0 ||
        !is_marked(folder) || !has_only_known(folder))
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
    for (size_t i = 0; known[i] != NULL; i++)
        (void)unlinkat(folder, known[i], 0);
}

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
