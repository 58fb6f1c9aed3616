/* Files that others made: only regular ones are opened, so that none can keep who reads it waiting, and
 * none larger than its reader wants is read. */
#ifndef CRMOCK_BASE_FILE_H
#define CRMOCK_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/attrs.h"

struct file_text {
    char *bytes; /* a zero byte stands at the end; free it */
    size_t length;
};

/* Opens a regular file, or a symbolic link to one, for reading. A descriptor to be closed, or -1 with a
 * reason (static, or strerror's). */
MUSTCHECK int file_open(const char *path, const char **reason);
/* Reads a whole file of at most `most` bytes. NULL, and *text to be freed, or why not (arena-owned,
 * static, or strerror's). */
MUSTCHECK const char *file_read(const char *path, size_t most, struct arena *arena,
                                struct file_text *text);

/* Makes a file of an open folder, in the place of one of that name, with all of the text in it. False
 * with errno: none, or a part, is there then. `is_kept`: it is on the disk, too. */
MUSTCHECK bool file_make(int folder, const char *name, mode_t mode, const char *text, size_t length,
                         bool is_kept);

#endif
