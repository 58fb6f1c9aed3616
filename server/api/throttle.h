/* Inside the api room: the limits of the service that a call is held against (F13). */
#ifndef CRMOCK_API_THROTTLE_H
#define CRMOCK_API_THROTTLE_H

#include "api/call.h"

/* A check of the gate, behind the token: takes a credit of the user's org, whatever becomes of the call
 * then. ERR_TOO_MANY_REQUESTS when none remains, or as many calls of the org are under way as may be;
 * such a call costs nothing. */
MUSTCHECK enum error throttle_check(struct call *call);
/* Adds the header X-API-CREDITS-REMAINING to the answer of a call that was checked, from half of the
 * credits on. */
void throttle_tell(struct call *call);

/* For hints: "at 2026-01-31T09:30:00Z", or "never" of a time to which no clock goes. Arena-owned. */
MUSTCHECK const char *throttle_when(struct arena *arena, int64_t time);

#endif
