#include "http/wire.h"

#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/grammar.h"
#include "http/framing.h"

enum {
    SOCKETS_MAX = 1 << 17,
    ENDS_ASKED = 16, /* requests */
    SLACK = 4096,
    FIRST_ROOM = 1 << 14,
    DISCARDED_MAX = 16 << 20,
    IDLE_MAX = 16 /* records */
};

/* libmicrohttpd reads by recv(2), under TLS by gnutls_record_recv, and has no hook in front of its
 * parser: those below take these calls' place for the whole process. What they are given is a number
 * that the kernel gives out for the whole process; so is this list of the numbers that are wires, which
 * therefore hangs off no app. */
static _Atomic(struct wire *) wires[SOCKETS_MAX];

struct wire *wire_new(int socket, const struct wire_way *way, const struct limits *limits)
{
    if (socket < 0 || socket >= SOCKETS_MAX)
        return NULL;
    struct wire *wire = malloc(sizeof *wire);
    char *bytes = malloc(FIRST_ROOM);
    if (wire == NULL || bytes == NULL) {
        free(wire);
        free(bytes);
        return NULL;
    }
    *wire = (struct wire){.socket = socket,
                          .way = *way,
                          .limits = limits,
                          .body_limit = &limits->body,
                          .room = FIRST_ROOM,
                          .bytes = bytes,
                          .account = {.budget = limits->memory}};
    atomic_store_explicit(&wires[socket], wire, memory_order_release);
    return wire;
}

void wire_free(struct wire *wire)
{
    if (wire == NULL)
        return;
    atomic_store_explicit(&wires[wire->socket], NULL, memory_order_release);
    arena_clear(&wire->account);
    free(wire->bytes);
    free(wire);
}

struct wire_way wire_way(const struct wire *wire)
{
    return wire != NULL ? wire->way : (struct wire_way){.session = NULL};
}

struct wire_failure wire_failure(const struct wire *wire)
{
    return wire != NULL ? wire->failure : (struct wire_failure){.reason = NULL};
}

struct refused wire_refused(const struct wire *wire, unsigned number)
{
    return wire != NULL && number == wire->requests ? wire->refused
                                                    : (struct refused){REFUSAL_NONE, NULL};
}

const char *wire_destination(const struct wire *wire)
{
    return wire->destination;
}

size_t wire_body_limit(const struct wire *wire)
{
    return wire->body_limit->most;
}

bool wire_is_control(const struct wire *wire)
{
    return wire->body_limit == &wire->limits->control_body;
}

bool wire_ends_with(const struct wire *wire, unsigned number)
{
    return wire == NULL ||
           (number == wire->requests && (wire->has_ended || wire->refused.why != REFUSAL_NONE));
}

static size_t at_most(uint64_t count, size_t most)
{
    return count < most ? (size_t)count : most;
}

/* What can be handed out now. */
static size_t hand_out(struct wire *wire, char *buffer, size_t size)
{
    size_t count = at_most(wire->checked - wire->start, size);
    memcpy(buffer, wire->bytes + wire->start, count);
    wire->start += count;
    if (wire->start < wire->checked || wire->place != AT_END)
        return count;
    size_t blanks = at_most(wire->fill, size - count);
    memset(buffer + count, ' ', blanks);
    wire->fill -= blanks;
    count += blanks;
    if (wire->fill > 0)
        return count;
    size_t rest = at_most(strlen(wire->closing), size - count);
    memcpy(buffer + count, wire->closing, rest);
    wire->closing += rest;
    return count + rest;
}

/* Moves what is not handed out yet to the front. */
static void move_up(struct wire *wire)
{
    memmove(wire->bytes, wire->bytes + wire->start, wire->end - wire->start);
    wire->checked -= wire->start;
    wire->line -= wire->start;
    wire->scanned -= wire->start;
    wire->end -= wire->start;
    wire->start = 0;
}

/* Makes room behind what has come and is not handed out yet: a head that is longer than most needs
 * more. False when there is no memory for that. */
static bool make_room(struct wire *wire)
{
    if (wire->start > 0)
        move_up(wire);
    if (wire->room - wire->end >= SLACK)
        return true;
    size_t room = wire->limits->head + FIRST_ROOM;
    room = wire->room * 2 < room ? wire->room * 2 : room;
    arena_charge(&wire->account, room - wire->room);
    char *bytes = arena_is_exceeded(&wire->account) ? NULL : realloc(wire->bytes, room);
    if (bytes == NULL) {
        arena_discharge(&wire->account, room - wire->room);
        return false;
    }
    wire->bytes = bytes;
    wire->room = room;
    return true;
}

/* Reads what follows a refused request away: closing a socket with unread bytes resets the connection,
 * and its client might not see the answer. */
static void discard(const struct wire *wire)
{
    char bytes[SLACK];
    ssize_t count = 1;
    for (size_t all = 0; all < DISCARDED_MAX && count > 0; all += (size_t)count)
        count = recvfrom(wire->socket, bytes, sizeof bytes, MSG_DONTWAIT, NULL, NULL);
}

/* True between two requests. */
static bool is_at_rest(const struct wire *wire)
{
    return wire->place == IN_HEAD && wire->checked == wire->end;
}

/* Reads a record under TLS, or more that have no data, as alerts and new keys: GnuTLS says of some
 * that it is to be asked again later, while the next stands in the kernel, which will not tell of it.
 * Whoever sends nothing else would keep others from their turn. */
static ssize_t receive_record(struct wire *wire, char *buffer, size_t size)
{
    for (; wire->idle < IDLE_MAX; wire->idle++) {
        wire->is_dry = false;
        ssize_t count = gnutls_record_recv_seq(wire->way.session, buffer, size, NULL);
        if (count > 0)
            wire->idle = 0;
        if (count >= 0 || wire->is_dry || gnutls_error_is_fatal((int)count) != 0)
            return count;
    }
    return GNUTLS_E_TOO_MANY_EMPTY_PACKETS;
}

/* Reads what has come, once. As recv, but for an end that TLS does not tell, which is one here. */
static ssize_t receive(struct wire *wire, char *buffer, size_t size)
{
    if (wire->way.session == NULL)
        return recvfrom(wire->socket, buffer, size, 0, NULL, NULL);
    ssize_t count = receive_record(wire, buffer, size);
    if (count == GNUTLS_E_PREMATURE_TERMINATION)
        return 0;
    if (count < 0)
        errno = gnutls_error_is_fatal((int)count) != 0 ? EPROTO : EAGAIN;
    return count < 0 ? -1 : count;
}

/* Reads once and checks what came. False when the kernel has no more, or no more is wanted; errno says
 * why when nothing came. */
static bool read_some(struct wire *wire)
{
    if (!make_room(wire)) {
        framing_refuse(wire, (struct refused){REFUSAL_NO_ROOM, "--max-memory sets the limit"});
        discard(wire);
        return false;
    }
    size_t room = wire->room - wire->end;
    bool asks_for_end = wire->requests < ENDS_ASKED;
    ssize_t count = receive(wire, wire->bytes + wire->end, room);
    if (count < 0)
        return false;
    wire->end += (size_t)count;
    wire->has_ended = count == 0;
    if (wire->has_ended && !is_at_rest(wire))
        framing_refuse(wire, (struct refused){REFUSAL_MALFORMED, "the request ends before its end"});
    framing_check(wire);
    if (wire->place == AT_END)
        discard(wire);
    bool is_all = !asks_for_end && (size_t)count < room && is_at_rest(wire);
    return !is_all && !wire->has_ended && wire->place != AT_END;
}

/* Like recv. libmicrohttpd takes a buffer that is not full for a sign that nothing more has come, and
 * waits for the kernel to say otherwise; so as much is read as there is, and the end, if it is there:
 * the kernel does not tell of it twice. Whoever has kept the connection for many requests does not end
 * it in one breath with a whole one, and is asked no more: that costs a 30th of what a small call
 * takes, and --idle-timeout would end it. */
static ssize_t wire_read(struct wire *wire, char *buffer, size_t size)
{
    if (wire->is_held) {
        errno = EINTR; /* unlike EAGAIN it says that there may be something */
        return -1;
    }
    size_t given = hand_out(wire, buffer, size);
    bool has_more = wire->place != AT_END && !wire->has_ended;
    errno = 0;
    while (has_more && given < size) {
        has_more = read_some(wire);
        given += hand_out(wire, buffer + given, size - given);
    }
    if (given > 0 || wire->has_ended || wire->place == AT_END)
        return (ssize_t)given;
    errno = errno != 0 ? errno : EAGAIN;
    return -1;
}

void wire_hold(struct wire *wire, bool is_held)
{
    wire->is_held = is_held;
}

/* What was read ahead does not matter: the kernel goes on telling of an end that was read, and tells of
 * one that stands behind bytes which were not. */
bool wire_is_gone(const struct wire *wire)
{
    struct pollfd look = {.fd = wire->socket, .events = POLLRDHUP};
    return poll(&look, 1, 0) > 0;
}

static struct wire *wire_of(int socket)
{
    return socket >= 0 && socket < SOCKETS_MAX
               ? atomic_load_explicit(&wires[socket], memory_order_acquire)
               : NULL;
}

/* Whoever speaks plain HTTP where TLS is spoken would wait for a handshake: he is told, in his own
 * words. */
static void refuse_plain(struct wire *wire)
{
    static const char answer[] =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 40\r\nConnection: close\r\n\r\n"
        "This port speaks TLS: call it by https.\n";
    wire->failure = (struct wire_failure){"what came is no TLS", "this port is called by https"};
    discard(wire);
    (void)send(wire->socket, answer, sizeof answer - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)shutdown(wire->socket, SHUT_WR);
}

/* GnuTLS reads by this. A method's first byte is none with which TLS begins. */
static ssize_t read_below_tls(struct wire *wire, char *buffer, size_t size, int flags)
{
    ssize_t count = recvfrom(wire->socket, buffer, size, flags, NULL, NULL);
    wire->is_dry = count < 0;
    bool is_first = count > 0 && !wire->has_spoken;
    wire->has_spoken = wire->has_spoken || is_first;
    if (!is_first || !grammar_is_token_byte(buffer[0]))
        return count;
    refuse_plain(wire);
    return 0;
}

ssize_t recv(int socket, void *buffer, size_t size, int flags)
{
    struct wire *wire = wire_of(socket);
    if (wire == NULL)
        return recvfrom(socket, buffer, size, flags, NULL, NULL);
    return wire->way.session == NULL ? wire_read(wire, buffer, size)
                                     : read_below_tls(wire, buffer, size, flags);
}

/* Many clients end a handshake without a word for people. Some send the alert as it must not be sent,
 * and GnuTLS cannot read it. */
static struct wire_failure failure_of(gnutls_session_t session, int code)
{
    static const char trust[] =
        "does its client trust the authority of the certificate (crmock ca prints"
        " crmock's own), and call it by one of its names?";
    if (code == GNUTLS_E_DECRYPTION_FAILED)
        return (struct wire_failure){"its client refused the handshake", trust};
    if (code == GNUTLS_E_FATAL_ALERT_RECEIVED)
        return (struct wire_failure){gnutls_alert_get_name(gnutls_alert_get(session)), trust};
    return (struct wire_failure){gnutls_strerror(code), "TLS 1.2 and 1.3 are spoken"};
}

/* Under TLS 1.3 the handshake ends with what the client sends, and nothing is answered: a client that
 * waits for the kernel to acknowledge it (who has not set TCP_NODELAY) begins its request 40 ms later.
 */
static void acknowledge(const struct wire *wire)
{
    static const int at_once = 1;
    (void)setsockopt(wire->socket, IPPROTO_TCP, TCP_QUICKACK, &at_once, sizeof at_once);
}

/* GnuTLS waits with a part of a record, whatever stands behind it. Its end may be there already, of
 * which libmicrohttpd has been told by the same edge, and will not be told again. */
static bool is_to_be_read_on(const struct wire *wire, gnutls_session_t session)
{
    return wire != NULL && wire->way.session == session && !wire->is_dry &&
           gnutls_record_get_direction(session) == 0;
}

/* libmicrohttpd does not tell the client why a handshake fails, and ends the session before it tells
 * that the connection is over: both are done here. */
int gnutls_handshake(gnutls_session_t session)
{
    int (*real)(gnutls_session_t) = NULL;
    void *symbol = dlsym(RTLD_NEXT, "gnutls_handshake");
    memcpy(&real, &symbol, sizeof symbol); /* ISO C has no cast from an object to a function */
    struct wire *wire = wire_of(gnutls_transport_get_int(session));
    int code = real(session);
    while (code == GNUTLS_E_AGAIN && is_to_be_read_on(wire, session))
        code = real(session);
    if (code == GNUTLS_E_SUCCESS && wire != NULL && wire->way.session == session)
        acknowledge(wire);
    bool is_failure = code < 0 && gnutls_error_is_fatal(code) != 0 &&
                      code != GNUTLS_E_PREMATURE_TERMINATION && code != GNUTLS_E_PULL_ERROR;
    if (!is_failure || wire == NULL || wire->way.session != session || wire->failure.reason != NULL)
        return code;
    wire->failure = failure_of(session, code);
    (void)gnutls_alert_send_appropriate(session, code);
    return code;
}

ssize_t gnutls_record_recv(gnutls_session_t session, void *buffer, size_t size)
{
    struct wire *wire = wire_of(gnutls_transport_get_int(session));
    if (wire == NULL || wire->way.session != session) /* somebody else's, as libcurl's */
        return gnutls_record_recv_seq(session, buffer, size, NULL);
    ssize_t count = wire_read(wire, buffer, size);
    if (count >= 0)
        return count;
    return errno == EAGAIN  ? GNUTLS_E_AGAIN
           : errno == EINTR ? GNUTLS_E_INTERRUPTED
                            : GNUTLS_E_PULL_ERROR;
}
