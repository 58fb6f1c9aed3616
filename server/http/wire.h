/* Inside the http room: what comes in on a connection, held against RFC 9112 and the limits before
 * libmicrohttpd reads it. It gets whole heads and well-framed bodies only. A request that is refused
 * reaches it as a well-formed one that says so, and is answered like any other, in order; the
 * connection ends with that. */
#ifndef CRMOCK_HTTP_WIRE_H
#define CRMOCK_HTTP_WIRE_H

#include <gnutls/gnutls.h>

#include "http/head.h"
#include "http/limits.h"

struct wire;

/* How a connection came. */
struct wire_way {
    gnutls_session_t session; /* TLS on the socket; NULL: none */
    bool is_proxied;          /* its client takes crmock for a proxy: each request says where it goes */
};

/* What comes in on the connected socket goes through the wire from now on, until wire_free, which must
 * come before the socket is closed. NULL when there is no memory, or too many files are open: the
 * connection is to end then, as the functions below say of NULL. The limits are borrowed. */
MUSTCHECK struct wire *wire_new(int socket, const struct wire_way *way, const struct limits *limits);
void wire_free(struct wire *wire);

/* How it came; of NULL: plainly. */
MUSTCHECK struct wire_way wire_way(const struct wire *wire);
/* Why there is no TLS on the connection, and what may help (static). */
struct wire_failure {
    const char *reason; /* NULL: there is, or none was tried */
    const char *hint;
};
MUSTCHECK struct wire_failure wire_failure(const struct wire *wire);
/* Whether the connection's n-th request (from 1) is refused, and why: .why REFUSAL_NONE when not. */
MUSTCHECK struct refused wire_refused(const struct wire *wire, unsigned number);
/* Where a request should have gone that is refused as REFUSAL_ELSEWHERE: its host, or a part of a very
 * long one. Borrowed from the wire. */
MUSTCHECK const char *wire_destination(const struct wire *wire);
/* The limit of bodies, in bytes, of the request that is refused. */
MUSTCHECK size_t wire_body_limit(const struct wire *wire);
/* Whether that request's target is one of the control API's. */
MUSTCHECK bool wire_is_control(const struct wire *wire);
/* Whether no further request comes after it. */
MUSTCHECK bool wire_ends_with(const struct wire *wire, unsigned number);

/* Hands nothing out while it is held, not even that nothing more comes: libmicrohttpd would read before
 * it asks for the answer to a request that was suspended, and takes an end for the client's leaving. */
void wire_hold(struct wire *wire, bool is_held);
/* True when the client has closed the connection, or its sending half (which looks the same), or reset
 * it; whatever it sent before. From any thread, as long as the connection is suspended. */
MUSTCHECK bool wire_is_gone(const struct wire *wire);

#endif
