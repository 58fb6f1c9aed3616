#include "http/framing.h"

#include <string.h>

#include "base/clock.h"
#include "base/grammar.h"

enum { CHUNK_LINE_MAX = 1024, BLANK_LINES_MAX = 16, TOLD_MAX = 300 };

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

void framing_refuse(struct wire *wire, struct refused refused)
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
    framing_refuse(wire, (struct refused){REFUSAL_MALFORMED, hint});
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
        framing_refuse(wire, too_large(wire, memchr(wire->bytes + wire->checked, '\n',
                                                    wire->end - wire->checked)));
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

/* RFC 9110, 4.2.1: of http it is 80, also where none is told behind the host. */
static bool is_port_of_http(const struct target *target, size_t host)
{
    enum { PORT_OF_HTTP = 80 };
    unsigned port = 0;
    size_t digits = host + 1; /* behind a colon */
    for (size_t i = digits; i < target->authority_length; i++)
        port = port * 10 + (unsigned)(target->authority[i] - '0');
    return target->authority_length <= digits || port == PORT_OF_HTTP;
}

/* Why a proxy may not be asked for a target; NULL: it may. */
static const char *why_elsewhere(const struct limits *limits, const struct target *target)
{
    size_t host = head_host_length(target->authority, target->authority_length);
    if (target->is_secure)
        return "https goes through a proxy by CONNECT";
    if (limits->serves == NULL || !limits->serves(limits->context, target->authority, host))
        return "the host is none of the service's; --tls-name NAME adds one";
    return is_port_of_http(target, host) ? NULL : "the service's hosts are served by port 80";
}

/* Nothing leaves: a proxy's client is served where it asks for one of the service's hosts. */
static struct refused check_destination(struct wire *wire, const struct target *target)
{
    if (!wire->way.is_proxied)
        return (struct refused){REFUSAL_NONE, NULL};
    if (target->authority_length == 0)
        return (struct refused){REFUSAL_MALFORMED,
                                "this port is a proxy: a request line has http://HOST/... here"};
    const char *why = why_elsewhere(wire->limits, target);
    if (why == NULL)
        return (struct refused){REFUSAL_NONE, NULL};
    wire->destination =
        arena_strndup(&wire->account, target->authority,
                      target->authority_length < TOLD_MAX ? target->authority_length : TOLD_MAX);
    return (struct refused){REFUSAL_ELSEWHERE, why};
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
    if (bytes[0] != '\r' && !grammar_is_token_byte(bytes[0])) {
        refuse_malformed(wire, "a request begins with its method (this port does not speak TLS)");
        return false;
    }
    wire->body_limit = &wire->limits->body; /* until its target is read */
    size_t behind = section_end(wire);
    if (behind == 0)
        return false;
    struct head head = {.target.rest = ""};
    struct refused refused =
        behind - wire->checked > wire->limits->head
            ? too_large(wire, memchr(bytes, '\n', there))
            : head_check(bytes, behind - wire->checked, wire->limits->fields, &head);
    if (refused.why == REFUSAL_NONE)
        refused = check_destination(wire, &head.target);
    wire->body_limit = limits_body(wire->limits, head.target.rest, head.target.rest_length);
    if (refused.why == REFUSAL_NONE && head.body_length > bytes_read_most(wire))
        refused = too_long(wire);
    if (refused.why != REFUSAL_NONE) {
        framing_refuse(wire, refused);
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
        framing_refuse(wire, too_long(wire));
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
        framing_refuse(wire, refused);
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

void framing_check(struct wire *wire)
{
    while (wire->place != AT_END && wire->checked < wire->end && checks[wire->place](wire))
        ;
    if (wire->place != AT_END && took_too_long(wire))
        framing_refuse(wire, too_long(wire));
}
