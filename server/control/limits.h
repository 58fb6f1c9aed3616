/* Inside the control room: what bodies say of the limits of the service. */
#ifndef CRMOCK_CONTROL_LIMITS_H
#define CRMOCK_CONTROL_LIMITS_H

#include "control/call.h"

/* Changes the members that are given; a fault is refused at its place. */
void limits_read(const struct said *said, struct limits_policy *policy);
/* Those members, for the document. */
#define LIMITS_TAKEN                                                                                   \
    "'credits?': " LIMITS_NUMBER("1000000000") ", 'concurrency?': " LIMITS_NUMBER(                     \
        "100000") ", 'tokens?': {'type': ['object', 'null'], 'additionalProperties': false,"           \
                  " 'properties': {" LIMITS_TOKEN_MEMBERS "}}, 'latency_ms?': " LIMITS_LATENCY

/* What the answers have as well: the most is a text of digits. */
#define LIMITS_NUMBER(most)                                                                            \
    "{'anyOf': [{'type': 'null'}, {'const': 'edition'}, {'type': 'integer', 'minimum': 0, 'maximum': " \
    "" most "}]}"
#define LIMITS_TOKEN_MEMBERS                                                                           \
    "'count': {'type': 'integer', 'minimum': 1, 'maximum': 100000}, 'seconds': {'type': 'integer',"    \
    " 'minimum': 1, 'maximum': 1000000}"
#define LIMITS_MILLISECONDS "{'type': 'integer', 'minimum': 0, 'maximum': 600000}"
#define LIMITS_LATENCY                                                                                 \
    "{'anyOf': [{'type': 'null'}, " LIMITS_MILLISECONDS                                                \
    ", {'type': 'array', 'items': " LIMITS_MILLISECONDS ", 'minItems': 2, 'maxItems': 2}]}"

#endif
