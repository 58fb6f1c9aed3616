/* Inside the control room: sandboxes as they are told, to those who ask and those who listen. */
#ifndef CRMOCK_CONTROL_TOLD_SANDBOX_H
#define CRMOCK_CONTROL_TOLD_SANDBOX_H

#include "control/call.h"

/* The address by which the caller came, without a sandbox's prefix. */
const char *told_sandbox_server(const struct control_call *call);
/* One as the list has it, at that address of the server. Owned by the caller; texts are the arena's. */
MUSTCHECK cJSON *told_sandbox_json(struct arena *arena, const char *server,
                                   const struct sandbox *sandbox);
/* Tells what has become of it, "made", "reset", "restored" or "dropped", to those who listen to main
 * and to itself. */
void told_sandbox_change(struct control *control, const char *server, struct sandbox *sandbox,
                         const char *change);

#endif
