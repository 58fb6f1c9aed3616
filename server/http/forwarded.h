/* Inside the http room: what a proxy in front says of the address by which the client came. */
#ifndef CRMOCK_HTTP_FORWARDED_H
#define CRMOCK_HTTP_FORWARDED_H

#include <sys/socket.h>

#include "base/exchange.h"

/* What it does not say is NULL; nothing that is no scheme, host or port is taken. */
struct forwarded {
    const char *scheme; /* "http" or "https" */
    const char *host;   /* and port, where one is said that goes with it */
};

/* Reads X-Forwarded-Proto, -Host and -Port: of each the value that stands last, which the proxy wrote
 * that is trusted. `trusted` are the texts of struct http_options; `peer` is the other end of the
 * connection. */
MUSTCHECK struct forwarded forwarded_read(const char *const *trusted, const struct sockaddr *peer,
                                          const struct request *request, struct arena *arena);

#endif
