/* Addresses of the internet protocol, and networks of them, as people write them. */
#ifndef CRMOCK_BASE_NETWORK_H
#define CRMOCK_BASE_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/attrs.h"

/* True for an address, IPv4 or IPv6, or a network: 127.0.0.1, ::1, 10.0.0.0/8. */
MUSTCHECK bool network_is_one(const char *text, size_t length);
/* Whether an address lies in such a network, or is that address; an IPv4 one also as IPv6 has it
 * (::ffff:10.0.0.1). False for a text that is none, and for another family. */
MUSTCHECK bool network_has(const char *text, size_t length, const struct sockaddr *address);

#endif
