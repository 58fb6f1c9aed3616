#include "http/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/listen.h"
#include "http/exchange.h"

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

static struct door new_door(struct http_server *server, bool adopts)
{
    return (struct door){.server = server, .adopts = adopts, .socket = -1};
}

static bool listen_at(struct door *door, const char *scheme, unsigned port, const char **reason)
{
    struct http_server *server = door->server;
    door->socket = listen_on(server->options.listen, port, scheme, &server->arena, &door->url, reason);
    return door->socket >= 0;
}

struct http_server *http_bind(const struct http_options *options, struct arena *arena,
                              const char **reason)
{
    struct http_server *server = must_alloc(sizeof *server);
    *server = (struct http_server){.options = *options,
                                   .limits = limits_of(options, &server->memory),
                                   .memory.limit = options->max_memory,
                                   .listening = {new_door(server, false), new_door(server, false)},
                                   .adopting = {new_door(server, true), new_door(server, true)}};
    later_init(&server->later, options->max_connections / 2);
    feeds_init(&server->feeds);
    bool has_tls_port = options->tls.certificate != NULL && options->tls.port.is_asked;
    struct doors *doors = &server->listening;
    if (listen_at(&doors->plain, "http", options->port, reason) &&
        (!has_tls_port || listen_at(&doors->secure, "https", options->tls.port.number, reason)))
        return server;
    *reason = arena_strdup(arena, *reason);
    http_stop(server);
    return NULL;
}

/* TLS 1.2 and 1.3. */
static const char versions[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

enum { OPTIONS_OF_A_DOOR = 5 };

/* What one door has, and the other has not. */
static void list_options(const struct door *door, const struct http_tls *tls,
                         struct MHD_OptionItem options[OPTIONS_OF_A_DOOR])
{
    size_t count = 0;
    if (door->socket >= 0)
        options[count++] = (struct MHD_OptionItem){MHD_OPTION_LISTEN_SOCKET, door->socket, NULL};
    if (tls != NULL) {
        options[count++] =
            (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)tls->certificate};
        options[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)tls->key};
        options[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)versions};
    }
    options[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
}

/* libmicrohttpd shares its limit out among its threads, and one that is handed a connection beyond its
 * share, of which http_adopt cannot know, never unlocks a mutex of its own (0.9.75). So each gets a
 * share for all that http_adopt hands over, and for one that has ended and is not yet taken off. */
static unsigned connection_limit(const struct door *door, unsigned threads)
{
    unsigned most = door->server->options.max_connections;
    return door->adopts ? (most + 1) * (threads > 1 ? threads : 1) : most;
}

/* Without `tls` in plain text. */
static bool open_door(struct door *door, const struct http_tls *tls)
{
    struct http_server *server = door->server;
    const struct http_options *options = &server->options;
    struct MHD_OptionItem more[OPTIONS_OF_A_DOOR];
    list_options(door, tls, more);
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    flags |= tls != NULL ? MHD_USE_TLS : 0;
    flags |= door->adopts ? MHD_USE_NO_LISTEN_SOCKET : 0;
    unsigned threads = options->threads > 1 ? options->threads : 0; /* 0: no pool, one thread */
    door->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, exchange_take, server, MHD_OPTION_ARRAY, more,
        MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, server, MHD_OPTION_NOTIFY_COMPLETED,
        exchange_complete, server, MHD_OPTION_NOTIFY_CONNECTION, exchange_note_connection, door,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL, MHD_OPTION_CONNECTION_LIMIT,
        connection_limit(door, threads), MHD_OPTION_CONNECTION_TIMEOUT, options->idle_timeout,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits_connection_memory(options),
        MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_END);
    if (door->daemon != NULL)
        door->socket = -1;
    return door->daemon != NULL;
}

bool http_start(struct http_server *server, const char **reason)
{
    const struct http_tls *tls = &server->options.tls;
    MHD_set_panic_func(note_panic, NULL);
    *reason = "libmicrohttpd did not start (too many connections asked for?)";
    struct doors *listening = &server->listening, *adopting = &server->adopting;
    return open_door(&listening->plain, NULL) &&
           (listening->secure.socket < 0 || open_door(&listening->secure, tls)) &&
           (!server->options.adopts ||
            (open_door(&adopting->plain, NULL) &&
             (tls->certificate == NULL || open_door(&adopting->secure, tls))));
}

bool http_adopt(struct http_server *server, int socket, bool is_secure)
{
    struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof peer;
    (void)getpeername(socket, (struct sockaddr *)&peer, &size);
    struct door *door = is_secure ? &server->adopting.secure : &server->adopting.plain;
    bool has_place = atomic_fetch_add(&door->adopted, 1) < server->options.max_connections;
    if (!has_place)
        (void)close(socket);
    bool is_taken = has_place &&
                    MHD_add_connection(door->daemon, socket, (struct sockaddr *)&peer, size) == MHD_YES;
    if (!is_taken)
        atomic_fetch_sub(&door->adopted, 1);
    return is_taken;
}

const char *http_url(const struct http_server *server)
{
    return server->listening.plain.url;
}

const char *http_tls_url(const struct http_server *server)
{
    return server->listening.secure.url;
}

static void close_door(const struct door *door)
{
    if (door->daemon != NULL)
        MHD_stop_daemon(door->daemon);
    if (door->socket >= 0)
        (void)close(door->socket);
}

static void close_doors(const struct doors *doors)
{
    close_door(&doors->plain);
    close_door(&doors->secure);
}

void http_stop(struct http_server *server)
{
    if (server == NULL)
        return;
    later_end(&server->later);
    feeds_end(&server->feeds);
    close_doors(&server->listening);
    close_doors(&server->adopting);
    later_clear(&server->later);
    feeds_clear(&server->feeds);
    arena_clear(&server->arena);
    free(server);
}
