/* Inside the api room: the OAuth server, which is the service's accounts server in life. */
#ifndef CRMOCK_API_OAUTH_H
#define CRMOCK_API_OAUTH_H

#include "api/call.h"

/* Answers when the path is under /oauth; false when it is not. */
MUSTCHECK bool oauth_respond(struct call *call);

/* True for the name of a row of the accounts server: "O1". */
MUSTCHECK bool oauth_knows_rule(const char *rule);
/* Answers by the row of that name, wherever the request went: with JSON as the token endpoint, or with
 * a page as a login in the browser. */
void oauth_respond_rule(struct call *call, const char *rule);

#endif
