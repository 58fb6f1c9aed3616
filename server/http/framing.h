/* Inside the wire: where in a request it stands, and what may pass. */
#ifndef CRMOCK_HTTP_FRAMING_H
#define CRMOCK_HTTP_FRAMING_H

#include "base/arena.h"
#include "http/wire.h"

/* Where in a request the wire stands. Chunks: RFC 9112, 7.1. */
enum place { IN_HEAD, IN_BODY, AT_CHUNK_SIZE, IN_CHUNK, AT_CHUNK_END, IN_TRAILER, AT_END };

/* bytes[0..checked) may be handed out, bytes[checked..end) is not whole yet, or not looked at. */
struct wire {
    int socket;
    struct wire_way way;
    bool has_spoken;             /* under TLS: something has come */
    bool is_dry;                 /* likewise: the kernel had no more */
    unsigned idle;               /* likewise: records without data since the last that had some */
    struct wire_failure failure; /* of its handshake */
    const struct limits *limits;
    const struct body_limit *body_limit; /* of the request that it stands in */
    bool is_held;
    enum place place;
    uint64_t left; /* of the body, or of the chunk */
    uint64_t read; /* of a chunked body */
    int64_t since; /* when the body was seen to be too long, in microseconds; 0: it was not */
    unsigned requests;
    unsigned blank_lines;    /* in front of the next one */
    struct refused refused;  /* the last one of `requests` */
    const char *destination; /* of its request, where a proxy's client asked for one that it may not */
    bool has_ended;          /* the client sends no more */
    uint64_t fill;           /* blanks that are handed out when nothing is left of `bytes` */
    const char *closing;     /* and then this text */
    size_t line, scanned;    /* in a head or trailer: the line's start, and how far it was searched */
    size_t start, checked, end, room;
    char *bytes;
    struct arena account; /* what it takes beyond FIRST_ROOM */
};

/* Checks what has come and was not checked yet, and lets pass what is whole; refuses the request when
 * it is none, or goes on for too long. */
void framing_check(struct wire *wire);
/* Refuses the request that the wire stands in. What has not been handed out of it never is. */
void framing_refuse(struct wire *wire, struct refused refused);

#endif
