/* Inside the parity room only: one of the two that are compared, and how it is asked. */
#ifndef CRMOCK_PARITY_SIDE_H
#define CRMOCK_PARITY_SIDE_H

#include "base/json.h"
#include "client/client.h"
#include "parity/cases.h"
#include "parity/parity.h"

enum { SIDE_FIELDS = 4, CASE_MOST = 1 << 20 }; /* bytes of an answer to a case */

/* A field that can be mass updated, and its value in the record, as JSON; both lasting. */
struct side_field {
    const char *name, *value;
    const cJSON *metadata;
    bool is_picklist, is_text;
};

/* Texts are the arena's. What there is none of is NULL. */
struct side {
    const struct parity *parity;
    struct client *client;
    struct arena *arena;
    bool is_own;
    const char *url, *accounts, *token, *client_id, *client_secret;
    const char *module, *record, *view;
    const char *none, *ids;                /* an id that nothing has there; 501 of them, as JSON */
    struct side_field fields[SIDE_FIELDS]; /* the first is set to its value, and to `other` */
    size_t field_count;
    const char *other;
    bool is_custom;        /* the module */
    bool is_finishing;     /* it is asked, though all else is given up */
    const char *names[64]; /* of its org and people, as far as they are known */
    size_t name_count;
    cJSON *documents; /* an array of what was read: names and values are borrowed from it */
};

void side_clear(struct side *side);

/* A request, with a token where `credential` says so. `body` may be NULL. */
struct side_request {
    const char *method, *path, *body;
    enum credential credential;
    bool is_form;
    size_t most; /* bytes of the answer; 0: as many as metadata has */
};
/* Sends it; waits, and sends it again, where there is no room for calls (429). An answer without a
 * status: nobody answers, or it was given up, and its reason says why. */
void side_ask(const struct side *side, const struct side_request *request,
              struct client_answer *answer);
/* An access token: the one that is given, or one by the refresh token. NULL with a reason. */
MUSTCHECK const char *parity_token(const struct side *side, const char **reason);

/* Reads what cases are asked with. Theirs is to be found first: its kind of field is looked for in
 * one's own (`like`, else NULL). False with a reason. */
MUSTCHECK bool side_find(struct side *side, const struct side *like, const char **reason);
/* Reads a document, which the side keeps. NULL where it is not answered 200 with JSON; *answer then
 * says what came. */
MUSTCHECK const cJSON *side_read(struct side *side, const char *path, struct client_answer *answer);
MUSTCHECK const cJSON *side_read_record(struct side *side, const char *id);
/* A member's text, "" where it has none. */
MUSTCHECK const char *side_text(const cJSON *object, const char *name);
/* Collects the names of its org and its user, as far as the token may read them. */
void side_find_names(struct side *side);
/* Sets the record's fields to what they were, where they are not. False with a reason. */
MUSTCHECK bool side_restore(struct side *side, const char **reason);

/* The text with the names in braces replaced by what the side has. */
MUSTCHECK const char *side_fill(const struct side *side, const char *version, const char *text);
/* Why the case cannot be asked with what the side has; NULL: it can. */
MUSTCHECK const char *side_lacks(const struct side *side, const struct parity_case *asked);
/* Asks a case in a version. */
void side_ask_case(const struct side *side, const struct parity_case *asked, const char *version,
                   struct client_answer *answer);
/* What was answered, as JSON: {"status", "headers", "body"}; with `hidden` what the side alone has is
 * replaced by names in braces. Owned by the caller. */
MUSTCHECK cJSON *side_told(const struct side *side, const struct client_answer *answer, bool is_hidden);

#endif
