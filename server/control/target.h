/* Which requests are the control API's. */
#ifndef CRMOCK_CONTROL_TARGET_H
#define CRMOCK_CONTROL_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attrs.h"

/* True for a request's target, as it is sent, whose path is /_crmock or begins with /_crmock/, be it
 * behind a sandbox's /_s/{id} or not. One that is spelt otherwise, with percent signs or a host in
 * front, is none. */
MUSTCHECK bool control_is_target(const char *target, size_t length);

#endif
