/* Fixtures as text, to be read, edited and diffed. */
#ifndef CRMOCK_IMPORT_PRINT_H
#define CRMOCK_IMPORT_PRINT_H

#include <cjson/cJSON.h>

#include "base/arena.h"
#include "base/attrs.h"

/* A section a line, and in lists of a section an entry a line, unless an entry is long and has lists of
 * objects itself: then these are laid out likewise. Ends with a line feed. Arena-owned. */
MUSTCHECK const char *import_print(struct arena *arena, const cJSON *document);

#endif
