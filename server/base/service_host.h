/* The hosts of the service, in each of its data centres: the names by which unmodified programs call
 * it.
 */
#ifndef CRMOCK_BASE_SERVICE_HOST_H
#define CRMOCK_BASE_SERVICE_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attrs.h"

/* All of them, one after the other, by an index from 0; NULL: there are not so many. Static, in lower
 * case. */
MUSTCHECK const char *service_host(size_t index);
/* True for one of them, in letters of any case; the text is a host without a port. */
MUSTCHECK bool service_host_is(const char *text, size_t length);
/* The host of the API in the data centre of an accounts server, as that server's answers name it; NULL
 * when the text is no accounts server. Static. */
MUSTCHECK const char *service_host_api(const char *text, size_t length);

#endif
