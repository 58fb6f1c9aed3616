/* The error catalogue: the only place that spells a code, an HTTP status or a message. */
#ifndef CRMOCK_API_CATALOGUE_H
#define CRMOCK_API_CATALOGUE_H

#include "crm/error.h"

struct catalogue_row {
    const char *row; /* its number in the documentation: "E17" */
    const char *code;
    unsigned status;
    const char *message; /* NULL: the answer has no body */
};

extern const struct catalogue_row catalogue[ERRORS]; /* by enum error; ERR_NONE's is empty */

#endif
