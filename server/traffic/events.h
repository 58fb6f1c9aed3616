/* Events of a sandbox, for who listens: server-sent ones. Without a listener they cost nothing; a slow
 * one is dropped, and holds nobody up. Any thread may use them. */
#ifndef CRMOCK_TRAFFIC_EVENTS_H
#define CRMOCK_TRAFFIC_EVENTS_H

#include "base/exchange.h"

struct events;

MUSTCHECK struct events *events_new(void);
/* Ends every listener. NULL is allowed. */
void events_free(struct events *events);
/* False when nobody listens, or has listened until a while ago: then nothing need be told. */
MUSTCHECK bool events_are_heard(const struct events *events);
/* Tells all listeners: the kind ("request", ...) and the object, compact JSON; both are copied. */
void events_tell(struct events *events, const char *kind, const char *json);

#endif
