/* Inside the traffic room: what mask.c and its kind share. */
#ifndef CRMOCK_TRAFFIC_MASKING_H
#define CRMOCK_TRAFFIC_MASKING_H

#include <glib.h>

#include "traffic/mask.h"

enum {
    SECRETS_MAX = 64,
    SECRET_LENGTH_MIN = 8, /* a shorter one is cut where its name stands alone: else a code "1" would
                            * cut every 1 */
    SECRET_STEPS_MAX = 1 << 24, /* comparisons for all that is told of an entry */
    SECRET_NAME_MAX = 32
};

struct secrets {
    struct arena *arena;
    const char *values[SECRETS_MAX];
    size_t count;
    bool starts[256];   /* bytes with which one may start, in any encoding */
    unsigned body_kind; /* what the body is for secrets_cut_bytes */
    bool are_many;      /* too many to look for: texts are not told */
    long steps;         /* taken so far */
};

void secrets_begin(struct secrets *secrets, struct arena *arena);
/* Adds one that is looked for from now on, unless it is too short, or built in. The text is borrowed.
 */
void secrets_add(struct secrets *secrets, const char *value);
/* True when the name, of so many bytes, says that its value is one. */
MUSTCHECK bool secret_is_named(const char *name, size_t length, unsigned place);
/* Of an Authorization whose scheme is known: how much stands before the credentials; else 0. */
MUSTCHECK size_t secret_scheme(const char *value);
/* Adds as much of a secret as may be told. */
void secret_append(GString *text, const char *secret, size_t length);
/* As much of a value that is one, with a scheme in front of it as Authorization has it. Arena-owned. */
MUSTCHECK const char *secret_told(struct secrets *secrets, const char *value);

#endif
