#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int file_open(const char *path, const char **reason)
{
    /* Without O_NONBLOCK the open of a FIFO waits for a writer. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat found;
    if (file < 0) {
        *reason = strerror(errno);
        return -1;
    }
    if (fstat(file, &found) == 0 && S_ISREG(found.st_mode))
        return file;
    *reason = "expected a regular file";
    (void)close(file);
    return -1;
}

/* Reads up to `room` bytes; -1 when the system fails. */
static ssize_t read_all(int file, char *bytes, size_t room)
{
    size_t length = 0;
    while (length < room) {
        ssize_t got = read(file, bytes + length, room - length);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return -1;
        length += got > 0 ? (size_t)got : 0;
    }
    return (ssize_t)length;
}

const char *file_read(const char *path, size_t most, struct arena *arena, struct file_text *text)
{
    const char *reason = NULL;
    struct stat found;
    int file = file_open(path, &reason);
    if (file < 0)
        return reason;
    if (fstat(file, &found) != 0) {
        reason = strerror(errno);
    } else if ((size_t)found.st_size > most) {
        reason = arena_printf(arena, "expected at most %zu bytes", most);
    } else {
        size_t room = (size_t)found.st_size; /* what is added meanwhile is left out */
        text->bytes = must_alloc(room + 1);
        ssize_t got = read_all(file, text->bytes, room);
        text->length = got > 0 ? (size_t)got : 0;
        text->bytes[text->length] = '\0';
        if (got < 0) {
            reason = strerror(errno);
            free(text->bytes);
        }
    }
    (void)close(file);
    return reason;
}

static bool write_all(int file, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, text, length);
        if (written < 0 && errno != EINTR)
            return false;
        text += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

bool file_make(int folder, const char *name, mode_t mode, const char *text, size_t length, bool is_kept)
{
    (void)unlinkat(folder, name, 0);
    int file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0)
        return false;
    bool is_whole = write_all(file, text, length) && (!is_kept || fsync(file) == 0);
    int reason = errno;
    bool is_closed = close(file) == 0; /* where disks are counted late, this says that one is full */
    if (!is_whole)
        errno = reason;
    return is_whole && is_closed;
}
