/* Inside the control room: what bodies say of how jobs go on. */
#ifndef CRMOCK_CONTROL_POLICY_H
#define CRMOCK_CONTROL_POLICY_H

#include "control/call.h"

/* How they go without a word. */
MUSTCHECK struct job_policy policy_default(void);
/* Changes the members that are given; a fault is refused at its place. */
void policy_read(const struct said *said, struct job_policy *policy);

#endif
