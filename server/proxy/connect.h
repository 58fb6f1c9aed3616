/* Inside the proxy room: the head of a request CONNECT, "CONNECT host:port HTTP/1.1" and its headers
 * down to the empty line, held against RFC 9110 (9.3.6) and RFC 9112. */
#ifndef CRMOCK_PROXY_CONNECT_H
#define CRMOCK_PROXY_CONNECT_H

#include <stddef.h>

#include "base/attrs.h"

enum {
    CONNECT_HEAD_MAX = 8192, /* bytes */
    CONNECT_HOST_MAX = 255   /* bytes: a name has 253 at most */
};

enum connect_verdict {
    CONNECT_AWAITED, /* good so far: all the bytes belong to the head, and more have to come */
    CONNECT_WHOLE,   /* the head is there */
    CONNECT_OTHER,   /* another request */
    CONNECT_MALFORMED,
    CONNECT_TOO_LARGE /* longer than CONNECT_HEAD_MAX */
};

struct connect_head {
    size_t length;    /* CONNECT_WHOLE: bytes of the head; what stands behind is the tunnel's */
    const char *host; /* in the bytes: a name, an IPv4 address, or an IPv6 address in its brackets */
    size_t host_length;
    unsigned port;     /* 1 to 65535 */
    const char *wrong; /* CONNECT_MALFORMED: what is, for people; static */
};

/* Reads the bytes that have come so far, from the first one on. A verdict but CONNECT_AWAITED stays
 * what it is, whatever follows the bytes. */
MUSTCHECK enum connect_verdict connect_read(const char *bytes, size_t length,
                                            struct connect_head *head);

#endif
