/* Temporary stores: where they are, and those that servers which were killed have left there. */
#ifndef CRMOCK_STORE_LEFTOVERS_H
#define CRMOCK_STORE_LEFTOVERS_H

#include "base/attrs.h"
#include "base/log.h"

/* A temporary store's folder, as mkdtemp takes its name; its file there, held by flock while its server
 * lives; and what that is called until it is held. */
#define TEMPORARY_FOLDER "crmock-XXXXXX"
#define TEMPORARY_STORE "store.db"
#define TEMPORARY_NEW "new"

/* Marks a folder just made as one that may be removed with what crmock makes in it, and no other is.
 * False with errno. */
MUSTCHECK bool temporary_mark(const char *folder);
/* Removes the mark. */
void temporary_unmark(const char *folder);

/* The folder that temporary stores are made in: $TMPDIR, else /tmp. Borrowed. */
MUSTCHECK const char *temporary_parent(void);

/* Removes the temporary stores of this user that no server holds any more, and tells the log. */
void leftovers_remove(const struct log *log);

#endif
