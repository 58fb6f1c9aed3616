/* Inside the control room: requests of the journal as they are told, and picked. */
#ifndef CRMOCK_CONTROL_TOLD_REQUEST_H
#define CRMOCK_CONTROL_TOLD_REQUEST_H

#include "control/call.h"
#include "traffic/match.h"

/* The members of one, for the document, and their names. */
#define TOLD_REQUEST                                                                                   \
    "'id': " SCHEMA_ID ", 'time': " SCHEMA_TIME ", 'method': " SCHEMA_TEXT ", 'path': " SCHEMA_TEXT    \
    ", 'query': " TOLD_PAIRS ", 'headers': " TOLD_PAIRS ", 'token': " TOLD_MAYBE                       \
    ", 'user': " TOLD_MAYBE ", 'body': {}, 'status': {'type': ['integer', 'null'], 'minimum': 200,"    \
    " 'maximum': 599}, 'answer': {}, 'rule': " TOLD_MAYBE ", 'hint': " TOLD_MAYBE                      \
    ", 'duration_us': " SCHEMA_COUNT ", 'job_id': " TOLD_MAYBE ", 'fault_id': " TOLD_MAYBE
#define TOLD_MAYBE "{'type': ['string', 'null']}"
#define TOLD_PAIRS                                                                                     \
    "{'type': 'object', 'additionalProperties': {'type': ['string', 'array'], 'minItems': 2,"          \
    " 'items': " SCHEMA_TEXT "}}"
#define TOLD_REQUEST_NAMES                                                                             \
    "'id', 'time', 'method', 'path', 'query', 'headers', 'token', 'user', 'body', 'status', 'answer'," \
    " 'rule', 'hint', 'duration_us', 'job_id', 'fault_id'"
#define TOLD_REQUESTS                                                                                  \
    "'requests': " SCHEMA_LIST(SCHEMA_OBJECT(TOLD_REQUEST_NAMES, TOLD_REQUEST)) ", "                   \
                                                                                "'more': " SCHEMA_FLAG

/* The match of the body, $.match; that of all without one. NULL after a refusal. Owned by the caller.
 * The arena is for what reading takes. */
MUSTCHECK struct match *told_match(struct control_call *call, struct arena *arena);
/* What a match looks at of an entry: entry_seen with its JSON, if that is looked at. End it by
 * told_unsee. */
MUSTCHECK struct seen told_seen(const struct entry *entry, const struct match *match);
void told_unsee(struct seen *seen);
/* What one call may take of all entries together, in steps of a match: others wait for the thread. */
enum { TOLD_STEPS_MAX = 40 * MATCH_STEPS_MAX };
/* Takes what it takes off the steps. When none are left, the call is refused, and it is false. */
MUSTCHECK bool told_fits(struct control_call *call, const struct entry *entry,
                         const struct match *match, size_t *steps);

#endif
