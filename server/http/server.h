/* The HTTP server: takes requests off the wire, bounded in every direction, and has them answered. */
#ifndef CRMOCK_HTTP_SERVER_H
#define CRMOCK_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/exchange.h"
#include "base/log.h"

enum { HTTP_TEXTS_MAX = 16 };

/* A port to listen on, where it is asked for. */
struct http_port {
    bool is_asked;
    unsigned number; /* 0: any free one */
};

/* What TLS clients are shown, as PEM. */
struct http_tls {
    const char *certificate; /* and those between it and its authority; NULL: there is no TLS */
    const char *key;
    struct http_port port; /* of the listener beside the plain one */
};

struct http_options {
    const char *listen; /* address or host name */
    unsigned port;      /* 0: any free one */
    struct http_tls tls;
    /* The port of crmock's own proxy, which hands its clients' connections over: those are served where
     * they ask for a host that `serves` knows. 0: there is none. */
    unsigned proxy_port;
    bool (*serves)(void *context, const char *host, size_t length);
    bool adopts;            /* connections are handed to it, by the proxy or by somebody else */
    const char *public_url; /* in every base URL's place, without a slash at its end; NULL: none */
    /* Addresses and networks (10.0.0.0/8) of proxies in front, whose X-Forwarded-Proto, -Host and -Port
     * count: one in a text, or several with commas between; NULL ends. */
    const char *trusted[HTTP_TEXTS_MAX + 1];
    size_t max_body; /* bytes */
    /* Whether a request's target, as it is sent, is one of the control API's, for which
     * max_control_body counts instead; NULL: none is. */
    bool (*is_control)(const char *target, size_t length);
    size_t max_control_body;  /* bytes; 0: no other limit than max_body */
    size_t max_header;        /* bytes of request line and headers, at least 4096 */
    size_t max_memory;        /* bytes that all requests together may take */
    size_t request_memory;    /* and that one may take beside its body */
    unsigned max_connections; /* at once, of each listener, and of adopted ones with TLS and without */
    unsigned idle_timeout;    /* seconds after which a silent connection is closed; 0: never */
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
/* Serves a connected socket, in plain text or by TLS; the server, which adopts, owns it from then on,
 * and has closed it when it says false. */
MUSTCHECK bool http_adopt(struct http_server *server, int socket, bool is_secure);
/* The base URL, with the port that was found: http://127.0.0.1:8080. Borrowed from the server. */
const char *http_url(const struct http_server *server);
/* The same of the listener for TLS; NULL: there is none. */
const char *http_tls_url(const struct http_server *server);
/* Answers the requests that have begun, closes every connection. NULL is allowed. No request can be
 * suspended any more; it waits until those that are have been answered, which somebody else must see
 * to. */
void http_stop(struct http_server *server);

#endif
