/* Carries scheduled mass updates out, in a worker's steps. */
#ifndef CRMOCK_CRM_JOB_H
#define CRMOCK_CRM_JOB_H

#include "crm/mass_update.h"

enum { JOB_BATCH_MAX = MASS_UPDATE_RECORDS_MAX };

/* How fast jobs go. */
struct job_options {
    unsigned delay; /* milliseconds that a job stays SCHEDULED */
    unsigned rate;  /* records a second; 0: as fast as may be */
    unsigned batch; /* records that are changed in one transaction, 1 to JOB_BATCH_MAX */
};

/* For one worker; what stands below `options` is its own. Zero it. */
struct job_runner {
    const struct crm *crm;
    struct job_options options;
    int64_t not_before; /* when the rate lets it go on; of clock_microseconds */
    unsigned failures;  /* of the store, in a row */
};

/* A worker's step, of which the context is a struct job_runner: takes the oldest unfinished job one
 * batch further, in one transaction. A batch that fails is tried again, JOB_TRIES times in all, and
 * then the job is FAILED, with the counts of what was committed (D26). */
worker_step job_runner_step;
enum { JOB_TRIES = 6 };

#endif
