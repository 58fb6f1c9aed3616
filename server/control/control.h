/* The mock's own endpoints, for tests and people: one table. */
#ifndef CRMOCK_CONTROL_CONTROL_H
#define CRMOCK_CONTROL_CONTROL_H

#include <pthread.h>
#include <stdbool.h>

#include "base/exchange.h"
#include "store/store.h"

struct control {
    struct store *store;
    const char *(*openapi)(struct arena *arena); /* makes the OpenAPI document */
    pthread_mutex_t mutex;                       /* guards what follows */
    const char *document; /* made when it is first asked for, which takes long; NULL: not yet */
    struct arena arena;   /* what it is in */
};

/* Frees what was made; nothing may use it any more. */
void control_clear(struct control *control);

/* Answers when the request's path is one of the mock's own; false when it is not. */
MUSTCHECK bool control_respond(struct control *control, const struct request *request,
                               struct arena *arena, struct response *response);

#endif
