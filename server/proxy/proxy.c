#include "proxy/proxy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/listen.h"
#include "proxy/inside.h"

enum { PAUSE_MILLISECONDS = 100 };

GSource *proxy_attach(struct proxy *proxy, GSource *source, GSourceFunc callback, void *context)
{
    g_source_set_callback(source, callback, context, NULL);
    (void)g_source_attach(source, proxy->context);
    return source;
}

void proxy_detach(GSource **source)
{
    if (*source == NULL)
        return;
    g_source_destroy(*source);
    g_source_unref(*source);
    *source = NULL;
}

static gboolean end_pause(void *context)
{
    struct proxy *proxy = context;
    proxy_detach(&proxy->pause);
    proxy_listen(proxy);
    return G_SOURCE_REMOVE;
}

/* What keeps the system from giving a connection, descriptors that have run out most likely, would do
 * so again at once. */
static void make_pause(struct proxy *proxy, const char *reason)
{
    if (!proxy->has_failed)
        log_event(proxy->options.log, LOG_WARNING, "proxy cannot accept reason=\"%s\"", reason);
    proxy->has_failed = true;
    proxy_detach(&proxy->listening);
    proxy->pause = proxy_attach(proxy, g_timeout_source_new(PAUSE_MILLISECONDS), end_pause, proxy);
}

static bool has_room(const struct proxy *proxy)
{
    return proxy->clients.length < proxy->options.most;
}

/* False: nobody is there, or a pause was made. */
static bool accept_one(struct proxy *proxy)
{
    int socket = accept4(proxy->socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0) {
        proxy->has_failed = false;
        client_add(proxy, socket);
        return true;
    }
    if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
        make_pause(proxy, strerror(errno));
    return false;
}

static gboolean accept_some(int socket, GIOCondition condition, void *context)
{
    struct proxy *proxy = context;
    (void)socket;
    (void)condition;
    while (has_room(proxy) && accept_one(proxy))
        ;
    if (!has_room(proxy))
        proxy_detach(&proxy->listening);
    return G_SOURCE_CONTINUE;
}

void proxy_listen(struct proxy *proxy)
{
    if (proxy->listening == NULL && proxy->pause == NULL && has_room(proxy))
        proxy->listening = proxy_attach(proxy, g_unix_fd_source_new(proxy->socket, READABLE),
                                        G_SOURCE_FUNC(accept_some), proxy);
}

struct proxy *proxy_bind(const struct proxy_options *options, struct arena *arena, const char **reason)
{
    struct proxy *proxy = must_alloc(sizeof *proxy);
    *proxy = (struct proxy){.options = *options, .context = g_main_context_new()};
    proxy->socket =
        listen_on(options->listen, options->port, "http", &proxy->arena, &proxy->url, reason);
    if (proxy->socket >= 0)
        return proxy;
    *reason = arena_strdup(arena, *reason);
    proxy_free(proxy);
    return NULL;
}

static void *serve(void *context)
{
    struct proxy *proxy = context;
    while (!atomic_load(&proxy->stopping))
        (void)g_main_context_iteration(proxy->context, TRUE);
    return NULL;
}

bool proxy_start(struct proxy *proxy, const char **reason)
{
    proxy_listen(proxy);
    proxy->has_thread = pthread_create(&proxy->thread, NULL, serve, proxy) == 0;
    if (!proxy->has_thread)
        *reason = "the system gives no thread for the proxy";
    return proxy->has_thread;
}

const char *proxy_url(const struct proxy *proxy)
{
    return proxy->url;
}

void proxy_stop(struct proxy *proxy)
{
    if (proxy == NULL)
        return;
    atomic_store(&proxy->stopping, true);
    g_main_context_wakeup(proxy->context);
    if (proxy->has_thread)
        (void)pthread_join(proxy->thread, NULL);
    while (proxy->clients.length > 0)
        client_end(g_queue_peek_head(&proxy->clients));
    proxy_detach(&proxy->listening);
    proxy_detach(&proxy->pause);
    (void)close(proxy->socket);
}

void proxy_free(struct proxy *proxy)
{
    if (proxy == NULL)
        return;
    g_main_context_unref(proxy->context);
    arena_clear(&proxy->arena);
    free(proxy);
}
