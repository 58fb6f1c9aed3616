/* Inside the store room only: where a store's file is, and what of it is this process's own. Nothing is
 * removed, emptied or opened that need not be crmock's. */
#ifndef CRMOCK_STORE_PLACE_H
#define CRMOCK_STORE_PLACE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/attrs.h"

struct place {
    char *path;
    int lock; /* the file, held by flock; closed last, for closing it drops SQLite's locks */
    bool is_own, owns_journals; /* made by this process */
};

/* Takes the file of that path for this process, so that a second server can't share it by accident.
 * Makes it when there is none. False with a reason (arena-owned or
 * static); *place is to be left in either case. */
MUSTCHECK bool place_take(struct place *place, const char *path, struct arena *arena,
                          const char **reason);
/* Removes the file, if it was made by place_take. */
void place_discard(const struct place *place);
/* Empties it, for a new store. False with errno. */
MUSTCHECK bool place_empty(const struct place *place);
/* Gives it back, once SQLite has closed it. */
void place_leave(struct place *place);

#endif
