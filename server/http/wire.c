#include "http/wire.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http/framing.h"

enum {
    SOCKETS_MAX = 1 << 17,
    ENDS_ASKED = 16, /* requests */
    SLACK = 4096,
    FIRST_ROOM = 1 << 14,
    DISCARDED_MAX = 16 << 20
};

/* libmicrohttpd reads by recv(2), and has no hook in front of its parser: the recv below takes that
 * call's place for the whole process. What it is given is a number that the kernel gives out for the
 * whole process; so is this list of the numbers that are wires, which therefore hangs off no app. */
static _Atomic(struct wire *) wires[SOCKETS_MAX];

struct wire *wire_new(int socket, const struct limits *limits)
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

struct refused wire_refused(const struct wire *wire, unsigned number)
{
    return wire != NULL && number == wire->requests ? wire->refused
                                                    : (struct refused){REFUSAL_NONE, NULL};
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
    ssize_t count = recvfrom(wire->socket, wire->bytes + wire->end, room, 0, NULL, NULL);
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

ssize_t recv(int socket, void *buffer, size_t size, int flags)
{
    struct wire *wire = socket >= 0 && socket < SOCKETS_MAX
                            ? atomic_load_explicit(&wires[socket], memory_order_acquire)
                            : NULL;
    return wire != NULL ? wire_read(wire, buffer, size)
                        : recvfrom(socket, buffer, size, flags, NULL, NULL);
}
