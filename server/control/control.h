/* The control API: what tests and people steer crmock with. One table of endpoints. */
#ifndef CRMOCK_CONTROL_CONTROL_H
#define CRMOCK_CONTROL_CONTROL_H

#include <pthread.h>
#include <stdbool.h>

#include "base/exchange.h"
#include "jobs/pool.h"
#include "sandbox/sandboxes.h"

struct control_options {
    bool is_on;
    const char *token; /* that every call needs; NULL: none */
    const char *const
        *hosts; /* names by which it may be called beside those that are safe; NULL ends */
    const char *const *origins; /* of pages that may call it */
    bool checks_host;           /* also of the service's own endpoints */
    const char *version;
    int64_t started; /* seconds, by the machine's clock */
};

struct control {
    struct control_options options;
    struct sandboxes *sandboxes;
    struct pool *pool;     /* for what takes longer; made when it is first needed */
    pthread_mutex_t mutex; /* guards what follows, and the pool */
    bool is_closing;
    const char *(*openapi)(struct arena *arena); /* makes the OpenAPI document of the service */
    const char *document; /* made when it is first asked for, which takes long; NULL: not yet */
    struct arena arena;   /* what it is in */
};

/* Ends what is under way: every call that waits is answered. None can be put off after it. */
void control_close(struct control *control);
/* Frees what was made; nothing may use it any more. */
void control_clear(struct control *control);

/* Answers when the request is one of the control API's, /healthz or /openapi.json; false when it is
 * not. `sandbox`, which it is about, is borrowed; `by_prefix`: it was named by the path. */
MUSTCHECK bool control_respond(struct control *control, const struct request *request,
                               struct sandbox *sandbox, struct arena *arena, struct response *response);
/* Answers in the envelope of the control API. */
void control_answer(struct arena *arena, struct response *response, unsigned status, const char *error,
                    const char *at);

#endif
