/* The service, or a crmock, as one of its clients: with tokens, within its limits. Any thread may use
 * it.
 *
 * What passes by itself is waited for, within bounds: 429, answers of 500 and more, connections that
 * break, and the token endpoint's "Access Denied" (F12, F13). Neither tokens nor secrets are in any
 * reason. */
#ifndef CRMOCK_REMOTE_REMOTE_H
#define CRMOCK_REMOTE_REMOTE_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/attrs.h"
#include "client/client.h"

enum { REMOTE_AT_ONCE = 5 }; /* calls of a remote that are under way at most */

struct remote_options {
    const char *url;   /* base URL of its API */
    const char *token; /* an access token; NULL: what follows gets one */
    const char *client_id, *client_secret, *refresh_token;
    const char *accounts_url; /* base URL of the accounts server; NULL: `url` */
    /* Milliseconds before a second try, doubled for each further up to sixty times as many, less up to
     * half by chance; 0: 1000. */
    unsigned retry;
    bool (*is_stopping)(void *context); /* whether to give up; from any thread; NULL: never */
    void *context;
};

/* What can be an access token: it goes into a header as it is, so it has neither blanks nor control
 * characters, and an end. */
MUSTCHECK bool remote_is_token(const char *text);

/* What is posted to the token endpoint to get one for a refresh token, arena-owned. */
MUSTCHECK const char *remote_token_form(const struct remote_options *options, struct arena *arena);

struct remote;

/* NULL with a reason (arena-owned) where libcurl, or what gets a token, is missing; asks nothing yet.
 * The texts of the options must outlive it. Free it with remote_free. */
MUSTCHECK struct remote *remote_new(const struct remote_options *options, struct arena *arena,
                                    const char **reason);
void remote_free(struct remote *remote); /* NULL is allowed */

struct remote_call {
    const char *method;
    const char *target; /* path and query: "/crm/v8/org" */
    const char *body;   /* JSON, or NULL */
};

/* Arena-owned, but for `json`. */
struct remote_answer {
    unsigned status;    /* 0: there is none, and `reason` says why, with the address, for people */
    const char *reason; /* one line */
    bool is_hopeless;   /* as of struct client_answer */
    const char *text;   /* the body, "" without one */
    size_t length;
    cJSON *json; /* the body, NULL when it is none, or one of millions of values; to be cleared */
    const struct header *headers;
};

/* Asks, and waits for an answer: false when there is none. A status that is an error is an answer, also
 * 429 and 500 after the last try. What is no GET is not sent again after it may have come to something:
 * then it is answered by what happened. A 401 for a token that has expired is answered only where no
 * other token is to be had. The answer is to be cleared in either case. */
MUSTCHECK bool remote_ask(struct remote *remote, const struct remote_call *call, struct arena *arena,
                          struct remote_answer *answer);
void remote_answer_clear(struct remote_answer *answer);

/* Calls that were sent, every try counted, those for tokens as well. */
MUSTCHECK unsigned remote_calls(struct remote *remote);

/* Has `job` called with each index below `count`, from as many threads as calls may be under way, and
 * returns when all are done. */
typedef void remote_job(void *context, size_t index);
void remote_each(size_t count, remote_job *job, void *context);

#endif
