/* Inside the control room: what bodies say of how jobs go on. */
#ifndef CRMOCK_CONTROL_POLICY_H
#define CRMOCK_CONTROL_POLICY_H

#include "control/call.h"

/* How they go without a word. */
MUSTCHECK struct job_policy policy_default(void);
/* Changes the members that are given; a fault is refused at its place. */
void policy_read(const struct said *said, struct job_policy *policy);
/* Those members, for the document. */
#define POLICY_TAKEN                                                                                   \
    "'hold?': " SCHEMA_FLAG ", 'delay_ms?': " SCHEMA_COUNT ", 'rate?': " SCHEMA_COUNT                  \
    ", 'batch?': {'type': 'integer', 'minimum': 1, 'maximum': 50000}, 'polls?': {'type': ['object', "  \
    "'null'],"                                                                                         \
    " 'additionalProperties': false, 'properties': {'scheduled': " SCHEMA_COUNT                        \
    ", 'running': " SCHEMA_COUNT "}}"

#endif
