/* How the jobs of a store go on. */
#ifndef CRMOCK_CRM_JOB_POLICY_H
#define CRMOCK_CRM_JOB_POLICY_H

#include <stdbool.h>

/* What is named first comes first: a job that is held has no polls, one with polls has neither delay
 * nor rate. */
struct job_policy {
    bool hold;      /* jobs that have not been released wait until they are, or are stepped */
    unsigned delay; /* milliseconds that a job stays SCHEDULED */
    unsigned rate;  /* records a second that the jobs of one org try; 0: as fast as may be */
    unsigned batch; /* records that are changed in one transaction, 1 to JOB_BATCH_MAX */
    bool has_polls; /* jobs go as far as the clients' questions have them */
    unsigned polls_scheduled, polls_running; /* questions that are answered so; the next one: final */
};

#endif
