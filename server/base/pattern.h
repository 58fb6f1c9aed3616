/* Regular expressions, compiled once and matched by many threads. */
#ifndef CRMOCK_BASE_PATTERN_H
#define CRMOCK_BASE_PATTERN_H

#include <stdbool.h>

#include "base/attrs.h"

struct pattern; /* immutable */

/* A pattern as PCRE writes them, which a whole text is held against byte by byte. It is one that can be
 * compiled: patterns are crmock's own. */
MUSTCHECK struct pattern *pattern_new(const char *text);
void pattern_free(struct pattern *pattern);
/* True when the text fits; false, too, when that takes more steps than any text of a sane shape. */
MUSTCHECK bool pattern_fits(const struct pattern *pattern, const char *text);

#endif
