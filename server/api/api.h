/* The service's API: answers the requests under /crm. */
#ifndef CRMOCK_API_API_H
#define CRMOCK_API_API_H

#include "api/catalogue.h"
#include "base/exchange.h"
#include "crm/crm.h"

enum { FORM_KEY_SIZE = 65 };

/* The sandbox that is there from the start, and without whose name requests are its. */
#define MAIN_SANDBOX "main"

struct api {
    const struct crm *crm;
    int64_t token_ttl;               /* milliseconds that an access token lives */
    enum answers answers;            /* the column of the catalogue for v8 */
    const struct user *auto_consent; /* as whom logins in the browser go on unasked; NULL: they ask */
    const char *sandbox;             /* whose requests it answers */
    char form_key[FORM_KEY_SIZE];    /* seals the forms of such logins, for as long as crmock runs */
};

/* Answers one request, always with a row of the catalogue or a success. `context` is a
 * const struct api. */
respond_fn api_respond;

/* True for the name of a row: "E23". */
MUSTCHECK bool api_knows_rule(const char *rule);
/* Answers by a row of that name, whatever is the matter: as the service would send it to this request,
 * with what is known of it: version, module, the first field of data[0], an entry for each record.
 * Nothing is done, and the hint is left to the caller. */
void api_respond_rule(const struct api *api, const struct request *request, const char *rule,
                      struct arena *arena, struct response *response);

#endif
