/* Inside the http room: forms in bodies. */
#ifndef CRMOCK_HTTP_FORM_H
#define CRMOCK_HTTP_FORM_H

#include <stdbool.h>

#include "base/exchange.h"

struct form_field;

/* A request's form, read when it is first asked for. Zeroed: not read yet. */
struct form {
    bool is_read;
    struct form_field *fields;
};

/* The value of the first field of that name; NULL when there is none, or the body is no form. The
 * texts are the arena's. */
MUSTCHECK const char *form_value(struct form *form, const struct request *request, struct arena *arena,
                                 const char *name);

/* Has every field told, in the order in which they came. */
void form_each(struct form *form, const struct request *request, struct arena *arena, each_fn *tell,
               void *context);

#endif
