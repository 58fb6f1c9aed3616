/* Inside the store room only: where fixtures come from. */
#ifndef CRMOCK_STORE_FIXTURE_FILES_H
#define CRMOCK_STORE_FIXTURE_FILES_H

#include <glib.h>

#include "base/json.h"

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
};

/* Reads and parses all files. Lists and paths are arena-owned, the trees are ended by
 * fixture_folders_clear in either case. False with a reason. */
MUSTCHECK bool fixture_folders_read(const char *folder, struct arena *arena,
                                    struct fixture_folders *folders, const char **reason);
/* Adds to a digest what fixture_folders_read would read of a folder: names and bytes. False when it
 * can't be read. */
MUSTCHECK bool fixture_folders_digest(const char *folder, struct arena *arena, GChecksum *digest);
void fixture_folders_clear(struct fixture_folders *folders);

#endif
