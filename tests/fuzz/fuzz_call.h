/* Calls that an input of JSON describes, as HTTP:
 *     {"call": "GET /_crmock/records/{module}", "parts": ["Leads"], "in": "a", "query": {"limit": "2"},
 *      "headers": {...}, "token": "...", "body": {...}}
 * "call" is an endpoint of the control API as its table has it, also by its number there, or any method
 * and path, as of the service; "in" a sandbox, in the path or, with "by": "header", in a header; a body
 * that is a text is sent as it is. A token "$" is the one that was given out last, a part or a sandbox
 * "$" the id that was told last. */
#ifndef CRMOCK_FUZZ_CALL_H
#define CRMOCK_FUZZ_CALL_H

#include "control/call.h"

/* What every call of the service has among its headers, and the journal must not tell. */
#define FUZZ_SECRET "crmock-secret"

struct fuzz_call_made {
    const struct control_endpoint *endpoint; /* NULL: another path */
    bool is_control;                         /* the control API's, as far as can be seen */
    const char *method, *path;               /* path: with what leads to its sandbox, and query */
    const char *prefix;                      /* of the sandbox, however it is named; or "" */
    const char *bytes;
    size_t length;
};

/* Takes out what would make an input last, or leave this machine: long waits and delays, lives of
 * sandboxes of seconds, other hosts for webhooks. */
void fuzz_call_bound(cJSON *json);
/* What "$" stands for. */
struct fuzz_call_last {
    const char *token, *id;
};
/* The call, arena-owned. */
struct fuzz_call_made fuzz_call_make(cJSON *json, const struct fuzz_call_last *last,
                                     struct arena *arena);
/* One without a body, on a connection that goes on after it, or not. Arena-owned. */
const char *fuzz_call_plain(struct arena *arena, const char *method, const char *path, bool is_last);
/* A text as a part of a path. Arena-owned. */
const char *fuzz_call_encode(struct arena *arena, const char *text, const char *allowed);

#endif
