/* Inside the http room: the head of a request, from its first byte to its empty line, held against RFC
 * 9112 before libmicrohttpd, which forgives much of what two servers would read differently, sees it.
 */
#ifndef CRMOCK_HTTP_HEAD_H
#define CRMOCK_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"
#include "base/exchange.h"

/* A request's target, as it is sent: a path and a query, or the same behind an address ("absolute
 * form", RFC 9112, 3.2.2), as it is sent to proxies. Borrowed from the text. */
struct target {
    const char *authority;   /* HOST or HOST:PORT; not ended by a zero byte */
    size_t authority_length; /* 0: there is none in front */
    bool is_secure;          /* https stands there */
    const char *rest;        /* path and query; nothing where an address stands alone */
    size_t rest_length;
};

/* What a head says: of what follows it, and for whom it is. */
struct head {
    struct target target; /* in the head's own bytes; empty: no request line says it */
    uint64_t body_length; /* bytes; not of a chunked body */
    bool chunked;
};

/* A request that is refused, and why for people (static). */
struct refused {
    enum refusal why;
    const char *hint;
};

/* Takes a target apart. One that has no address in front, or an unknown scheme, is all rest. */
MUSTCHECK struct target target_cut(const char *text, size_t length);
/* True for a host, and a port where a colon stands behind it; also for an empty text. */
MUSTCHECK bool head_is_host(const char *text, size_t length);
/* How many bytes of it are the host. */
MUSTCHECK size_t head_host_length(const char *text, size_t length);

/* Checks a whole head. `fields_max` bounds its lines and the parameters of its query together.
 * .why REFUSAL_NONE and *head filled, or what is wrong. Changes what libmicrohttpd would not read well:
 * blanks behind a value go in front of it, a header Cookie is called another name, and so is
 * an Expect without a body to wait for: head_name has it. */
MUSTCHECK struct refused head_check(char *bytes, size_t length, size_t fields_max, struct head *head);
/* The name of a header as it was sent: itself, or arena-owned. */
MUSTCHECK const char *head_name(const char *name, struct arena *arena);

/* Checks the lines behind a chunked body, down to the empty one. */
MUSTCHECK struct refused trailer_check(const char *bytes, size_t length, size_t fields_max);

/* The size in front of a chunk (RFC 9112, 7.1): hexadecimal, and what may stand behind it, down to CR.
 * False: it is none. */
MUSTCHECK bool chunk_size_read(const char *line, size_t length, uint64_t *size);

#endif
