/* Inside the http room: sockets that listen. */
#ifndef CRMOCK_HTTP_LISTEN_H
#define CRMOCK_HTTP_LISTEN_H

#include "base/arena.h"
#include "base/attrs.h"

/* A socket bound to an address (numeric or a host's name) and port, listening. -1 with a reason.
 * *url is the base URL with the port that the system gave. Both texts are arena-owned. */
MUSTCHECK int listen_on(const char *address, unsigned port, struct arena *arena, const char **url,
                        const char **reason);

#endif
