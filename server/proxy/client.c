#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/inside.h"

enum { TAKEN_MAX = 1 << 20 };

struct client {
    GList link; /* among the proxy's */
    struct proxy *proxy;
    int socket; /* -1: it is handed over */
    GSource *readable, *deadline;
    char *head;    /* what of it was taken from the socket; NULL: nothing */
    size_t length; /* of all that was taken, what was thrown away included */
    bool is_refused;
};

void client_end(struct client *client)
{
    struct proxy *proxy = client->proxy;
    proxy_detach(&client->readable);
    proxy_detach(&client->deadline);
    if (client->socket >= 0)
        (void)close(client->socket);
    g_queue_unlink(&proxy->clients, &client->link);
    free(client->head);
    free(client);
    proxy_listen(proxy);
}

static bool send_text(struct client *client, const char *text)
{
    size_t length = strlen(text);
    return send(client->socket, text, length, MSG_NOSIGNAL) == (ssize_t)length;
}

/* Has the client's time begin anew, and the callback called at its end. */
static void wait_for(struct client *client, GSourceFunc end)
{
    enum { MILLISECONDS = 1000 };
    struct proxy *proxy = client->proxy;
    proxy_detach(&client->deadline);
    client->deadline = proxy_attach(
        proxy, g_timeout_source_new(proxy->options.head_seconds * MILLISECONDS), end, client);
}

static gboolean end_drain(void *context)
{
    client_end(context);
    return G_SOURCE_REMOVE;
}

/* Answers, and then reads what still comes away, within bounds: closing a socket with unread bytes
 * resets the connection, and its client might not see the answer. */
static void refuse(struct client *client, enum log_level level, const char *status, const char *why)
{
    struct proxy *proxy = client->proxy;
    struct arena arena = {.blocks = NULL};
    const char *answer = arena_printf(&arena,
                                      "HTTP/1.1 %s\r\nContent-Type: text/plain\r\n"
                                      "Content-Length: %zu\r\nConnection: close\r\n\r\n%s\n",
                                      status, strlen(why) + 1, why);
    bool is_sent = send_text(client, answer) && shutdown(client->socket, SHUT_WR) == 0;
    arena_clear(&arena);
    log_event(proxy->options.log, level, "proxy refused status=%.3s reason=\"%s\"", status, why);
    if (!is_sent) {
        client_end(client);
        return;
    }
    client->is_refused = true;
    wait_for(client, end_drain);
}

/* A program that wants more than the service does not get it, and often does not say why: who runs it
 * with a quiet log is to see. */
static void refuse_destination(struct client *client, const struct connect_head *head)
{
    struct arena arena = {.blocks = NULL};
    refuse(client, LOG_WARNING, "403 Forbidden by crmock",
           arena_printf(&arena,
                        "%.*s:%u is refused: this proxy serves the service's hosts, by port 443, and "
                        "nothing leaves crmock",
                        (int)head->host_length, head->host, head->port));
    arena_clear(&arena);
}

static const char *way_name(enum proxy_way way)
{
    return way == PROXY_TUNNEL ? "tunnel" : "forward";
}

static void hand_over(struct client *client, enum proxy_way way)
{
    static const char established[] = "HTTP/1.1 200 Connection established\r\n\r\n";
    const struct proxy_options *options = &client->proxy->options;
    int socket = client->socket;
    bool is_told = way != PROXY_TUNNEL || send_text(client, established);
    if (is_told)
        client->socket = -1;
    client_end(client);
    if (is_told && !options->adopt(options->context, socket, way))
        log_event(options->log, LOG_INFO, "proxy hand-over failed way=%s", way_name(way));
}

/* Takes so many bytes of the head, which have been looked at, from the socket. */
static bool take(struct client *client, size_t count)
{
    return recv(client->socket, client->proxy->bytes + client->length, count, 0) == (ssize_t)count;
}

/* Takes what has come of a head that is not whole yet: bytes that are left there would wake the thread
 * again at once. */
static void keep(struct client *client, size_t count)
{
    if (!take(client, count)) {
        client_end(client);
        return;
    }
    client->head = must_realloc(client->head, client->length + count);
    memcpy(client->head + client->length, client->proxy->bytes + client->length, count);
    client->length += count;
}

static void open_tunnel(struct client *client, const struct connect_head *head)
{
    enum { PORT_OF_HTTPS = 443 };
    const struct proxy_options *options = &client->proxy->options;
    if (!take(client, head->length - client->length))
        client_end(client);
    else if (head->port == PORT_OF_HTTPS &&
             options->serves(options->context, head->host, head->host_length))
        hand_over(client, PROXY_TUNNEL);
    else
        refuse_destination(client, head);
}

static void refuse_end(struct client *client)
{
    if (client->length == 0)
        client_end(client);
    else
        refuse(client, LOG_INFO, "400 Bad Request", "the request ends before its end");
}

/* Judges what has been taken of the head, and the bytes behind it that are still in the socket. */
static void judge(struct client *client, size_t count)
{
    struct connect_head head;
    switch (connect_read(client->proxy->bytes, client->length + count, &head)) {
    case CONNECT_AWAITED:
        keep(client, count);
        break;
    case CONNECT_WHOLE:
        open_tunnel(client, &head);
        break;
    case CONNECT_OTHER:
        if (client->length == 0)
            hand_over(client, PROXY_FORWARD);
        else
            refuse(client, LOG_INFO, "400 Bad Request", "the request begins like CONNECT, and is none");
        break;
    case CONNECT_MALFORMED:
        refuse(client, LOG_INFO, "400 Bad Request", head.wrong);
        break;
    case CONNECT_TOO_LARGE:
        refuse(client, LOG_INFO, "431 Request Header Fields Too Large",
               "a head has 8192 bytes at most");
        break;
    }
}

/* Like recv; -1 with *has_more set: nothing has come. */
static ssize_t receive(struct client *client, size_t from, int flags, bool *has_more)
{
    char *bytes = client->proxy->bytes;
    ssize_t count = recv(client->socket, bytes + from, sizeof client->proxy->bytes - from, flags);
    *has_more = count < 0 && (errno == EAGAIN || errno == EINTR);
    return count;
}

static void look(struct client *client)
{
    bool has_more;
    if (client->length > 0)
        memcpy(client->proxy->bytes, client->head, client->length);
    ssize_t count = receive(client, client->length, MSG_PEEK, &has_more);
    if (count > 0)
        judge(client, (size_t)count);
    else if (count == 0)
        refuse_end(client);
    else if (!has_more)
        client_end(client);
}

static void drain(struct client *client)
{
    bool has_more;
    ssize_t count = receive(client, 0, 0, &has_more);
    client->length += count > 0 ? (size_t)count : 0;
    if ((count <= 0 && !has_more) || client->length > TAKEN_MAX)
        client_end(client);
}

static gboolean read_some(int socket, GIOCondition condition, void *context)
{
    struct client *client = context;
    (void)socket;
    (void)condition;
    if (client->is_refused)
        drain(client);
    else
        look(client);
    return G_SOURCE_CONTINUE;
}

static gboolean end_wait(void *context)
{
    refuse(context, LOG_INFO, "408 Request Timeout", "the request's head was not whole in time");
    return G_SOURCE_REMOVE;
}

void client_add(struct proxy *proxy, int socket)
{
    struct client *client = must_alloc(sizeof *client);
    *client = (struct client){.proxy = proxy, .socket = socket, .link = {.data = client}};
    g_queue_push_tail_link(&proxy->clients, &client->link);
    client->readable =
        proxy_attach(proxy, g_unix_fd_source_new(socket, READABLE), G_SOURCE_FUNC(read_some), client);
    wait_for(client, end_wait);
}
