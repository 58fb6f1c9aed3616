/* Secrets of an entry, which nothing that is told of it may have in it: tokens, codes, client secrets,
 * passwords. They are found by where they stand, by names of headers, of parameters and of members of
 * JSON, and then cut wherever they stand, in whatever encoding; so is what has the form of a token,
 * 1000.a.b. Of what is cut the first few characters are told, never enough to use it. What is built in,
 * 1000.crmock.admin or 1000.{sandbox}.admin, is no secret. */
#ifndef CRMOCK_TRAFFIC_MASK_H
#define CRMOCK_TRAFFIC_MASK_H

#include "traffic/journal.h"

struct secrets;

/* Those of an entry, with the JSON of its body and of its answer (NULL: it is none). Arena-owned, as
 * are the texts below. */
MUSTCHECK struct secrets *secrets_of(const struct entry *entry, const cJSON *body, const cJSON *answer,
                                     struct arena *arena);

/* The text without them; NULL of NULL. */
MUSTCHECK const char *secrets_cut(struct secrets *secrets, const char *text);

/* What bytes are, beside a text. */
enum { BYTES_CUT = 1, /* they may end within a secret */ BYTES_FORM = 2 /* name=value&... */ };
/* The same of bytes, with a zero byte behind them. */
MUSTCHECK const char *secrets_cut_bytes(struct secrets *secrets, const char *bytes, size_t *length,
                                        unsigned kind);

/* Where a name stands. */
enum { IN_HEADERS = 1, IN_PARAMETERS = 2, IN_MEMBERS = 4 };
/* The value of a name, which may say that all of it is one. */
MUSTCHECK const char *secrets_cut_value(struct secrets *secrets, unsigned place, const char *name,
                                        const char *value);
/* Cuts them in a tree that json_parse made. */
void secrets_cut_json(struct secrets *secrets, cJSON *tree);
/* A copy of what stands at a path of a match ("$.headers.Authorization", "$.body.data[0].Password")
 * without them; NULL of NULL. Owned by the caller. */
MUSTCHECK cJSON *secrets_cut_at(struct secrets *secrets, const char *at, const cJSON *value);

/* A text that belongs to no entry, without what has the form of a token, or a name that says that it is
 * a secret: a line of the log. The text itself, or arena-owned. */
MUSTCHECK const char *mask_text(const char *text, struct arena *arena);
/* True for the tokens and clients of the built-in fixtures, in any sandbox. */
MUSTCHECK bool mask_is_built_in(const char *text, size_t length);

#endif
