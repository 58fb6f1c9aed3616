/* Inside the store room only: where fixtures come from. */
#ifndef CRMOCK_STORE_FIXTURE_FILES_H
#define CRMOCK_STORE_FIXTURE_FILES_H

#include "base/json.h"

enum { FIXTURE_GENERATE_MAX = 1000000 }; /* records of an entry */

struct fixture_file {
    const char *path;
    cJSON *json; /* an object */
};

/* The files of one org, in the order of their names. */
struct fixture_folder {
    struct fixture_file *files;
    size_t count;
};

struct fixture_folders {
    struct fixture_folder *list;
    size_t count;
    const char *digest; /* of what was read: see fixture_folders_digest; arena-owned or static */
};

/* Reads and parses all files. What is called *.json must be a regular file, 64 MiB at most, and there
 * are bounds for files and folders. Lists and paths are arena-owned, the trees are ended by
 * fixture_folders_clear in either case. False with a reason. */
MUSTCHECK bool fixture_folders_read(const char *folder, struct arena *arena,
                                    struct fixture_folders *folders, const char **reason);
/* What tells fixtures from others: the SHA-256 (hexadecimal) of the names and bytes that
 * fixture_folders_read would read of a folder, "built-in" for NULL. NULL when they can't be read.
 * Arena-owned or static. */
MUSTCHECK const char *fixture_folders_digest(const char *folder, struct arena *arena);
void fixture_folders_clear(struct fixture_folders *folders);

#endif
