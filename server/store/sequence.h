/* Ids that the store gives away, one after the other. Ranges of them may be reserved: those that
 * fixtures have given, whatever they name. */
#ifndef CRMOCK_STORE_SEQUENCE_H
#define CRMOCK_STORE_SEQUENCE_H

#include <stdint.h>

#include "store/store.h"

/* Takes the next id, in the caller's transaction. */
MUSTCHECK enum store_status id_take(struct db *db, int64_t *id);
/* Takes `count` in a row, of which *first is the first. STORE_FAILED when there are no such left. */
MUSTCHECK enum store_status ids_take(struct db *db, int64_t count, int64_t *first);

struct id_range {
    int64_t first, last;
};
/* Reserves ranges, beside those that are reserved already, in the caller's transaction. They stand in
 * any order and may overlap; what the sequence has come past stays given. */
MUSTCHECK enum store_status ids_reserve(struct db *db, const struct id_range *ranges, size_t count);

#endif
