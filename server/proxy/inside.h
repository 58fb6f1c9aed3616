/* What the files of this room know of each other's; nobody else includes it. */
#ifndef CRMOCK_PROXY_INSIDE_H
#define CRMOCK_PROXY_INSIDE_H

#include <glib-unix.h>
#include <pthread.h>
#include <stdatomic.h>

#include "proxy/connect.h"
#include "proxy/proxy.h"

/* Once it has begun, its thread's alone, but for `stopping`. */
struct proxy {
    struct proxy_options options;
    struct arena arena;
    const char *url;
    int socket;
    GMainContext *context;
    GSource *listening; /* NULL: nobody is accepted */
    GSource *pause;     /* until accepting is tried again; NULL: there is none */
    bool has_failed;    /* to accept the last one, which was told */
    GQueue clients;
    pthread_t thread;
    bool has_thread;
    atomic_bool stopping;
    char bytes[CONNECT_HEAD_MAX + 1]; /* what is looked at */
};

/* A socket of which there is something to read, be it its end. */
#define READABLE ((GIOCondition)(G_IO_IN | G_IO_HUP | G_IO_ERR))

/* Has the callback called by the proxy's thread. Destroy and unref it. */
MUSTCHECK GSource *proxy_attach(struct proxy *proxy, GSource *source, GSourceFunc callback,
                                void *context);
/* Ends a source; NULL is allowed. */
void proxy_detach(GSource **source);
/* Goes on accepting, where nothing is against it. */
void proxy_listen(struct proxy *proxy);

struct client;

/* Serves a connected socket, which it owns from then on. */
void client_add(struct proxy *proxy, int socket);
/* Forgets a client, and closes his socket. */
void client_end(struct client *client);

#endif
