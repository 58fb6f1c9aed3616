/* Inside the tls room only: the names and addresses that a certificate is for. */
#ifndef CRMOCK_TLS_NAME_H
#define CRMOCK_TLS_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attrs.h"

enum { NAME_MOST = 253 }; /* bytes of a DNS name */

struct name {
    bool is_address;
    const void *bytes; /* arena-owned: a DNS name in lower case, or 4 or 16 bytes of an address */
    size_t length;
};

struct names {
    struct name *list; /* arena-owned; none of them twice */
    size_t count, room;
    size_t required; /* of them, from the first: a machine's own name may change with each start, and a
                        certificate is good without it where no other can be made */
};

/* Reads an IPv4 or IPv6 address, or a DNS name, of which the first label may be a *. */
MUSTCHECK bool name_read(const char *text, struct arena *arena, struct name *name);
/* True when they are the same. */
MUSTCHECK bool name_equals(const struct name *name, const struct name *other);
/* All that crmock's certificate is for: this machine, the service's hosts, and further ones (as those
 * of struct identity_options). NULL, or what is wrong with a further one (arena-owned). */
MUSTCHECK const char *names_collect(struct names *names, const char *const *further,
                                    struct arena *arena);

#endif
