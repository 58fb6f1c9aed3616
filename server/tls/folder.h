/* Inside the tls room only: the folder where certificates and keys stay. One process at a time is in
 * it. What goes wrong is told by a reason that names the file (arena-owned); NULL is no trouble. */
#ifndef CRMOCK_TLS_FOLDER_H
#define CRMOCK_TLS_FOLDER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/attrs.h"

enum { IDENTITY_FILE_MOST = 1 << 20 }; /* bytes */

struct folder {
    const char *path;
    int file; /* the folder, locked; -1: not entered */
    struct arena *arena;
};

/* Of a certificate and its key: the files' names, or what is in them. */
struct file_pair {
    const char *certificate, *key;
};

/* Opens the folder, or that of the user when `path` is NULL, and waits for others to leave it. Makes it
 * when there is none. It is to be left in either case; the arena lives longer. */
MUSTCHECK const char *folder_enter(struct folder *folder, const char *path, struct arena *arena);
void folder_leave(struct folder *folder);

/* The trouble with a file, with its name. */
MUSTCHECK const char *folder_trouble(const struct folder *folder, const char *name,
                                     const char *trouble);
/* Reads a file (arena-owned); *text is NULL when there is none. */
MUSTCHECK const char *folder_read(const struct folder *folder, const char *name, const char **text);
/* A key of this user's that others may read or change, too, is refused: why. */
MUSTCHECK const char *folder_key_trouble(const struct folder *folder, const char *name);
/* True when the file may be read, or isn't there. */
MUSTCHECK bool folder_may_read(const struct folder *folder, const char *name);
/* True when files can be put into it. */
MUSTCHECK bool folder_may_write(const struct folder *folder);
/* Puts two files into it, whole, and for good, in the place of those that had their names. When it
 * fails or is killed, none has changed, or only the key: folder_finish then does the rest. */
MUSTCHECK const char *folder_write(const struct folder *folder, const struct file_pair *names,
                                   const struct file_pair *texts);
/* Ends the writing of a pair of which there was neither file before, if one was killed between them. */
void folder_finish(const struct folder *folder, const struct file_pair *names);

#endif
