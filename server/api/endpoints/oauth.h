/* Inside the api room: the OAuth server, which is the service's accounts server in life. */
#ifndef CRMOCK_API_OAUTH_H
#define CRMOCK_API_OAUTH_H

#include "api/call.h"

/* Answers when the path is under /oauth; false when it is not. */
MUSTCHECK bool oauth_respond(struct call *call);

#endif
