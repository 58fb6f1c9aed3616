/* Inside the tls room only: the certificate that clients are shown, server.pem and server.key. */
#ifndef CRMOCK_TLS_LEAF_H
#define CRMOCK_TLS_LEAF_H

#include <stdint.h>

#include "tls/authority.h"
#include "tls/folder.h"
#include "tls/name.h"

/* What the certificate is to be like. */
struct leaf_wish {
    const struct authority *authority;
    const struct names *names;
    int64_t now;
};

/* Reads certificate and key (arena-owned, PEM), or makes them anew when they are not as wished, or soon
 * won't be. Where none can be made, by want of the authority's key or of the right to write, one will
 * do that ends soon, or lacks the machine's name. NULL, or the reason (arena-owned). */
MUSTCHECK const char *leaf_take(const struct leaf_wish *wish, const struct folder *folder,
                                struct file_pair *texts);

#endif
