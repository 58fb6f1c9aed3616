/* Credentials by HTTP Basic (RFC 7617). */
#ifndef CRMOCK_BASE_BASIC_H
#define CRMOCK_BASE_BASIC_H

#include "base/arena.h"
#include "base/attrs.h"

enum basic { BASIC_ABSENT, BASIC_GOOD, BASIC_MALFORMED };

/* Reads the header Authorization (NULL: there is none). BASIC_ABSENT when it is of another scheme.
 * *name and *secret are arena-owned. */
MUSTCHECK enum basic basic_read(const char *header, struct arena *arena, const char **name,
                                const char **secret);

#endif
