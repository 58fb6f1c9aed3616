/* How the jobs of a store go on. */
#ifndef CRMOCK_CRM_JOB_POLICY_H
#define CRMOCK_CRM_JOB_POLICY_H

#include <pthread.h>
#include <stdbool.h>

#include "jobs/bell.h"

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

/* What the jobs of a store go by now. Any thread may use it. */
struct job_board {
    pthread_mutex_t mutex; /* guards the policy */
    struct job_policy policy;
    struct bell changed; /* rung when something has become of a job */
};

void job_board_init(struct job_board *board, const struct job_policy *policy);
void job_board_clear(struct job_board *board);
/* The policy as it is now. A job that was scheduled after an exchange of it goes by the new one, if it
 * is asked for in the transaction in which the job goes on. */
MUSTCHECK struct job_policy job_board_policy(struct job_board *board);

#endif
