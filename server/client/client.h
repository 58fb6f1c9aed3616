/* HTTP as a client. libcurl lives here and nowhere else. */
#ifndef CRMOCK_CLIENT_CLIENT_H
#define CRMOCK_CLIENT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attrs.h"
#include "base/exchange.h"

struct client;

/* Loads libcurl; NULL with a reason (arena-owned) where there is none. It is loaded at run time, for it
 * brings libraries that take more memory and time at the start than all of crmock, and most have no use
 * for it. */
MUSTCHECK struct client *client_new(struct arena *arena, const char **reason);
void client_free(struct client *client); /* NULL is allowed */

/* What is asked for. Everything is borrowed. */
struct client_call {
    const char *method, *url;     /* http or https */
    const struct header *headers; /* ended by one without a name; NULL: none */
    const char *body;             /* NULL: none */
    long timeout;                 /* milliseconds from its begin to its end; 0: as long as it takes */
    bool is_own; /* a crmock's own address: past any proxy, and whoever has signed its certificate */
    size_t most; /* bytes of the answer that are kept; a longer one is a failure. 0: none is kept */
    /* Asked about once a second whether to give up; NULL: nobody does. */
    bool (*is_stopping)(void *context);
    void *context;
};

/* Arena-owned. */
struct client_answer {
    unsigned status; /* 0: there is none, and `reason` says why, for people */
    const char *reason;
    bool is_hopeless; /* another try would end alike: it is too long, or there is no such host, or no
                         TLS */
    const char *body; /* ended by a zero byte that does not count; NULL: none was to be kept. Without an
                       * answer it is "", though a part of one may have come */
    size_t length;
    const struct header *headers; /* ended by one without a name */
};

/* Makes a call, and waits for its answer. Redirects are not followed. Authorities of certificates are
 * the system's, or those of the file that CURL_CA_BUNDLE, else SSL_CERT_FILE, named when the client was
 * made. From any thread. */
void client_ask(struct client *client, const struct client_call *call, struct arena *arena,
                struct client_answer *answer);
/* The first header of that name, in letters of any case, or NULL. */
MUSTCHECK const char *client_header(const struct client_answer *answer, const char *name);

#endif
