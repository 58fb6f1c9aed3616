/* Inside the store room only: whether a file that lasts is as its schema says. */
#ifndef CRMOCK_STORE_SOUNDNESS_H
#define CRMOCK_STORE_SOUNDNESS_H

#include "store/db.h"

/* Holds the metadata, and what tokens and jobs are, against the schema: types, words, references,
 * indexes. Records, which may be millions, are not looked at. False with the first fault (arena-owned).
 */
MUSTCHECK bool store_is_sound(struct db *db, struct arena *arena, const char **reason);

#endif
