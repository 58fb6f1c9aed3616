#include "http/exchange.h"

#include <malloc.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "traffic/mask.h"

/* A request that took more than that, or whose body (of which JSON makes many times as much) has a 16th
 * of it, leaves memory behind that should go back to the system. */
enum { LARGE = 4 << 20 };

struct exchange *exchange_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* A body goes on the arena's account, which may be used up. */
static void make_room(struct exchange *exchange, size_t least)
{
    size_t twice = exchange->room * 2, room = least > twice ? least : twice;
    arena_charge(&exchange->arena, room - exchange->room);
    exchange->room = room;
    exchange->is_large = exchange->is_large || room > LARGE / 16;
    if (arena_is_exceeded(&exchange->arena)) {
        exchange->refused = (struct refused){REFUSAL_NO_ROOM, "--max-memory sets the limit"};
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

static void refuse_body(struct exchange *exchange)
{
    exchange->refused = (struct refused){REFUSAL_BODY_TOO_LARGE, exchange->body_limit->hint};
}

/* Keeps what came of the body. What goes beyond the limit is read all the same, for its sender to get
 * an answer, and dropped; the wire ends it when it is too much. */
static void collect(struct exchange *exchange, const char *bytes, size_t count)
{
    bool is_refused = exchange->refused.why != REFUSAL_NONE ||
                      wire_refused(exchange->wire, exchange->number).why != REFUSAL_NONE;
    if (!is_refused && count > exchange->body_limit->most - exchange->length)
        refuse_body(exchange);
    else if (!is_refused && exchange->length + count > exchange->room)
        make_room(exchange, exchange->length + count);
    if (is_refused || exchange->refused.why != REFUSAL_NONE) {
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

/* The call has ended: before its client has all of the answer, and may begin another that counts. */
static void depart(void *context)
{
    struct exchange *exchange = context;
    const struct http_options *options = &exchange->server->options;
    if (exchange->ticket != NULL)
        options->depart(options->context, exchange->ticket);
    exchange->ticket = NULL;
}

static void end_feed(struct exchange *exchange)
{
    feed_end(exchange->feed);
    exchange->feed = NULL;
}

static bool is_head(const struct exchange *exchange)
{
    return strcmp(exchange->method, MHD_HTTP_METHOD_HEAD) == 0;
}

static bool sends_body(const struct exchange *exchange, const struct response *response)
{
    return (response->source != NULL || response->body_length > 0) && !is_head(exchange) &&
           response->status != MHD_HTTP_NO_CONTENT && response->status != MHD_HTTP_NOT_MODIFIED;
}

/* A body whose end is waited for is handed out by pieces as well. */
static const struct source *source_of(struct exchange *exchange, const struct response *response)
{
    if (response->source != NULL || exchange->ticket == NULL || !sends_body(exchange, response))
        return response->source;
    return feed_whole(response->body, response->body_length, &exchange->arena);
}

/* The arena lives until the exchange is completed, which is after the last byte was sent. */
static struct MHD_Response *begin_answer(struct MHD_Connection *connection, struct exchange *exchange,
                                         const struct response *response)
{
    const struct source *source = source_of(exchange, response);
    if (source == NULL) {
        bool may_have_body = response->status != MHD_HTTP_NO_CONTENT;
        return MHD_create_response_from_buffer(may_have_body ? response->body_length : 0,
                                               (void *)response->body, MHD_RESPMEM_PERSISTENT);
    }
    struct MHD_Response *answer = feed_begin(&exchange->server->feeds, connection, source,
                                             response->body_length, &exchange->arena, &exchange->feed);
    if (answer != NULL) {
        exchange->feed->leaves = depart;
        exchange->feed->exchange = exchange;
    }
    return answer;
}

static void add_headers(struct MHD_Response *answer, const struct exchange *exchange,
                        const struct response *response)
{
    if (response->status != MHD_HTTP_NO_CONTENT)
        add_header(answer, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type);
    add_header(answer, MHD_HTTP_HEADER_ALLOW, response->allow);
    for (const struct header *more = response->headers; more != NULL && more->name != NULL; more++)
        add_header(answer, more->name, more->value);
    if (response->closes || wire_ends_with(exchange->wire, exchange->number))
        add_header(answer, MHD_HTTP_HEADER_CONNECTION, "close");
    if (exchange->server->options.hints) {
        add_header(answer, "X-Crmock-Rule", response->rule);
        add_header(answer, "X-Crmock-Hint", response->hint);
    }
}

/* True for a body that is not sent in chunks; nor is it for HEAD, where libmicrohttpd would send the
 * end of chunks that it has not sent, which a client takes for the next answer. */
static bool ends_with_connection(const struct exchange *exchange, const struct response *response)
{
    const struct source *source = response->source;
    return source != NULL && !source->has_length && (source->piece > 0 || is_head(exchange));
}

/* A body that nobody will ask for. */
static void end_unread(const struct response *response)
{
    if (response->source != NULL)
        response->source->end(response->source->context);
}

static enum MHD_Result reply(struct MHD_Connection *connection, struct exchange *exchange,
                             const struct response *response)
{
    exchange->is_dropped = response->drops;
    if (response->drops || !sends_body(exchange, response))
        depart(exchange);
    if (response->drops)
        return MHD_NO; /* libmicrohttpd closes the connection */
    struct MHD_Response *answer = begin_answer(connection, exchange, response);
    if (answer == NULL) {
        end_unread(response);
        return MHD_NO;
    }
    if (is_head(exchange))
        end_feed(exchange); /* nobody reads it, and its client may count on that */
    add_headers(answer, exchange, response);
    exchange->status = response->status;
    exchange->rule = response->rule;
    if (ends_with_connection(exchange, response))
        (void)MHD_set_response_options(answer, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    enum MHD_Result queued = MHD_queue_response(connection, response->status, answer);
    MHD_destroy_response(answer);
    return queued;
}

static void fill(struct exchange *exchange, struct MHD_Connection *connection)
{
    request_fill(exchange, connection,
                 exchange->refused.why != REFUSAL_NONE
                     ? exchange->refused
                     : wire_refused(exchange->wire, exchange->number));
}

/* Has it told that a request is coming, if anybody wants to know. */
static void note_arrival(struct exchange *exchange, struct MHD_Connection *connection)
{
    const struct http_options *options = &exchange->server->options;
    if (options->awaits_arrivals == NULL || !options->awaits_arrivals(options->context))
        return;
    fill(exchange, connection);
    exchange->ticket = options->arrive(options->context, &exchange->request, &exchange->arena);
}

static enum MHD_Result respond(struct MHD_Connection *connection, struct exchange *exchange)
{
    const struct http_options *options = &exchange->server->options;
    struct response response = {.status = 500, .body = ""};
    fill(exchange, connection);
    options->respond(options->context, &exchange->request, &exchange->arena, &response);
    return exchange->is_later ? MHD_YES : reply(connection, exchange, &response);
}

/* True when the request is to be answered before its body comes: it is beyond the limit, and its sender
 * asks first. Another client that has begun to send is let finish: many do not read an answer before.
 */
static bool is_refused_in_front(const struct exchange *exchange, struct MHD_Connection *connection)
{
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return length != NULL && strtoull(length, NULL, 10) > exchange->body_limit->most &&
           MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT) != NULL;
}

/* The decoded target without its query, and without the address that may be in front. */
static const char *path_of(const struct exchange *exchange, const char *url)
{
    if (exchange->authority == NULL)
        return url;
    const char *rest = target_cut(url, strlen(url)).rest;
    return rest[0] == '/' ? rest : "/";
}

enum MHD_Result exchange_take(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
    const struct http_server *server = context;
    struct exchange *exchange = *state;
    (void)version;
    if (exchange->is_later) { /* it comes again because the answer is there */
        const struct response answer = exchange->answer;
        exchange->answer = (struct response){.source = NULL}; /* it has been taken */
        wire_hold(exchange->wire, false);
        return reply(connection, exchange, &answer);
    }
    exchange->method = method;
    exchange->path = path_of(exchange, url);
    if (!exchange->has_begun) { /* the headers are complete, the body is to come */
        exchange->has_begun = true;
        if (log_writes(server->options.log, LOG_INFO))
            exchange->begun = clock_microseconds();
        note_arrival(exchange, connection);
        if (!is_refused_in_front(exchange, connection))
            return MHD_YES;
        refuse_body(exchange);
        return respond(connection, exchange);
    }
    if (*upload_size == 0)
        return respond(connection, exchange);
    collect(exchange, upload, *upload_size);
    *upload_size = 0;
    return MHD_YES;
}

static bool came_to(int socket, unsigned port)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } own = {.any.sa_family = AF_UNSPEC};
    socklen_t size = sizeof own;
    if (port == 0 || getsockname(socket, &own.any, &size) != 0)
        return false;
    return (own.any.sa_family == AF_INET && ntohs(own.v4.sin_port) == port) ||
           (own.any.sa_family == AF_INET6 && ntohs(own.v6.sin6_port) == port);
}

static struct wire *new_wire(const struct http_server *server, struct MHD_Connection *connection)
{
    int socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    const union MHD_ConnectionInfo *tls =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    struct wire_way way = {.session = tls != NULL ? tls->tls_session : NULL};
    way.is_proxied = way.session == NULL && came_to(socket, server->options.proxy_port);
    struct wire *wire = wire_new(socket, &way, &server->limits);
    if (wire == NULL)
        (void)shutdown(socket, SHUT_RDWR);
    return wire;
}

/* A client that does not know the authority goes without a request, and often says little about it. */
static void note_end_of_tls(const struct exchange *exchange)
{
    const struct log *log = exchange->server->options.log;
    const struct wire_failure failure = wire_failure(exchange->wire);
    if (failure.reason != NULL)
        log_event(log, LOG_WARNING, "tls failed reason=\"%s\" hint=\"%s\"", failure.reason,
                  failure.hint);
    else if (exchange->number == 0 && wire_way(exchange->wire).session != NULL)
        log_event(log, LOG_INFO, "tls ended without a request");
}

void exchange_note_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                              enum MHD_ConnectionNotificationCode code)
{
    struct door *door = context;
    struct http_server *server = door->server;
    struct exchange *exchange = *socket_context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        exchange = must_alloc(sizeof *exchange);
        *exchange = (struct exchange){.server = server,
                                      .wire = new_wire(server, connection),
                                      .arena = {.budget = &server->memory},
                                      .method = "",
                                      .path = ""};
        *socket_context = exchange;
        return;
    }
    note_end_of_tls(exchange);
    arena_clear(&exchange->arena);
    wire_free(exchange->wire);
    free(exchange);
    if (door->adopts)
        atomic_fetch_sub(&door->adopted, 1);
}

void *exchange_begin(void *context, const char *uri, struct MHD_Connection *connection)
{
    const struct http_server *server = context;
    struct exchange *exchange = exchange_of(connection);
    const struct target target = target_cut(uri, strlen(uri));
    exchange->number++;
    exchange->body_limit = limits_body(&server->limits, target.rest, target.rest_length);
    if (target.authority_length > 0)
        exchange->authority =
            arena_strndup(&exchange->arena, target.authority, target.authority_length);
    exchange->arena.limit = exchange->body_limit->most + server->options.request_memory;
    return exchange;
}

static void log_request(struct exchange *exchange, const struct log *log, const char *rule,
                        const char *end)
{
    long long took = clock_microseconds() - exchange->begun;
    log_event(log, LOG_INFO, "request method=%s path=\"%.200s\" status=%u us=%lld%s%s",
              exchange->method, mask_text(exchange->path, &exchange->arena), exchange->status, took,
              rule, end);
}

/* What was refused in the wire has reached libmicrohttpd as another request than was sent. One that was
 * to leave is a warning, as where a tunnel is refused. */
static void log_end(struct exchange *exchange, enum MHD_RequestTerminationCode code)
{
    const struct log *log = exchange->server->options.log;
    const struct refused refused = wire_refused(exchange->wire, exchange->number);
    const char *end = exchange->is_dropped                          ? " dropped=1"
                      : code == MHD_REQUEST_TERMINATED_COMPLETED_OK ? ""
                                                                    : " aborted=1";
    bool has_rule = exchange->rule != NULL && exchange->rule[0] != '\0';
    const char *rule = has_rule ? arena_printf(&exchange->arena, " rule=%s", exchange->rule) : "";
    if (refused.why == REFUSAL_ELSEWHERE)
        log_event(log, LOG_WARNING, "proxy refused status=%u%s destination=\"%s\" reason=\"%s\"%s",
                  exchange->status, rule, wire_destination(exchange->wire), refused.hint, end);
    else if (refused.why != REFUSAL_NONE)
        log_event(log, LOG_INFO, "request refused status=%u%s reason=\"%s\"%s", exchange->status, rule,
                  refused.hint, end);
    else if (log_writes(log, LOG_INFO))
        log_request(exchange, log, rule, end);
}

void exchange_complete(void *context, struct MHD_Connection *connection, void **state,
                       enum MHD_RequestTerminationCode code)
{
    struct http_server *server = context;
    struct exchange *exchange = exchange_of(connection);
    *state = NULL;
    if ((exchange->status != 0 || exchange->is_dropped) && log_writes(server->options.log, LOG_WARNING))
        log_end(exchange, code);
    end_feed(exchange);
    end_unread(&exchange->answer);
    depart(exchange);
    bool was_large = exchange->is_large || exchange->arena.taken > LARGE;
    const struct exchange former = *exchange;
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
    later_note_end(&server->later, &former);
}
