/* A request of the service, from its arrival to the last byte of its answer: answered by the service,
 * or as the faults and limits of its sandbox have it, and noted in the journal. */
#ifndef CRMOCK_VISIT_H
#define CRMOCK_VISIT_H

#include "control/control.h"

/* Answers it, now or later. The sandbox is borrowed. */
void visit_respond(struct control *control, struct sandbox *sandbox, const struct request *request,
                   struct arena *arena, struct response *response);

#endif
