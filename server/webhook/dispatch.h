/* What the deliverers of all stores in the process share: libcurl, and a pool of threads. Both take
 * memory and time at the start, and most have no webhooks: they are there from the first URL on. */
#ifndef CRMOCK_WEBHOOK_DISPATCH_H
#define CRMOCK_WEBHOOK_DISPATCH_H

#include <pthread.h>

#include "client/client.h"
#include "jobs/pool.h"

/* Begin with DISPATCH_NONE. */
struct dispatch {
    pthread_mutex_t mutex; /* guards what follows, which stays once it is there */
    struct client *client;
    struct pool *pool;
};
#define DISPATCH_NONE ((struct dispatch){.mutex = PTHREAD_MUTEX_INITIALIZER})

/* Deliveries at once: each waits for its receiver, and takes no processor. */
enum { DISPATCH_THREADS_MAX = 64 };

/* Sees that both are there. False with a reason (arena-owned). Any thread may ask. */
MUSTCHECK bool dispatch_ready(struct dispatch *dispatch, struct arena *arena, const char **reason);
/* Ends the threads and gives everything back, after all deliverers have stopped. */
void dispatch_clear(struct dispatch *dispatch);

#endif
