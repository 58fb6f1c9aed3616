/* All the deliverers of a store: one for each URL that its rules call. */
#ifndef CRMOCK_WEBHOOK_DELIVERERS_H
#define CRMOCK_WEBHOOK_DELIVERERS_H

#include "store/org.h"
#include "webhook/deliverer.h"
#include "webhook/dispatch.h"

/* Begin with zeros. */
struct deliverers {
    struct arena arena; /* everything here is in it: who has the former list may go on with it */
    struct deliverer **list;
    size_t count;
    struct worker **workers; /* theirs, ended by NULL; or NULL */
};

/* Starts a deliverer like the given one for each URL of the orgs' rules that has none yet; the dispatch
 * must outlive them. Without any, nothing is loaded or started. False with a reason (arena-owned).
 * deliverers_stop must follow in any case. */
MUSTCHECK bool deliverers_start(struct deliverers *deliverers, const struct orgs *orgs,
                                const struct deliverer *like, struct dispatch *dispatch,
                                struct arena *arena, const char **reason);
/* Ends and frees them all; calls that were not answered are made again by the next start. */
void deliverers_stop(struct deliverers *deliverers);

#endif
