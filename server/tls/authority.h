/* Inside the tls room only: the authority that signs crmock's certificates, ca.pem and ca.key. */
#ifndef CRMOCK_TLS_AUTHORITY_H
#define CRMOCK_TLS_AUTHORITY_H

#include <stdint.h>

#include "tls/folder.h"
#include "tls/pair.h"

/* Zero it. */
struct authority {
    struct pair pair;        /* its key may be NULL */
    const char *key_trouble; /* why it has no key, and so signs nothing (arena-owned); else NULL */
    bool is_new;             /* it was made */
};

/* Reads the authority of the folder, or makes one when there is neither a certificate nor a key. What
 * is there and is no good stays as it is. NULL, or the reason (arena-owned). */
MUSTCHECK const char *authority_take(struct authority *authority, const struct folder *folder,
                                     int64_t now);
/* Why a certificate is not signed by it (static); else NULL. */
MUSTCHECK const char *authority_trouble_with(const struct authority *authority,
                                             const struct pair *signed_pair);
void authority_clear(struct authority *authority);

#endif
