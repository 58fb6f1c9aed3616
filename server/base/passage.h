/* For what many use without a lock, and what is now and then exchanged for another. Whoever uses it
 * enters before he reads where it is, and leaves. Whoever has put another in its place waits until all
 * have left who may have seen the former, which can be freed then. */
#ifndef CRMOCK_BASE_PASSAGE_H
#define CRMOCK_BASE_PASSAGE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/attrs.h"

struct passage {
    atomic_uint phase, inside[2]; /* by the last bit of the phase in which they entered */
    atomic_bool awaited;
    pthread_mutex_t mutex;
    pthread_cond_t left;
};

void passage_init(struct passage *passage);
void passage_clear(struct passage *passage);
/* Never waits. What it returns is for passage_leave. */
MUSTCHECK unsigned passage_enter(struct passage *passage);
void passage_leave(struct passage *passage, unsigned side);
/* Waits until all have left who entered before. One thread at a time, and none that is inside. */
void passage_wait(struct passage *passage);

#endif
