/* What the files of this room know of each other's; nobody else includes it. */
#ifndef CRMOCK_REMOTE_INSIDE_H
#define CRMOCK_REMOTE_INSIDE_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "remote/remote.h"

/* A value takes some hundred bytes, and as little as two in the answer. */
enum { ANSWER_MOST = 64 << 20, VALUES_MOST = 2000000, PATIENCE_MS = 120000 };

struct remote {
    struct remote_options options;
    struct client *client;
    sem_t places; /* for calls under way */
    atomic_uint calls;
    pthread_mutex_t mutex; /* guards the token; held by who gets another one */
    char *token;           /* NULL: one is to be got */
    char *refusal;         /* why none is to be had any more; NULL: that has not been found */
    unsigned generation;   /* how many there were before it */
};

/* Why another try may do better. */
enum trouble {
    TROUBLE_NONE,
    TROUBLE_BROKEN,
    TROUBLE_THROTTLED,
    TROUBLE_TOKENS_THROTTLED,
    TROUBLE_TOKEN
};

/* What was tried for a call. Zero it. */
struct patience {
    unsigned waits[TROUBLE_TOKEN];
    bool has_renewed;
};

/* One call, without another try. The answer's `json` is the caller's. */
void remote_send(struct remote *remote, const struct client_call *call, struct arena *arena,
                 struct remote_answer *answer);
MUSTCHECK bool remote_is_stopping(const struct remote *remote);
/* How long to wait before another try after that trouble, when there were so many: milliseconds; 0:
 * there have been enough. */
MUSTCHECK int64_t remote_wait_length(const struct remote_options *options, enum trouble trouble,
                                     unsigned waits);
/* Waits for another try after that trouble; false when there have been enough, or all is to stop. */
MUSTCHECK bool remote_wait(const struct remote *remote, enum trouble trouble,
                           struct patience *patience);

/* The access token to ask with (arena-owned), and which it is; got first where there is none. NULL with
 * a reason in *answer, which is the same for all who ask from then on. */
MUSTCHECK const char *token_hold(struct remote *remote, struct arena *arena, unsigned *generation,
                                 struct remote_answer *answer);
/* Says that the token of that generation is refused. False when no other is to be had; *was_newest: no
 * other has taken its place yet. */
MUSTCHECK bool token_drop(struct remote *remote, unsigned generation, bool *was_newest);
MUSTCHECK bool token_can_renew(const struct remote_options *options);

#endif
