/* Inside the control room: changing how a sandbox goes, and is seen, with the same store. */
#ifndef CRMOCK_CONTROL_MANNER_H
#define CRMOCK_CONTROL_MANNER_H

#include "control/call.h"

/* Of an endpoint that changes: locks the sandbox, and tells how it goes. False after a refusal, also
 * one that was made before: it is not locked then. Else one of the others must follow. */
MUSTCHECK bool manner_begin(struct control_call *call, struct manner *manner);
/* Puts it in the place of the sandbox's, unless the call has been refused, and unlocks it. False after
 * a refusal. */
MUSTCHECK bool manner_put(struct control_call *call, const struct manner *manner);
/* The same of other metadata of the store, which are the sandbox's then, or freed. NULL: they could not
 * be read. */
MUSTCHECK bool metadata_put(struct control_call *call, struct metadata *metadata);

#endif
