/* The forward proxy's door: it reads who wants to speak to whom, and hands the connected sockets over.
 * It connects to nobody, and copies nothing: a tunnel costs it no more than its beginning.
 *
 * CONNECT to a host that is served, port 443, is answered 200, and the socket handed over with all that
 * follows the head still to be read from it. What is no CONNECT is handed over untouched. All else is
 * refused: 403 for other destinations, 400, 408 or 431 for what is no request, with a line that says
 * why. */
#ifndef CRMOCK_PROXY_PROXY_H
#define CRMOCK_PROXY_PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attrs.h"
#include "base/log.h"

enum proxy_way {
    PROXY_TUNNEL, /* TLS follows */
    PROXY_FORWARD /* a request is to be read, in absolute form if its client is right */
};

struct proxy_options {
    const char *listen;    /* address or host name */
    unsigned port;         /* 0: any free one */
    unsigned most;         /* clients at once of whom it is not known yet what they want, at least 1:
                            * further ones wait for their turn */
    unsigned head_seconds; /* from a client's turn to the end of his request's head, and then to the
                            * end of one that is refused */
    /* Whether a host is one by which crmock is called: as it was sent, in letters of any case, an IPv6
     * address in its brackets. From the proxy's thread. */
    bool (*serves)(void *context, const char *host, size_t length);
    /* Takes a connected socket (non-blocking, close-on-exec), and has closed it when it says false.
     * From the proxy's thread, which waits for it. */
    bool (*adopt)(void *context, int socket, enum proxy_way way);
    void *context;         /* for the functions above; borrowed */
    const struct log *log; /* borrowed */
};

struct proxy;

/* Takes the address, so that it is known early whether it can be had; serves nobody yet. NULL with a
 * reason (arena-owned). */
MUSTCHECK struct proxy *proxy_bind(const struct proxy_options *options, struct arena *arena,
                                   const char **reason);
/* Begins to serve, on a thread of its own. False with a reason (static). */
MUSTCHECK bool proxy_start(struct proxy *proxy, const char **reason);
/* Its URL, with the port that was found: http://127.0.0.1:3128. Borrowed from the proxy. */
const char *proxy_url(const struct proxy *proxy);
/* Closes the connections that are not handed over yet, and ends the thread: no more are handed over.
 * NULL is allowed. */
void proxy_stop(struct proxy *proxy);
/* Frees a proxy that has stopped, when nobody tells its URL any more. NULL is allowed. */
void proxy_free(struct proxy *proxy);

#endif
