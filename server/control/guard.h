/* Inside the control room: who may steer. A page of somebody else's in a browser on this machine may
 * not, by whatever name it calls crmock. */
#ifndef CRMOCK_CONTROL_GUARD_H
#define CRMOCK_CONTROL_GUARD_H

#include "control/call.h"

/* False after a refusal. */
MUSTCHECK bool guard_passes(struct control_call *call);

#endif
