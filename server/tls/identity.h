/* What crmock shows to TLS clients: a certificate under the service's names, and the authority that
 * signed it, which clients are told to trust. Both are made when they are missing, and stay in a
 * folder.
 */
#ifndef CRMOCK_TLS_IDENTITY_H
#define CRMOCK_TLS_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attrs.h"

struct identity_options {
    const char *folder; /* of ca.pem, ca.key, server.pem and server.key; NULL: crmock/tls in the
                           user's data folder */
    const char *certificate, *key; /* files of one's own, both or none: then the folder isn't touched */
    const char *const *names; /* further names and addresses in the certificate, ended by NULL; each
                                 text is one, or several with commas between. NULL: none */
    int64_t now;              /* seconds since 1970, by the machine's clock */
};

struct identity {
    const char *authority;   /* PEM; NULL with a certificate of one's own */
    const char *certificate; /* PEM; one's own with the chain behind it */
    const char *key;         /* PEM */
    const char
        *made_in; /* the folder, when the authority was made now: nobody trusts it yet; or NULL */
    bool is_for_service; /* the certificate has all names of the service's hosts */
};

/* Reads what is in the folder, or makes what is missing, ends soon or lacks a name; any number of
 * processes may do so at once. An authority that is there is never replaced. False with a reason of one
 * line (arena-owned or static), which names the file; nothing is then changed, but that a new authority
 * may have been made. The texts are arena-owned. */
MUSTCHECK bool identity_load(const struct identity_options *options, struct arena *arena,
                             struct identity *identity, const char **reason);
/* The authority alone, made likewise when there is none: of *identity that, and where it was made. */
MUSTCHECK bool identity_authority(const struct identity_options *options, struct arena *arena,
                                  struct identity *identity, const char **reason);

#endif
