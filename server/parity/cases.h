/* Inside the parity room only: what is asked of both. */
#ifndef CRMOCK_PARITY_CASES_H
#define CRMOCK_PARITY_CASES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attrs.h"

enum credential {
    CREDENTIAL_TOKEN, /* one that is valid */
    CREDENTIAL_NONE,
    CREDENTIAL_MALFORMED,
    CREDENTIAL_UNKNOWN, /* a token that is nobody's */
    CREDENTIAL_CLIENT,  /* its id and secret, by HTTP Basic */
    CREDENTIAL_BASIC    /* the same, malformed */
};

/* What a case cannot be asked without, as bits. */
enum need {
    NEED_RECORD = 1,
    NEED_VIEW = 2,
    NEED_FIELDS = 4,   /* four that can be mass updated */
    NEED_PICKLIST = 8, /* {field} is one */
    NEED_ACCOUNTS = 16,
    NEED_CLIENT = 32
};

enum case_version {
    VERSION_ANY,
    VERSION_BOTH,  /* any, and v2 answers it otherwise than v8: asked in both */
    VERSION_FROM_3 /* there is no such row before v3 */
};

/* A request, and the row of the gallery that crmock answers it by. In path and body stand names in
 * braces, which struct side (side.h) has. */
struct parity_case {
    const char *row; /* "": it is no refusal */
    const char *what;
    const char *method, *path;
    const char *body; /* NULL: none */
    unsigned needs;   /* of enum need */
    enum credential credential;
    enum case_version versions;
    bool writes; /* it changes the record, or would if it were not refused */
    bool is_form;
};

extern const struct parity_case parity_cases[];
extern const size_t parity_case_count;

/* True when the case can be asked in that version: "v2.1". */
MUSTCHECK bool case_is_in(const struct parity_case *asked, const char *version);

#endif
