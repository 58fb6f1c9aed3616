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

/* How some rows are told otherwise than their fault says. */
struct catalogue_manner {
    bool in_data; /* in "data", whatever it is about */
    bool instead; /* details say nothing but what stands here */
    const char *api_name, *param_name, *action;
};

/* The columns of the catalogue: as the published page has it, and as the service's newer file of v8
 * does (F22). */
enum answers { ANSWERS_PAGE, ANSWERS_CURRENT };
extern const char *const answers_names[]; /* by enum answers, ended by NULL */

/* A row, of an error that is not ERR_NONE; what one column lacks is as in the other. */
MUSTCHECK const struct catalogue_row *catalogue_row(enum answers answers, enum error error);
/* False for a row that the second column alone has. */
MUSTCHECK bool catalogue_has(enum answers answers, enum error error);
/* The first error whose row in either column has that name; false: none has. */
MUSTCHECK bool catalogue_find(const char *name, enum error *error);
/* Its name alone: "E17". Lasting. */
MUSTCHECK const char *catalogue_row_name(enum error error);
MUSTCHECK const struct catalogue_manner *catalogue_manner(enum answers answers, enum error error);
/* True when a row is another in the second column, or is in that alone. */
MUSTCHECK bool catalogue_differs(enum error error);

#endif
