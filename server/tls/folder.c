#include "tls/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

const char *folder_trouble(const struct folder *folder, const char *name, const char *trouble)
{
    return arena_printf(folder->arena, "%s/%s: %s", folder->path, name, trouble);
}

/* Without GLib's g_get_user_data_dir, which prints a warning where a user has no home. */
static const char *user_folder(struct arena *arena)
{
    const char *data = g_getenv("XDG_DATA_HOME"), *home = g_getenv("HOME");
    if (data != NULL && data[0] == '/')
        return arena_printf(arena, "%s/crmock/tls", data);
    return home != NULL && home[0] == '/' ? arena_printf(arena, "%s/.local/share/crmock/tls", home)
                                          : NULL;
}

static bool open_folder(struct folder *folder)
{
    enum { FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC, MODE = 0700 };
    folder->file = open(folder->path, FLAGS);
    if (folder->file < 0 && errno == ENOENT && g_mkdir_with_parents(folder->path, MODE) == 0)
        folder->file = open(folder->path, FLAGS);
    return folder->file >= 0;
}

/* The folder itself is locked: that needs no file, nor the right to write one, and ends with the
 * process. It takes others milliseconds to make a certificate. */
static bool lock_folder(const struct folder *folder)
{
    enum { TRIES = 2000, PAUSE = 5000 }; /* microseconds */
    for (int i = 0; i < TRIES; i++) {
        if (flock(folder->file, LOCK_EX | LOCK_NB) == 0)
            return true;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return false;
        g_usleep(PAUSE);
    }
    return false;
}

const char *folder_enter(struct folder *folder, const char *path, struct arena *arena)
{
    *folder = (struct folder){.file = -1, .arena = arena};
    folder->path = path != NULL ? path : user_folder(arena);
    if (folder->path == NULL)
        return "there is no home folder (HOME, XDG_DATA_HOME) to keep certificates in: name a folder";
    if (!open_folder(folder))
        return arena_printf(arena, "%s: %s", folder->path, strerror(errno));
    if (!lock_folder(folder))
        return arena_printf(arena, "%s: cannot be locked: %s", folder->path,
                            errno == EWOULDBLOCK ? "another process holds it" : strerror(errno));
    return NULL;
}

void folder_leave(struct folder *folder)
{
    if (folder->file >= 0)
        (void)close(folder->file);
    folder->file = -1;
}

/* A dangling link is there, too. */
static bool is_there(const struct folder *folder, const char *name)
{
    struct stat found;
    return fstatat(folder->file, name, &found, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

bool folder_may_read(const struct folder *folder, const char *name)
{
    return faccessat(folder->file, name, R_OK, AT_EACCESS) == 0 || errno == ENOENT;
}

bool folder_may_write(const struct folder *folder)
{
    return faccessat(folder->file, ".", W_OK, AT_EACCESS) == 0;
}

/* As ssh has it: who doesn't own a file can't change its mode, as with secrets that are mounted into a
 * container. */
const char *folder_key_trouble(const struct folder *folder, const char *name)
{
    struct stat found;
    if (fstatat(folder->file, name, &found, 0) != 0 || !S_ISREG(found.st_mode) ||
        found.st_uid != geteuid() || (found.st_mode & (S_IRWXG | S_IRWXO)) == 0)
        return NULL;
    return arena_printf(folder->arena,
                        "%s/%s: others may read or change this key (mode %03o): chmod 600 %s/%s",
                        folder->path, name, (unsigned)found.st_mode & 0777, folder->path, name);
}

const char *folder_read(const struct folder *folder, const char *name, const char **text)
{
    struct file_text read;
    *text = NULL;
    if (!is_there(folder, name))
        return NULL;
    const char *trouble = file_read(arena_printf(folder->arena, "%s/%s", folder->path, name),
                                    IDENTITY_FILE_MOST, folder->arena, &read);
    if (trouble != NULL)
        return folder_trouble(folder, name, trouble);
    *text = arena_strdup(folder->arena, read.bytes);
    explicit_bzero(read.bytes, read.length);
    free(read.bytes);
    return NULL;
}

/* What is written, until it is whole. Only who has the lock writes: the name is always the same, so
 * that nothing piles up of those that were killed. */
static const char *fresh(const struct folder *folder, const char *name)
{
    return arena_printf(folder->arena, "%s.new", name);
}

static bool write_fresh(const struct folder *folder, const char *name, mode_t mode, const char *text)
{
    return file_make(folder->file, fresh(folder, name), mode, text, strlen(text), true);
}

static bool put(const struct folder *folder, const char *name)
{
    return renameat(folder->file, fresh(folder, name), folder->file, name) == 0;
}

const char *folder_write(const struct folder *folder, const struct file_pair *names,
                         const struct file_pair *texts)
{
    enum { KEY_MODE = 0600, CERTIFICATE_MODE = 0644 };
    const char *name = names->key;
    bool has_key = false, is_done = write_fresh(folder, name, KEY_MODE, texts->key);
    if (is_done)
        is_done = write_fresh(folder, name = names->certificate, CERTIFICATE_MODE, texts->certificate);
    if (is_done)
        is_done = has_key = put(folder, name = names->key);
    if (is_done)
        is_done = put(folder, name = names->certificate);
    const char *reason = is_done ? NULL : strerror(errno);
    if (!is_done && !has_key) {
        (void)unlinkat(folder->file, fresh(folder, names->key), 0);
        (void)unlinkat(folder->file, fresh(folder, names->certificate), 0);
    }
    (void)fsync(folder->file); /* not every file system can */
    return is_done ? NULL
                   : folder_trouble(folder, name,
                                    arena_printf(folder->arena, "cannot be written: %s", reason));
}

void folder_finish(const struct folder *folder, const struct file_pair *names)
{
    if (is_there(folder, names->key) && !is_there(folder, names->certificate))
        (void)put(folder, names->certificate); /* mostly there is nothing to put */
}
