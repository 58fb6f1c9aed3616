/* Addresses to which a browser is sent with the outcome of a login. */
#ifndef CRMOCK_BASE_REDIRECT_H
#define CRMOCK_BASE_REDIRECT_H

#include <stdbool.h>

#include "base/attrs.h"

/* What is wrong with an address, for people (static); NULL for an absolute http or https one, which a
 * browser reads as it is read here. */
MUSTCHECK const char *redirect_fault(const char *uri);
/* True for one without a fault that leads to this machine: localhost, 127.0.0.0/8 or [::1], with any
 * port. */
MUSTCHECK bool redirect_is_loopback(const char *uri);

#endif
