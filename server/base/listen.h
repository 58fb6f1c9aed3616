/* Sockets that listen. */
#ifndef CRMOCK_BASE_LISTEN_H
#define CRMOCK_BASE_LISTEN_H

#include "base/arena.h"
#include "base/attrs.h"

/* A socket bound to an address (numeric or a host's name) and port, listening. -1 with a reason.
 * *url is the base URL, of a scheme, with the port that the system gave. Both texts are
 * arena-owned. */
MUSTCHECK int listen_on(const char *address, unsigned port, const char *scheme, struct arena *arena,
                        const char **url, const char **reason);

#endif
