/* What the fuzz targets share: an api room behind a store of its own, and a whole app that is spoken to
 * through sockets. Each target has one of them, for the life of its process. */
#ifndef CRMOCK_FUZZ_H
#define CRMOCK_FUZZ_H

#include "api/api.h"
#include "app.h"
#include "base/json.h"
#include "store/store.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* Says what does not hold and ends the process: libFuzzer then keeps the input. */
_Noreturn void fuzz_fail(const char *format, ...) PRINTF(1, 2);

/* The rest of an input, taken off from its front. */
struct fuzz_input {
    const unsigned char *at, *end;
};
/* The next byte; 0 when there is none. */
MUSTCHECK unsigned char fuzz_byte(struct fuzz_input *input);
/* What is left, as a text. */
MUSTCHECK char *fuzz_rest(struct fuzz_input *input, struct arena *arena);
/* The texts up to each `mark`; as many as there are, `most` at most. */
MUSTCHECK size_t fuzz_split(char *text, char mark, char *parts[], size_t most);

/* The api room, the rules and a store below it. */
struct fuzz_api {
    struct log_sink sink;
    struct log log;
    struct clock clock;
    struct store *store;
    struct orgs orgs;
    struct crm crm;
    struct job_policy policy;
    struct job_runner runner;
    struct api api;
    struct image *image; /* the store as the fixtures made it, to be put back */
    long long changes;   /* that its connection had made then */
};

/* Opens it, with a store that is empty still. */
void fuzz_api_open(struct fuzz_api *fuzzed);
/* Fills the store from a folder (NULL: with the built-in fixtures, which for fuzzing have no fault to
 * inject and few records), anew when it has been before. False with a reason. */
MUSTCHECK bool fuzz_api_load(struct fuzz_api *fuzzed, const char *folder, struct arena *arena,
                             const char **reason);
/* Opens it with the built-in fixtures. */
void fuzz_api_open_filled(struct fuzz_api *fuzzed);
/* Puts the store back as it was filled, if it has changed since. */
void fuzz_api_reset(struct fuzz_api *fuzzed);

struct fuzz_call {
    const char *method, *path, *token;
    const char *query, *form; /* each "name=value" with an end, and an empty one; or NULL */
    const char *body;
    size_t body_length;
};

/* Has it answered, carries out what was scheduled, and fails unless the answer is one of the
 * catalogue. The answer's status. */
unsigned fuzz_api_ask(struct fuzz_api *fuzzed, const struct fuzz_call *call);

/* An app without a port of its own to speak to. */
struct fuzz_app {
    struct log_sink sink;
    struct app_options options;
    struct arena arena;
    struct app *app;
    unsigned asked; /* since it was started */
    int log;        /* its file */
};

/* Sets the options: small limits, the built-in fixtures, a log that is kept in memory. */
void fuzz_app_prepare(struct fuzz_app *fuzzed);
/* Starts it unless it runs; ends one that has been asked much, for inputs to have the same before
 * them. */
void fuzz_app_ready(struct fuzz_app *fuzzed);

/* How bytes are sent, and what becomes of the connection then. */
struct fuzz_sending {
    size_t piece; /* bytes that are written at once; 0: all */
    enum { END_HALF, END_LATER, END_VANISH, END_DEAF } end;
};

/* Sends the bytes over a connection of their own, reads until it ends, and fails unless what comes is
 * answers. What came is arena-owned. */
const char *fuzz_app_exchange(struct fuzz_app *fuzzed, const struct fuzz_sending *sending,
                              const char *bytes, size_t count, struct arena *arena);

/* An answer, cut off from what comes. */
struct fuzz_answer {
    unsigned long status;
    size_t length;
    const char *type, *body; /* type: up to the line's end; or NULL */
};
/* The one at the front; what follows it. Fails unless it is one. */
const char *fuzz_answer_next(const char *at, const char *end, struct fuzz_answer *answer);

/* Sends whole requests over a connection of their own, and reads until it ends or a stream begins,
 * without a look at what comes, of which *length is told. What waits for more than a second is told
 * that nobody waits for it. What came is arena-owned. */
const char *fuzz_app_ask(struct fuzz_app *fuzzed, const char *bytes, size_t count, struct arena *arena,
                         size_t *length);

#endif
