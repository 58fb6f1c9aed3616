#include "http/server.h"

#include <malloc.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "http/form.h"
#include "http/listen.h"
#include "http/wire.h"

/* Bytes that are read of a body beyond the limit, for its sender to get an answer. */
enum { READ_MAX = 16 << 20 };

/* A request that took more than that, or whose body (of which JSON makes many times as much) has a 16th
 * of it, leaves memory behind that should go back to the system. */
enum { LARGE = 4 << 20 };

struct http_server {
    struct http_options options;
    struct budget memory; /* of all requests */
    struct arena arena;
    const char *url;
    int socket; /* -1 once the daemon owns it */
    struct MHD_Daemon *daemon;
};

/* One request and its answer, from its first byte to its last. A connection has one, used again and
 * again. */
struct exchange {
    const struct http_server *server;
    struct arena arena;
    struct wire *wire;
    unsigned number; /* of the request on its connection, from 1 */
    char *body;
    size_t length, room;
    bool is_large;        /* it took so much once */
    enum refusal refusal; /* found here, not by the wire */
    bool has_begun;       /* its headers have come */
    int64_t begun;        /* then, in microseconds, where requests are logged */
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

/* Every Host that comes so far is one: the head was held against that. */
static const char *base_url(const struct request *request)
{
    struct exchange *exchange = exchange_of(request->connection);
    const char *host = header(request->connection, MHD_HTTP_HEADER_HOST);
    return host != NULL && host[0] != '\0' ? arena_printf(&exchange->arena, "http://%s", host)
                                           : exchange->server->url;
}

/* A body goes on the arena's account, which may be used up. */
static void make_room(struct exchange *exchange, size_t least)
{
    size_t twice = exchange->room * 2, room = least > twice ? least : twice;
    arena_charge(&exchange->arena, room - exchange->room);
    exchange->room = room;
    exchange->is_large = exchange->is_large || room > LARGE / 16;
    if (arena_is_exceeded(&exchange->arena)) {
        exchange->refusal = REFUSAL_NO_ROOM;
        return;
    }
    exchange->body = must_realloc(exchange->body, exchange->room);
}

static void give_body_back(struct exchange *exchange)
{
    free(exchange->body);
    arena_discharge(&exchange->arena, exchange->room);
    exchange->body = NULL;
    exchange->length = exchange->room = 0;
}

/* Keeps what came of the body. What goes beyond the limit is read all the same, for its sender to get
 * an answer, and dropped; the wire ends it when it is too much. */
static void collect(const struct http_options *options, struct exchange *exchange, const char *bytes,
                    size_t count)
{
    bool is_refused = exchange->refusal != REFUSAL_NONE ||
                      wire_refused(exchange->wire, exchange->number).why != REFUSAL_NONE;
    if (!is_refused && count > options->max_body - exchange->length)
        exchange->refusal = REFUSAL_BODY_TOO_LARGE;
    else if (!is_refused && exchange->length + count > exchange->room)
        make_room(exchange, exchange->length + count);
    if (is_refused || exchange->refusal != REFUSAL_NONE) {
        give_body_back(exchange);
        return;
    }
    memcpy(exchange->body + exchange->length, bytes, count);
    exchange->length += count;
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
    for (const struct header *more = response->headers; more != NULL && more->name != NULL; more++)
        add_header(answer, more->name, more->value);
    if (response->closes || wire_ends_with(exchange->wire, exchange->number))
        add_header(answer, MHD_HTTP_HEADER_CONNECTION, "close");
    if (server->options.hints) {
        add_header(answer, "X-Crmock-Rule", response->rule);
        add_header(answer, "X-Crmock-Hint", response->hint);
    }
    exchange->status = response->status;
    enum MHD_Result queued = MHD_queue_response(connection, response->status, answer);
    MHD_destroy_response(answer);
    return queued;
}

static size_t limit_of(const struct http_options *options, enum refusal refusal)
{
    switch (refusal) {
    case REFUSAL_URI_TOO_LONG:
    case REFUSAL_HEAD_TOO_LARGE:
        return options->max_header;
    case REFUSAL_BODY_TOO_LARGE:
        return options->max_body;
    default:
        return 0;
    }
}

static enum MHD_Result respond(const struct http_server *server, struct MHD_Connection *connection,
                               struct exchange *exchange)
{
    struct refused refused = wire_refused(exchange->wire, exchange->number);
    if (exchange->refusal != REFUSAL_NONE)
        refused = (struct refused){exchange->refusal, exchange->refusal == REFUSAL_NO_ROOM
                                                          ? "--max-memory sets the limit"
                                                          : "--max-body sets the limit"};
    const struct request request = {
        .method = strcmp(exchange->method, "HEAD") == 0 ? "GET" : exchange->method,
        .path = utf8_repaired(&exchange->arena, exchange->path),
        .authorization = text_header(exchange, connection, MHD_HTTP_HEADER_AUTHORIZATION),
        .if_modified_since = text_header(exchange, connection, MHD_HTTP_HEADER_IF_MODIFIED_SINCE),
        .body = exchange->body != NULL ? exchange->body : "",
        .body_length = exchange->length,
        .refusal = refused.why,
        .refusal_hint = refused.hint,
        .limit = limit_of(&server->options, refused.why),
        .query = query,
        .form = form,
        .base_url = base_url,
        .connection = connection,
    };
    struct response response = {.status = 500, .body = ""};
    server->options.respond(server->options.context, &request, &exchange->arena, &response);
    return reply(server, connection, exchange, &response);
}

/* True when the request is to be answered before its body comes: it is beyond the limit, and its sender
 * asks first. Another client that has begun to send is let finish: many do not read an answer before.
 */
static bool is_refused_in_front(const struct http_options *options, struct MHD_Connection *connection)
{
    const char *length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return length != NULL && strtoull(length, NULL, 10) > options->max_body &&
           header(connection, MHD_HTTP_HEADER_EXPECT) != NULL;
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
    if (!exchange->has_begun) { /* the headers are complete, the body is to come */
        exchange->has_begun = true;
        if (log_writes(server->options.log, LOG_INFO))
            exchange->begun = clock_microseconds();
        if (!is_refused_in_front(&server->options, connection))
            return MHD_YES;
        exchange->refusal = REFUSAL_BODY_TOO_LARGE;
        return respond(server, connection, exchange);
    }
    if (*upload_size == 0)
        return respond(server, connection, exchange);
    collect(&server->options, exchange, upload, *upload_size);
    *upload_size = 0;
    return MHD_YES;
}

/* A zero byte would cut a path or a parameter short: what has one stays as it was sent. */
static size_t unescape(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strstr(text, "%00") != NULL ? strlen(text) : MHD_http_unescape(text);
}

/* Room that libmicrohttpd's memory for a connection has left beside its buffer for what comes in, at
 * the least; what it takes of it for a header or a parameter; and what the head of an answer takes. */
enum { ROOM_BESIDE = 7168, FIELD_ROOM = 64, ANSWER_ROOM = 2560 };

/* What libmicrohttpd gets for a connection: for the longest head and what is kept beside it. It blanks
 * all of it with each request, so that more costs time. */
static size_t connection_memory(const struct http_options *options)
{
    enum { SLACK = 1024 };
    size_t beside = ROOM_BESIDE + SLACK;
    return options->max_header + (options->max_header < beside ? options->max_header : beside);
}

static struct wire *new_wire(struct http_server *server, struct MHD_Connection *connection)
{
    const struct http_options *options = &server->options;
    int socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    size_t beside = options->max_header < ROOM_BESIDE ? options->max_header : ROOM_BESIDE;
    const struct wire_limits limits = {
        .head = options->max_header,
        .fields = (beside - ANSWER_ROOM) / FIELD_ROOM,
        .kept = options->max_body,
        .body = options->max_body + READ_MAX,
        .memory = &server->memory,
    };
    struct wire *wire = wire_new(socket, &limits);
    if (wire == NULL)
        (void)shutdown(socket, SHUT_RDWR);
    return wire;
}

/* Called when a connection begins and when it ends. */
static void note_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                            enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = context;
    const struct http_options *options = &server->options;
    struct exchange *exchange = *socket_context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        exchange = must_alloc(sizeof *exchange);
        *exchange = (struct exchange){
            .server = server,
            .wire = new_wire(server, connection),
            .arena = {.budget = &server->memory, .limit = options->max_body + options->request_memory},
            .method = "",
            .path = ""};
        *socket_context = exchange;
        return;
    }
    arena_clear(&exchange->arena);
    wire_free(exchange->wire);
    free(exchange);
}

/* Called with the request line, before its headers are read. */
static void *begin(void *context, const char *uri, struct MHD_Connection *connection)
{
    (void)context;
    (void)uri;
    struct exchange *exchange = exchange_of(connection);
    exchange->number++;
    return exchange;
}

static void complete(void *context, struct MHD_Connection *connection, void **state,
                     enum MHD_RequestTerminationCode code)
{
    const struct http_server *server = context;
    struct exchange *exchange = exchange_of(connection);
    *state = NULL;
    if (exchange->status != 0 && log_writes(server->options.log, LOG_INFO))
        log_event(server->options.log, LOG_INFO,
                  "request method=%s path=\"%.200s\" status=%u us=%lld%s", exchange->method,
                  exchange->path, exchange->status, (long long)(clock_microseconds() - exchange->begun),
                  code == MHD_REQUEST_TERMINATED_COMPLETED_OK ? "" : " aborted=1");
    bool was_large = exchange->is_large || exchange->arena.taken > LARGE;
    free(exchange->body);
    arena_reset(&exchange->arena);
    if (was_large) /* the C library keeps what was freed for what may come: for long, after such a one
                    */
        (void)malloc_trim(0);
    *exchange = (struct exchange){.server = server,
                                  .arena = exchange->arena,
                                  .wire = exchange->wire,
                                  .number = exchange->number,
                                  .method = "",
                                  .path = ""};
}

struct http_server *http_bind(const struct http_options *options, struct arena *arena,
                              const char **reason)
{
    struct http_server *server = must_alloc(sizeof *server);
    *server = (struct http_server){.options = *options, .memory.limit = options->max_memory};
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
        server, MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL, MHD_OPTION_CONNECTION_LIMIT,
        options->max_connections, MHD_OPTION_CONNECTION_TIMEOUT, options->idle_timeout,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_memory(options), MHD_OPTION_THREAD_POOL_SIZE,
        threads, MHD_OPTION_END);
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
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    if (server->socket >= 0)
        (void)close(server->socket);
    arena_clear(&server->arena);
    free(server);
}
