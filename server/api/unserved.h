/* Inside the api room: what the service has and crmock has not, so that nobody looks for a fault of
 * their own. */
#ifndef CRMOCK_API_UNSERVED_H
#define CRMOCK_API_UNSERVED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attrs.h"

/* True for a part of a path (`length` bytes) that stands for itself and is no module's name; for one
 * that is no record's id. */
MUSTCHECK bool is_no_module(const char *part, size_t length);
MUSTCHECK bool is_no_id(const char *part, size_t length);

/* What the service serves at the path: "COQL queries"; NULL: nothing that is known. */
MUSTCHECK const char *unserved_at(const char *path);

#endif
