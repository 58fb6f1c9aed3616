#include "http/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/exchange.h"
#include "http/listen.h"

static void note_panic(void *context, const char *file, unsigned line, const char *reason)
{
    (void)context;
    (void)fprintf(stderr, "crmock: libmicrohttpd gave up at %s:%u: %s\n", file, line,
                  reason != NULL ? reason : "");
    abort();
}

/* A zero byte would cut a path or a parameter short: what has one stays as it was sent. */
static size_t unescape(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strstr(text, "%00") != NULL ? strlen(text) : MHD_http_unescape(text);
}

struct http_server *http_bind(const struct http_options *options, struct arena *arena,
                              const char **reason)
{
    struct http_server *server = must_alloc(sizeof *server);
    *server = (struct http_server){.options = *options,
                                   .limits = limits_of(options, &server->memory),
                                   .memory.limit = options->max_memory};
    later_init(&server->later, options->max_connections / 2);
    feeds_init(&server->feeds);
    server->socket = listen_on(options->listen, options->port, &server->arena, &server->url, reason);
    if (server->socket >= 0)
        return server;
    *reason = arena_strdup(arena, *reason);
    http_stop(server);
    return NULL;
}

bool http_start(struct http_server *server, const char **reason)
{
    const struct http_options *options = &server->options;
    MHD_set_panic_func(note_panic, NULL);
    unsigned threads = options->threads > 1 ? options->threads : 0; /* 0: no pool, one thread */
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, exchange_take, server,
        MHD_OPTION_LISTEN_SOCKET, server->socket, MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, server,
        MHD_OPTION_NOTIFY_COMPLETED, exchange_complete, server, MHD_OPTION_NOTIFY_CONNECTION,
        exchange_note_connection, server, MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
        MHD_OPTION_CONNECTION_LIMIT, options->max_connections, MHD_OPTION_CONNECTION_TIMEOUT,
        options->idle_timeout, MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits_connection_memory(options),
        MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_END);
    if (server->daemon == NULL)
        *reason = "libmicrohttpd did not start (too many connections asked for?)";
    else
        server->socket = -1;
    return server->daemon != NULL;
}

bool http_adopt(struct http_server *server, int socket)
{
    struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof peer;
    (void)getpeername(socket, (struct sockaddr *)&peer, &size);
    return MHD_add_connection(server->daemon, socket, (struct sockaddr *)&peer, size) == MHD_YES;
}

const char *http_url(const struct http_server *server)
{
    return server->url;
}

void http_stop(struct http_server *server)
{
    if (server == NULL)
        return;
    later_end(&server->later);
    feeds_end(&server->feeds);
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    if (server->socket >= 0)
        (void)close(server->socket);
    later_clear(&server->later);
    feeds_clear(&server->feeds);
    arena_clear(&server->arena);
    free(server);
}
