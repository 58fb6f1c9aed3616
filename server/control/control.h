/* The control API: what tests and people steer crmock with. One table of endpoints. */
#ifndef CRMOCK_CONTROL_CONTROL_H
#define CRMOCK_CONTROL_CONTROL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/exchange.h"
#include "base/json.h"
#include "jobs/worker.h"
#include "sandbox/sandboxes.h"

enum { CONTROL_TEXTS_MAX = 16, CONTROL_URLS = 2 };

struct control_options {
    bool is_on;
    const char *token; /* that every call needs; NULL: none */
    /* Names by which it may be called beside those that are safe, and origins of pages that may call
     * it: one in a text, or several with commas between; NULL ends. */
    const char *hosts[CONTROL_TEXTS_MAX + 1], *origins[CONTROL_TEXTS_MAX + 1];
    bool checks_host; /* also of the service's own endpoints */
    const char *version;
    int64_t started; /* seconds, by the machine's clock */
};

struct control {
    struct control_options options;
    struct sandboxes *sandboxes; /* NULL until there are any */
    unsigned streams_max;        /* of events at once */
    atomic_uint streams;
    struct pool *pool;     /* for what takes longer; made when it is first needed */
    pthread_mutex_t mutex; /* guards what follows, and the pool */
    bool is_closing;
    const char *urls[CONTROL_URLS];                  /* where it listens: NULL ends; borrowed */
    const char *proxy_url;                           /* of its proxy; NULL: it has none; borrowed */
    const char *authority;                           /* that signs what TLS clients are shown, as PEM;
                                                      * NULL: it is not crmock's own; borrowed */
    cJSON *(*options_told)(const void *app_options); /* by name, secrets masked */
    const void *app_options;
    const char *(*openapi)(struct arena *arena); /* makes the OpenAPI document of the service */
    const char *document; /* made when it is first asked for, which takes long; NULL: not yet */
    struct arena arena;   /* what it is in */
};

/* Ends what is under way: every call that waits is answered, every stream of events ends. None can be
 * put off after it. */
void control_close(struct control *control);
/* Frees what was made; nothing may use it any more. */
void control_clear(struct control *control);

/* The guard, before anything else is told, such as that there is no sandbox of that name: false after
 * an answer. `request` is without the sandbox's prefix. What is in *response then is for the functions
 * below to go on with. */
MUSTCHECK bool control_admits(const struct control *control, const struct request *request,
                              struct arena *arena, struct response *response);
/* Answers when the request is one of the control API's, /healthz or /openapi.json; false when it is
 * not, and when it is refused before it is looked at and not the control API's. `sandbox`, which it is
 * about, is borrowed. */
MUSTCHECK bool control_respond(struct control *control, const struct request *request,
                               struct sandbox *sandbox, struct arena *arena, struct response *response);
/* Tells those who listen of a sandbox that is dropped: note_drop of struct sandboxes_options, of which
 * the context is the control. */
void control_note_drop(void *control, struct sandbox *sandbox);
/* What keeps answers of the control API from caches, and from being taken for something else. */
extern const struct header control_headers[];
/* An answer of the service's that comes later, or may take longer than a request may hold a thread: has
 * `later` asked beside those until it says CONTROL_DONE, in whose place it answers milliseconds after
 * which it is to be asked again. `hurries`: the client is gone, the sandbox was reset or dropped, or
 * crmock stops. What is in *response counts then. False: it cannot be put off, and nothing has been
 * done. */
typedef int64_t later_fn(void *state, bool hurries, struct response *response);
enum { CONTROL_DONE = -1 };
MUSTCHECK bool control_put_off(struct control *control, struct sandbox *sandbox,
                               const struct request *request, struct arena *arena,
                               struct response *response, later_fn *later, void *state);
/* A worker on the threads that do such things; NULL: crmock stops, or there is no thread. Never one
 * that sleeps when crmock stops: it ends then. */
MUSTCHECK struct worker *control_worker(struct control *control, worker_step *step, void *context);
#define CONTROL_GONE "the sandbox has just been dropped"
/* Answers in the envelope of the control API, with the headers that are in *response, or these. */
void control_answer(struct arena *arena, struct response *response, unsigned status, const char *error,
                    const char *at);

#endif
