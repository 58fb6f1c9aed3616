/* Tokens and client ids that say whose sandbox's they are: outside, 1000.{sandbox}.rest is the token
 * 1000.crmock.rest of that sandbox, and 1000.{sandbox}.NAME its client 1000.NAME. Inside, and in its
 * store, there is one text of each. */
#ifndef CRMOCK_API_CREDENTIAL_H
#define CRMOCK_API_CREDENTIAL_H

#include "api/api.h"

#define CREDENTIAL_OWNER "crmock" /* what stands inside where the sandbox does outside */

/* The sandbox that a credential names: where its id stands in the text, and how long it is; NULL: the
 * text is of another form. Whether there is one of that id is another question. Borrowed. */
MUSTCHECK const char *credential_sandbox(const char *text, size_t *length);

/* The access token of a request (D9), in its form inside; NULL: the header is missing, or another.
 * Borrowed or arena-owned. */
MUSTCHECK const char *credential_sent(const struct api *api, const struct request *request,
                                      struct arena *arena);

/* The text inside, of a token or code, and of a client id; those of another form are as they are.
 * Borrowed or arena-owned. */
MUSTCHECK const char *credential_inside(const struct api *api, struct arena *arena, const char *text);
MUSTCHECK const char *credential_client_inside(const struct api *api, struct arena *arena,
                                               const char *text);
/* The text by which it is used without the sandbox's path or header. main's are as they are. */
MUSTCHECK const char *credential_outside(const struct api *api, struct arena *arena, const char *text);
MUSTCHECK const char *credential_client_outside(const struct api *api, struct arena *arena,
                                                const char *text);
/* The text, inside, of a new token or code, which nobody guesses. Arena-owned. */
MUSTCHECK const char *credential_new(const struct api *api, struct arena *arena);

#endif
