/* Inside the api room: the checks that every request passes before its endpoint sees it (D1, first
 * half: route, method, token, module, scope, permission). */
#ifndef CRMOCK_API_GATE_H
#define CRMOCK_API_GATE_H

#include "api/call.h"
#include "crm/mass_update.h"

/* ERR_NONE with the call's endpoint, version, user and module found out, or the first row that fails.
 */
MUSTCHECK enum error gate_check(struct call *call);

/* "GET and POST are served here". Arena-owned. */
MUSTCHECK const char *methods_hint(struct arena *arena, const char *const *methods, size_t count);

/* The order, for documentation. */
extern const struct rules gate_order;

#endif
