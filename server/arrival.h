/* Calls of the service that are under way, from their headers to the last byte of their answers, where
 * a sandbox limits how many of an org there may be (section 7 of the control API, F13). */
#ifndef CRMOCK_ARRIVAL_H
#define CRMOCK_ARRIVAL_H

#include "base/exchange.h"
#include "sandbox/sandbox.h"

/* The ticket of a call whose headers have come; the share of the sandbox is its own from then on. */
MUSTCHECK void *arrival_begin(struct sandbox *sandbox, const struct request *request,
                              struct arena *arena);
/* It is over. */
void arrival_end(void *ticket);
/* The request, by its ticket: as it is, or a copy of the arena's that says that it came when as many
 * were under way as may be. */
MUSTCHECK const struct request *arrival_mark(const struct request *request, struct arena *arena);

#endif
