/* Inside the control room: calls that take longer than a request may hold a thread. */
#ifndef CRMOCK_CONTROL_ERRAND_H
#define CRMOCK_CONTROL_ERRAND_H

#include "control/call.h"

/* Answers the call beside the threads that have requests: copies it, suspends its request, and has its
 * endpoint asked until it is done. `run` asks it once. False: it cannot be put off, and nothing has
 * been done. */
MUSTCHECK bool errand_begin(const struct control_call *call, control_fn *run);

/* Has the call asked again as soon as the bell rings, which lasts as long as its sandbox: what it waits
 * for should be looked at after this. Of an endpoint that is beside. */
void errand_wake_by(struct control_call *call, struct bell *bell);
enum { WAIT_MAX = 60 }; /* seconds that a call may ask to wait */
/* Milliseconds that a call which may take so many seconds waits yet, for what it is about to look for,
 * and what the bell is rung for; 0: it answers now, or was refused. The second asks by wait=. */
MUSTCHECK int64_t errand_wait_left(struct control_call *call, int64_t seconds, struct bell *bell);
MUSTCHECK int64_t errand_query_wait_left(struct control_call *call, struct bell *bell);

#endif
