/* Inside the import room: files that are there whole, or not at all. */
#ifndef CRMOCK_IMPORT_WHOLE_H
#define CRMOCK_IMPORT_WHOLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attrs.h"

/* What is being written has this behind its name, and a dot before it. */
#define WHOLE_SUFFIX ".new"

/* True for such a name: who was killed leaves files that nobody misses, and the next who writes takes
 * their place. */
MUSTCHECK bool whole_is_passing(const char *name);

/* Writes a file of an open folder under its passing name, and puts it in its place, or takes it away.
 * False with errno. */
MUSTCHECK bool whole_prepare(int folder, const char *name, const char *text, size_t length);
MUSTCHECK bool whole_place(int folder, const char *name);
void whole_forget(int folder, const char *name);
/* The first two of these. */
MUSTCHECK bool whole_write(int folder, const char *name, const char *text, size_t length);

#endif
