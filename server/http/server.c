#include "http/server.h"

#include <limits.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "http/form.h"
#include "http/listen.h"

struct http_server {
    struct http_options options;
    struct arena arena;
    const char *url;
    int socket; /* -1 once the daemon owns it */
    struct MHD_Daemon *daemon;
};

/* One request and its answer, from its first byte to its last. A connection has one, used again and
 * again. */
struct exchange {
    struct arena arena;
    char *body;
    size_t length, room;
    bool too_large;
    int64_t begun; /* microseconds */
    const char *path;
    const char *method;
    unsigned status;
    struct form form;
};

static void note_panic(void *context, const char *file, unsigned line, const char *reason)
{
    (void)context;
    (void)fprintf(stderr, "crmock: libmicrohttpd gave up at %s:%u: %s\n", file, line,
                  reason != NULL ? reason : "");
    abort();
}

/* A header's value, as it was sent. */
static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static const char *text_header(struct exchange *exchange, struct MHD_Connection *connection,
                               const char *name)
{
    const char *value = header(connection, name);
    return value != NULL ? utf8_repaired(&exchange->arena, value) : NULL;
}

static struct exchange *exchange_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static const char *query(const struct request *request, const char *name)
{
    const char *value = NULL;
    size_t length = 0;
    if (MHD_lookup_connection_value_n(request->connection, MHD_GET_ARGUMENT_KIND, name, strlen(name),
                                      &value, &length) != MHD_YES)
        return NULL;
    return value != NULL ? utf8_repaired(&exchange_of(request->connection)->arena, value) : "";
}

static const char *form(const struct request *request, const char *name)
{
    struct exchange *exchange = exchange_of(request->connection);
    return form_value(&exchange->form, request, &exchange->arena, name);
}

/* A body beyond the limit is read, for its sender to get an answer, but not without end. */
static bool is_worth_reading(const struct http_options *options, unsigned long long length)
{
    return length / 4 <= options->max_body;
}

/* Keeps what came of the body; what goes beyond the limit is dropped. False: close the
 * connection. */
static bool collect(const struct http_options *options, struct exchange *exchange, const char *bytes,
                    size_t count)
{
    if (exchange->too_large || count > options->max_body - exchange->length) {
        exchange->too_large = true;
        exchange->length += count;
        return is_worth_reading(options, exchange->length);
    }
    if (exchange->length + count > exchange->room) {
        size_t twice = exchange->room * 2;
        exchange->room = exchange->length + count > twice ? exchange->length + count : twice;
        exchange->body = must_realloc(exchange->body, exchange->room);
    }
    memcpy(exchange->body + exchange->length, bytes, count);
    exchange->length += count;
    return true;
}

static void add_header(struct MHD_Response *answer, const char *name, const char *value)
{
    if (value != NULL)
        (void)MHD_add_response_header(answer, name, value);
}

static enum MHD_Result reply(const struct http_server *server, struct MHD_Connection *connection,
                             struct exchange *exchange, const struct response *response)
{
    /* The arena lives until the exchange is completed, which is after the last byte was sent. */
    struct MHD_Response *answer = MHD_create_response_from_buffer(
        response->body_length, (void *)response->body, MHD_RESPMEM_PERSISTENT);
    if (answer == NULL)
        return MHD_NO;
    add_header(answer, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type);
    add_header(answer, MHD_HTTP_HEADER_ALLOW, response->allow);
    if (server->options.hints) {
        add_header(answer, "X-Crmock-Rule", response->rule);
        add_header(answer, "X-Crmock-Hint", response->hint);
    }
    exchange->status = response->status;
    enum MHD_Result queued = MHD_queue_response(connection, response->status, answer);
    MHD_destroy_response(answer);
    return queued;
}

static enum MHD_Result respond(const struct http_server *server, struct MHD_Connection *connection,
                               struct exchange *exchange)
{
    const struct request request = {
        .method = strcmp(exchange->method, "HEAD") == 0 ? "GET" : exchange->method,
        .path = utf8_repaired(&exchange->arena, exchange->path),
        .authorization = text_header(exchange, connection, MHD_HTTP_HEADER_AUTHORIZATION),
        .host = text_header(exchange, connection, MHD_HTTP_HEADER_HOST),
        .if_modified_since = text_header(exchange, connection, MHD_HTTP_HEADER_IF_MODIFIED_SINCE),
        .body = exchange->body != NULL ? exchange->body : "",
        .body_length = exchange->too_large ? 0 : exchange->length,
        .body_limit = exchange->too_large ? server->options.max_body : 0,
        .query = query,
        .form = form,
        .connection = connection,
    };
    struct response response = {.status = 500, .body = ""};
    server->options.respond(server->options.context, &request, &exchange->arena, &response);
    return reply(server, connection, exchange, &response);
}

/* True when the request is to be answered before its body comes: it says that it is beyond the limit,
 * and it asks first or is so long that it would not be read to its end. Another client that has begun
 * to send is let finish: many do not read an answer before. */
static bool is_refused_in_front(const struct http_options *options, struct MHD_Connection *connection)
{
    const char *length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
    unsigned long long announced = length != NULL ? strtoull(length, NULL, 10) : 0;
    bool asks = header(connection, MHD_HTTP_HEADER_EXPECT) != NULL;
    return announced > options->max_body && (asks || !is_worth_reading(options, announced));
}

static enum MHD_Result take(void *context, struct MHD_Connection *connection, const char *url,
                            const char *method, const char *version, const char *upload,
                            size_t *upload_size, void **state)
{
    const struct http_server *server = context;
    struct exchange *exchange = *state;
    (void)version;
    exchange->method = method;
    exchange->path = url;
    if (exchange->begun == 0) { /* the headers are complete, the body is to come */
        exchange->begun = clock_microseconds();
        exchange->too_large = is_refused_in_front(&server->options, connection);
        return exchange->too_large ? respond(server, connection, exchange) : MHD_YES;
    }
    if (*upload_size == 0)
        return respond(server, connection, exchange);
    size_t count = *upload_size;
    *upload_size = 0;
    return collect(&server->options, exchange, upload, count) ? MHD_YES : MHD_NO;
}

/* A zero byte would cut a path or a parameter short: what has one stays as it was sent. */
static size_t unescape(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strstr(text, "%00") != NULL ? strlen(text) : MHD_http_unescape(text);
}

/* Called when a connection begins and when it ends. */
static void note_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                            enum MHD_ConnectionNotificationCode code)
{
    (void)context;
    (void)connection;
    struct exchange *exchange = *socket_context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        exchange = must_alloc(sizeof *exchange);
        *exchange = (struct exchange){.method = "", .path = ""};
        *socket_context = exchange;
        return;
    }
    arena_clear(&exchange->arena);
    free(exchange);
}

/* Called with the request line, before its headers are read. */
static void *begin(void *context, const char *uri, struct MHD_Connection *connection)
{
    (void)context;
    (void)uri;
    return exchange_of(connection);
}

static void complete(void *context, struct MHD_Connection *connection, void **state,
                     enum MHD_RequestTerminationCode code)
{
    const struct http_server *server = context;
    struct exchange *exchange = exchange_of(connection);
    *state = NULL;
    if (exchange->status != 0)
        log_event(server->options.log, LOG_INFO,
                  "request method=%s path=\"%.200s\" status=%u us=%lld%s", exchange->method,
                  exchange->path, exchange->status, (long long)(clock_microseconds() - exchange->begun),
                  code == MHD_REQUEST_TERMINATED_COMPLETED_OK ? "" : " aborted=1");
    free(exchange->body);
    struct arena arena = exchange->arena;
    arena_reset(&arena);
    *exchange = (struct exchange){.arena = arena, .method = "", .path = ""};
}

struct http_server *http_bind(const struct http_options *options, struct arena *arena,
                              const char **reason)
{
    struct http_server *server = must_alloc(sizeof *server);
    *server = (struct http_server){.options = *options};
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
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, take, server,
        MHD_OPTION_LISTEN_SOCKET, server->socket, MHD_OPTION_URI_LOG_CALLBACK, begin, server,
        MHD_OPTION_NOTIFY_COMPLETED, complete, server, MHD_OPTION_NOTIFY_CONNECTION, note_connection,
        NULL, MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL, MHD_OPTION_CONNECTION_LIMIT,
        options->max_connections, MHD_OPTION_CONNECTION_TIMEOUT, options->idle_timeout,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, options->max_header, MHD_OPTION_THREAD_POOL_SIZE, threads,
        MHD_OPTION_END);
    if (server->daemon == NULL)
        *reason = "libmicrohttpd did not start (too many connections asked for?)";
    else
        server->socket = -1;
    return server->daemon != NULL;
}

const char *http_url(const struct http_server *server)
{
    return server->url;
}

void http_stop(struct http_server *server)
{
    if (server == NULL)
        return;
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    if (server->socket >= 0)
        (void)close(server->socket);
    arena_clear(&server->arena);
    free(server);
}
