/* Which records are not the same in two images of a store. */
#ifndef CRMOCK_STORE_DIFFERENCE_H
#define CRMOCK_STORE_DIFFERENCE_H

#include <stddef.h>
#include <stdint.h>

#include "store/memory.h"
#include "store/store.h"

/* A store that begins with an image, and that nobody else uses. */
struct sight {
    struct image *image; /* borrowed */
    struct store *store;
    struct db *db;
};

/* Opens it. False when there is no memory, or not even SQLite (logged); sight_close in any case. */
MUSTCHECK bool sight_open(struct sight *sight, struct image *image, const struct log *log);
void sight_close(struct sight *sight);

/* The ids (owned by the caller: free; NULL: none) of records in numeric order, each once, among which
 * is every record that differs, is new or is gone, with its lock, territories and shares. Others may be
 * among them: those that stand beside such. What it takes grows with what was changed, and hardly with
 * what is there. */
MUSTCHECK enum store_status sights_compare(const struct sight *one, const struct sight *other,
                                           int64_t **ids, size_t *count);

#endif
