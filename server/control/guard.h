/* Inside the control room: who may steer. A page of somebody else's in a browser on this machine may
 * not, by whatever name it calls crmock. */
#ifndef CRMOCK_CONTROL_GUARD_H
#define CRMOCK_CONTROL_GUARD_H

#include "control/control.h"

/* Of a call of the control API; `is_open`: it needs no control token. False after an answer: a refusal
 * (401, 403), or a 204 to a browser that asks whether a page of a --control-origin may call. What else
 * is answered to such a page keeps the headers that are in *response then. */
MUSTCHECK bool guard_passes(const struct control_options *options, const struct request *request,
                            bool is_open, struct arena *arena, struct response *response);
/* Of any request: its Host alone, which may be one of the service's as well. False after a refusal. */
MUSTCHECK bool guard_passes_host(const struct control_options *options, const struct request *request,
                                 struct arena *arena, struct response *response);

#endif
