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

/* OAuth clients. */
struct client {
    const char *id, *secret; /* arena-owned */
    int64_t user_id;         /* as whom it logs in by its own credentials; 0: as nobody */
};
MUSTCHECK enum store_status client_read(struct db *db, const char *id, struct arena *arena,
                                        struct client *client);

/* What a client may turn into an access token: a refresh token, or a code that has not been used. */
struct grant {
    const char *text, *scopes; /* arena-owned */
    int64_t user_id;
};
/* STORE_NOT_FOUND when the client was given none of that text and kind ("refresh", "code"), or it was
 * revoked, used, or is expired at `now`. */
MUSTCHECK enum store_status grant_read(struct db *db, const char *text, const char *kind,
                                       const char *client_id, int64_t now, struct arena *arena,
                                       struct grant *grant);

/* A token to be issued. Writers below run in the caller's transaction. */
struct new_token {
    const char *text, *kind, *client_id, *scopes;
    const char *issued_by;       /* the refresh token, or NULL */
    int64_t user_id, expires_at; /* expires_at 0: never */
};
MUSTCHECK enum store_status token_add(struct db *db, const struct new_token *token);
/* Revokes a token or code, and what it issued. STORE_NOT_FOUND when there is none such alive. */
MUSTCHECK enum store_status token_revoke(struct db *db, const char *text);
/* To be called when tokens were revoked, after the transaction that did it. */
void tokens_forget(struct store *store);

#endif
