/* OAuth tokens. */
#ifndef CRMOCK_STORE_TOKEN_H
#define CRMOCK_STORE_TOKEN_H

#include "store/org.h"

/* Clients' ids and tokens that are longer are unknown, without a look. */
enum { CREDENTIAL_MAX = 1000 };

struct token {
    const struct user *user;
    const char *scopes; /* as granted: separated by commas or spaces; arena-owned */
};

/* Times of tokens are in milliseconds since 1970. */

/* The access token of that text, if it exists, is not revoked and not expired at `now`. */
MUSTCHECK enum store_status token_read(struct db *db, const struct orgs *orgs, const char *text,
                                       int64_t now, struct arena *arena, struct token *token);

/* Access tokens as fixtures gave them: not issued since. */
struct given_token {
    const char *text, *scopes; /* arena-owned */
    const struct user *user;
    int64_t expires_at; /* 0: never */
};
struct given_tokens {
    struct given_token *list;
    size_t count;
};
/* Those alive at `now` that begin with that text, in the order of their texts: behind `after`, `limit`
 * at most. */
MUSTCHECK enum store_status tokens_given(struct db *db, const struct orgs *orgs, const char *prefix,
                                         const char *after, int64_t now, size_t limit,
                                         struct arena *arena, struct given_tokens *tokens);

/* OAuth clients. */
struct client {
    const char *id, *secret; /* arena-owned */
    int64_t user_id;         /* as whom it logs in by its own credentials; 0: as nobody */
    bool loopback; /* browsers may be sent to any address of this machine, not to those of a list */
};
MUSTCHECK enum store_status client_read(struct db *db, const char *id, struct arena *arena,
                                        struct client *client);
/* The id of the first, in the order of their ids; arena-owned. STORE_NOT_FOUND when there is none. */
MUSTCHECK enum store_status client_first(struct db *db, struct arena *arena, const char **id);
/* Whether the address is in the client's list: STORE_OK, STORE_NOT_FOUND, STORE_FAILED. */
MUSTCHECK enum store_status client_redirect(struct db *db, const struct client *client,
                                            const char *uri);

/* The addresses of the list, with ", " between; "" when it is empty. Arena-owned. STORE_OK,
 * STORE_FAILED. */
MUSTCHECK enum store_status client_redirects(struct db *db, const struct client *client,
                                             struct arena *arena, const char **uris);

/* What a client may turn into an access token: a refresh token, or a code that has not been used. */
struct grant {
    const char *text, *scopes; /* arena-owned */
    const char *redirect_uri;  /* with which a code is good; likewise, or NULL */
    bool offline;              /* a code is good for a refresh token as well */
    int64_t user_id;
};
enum grant_state {
    GRANT_GOOD,
    GRANT_UNKNOWN,
    GRANT_OF_OTHER_KIND,
    GRANT_OF_OTHER_CLIENT,
    GRANT_USED,    /* a code */
    GRANT_REVOKED, /* a refresh token */
    GRANT_EXPIRED  /* at `now` */
};
/* STORE_OK with *state, which tells whether that is a grant of the client, and of the kind ("refresh",
 * "code"); *grant is filled when it is good. STORE_FAILED. */
MUSTCHECK enum store_status grant_read(struct db *db, const char *text, const char *kind,
                                       const char *client_id, int64_t now, struct arena *arena,
                                       struct grant *grant, enum grant_state *state);

/* A token to be issued. Writers below run in the caller's transaction. */
struct new_token {
    const char *text, *kind, *client_id, *scopes;
    const char *issued_by;       /* the refresh token, or itself; NULL: given, and not to be swept */
    const char *redirect_uri;    /* of a code; else NULL */
    bool offline;                /* likewise */
    int64_t user_id, expires_at; /* expires_at 0: never */
};
MUSTCHECK enum store_status token_add(struct db *db, const struct new_token *token);
/* Removes some of the issued tokens and codes that expired before a time. Its work is bounded: it looks
 * at the few that stand behind `text` in the order of texts. Give it the text of a new token, and all
 * are come upon, for those are random. */
MUSTCHECK enum store_status tokens_sweep(struct db *db, const char *text, int64_t before);
/* Revokes a token or code, and what it issued. STORE_NOT_FOUND when there is none such alive. */
MUSTCHECK enum store_status token_revoke(struct db *db, const char *text);
/* To be called when tokens were revoked, after the transaction that did it. */
void tokens_forget(struct store *store);

#endif
