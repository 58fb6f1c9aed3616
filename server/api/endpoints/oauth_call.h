/* Inside the OAuth server: what its endpoints share. */
#ifndef CRMOCK_API_OAUTH_CALL_H
#define CRMOCK_API_OAUTH_CALL_H

#include "api/call.h"

/* Why a request was refused, in the order of their rows. */
enum oauth_error {
    OAUTH_OK,
    OAUTH_NO_CLIENT,
    OAUTH_WRONG_SECRET,
    OAUTH_GRANT_TYPE,
    OAUTH_NO_GRANT,
    OAUTH_DEAD_GRANT,
    OAUTH_CLIENT_IS_NOBODY,
    OAUTH_NO_SCOPE,
    OAUTH_WRONG_SCOPE,
    OAUTH_NO_TOKEN,
    OAUTH_FAILED,
    OAUTH_MALFORMED_BASIC,
    OAUTH_TWO_CLIENTS,
    OAUTH_OTHER_REDIRECT,
    /* of a login in the browser */
    OAUTH_LOGIN_CLIENT,
    OAUTH_LOGIN_REDIRECT,
    OAUTH_LOGIN_RESPONSE_TYPE,
    OAUTH_LOGIN_SCOPE,
    OAUTH_LOGIN_WORD,
    OAUTH_LOGIN_FORM,
    OAUTH_LOGIN_ANSWER,
    OAUTH_DENIED,
    OAUTH_TOO_MANY_TOKENS,
    OAUTH_ERRORS
};

/* How it is answered. */
struct oauth_refusal {
    const char *row, *error;
    unsigned status;
    const char *hint; /* where no call->fault.hint says more */
};
extern const struct oauth_refusal oauth_refusals[OAUTH_ERRORS];

/* What an endpoint's function or a check answers. */
typedef enum oauth_error oauth_fn(struct call *call);
oauth_fn oauth_give_token, oauth_revoke_token; /* oauth_token.c */
oauth_fn oauth_ask_user, oauth_take_decision;  /* oauth_login.c */
oauth_fn oauth_deny; /* likewise: as when the user that a GET or POST of a login is about rejects it */

/* Answers with a refusal: a page for who sits in front of a browser. */
void oauth_page_refuse(struct call *call, const struct oauth_refusal *refusal, const char *hint);

enum {
    OAUTH_SCOPES_MAX = 2000,            /* characters of what is asked for */
    OAUTH_EXPIRED_KEPT = 60 * 60 * 1000 /* milliseconds that what has expired is kept */
};

/* From the query or a form, as clients send them; "" counts as absent. */
MUSTCHECK const char *oauth_parameter(const struct call *call, const char *name);
/* Says in the hint that a parameter is missing, if it is: for a request that is refused about it. */
void oauth_note_missing(struct call *call, const char *name);
#endif
