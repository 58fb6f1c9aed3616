/* Inside the http room: how much a request may bring. */
#ifndef CRMOCK_HTTP_LIMITS_H
#define CRMOCK_HTTP_LIMITS_H

#include "http/server.h"

/* Bytes of a body that are taken, and what its sender is told who goes beyond (static). */
struct body_limit {
    size_t most;
    const char *hint;
};

struct limits {
    size_t head;   /* bytes of a request line and headers, or of trailers */
    size_t fields; /* headers and parameters, or trailers */
    struct body_limit body, control_body;
    bool (*is_control)(const char *target, size_t length);          /* NULL: no request is one */
    bool (*serves)(void *context, const char *host, size_t length); /* for whom a proxy may be asked */
    void *context;                                                  /* for `serves` */
    size_t beyond; /* bytes that are read of a body beyond its limit, for its sender to get an answer */
    struct budget *memory; /* a long head goes on its account */
};

/* What the options ask for; `memory` is borrowed. */
MUSTCHECK struct limits limits_of(const struct http_options *options, struct budget *memory);
/* The limit of the bodies of requests to a target, as it is sent. Borrowed from the limits. */
MUSTCHECK const struct body_limit *limits_body(const struct limits *limits, const char *target,
                                               size_t length);
/* Bytes that libmicrohttpd gets for a connection: for the longest head and what is kept beside it. */
MUSTCHECK size_t limits_connection_memory(const struct http_options *options);

#endif
