/* Inside the tls room only: a certificate that the user brings. */
#ifndef CRMOCK_TLS_OWN_H
#define CRMOCK_TLS_OWN_H

#include "tls/identity.h"

/* Reads certificate and key from the options' files. NULL, or why they won't do (arena-owned or
 * static).
 */
MUSTCHECK const char *own_load(const struct identity_options *options, struct arena *arena,
                               struct identity *identity);

#endif
