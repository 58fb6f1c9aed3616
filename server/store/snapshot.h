/* Snapshots: stores as fixtures have filled them, kept in a folder, so that the next start with the
 * same fixtures copies a file. What a snapshot is called by says all that it depends on: crmock's
 * sources and the fixtures' bytes. Whatever is wrong with one, or with the folder, costs time only: the
 * fixtures are loaded. */
#ifndef CRMOCK_STORE_SNAPSHOT_H
#define CRMOCK_STORE_SNAPSHOT_H

#include <stdint.h>

#include "store/store.h"

enum { SNAPSHOTS_MAX = 8 }; /* in a folder; those not used for longest are removed */

/* Where in the folder (NULL: crmock's in the user's cache folder) the snapshot of the fixtures of that
 * digest is, or would be; arena-owned. */
MUSTCHECK const char *snapshot_path(const char *folder, const char *fixtures, struct arena *arena);
/* Fills a new store from a snapshot, or where there is none from PATH.gz, the same packed with gzip,
 * which an image brings: who looks there takes longer, and never writes. Times that fixtures leave to
 * the load, or count from it, are those of a load at `now`, in milliseconds. False when there is none
 * that is whole: the store is new as before. */
MUSTCHECK bool snapshot_restore(struct store *store, const char *path, int64_t now);
/* Gives those times of a store another load: all, or only when tokens expire. False after a logged
 * error.
 */
MUSTCHECK bool snapshot_date(struct store *store, int64_t now, bool all);
/* Removes a snapshot that is damaged, and empties the store that was filled from it, to be new again.
 */
void snapshot_drop(struct store *store, const char *path);
/* Copies a store just filled to a file beside `path`, whose name is returned (arena-owned); NULL: it
 * can't be written. Nothing may use the store meanwhile. */
MUSTCHECK const char *snapshot_copy(struct store *store, const char *path, struct arena *arena);
/* Makes that file the snapshot, once its bytes are on the disk, which takes a while; clears out. */
void snapshot_publish(const char *copy, const char *path);

#endif
