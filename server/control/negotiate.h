/* Inside the control room: what a client says that it would take, and that it has (RFC 9110). */
#ifndef CRMOCK_CONTROL_NEGOTIATE_H
#define CRMOCK_CONTROL_NEGOTIATE_H

#include <stdbool.h>

#include "base/attrs.h"

/* Whether an Accept-Encoding (NULL: there is none) admits gzip. Faulty elements do not count. */
MUSTCHECK bool negotiate_takes_gzip(const char *accept_encoding);
/* Whether an If-None-Match (NULL: there is none) has the tag, which is in its quotes and without W/:
 * they are compared weakly. What stands behind a faulty element does not count. */
MUSTCHECK bool negotiate_has_tag(const char *if_none_match, const char *tag);

#endif
