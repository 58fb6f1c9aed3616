/* The service's API: answers the requests under /crm. */
#ifndef CRMOCK_API_API_H
#define CRMOCK_API_API_H

#include "base/exchange.h"
#include "crm/crm.h"

struct api {
    const struct crm *crm;
    int64_t token_ttl; /* milliseconds that an access token lives */
};

/* Answers one request, always with a row of the catalogue or a success. `context` is a
 * const struct api. */
respond_fn api_respond;

#endif
