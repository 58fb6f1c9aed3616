/* Which sandbox a request is for. */
#ifndef CRMOCK_SANDBOX_ROUTE_H
#define CRMOCK_SANDBOX_ROUTE_H

#include "base/exchange.h"
#include "sandbox/sandboxes.h"

struct route {
    struct sandbox *sandbox;       /* NULL: it is refused. The caller is one of its owners */
    const struct request *request; /* without the sandbox's prefix in its path; the one that came, or
                                    * arena-owned */
    unsigned status;               /* of a refusal */
    const char *error;             /* likewise: one sentence. Arena-owned or static */
};

/* By its path (/_s/{id}/...), its header X-Crmock-Sandbox, its token or client, in this order; else it
 * is main's. Credentials do not count for the control API. */
void route_find(struct sandboxes *sandboxes, const struct request *request, struct arena *arena,
                struct route *route);

#endif
