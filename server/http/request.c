/* What respond is told of a request. */
#include <string.h>

#include "base/utf8.h"
#include "http/exchange.h"
#include "http/forwarded.h"
#include "http/head.h"

/* The functions below go by the connection, so that a copy of the request is as good as it. */

/* The address in front of the target goes before Host (RFC 9112, 3.2.2). */
static const char *authority(const struct request *request, const char *name)
{
    const char *text = exchange_of(request->connection)->authority;
    return text != NULL && strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0 ? text : NULL;
}

static const char *header(const struct request *request, const char *name)
{
    const char *host = authority(request, name);
    if (host != NULL)
        return host;
    const char *value = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
    return value != NULL ? utf8_repaired(&exchange_of(request->connection)->arena, value) : NULL;
}

struct count {
    const char *name;
    unsigned found;
};

static enum MHD_Result count_header(void *context, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    struct count *count = context;
    (void)kind;
    (void)value;
    count->found += strcasecmp(name, count->name) == 0;
    return MHD_YES;
}

static unsigned header_count(const struct request *request, const char *name)
{
    struct count count = {.name = name};
    if (authority(request, name) != NULL)
        return 1;
    (void)MHD_get_connection_values(request->connection, MHD_HEADER_KIND, count_header, &count);
    return count.found;
}

/* Which of the names of a query is asked for. */
struct name_sought {
    size_t left;
    const char *name;
};

static enum MHD_Result see_name(void *context, enum MHD_ValueKind kind, const char *key,
                                const char *value)
{
    struct name_sought *sought = context;
    (void)kind;
    (void)value;
    if (sought->left-- > 0)
        return MHD_YES;
    sought->name = key != NULL ? key : "";
    return MHD_NO;
}

static const char *query_name(const struct request *request, size_t index)
{
    struct name_sought sought = {.left = index};
    (void)MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, see_name, &sought);
    return sought.name != NULL ? utf8_repaired(&exchange_of(request->connection)->arena, sought.name)
                               : NULL;
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

/* Whom to tell of names and values. */
struct listener {
    struct arena *arena;
    each_fn *tell;
    void *context;
};

static enum MHD_Result tell_one(void *context, enum MHD_ValueKind kind, const char *name,
                                const char *value)
{
    const struct listener *listener = context;
    name = name != NULL ? name : "";
    if (kind == MHD_HEADER_KIND)
        name = head_name(name, listener->arena);
    listener->tell(listener->context, utf8_repaired(listener->arena, name),
                   value != NULL ? utf8_repaired(listener->arena, value) : "");
    return MHD_YES;
}

static void each(const struct request *request, enum request_part part, each_fn *tell, void *context)
{
    struct exchange *exchange = exchange_of(request->connection);
    struct listener listener = {.arena = &exchange->arena, .tell = tell, .context = context};
    if (part == PART_FORM)
        form_each(&exchange->form, request, &exchange->arena, tell, context);
    else
        (void)MHD_get_connection_values(request->connection,
                                        part == PART_QUERY ? MHD_GET_ARGUMENT_KIND : MHD_HEADER_KIND,
                                        tell_one, &listener);
}

static struct forwarded forwarded_of(const struct request *request, struct exchange *exchange)
{
    const char *const *trusted = exchange->server->options.trusted;
    if (trusted[0] == NULL)
        return (struct forwarded){.scheme = NULL};
    const struct sockaddr *peer =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    return forwarded_read(trusted, peer, request, &exchange->arena);
}

static const char *forwarded_host(const struct request *request)
{
    return forwarded_of(request, exchange_of(request->connection)).host;
}

/* F11. Every Host that comes so far is one: the head was held against that. */
static const char *base_url(const struct request *request)
{
    struct exchange *exchange = exchange_of(request->connection);
    const struct http_server *server = exchange->server;
    struct arena *arena = &exchange->arena;
    if (server->options.public_url != NULL)
        return arena_printf(arena, "%s%s", server->options.public_url, request->prefix);
    struct forwarded forwarded = forwarded_of(request, exchange);
    const char *scheme = forwarded.scheme, *host = forwarded.host;
    if (scheme == NULL)
        scheme = request->is_secure ? "https" : "http";
    if (host == NULL)
        host = header(request, MHD_HTTP_HEADER_HOST);
    bool has_host = host != NULL && host[0] != '\0';
    const char *own = request->is_secure && server->listening.secure.url != NULL
                          ? server->listening.secure.url
                          : server->listening.plain.url;
    return has_host ? arena_printf(arena, "%s://%s%s", scheme, host, request->prefix)
                    : arena_printf(arena, "%s%s", own, request->prefix);
}

/* The wire knows the target of a request that it has refused, and hands another out. */
static bool is_control(const struct exchange *exchange)
{
    const struct limits *limits = &exchange->server->limits;
    return exchange->body_limit == &limits->control_body ||
           (wire_refused(exchange->wire, exchange->number).why != REFUSAL_NONE &&
            wire_is_control(exchange->wire));
}

static size_t limit_of(const struct exchange *exchange, enum refusal refusal)
{
    switch (refusal) {
    case REFUSAL_URI_TOO_LONG:
    case REFUSAL_HEAD_TOO_LARGE:
        return exchange->server->limits.head;
    case REFUSAL_BODY_TOO_LARGE:
        return exchange->refused.why != REFUSAL_NONE ? exchange->body_limit->most
                                                     : wire_body_limit(exchange->wire);
    default:
        return 0;
    }
}

void request_fill(struct exchange *exchange, struct MHD_Connection *connection, struct refused refused)
{
    struct request *request = &exchange->request;
    *request = (struct request){
        .method = strcmp(exchange->method, "HEAD") == 0 ? "GET" : exchange->method,
        .path = utf8_repaired(&exchange->arena, exchange->path),
        .prefix = "",
        .body = exchange->body != NULL ? exchange->body : "",
        .body_length = exchange->length,
        .refusal = refused.why,
        .refusal_hint = refused.hint,
        .limit = limit_of(exchange, refused.why),
        .is_control = is_control(exchange),
        .is_secure = wire_way(exchange->wire).session != NULL,
        .header = header,
        .header_count = header_count,
        .each = each,
        .query = query,
        .query_name = query_name,
        .form = form,
        .base_url = base_url,
        .forwarded_host = forwarded_host,
        .hold = later_hold,
        .suspend = later_suspend,
        .answer = later_answer,
        .is_gone = later_is_gone,
        .ticket = exchange->ticket,
        .connection = connection,
    };
    request->authorization = header(request, MHD_HTTP_HEADER_AUTHORIZATION);
    request->if_modified_since = header(request, MHD_HTTP_HEADER_IF_MODIFIED_SINCE);
}
