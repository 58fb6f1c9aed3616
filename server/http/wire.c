#include "http/wire.h"

#include <errno.h>
#include <glib.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/clock.h"

/* Where in a request the wire stands. Chunks: RFC 9112, 7.1. */
enum place { IN_HEAD, IN_BODY, AT_CHUNK_SIZE, IN_CHUNK, AT_CHUNK_END, IN_TRAILER, AT_END };

enum {
    SOCKETS_MAX = 1 << 17,
    CHUNK_LINE_MAX = 1024,
    BLANK_LINES_MAX = 16,
    ENDS_ASKED = 16, /* requests */
    SLACK = 4096,
    FIRST_ROOM = 1 << 14,
    DISCARDED_MAX = 16 << 20
};

/* bytes[0..checked) may be handed out, bytes[checked..end) is not whole yet, or not looked at. */
struct wire {
    int socket;
    const struct limits *limits;
    const struct body_limit *body_limit; /* of the request that it stands in */
    bool is_held;
    enum place place;
    uint64_t left; /* of the body, or of the chunk */
    uint64_t read; /* of a chunked body */
    int64_t since; /* when the body was seen to be too long, in microseconds; 0: it was not */
    unsigned requests;
    unsigned blank_lines;   /* in front of the next one */
    struct refused refused; /* the last one of `requests` */
    bool has_ended;         /* the client sends no more */
    uint64_t fill;          /* blanks that are handed out when nothing is left of `bytes` */
    const char *closing;    /* and then this text */
    size_t line, scanned;   /* in a head or trailer: the line's start, and how far it was searched */
    size_t start, checked, end, room;
    char *bytes;
    struct arena account; /* what it takes beyond FIRST_ROOM */
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

bool wire_ends_with(const struct wire *wire, unsigned number)
{
    return wire == NULL ||
           (number == wire->requests && (wire->has_ended || wire->refused.why != REFUSAL_NONE));
}

/* The rest of a request, as libmicrohttpd must see it to get to its end. The request line of one whose
 * head is refused is none that head_check would let pass: nobody else can send it. */
static const char *const closings[] = {
    [IN_HEAD] = "GET /\x7f HTTP/1.1\r\nHost: refused\r\n\r\n",
    [IN_BODY] = "",
    [AT_CHUNK_SIZE] = "0\r\n\r\n",
    [IN_CHUNK] = "\r\n0\r\n\r\n",
    [AT_CHUNK_END] = "\r\n0\r\n\r\n",
    [IN_TRAILER] = "\r\n",
};

/* Refuses the request that the wire stands in. What has not been handed out of it never is. */
static void refuse(struct wire *wire, struct refused refused)
{
    wire->requests += wire->place == IN_HEAD;
    wire->refused = refused;
    wire->fill = wire->place == IN_BODY || wire->place == IN_CHUNK ? wire->left : 0;
    wire->closing = closings[wire->place];
    wire->place = AT_END;
    wire->end = wire->checked;
}

static void refuse_malformed(struct wire *wire, const char *hint)
{
    refuse(wire, (struct refused){REFUSAL_MALFORMED, hint});
}

/* From here on bytes belong to another part of the request. */
static void enter(struct wire *wire, enum place place, size_t at)
{
    wire->place = place;
    wire->checked = wire->line = wire->scanned = at;
}

/* Looks for the line's end from where it was left off. 0: it has not come yet, or was refused; else the
 * place behind it. */
static size_t line_end(struct wire *wire)
{
    const char *feed = wire->scanned < wire->end
                           ? memchr(wire->bytes + wire->scanned, '\n', wire->end - wire->scanned)
                           : NULL;
    wire->scanned = feed != NULL ? (size_t)(feed - wire->bytes) + 1 : wire->end;
    if (feed == NULL)
        return 0;
    if (wire->scanned - wire->line >= 2 && feed[-1] == '\r')
        return wire->scanned;
    refuse_malformed(wire, "a line ends with CR and LF");
    return 0;
}

/* A head that is beyond the limit by its first line alone, or not; `feed` is that line's end, or NULL.
 */
static struct refused too_large(const struct wire *wire, const char *feed)
{
    bool is_line =
        wire->place == IN_HEAD &&
        (feed == NULL || (size_t)(feed - (wire->bytes + wire->checked)) >= wire->limits->head);
    return (struct refused){is_line ? REFUSAL_URI_TOO_LONG : REFUSAL_HEAD_TOO_LARGE,
                            "--max-header sets the limit"};
}

/* Looks for the empty line that ends a head or trailer, likewise. */
static size_t section_end(struct wire *wire)
{
    for (size_t behind; (behind = line_end(wire)) != 0; wire->line = behind)
        if (behind - wire->line == 2)
            return behind;
    if (wire->place != AT_END && wire->end - wire->checked > wire->limits->head)
        refuse(wire,
               too_large(wire, memchr(wire->bytes + wire->checked, '\n', wire->end - wire->checked)));
    return 0;
}

/* Bytes of a body that are read at all. */
static uint64_t bytes_read_most(const struct wire *wire)
{
    return (uint64_t)wire->body_limit->most + wire->limits->beyond;
}

static struct refused too_long(const struct wire *wire)
{
    return (struct refused){REFUSAL_BODY_TOO_LARGE, wire->body_limit->hint};
}

/* F16: whoever sends a body that is too long may finish before he reads, but not for ever. */
static void note_length(struct wire *wire, uint64_t length)
{
    if (length <= wire->body_limit->most)
        wire->since = 0;
    else if (wire->since == 0)
        wire->since = clock_microseconds();
}

static bool took_too_long(const struct wire *wire)
{
    static const int64_t patience = 5000000;
    return wire->since != 0 && wire->place != IN_HEAD && clock_microseconds() - wire->since > patience;
}

static bool check_head(struct wire *wire)
{
    char *bytes = wire->bytes + wire->checked;
    size_t there = wire->end - wire->checked;
    if (there >= 2 && memcmp(bytes, "\r\n", 2) == 0) { /* RFC 9112, 2.2: empty lines in front go */
        wire->end -= 2;
        memmove(bytes, bytes + 2, there - 2);
        enter(wire, IN_HEAD, wire->checked);
        if (wire->blank_lines++ == BLANK_LINES_MAX)
            refuse_malformed(wire, "empty lines, and no request behind them");
        return wire->place != AT_END;
    }
    if (bytes[0] != '\r' && !is_token_byte(bytes[0])) {
        refuse_malformed(wire, "a request begins with its method (this port does not speak TLS)");
        return false;
    }
    size_t behind = section_end(wire);
    if (behind == 0)
        return false;
    struct head head = {.target = ""};
    struct refused refused =
        behind - wire->checked > wire->limits->head
            ? too_large(wire, memchr(bytes, '\n', there))
            : head_check(bytes, behind - wire->checked, wire->limits->fields, &head);
    wire->body_limit = limits_body(wire->limits, head.target, head.target_length);
    if (refused.why == REFUSAL_NONE && head.body_length > bytes_read_most(wire))
        refused = too_long(wire);
    if (refused.why != REFUSAL_NONE) {
        refuse(wire, refused);
        return false;
    }
    wire->requests++;
    wire->blank_lines = 0;
    wire->left = head.body_length;
    wire->read = 0;
    note_length(wire, head.body_length);
    enter(wire, head.chunked ? AT_CHUNK_SIZE : head.body_length > 0 ? IN_BODY : IN_HEAD, behind);
    return true;
}

/* Lets a part of the body pass. */
static bool check_data(struct wire *wire)
{
    size_t there = wire->end - wire->checked;
    size_t count = wire->left < there ? (size_t)wire->left : there;
    wire->left -= count;
    enum place next = wire->place == IN_BODY ? IN_HEAD : AT_CHUNK_END;
    enter(wire, wire->left == 0 ? next : wire->place, wire->checked + count);
    return wire->left == 0;
}

static bool check_chunk_size(struct wire *wire)
{
    size_t behind = line_end(wire);
    if (wire->place != AT_END && (behind != 0 ? behind : wire->end) - wire->checked > CHUNK_LINE_MAX)
        refuse_malformed(wire, "the line of a chunk's size is too long");
    if (behind == 0 || wire->place == AT_END)
        return false;
    if (!chunk_size_read(wire->bytes + wire->checked, behind - 2 - wire->checked, &wire->left)) {
        refuse_malformed(wire, "a chunk begins with its size in hexadecimal");
        return false;
    }
    uint64_t most = bytes_read_most(wire);
    if (wire->left > most || wire->read > most - wire->left) {
        refuse(wire, too_long(wire));
        return false;
    }
    wire->read += wire->left;
    note_length(wire, wire->read);
    enter(wire, wire->left > 0 ? IN_CHUNK : IN_TRAILER, behind);
    return true;
}

static bool check_chunk_end(struct wire *wire)
{
    size_t there = wire->end - wire->checked;
    if (there >= 1 && memcmp(wire->bytes + wire->checked, "\r\n", there < 2 ? there : 2) != 0)
        refuse_malformed(wire, "behind a chunk there are CR and LF");
    if (there < 2 || wire->place == AT_END)
        return false;
    enter(wire, AT_CHUNK_SIZE, wire->checked + 2);
    return true;
}

static bool check_trailer(struct wire *wire)
{
    size_t behind = section_end(wire);
    if (behind == 0)
        return false;
    size_t length = behind - wire->checked;
    struct refused refused =
        length > wire->limits->head
            ? (struct refused){REFUSAL_HEAD_TOO_LARGE, "--max-header sets the limit"}
            : trailer_check(wire->bytes + wire->checked, length, wire->limits->fields);
    if (refused.why != REFUSAL_NONE) {
        refuse(wire, refused);
        return false;
    }
    /* Nobody reads them, and libmicrohttpd has no room for them beside a head of any length: the empty
     * line alone goes further. */
    memmove(wire->bytes + wire->checked, wire->bytes + behind - 2, wire->end - (behind - 2));
    wire->end -= length - 2;
    enter(wire, IN_HEAD, wire->checked + 2);
    return true;
}

/* By place: lets pass what is whole; true when something may follow it. */
static bool (*const checks[])(struct wire *wire) = {
    [IN_HEAD] = check_head,  [IN_BODY] = check_data,           [AT_CHUNK_SIZE] = check_chunk_size,
    [IN_CHUNK] = check_data, [AT_CHUNK_END] = check_chunk_end, [IN_TRAILER] = check_trailer,
};

static void check(struct wire *wire)
{
    while (wire->place != AT_END && wire->checked < wire->end && checks[wire->place](wire))
        ;
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
        refuse(wire, (struct refused){REFUSAL_NO_ROOM, "--max-memory sets the limit"});
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
        refuse_malformed(wire, "the request ends before its end");
    check(wire);
    if (wire->place != AT_END && took_too_long(wire))
        refuse(wire, too_long(wire));
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
