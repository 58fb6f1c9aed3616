/* Globs: texts in which stars stand for others. */
#ifndef CRMOCK_TRAFFIC_GLOB_H
#define CRMOCK_TRAFFIC_GLOB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attrs.h"

/* True when the glob stands for the whole text: `*` for any characters, none among them too, but for
 * `mark`, which ends a part; `**`, and more stars in a row, for any characters whatsoever; all others
 * for themselves. With the mark '\0' the text is one part. Takes one of *steps for each character that
 * is looked at; false, and *steps 0, when there are not enough. */
MUSTCHECK bool glob_fits(const char *glob, const char *text, char mark, size_t *steps);

#endif
