/* Inside the OAuth server: a login in the browser. */
#ifndef CRMOCK_API_OAUTH_LOGIN_H
#define CRMOCK_API_OAUTH_LOGIN_H

#include "api/endpoints/oauth_call.h"

/* What the application sent the browser with. */
enum login_parameter {
    LOGIN_RESPONSE_TYPE,
    LOGIN_CLIENT_ID,
    LOGIN_SCOPE,
    LOGIN_REDIRECT_URI,
    LOGIN_ACCESS_TYPE,
    LOGIN_PROMPT,
    LOGIN_STATE,
    LOGIN_PARAMETERS
};

struct login {
    struct call *call;
    const char *values[LOGIN_PARAMETERS]; /* "": not sent */
    struct client client;
    bool offline; /* it asks for a refresh token as well */
};

/* Answers with the page that asks who the user is and whether he agrees; `form` is the sealed request
 * that it sends back. */
void oauth_page_ask(struct login *login, const char *form);
/* Answers with a redirect. The address is arena-owned. */
void oauth_page_redirect(struct call *call, const char *location);

#endif
