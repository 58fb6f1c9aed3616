/* Inside the http room: the head of a request, from its first byte to its empty line, held against RFC
 * 9112 before libmicrohttpd, which forgives much of what two servers would read differently, sees it.
 */
#ifndef CRMOCK_HTTP_HEAD_H
#define CRMOCK_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"
#include "base/exchange.h"

/* What a head says: of what follows it, and for whom it is. */
struct head {
    const char *target; /* in the head's own bytes; empty: no request line says it */
    size_t target_length;
    uint64_t body_length; /* bytes; not of a chunked body */
    bool chunked;
};

/* A request that is refused, and why for people (static). */
struct refused {
    enum refusal why;
    const char *hint;
};

/* Checks a whole head. `fields_max` bounds its lines and the parameters of its query together.
 * .why REFUSAL_NONE and *head filled, or what is wrong. Changes what libmicrohttpd would not read well:
 * blanks behind a value go in front of it, a header Cookie is called another name, and so is
 * an Expect without a body to wait for: head_name has it. */
MUSTCHECK struct refused head_check(char *bytes, size_t length, size_t fields_max, struct head *head);
/* The name of a header as it was sent: itself, or arena-owned. */
MUSTCHECK const char *head_name(const char *name, struct arena *arena);

/* Checks the lines behind a chunked body, down to the empty one. */
MUSTCHECK struct refused trailer_check(const char *bytes, size_t length, size_t fields_max);

/* True for a byte of a name or a method: with another one no request begins. */
MUSTCHECK bool is_token_byte(char byte);

/* The size in front of a chunk (RFC 9112, 7.1): hexadecimal, and what may stand behind it, down to CR.
 * False: it is none. */
MUSTCHECK bool chunk_size_read(const char *line, size_t length, uint64_t *size);

#endif
