/* OAuth tokens. */
#ifndef CRMOCK_STORE_TOKEN_H
#define CRMOCK_STORE_TOKEN_H

#include "store/org.h"

struct token {
    const struct user *user;
    const char *scopes; /* as granted: separated by commas or spaces; arena-owned */
};

/* The access token of that text, if it exists, is not revoked and not expired at `now`. */
MUSTCHECK enum store_status token_read(struct db *db, const struct orgs *orgs, const char *text,
                                       int64_t now, struct arena *arena, struct token *token);

#endif
