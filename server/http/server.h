/* The HTTP server: takes requests off the wire, bounded in every direction, and has them answered. */
#ifndef CRMOCK_HTTP_SERVER_H
#define CRMOCK_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/exchange.h"
#include "base/log.h"

struct http_options {
    const char *listen; /* address or host name */
    unsigned port;      /* 0: any free one */
    size_t max_body;    /* bytes */
    /* Whether a request's target, as it is sent, is one of the control API's, for which
     * max_control_body counts instead; NULL: none is. */
    bool (*is_control)(const char *target, size_t length);
    size_t max_control_body; /* bytes; 0: no other limit than max_body */
    size_t max_header;       /* bytes of request line and headers, at least 4096 */
    size_t max_memory;       /* bytes that all requests together may take */
    size_t request_memory;   /* and that one may take beside its body */
    unsigned max_connections;
    unsigned idle_timeout; /* seconds after which a silent connection is closed; 0: never */
    unsigned threads;
    bool hints; /* X-Crmock-Rule and X-Crmock-Hint on refusals */
    const struct log *log;
    respond_fn *respond; /* called from `threads` threads at once */
    /* Whether somebody wants to be told of each request when its headers have come, its body not yet;
     * NULL: nobody does. Then `arrive` is told, and answers a ticket, or NULL; `depart` gets the ticket
     * back right before the last byte of the answer is out, for its client may count on that, or when
     * the connection is gone. */
    bool (*awaits_arrivals)(void *context);
    void *(*arrive)(void *context, const struct request *request, struct arena *arena);
    void (*depart)(void *context, void *ticket);
    void *context; /* for the functions above; borrowed */
};

struct http_server;

/* Takes the address, so that it is known early whether it can be had; answers nobody yet. NULL with a
 * reason (arena-owned). */
MUSTCHECK struct http_server *http_bind(const struct http_options *options, struct arena *arena,
                                        const char **reason);
/* Begins to answer. False with a reason. */
MUSTCHECK bool http_start(struct http_server *server, const char **reason);
/* Serves a connected socket as one that came to the address; the server owns it from then on, and has
 * closed it when it says false. */
MUSTCHECK bool http_adopt(struct http_server *server, int socket);
/* The base URL, with the port that was found: http://127.0.0.1:8080. Borrowed from the server. */
const char *http_url(const struct http_server *server);
/* Answers the requests that have begun, closes every connection. NULL is allowed. No request can be
 * suspended any more; it waits until those that are have been answered, which somebody else must see
 * to. */
void http_stop(struct http_server *server);

#endif
