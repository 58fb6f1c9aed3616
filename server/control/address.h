/* Inside the control room: hosts and origins, as browsers and other clients write them. */
#ifndef CRMOCK_CONTROL_ADDRESS_H
#define CRMOCK_CONTROL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attrs.h"

/* A host with or without a port, or an origin: "https://example.org", "[::1]:8080". Texts are borrowed
 * from what was read. */
struct address {
    const char *scheme, *host; /* not ended by a zero byte; the scheme is NULL where there is none */
    size_t scheme_length, host_length;
    unsigned port; /* the scheme's own where none is said: 80, or 443 for https */
};

/* What a header Host says. False: it is none. */
MUSTCHECK bool address_read_host(const char *text, size_t length, struct address *address);
/* SCHEME://HOST or SCHEME://HOST:PORT, http or https, and nothing behind it. False: another text, such
 * as "null". */
MUSTCHECK bool address_read_origin(const char *text, size_t length, struct address *address);
/* The same address, whatever the case of its letters. */
MUSTCHECK bool address_equals(const struct address *one, const struct address *other);

/* True for a host that nobody can have another server's name lead to: an IP address, localhost, a name
 * without a dot, or one under .localhost, .internal or .test. Never with a dot at its end. */
MUSTCHECK bool address_is_safe(const struct address *address);
/* True when the host is of that name, which has no dot at its end. */
MUSTCHECK bool address_has_name(const struct address *address, const char *name, size_t length);

#endif
