/* Inside the tls room only: a certificate and its private key, by GnuTLS. Texts are PEM. What goes
 * wrong is told by a reason (static, unless it is said otherwise), and NULL is no trouble. */
#ifndef CRMOCK_TLS_PAIR_H
#define CRMOCK_TLS_PAIR_H

#include <gnutls/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attrs.h"

/* Zero it. */
struct pair {
    gnutls_x509_crt_t certificate; /* NULL: not read, nor made */
    gnutls_x509_privkey_t key;     /* likewise */
};

/* What every certificate is made from. */
struct draft {
    const char *name;    /* of the subject; at most 64 bytes count */
    int64_t from, until; /* seconds since 1970 */
};

enum { DAY_SECONDS = 86400 };

/* Reads the first certificate of a text into a pair that has none. */
MUSTCHECK const char *pair_read_certificate(struct pair *pair, const char *text);
/* Reads a key that no passphrase protects into a pair that has none. */
MUSTCHECK const char *pair_read_key(struct pair *pair, const char *text);
/* True when the key is the certificate's. */
MUSTCHECK bool pair_matches(const struct pair *pair);
/* Whether the certificate is valid at that time (arena-owned). */
MUSTCHECK const char *pair_time_trouble(const struct pair *pair, int64_t now, struct arena *arena);
/* Seconds since 1970. */
MUSTCHECK int64_t pair_begin(const struct pair *pair);
MUSTCHECK int64_t pair_end(const struct pair *pair);

/* Makes a key, and a certificate for it that is still to be given its use, and to be signed. */
MUSTCHECK const char *pair_draft(struct pair *pair, const struct draft *draft);
/* Signs a draft; `issuer` may be the pair itself. */
MUSTCHECK const char *pair_sign(struct pair *pair, const struct pair *issuer);

/* The certificate alone, and the key alone. Arena-owned. */
MUSTCHECK const char *pair_certificate_text(const struct pair *pair, struct arena *arena);
MUSTCHECK const char *pair_key_text(const struct pair *pair, struct arena *arena);
/* Whatever certificates a text has, one after the other, and nothing else of it (arena-owned). */
MUSTCHECK const char *chain_read(const char *text, struct arena *arena, const char **chain);

void pair_clear(struct pair *pair);

#endif
