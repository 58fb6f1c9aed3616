/* The mock's own endpoints, for tests and people: one table. */
#ifndef CRMOCK_CONTROL_CONTROL_H
#define CRMOCK_CONTROL_CONTROL_H

#include <stdbool.h>

#include "base/exchange.h"
#include "store/store.h"

struct control {
    struct store *store;
    const char *(*openapi)(struct arena *arena); /* makes the OpenAPI document */
};

/* Answers when the request's path is one of the mock's own; false when it is not. */
MUSTCHECK bool control_respond(const struct control *control, const struct request *request,
                               struct arena *arena, struct response *response);

#endif
