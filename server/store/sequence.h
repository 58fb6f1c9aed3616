/* Ids that the store gives away. */
#ifndef CRMOCK_STORE_SEQUENCE_H
#define CRMOCK_STORE_SEQUENCE_H

#include <stdint.h>

#include "store/store.h"

/* Takes the next id, in the caller's transaction. */
MUSTCHECK enum store_status id_take(struct db *db, int64_t *id);

#endif
