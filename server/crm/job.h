/* Carries scheduled mass updates out, in a worker's steps or as far as somebody waits for. */
#ifndef CRMOCK_CRM_JOB_H
#define CRMOCK_CRM_JOB_H

#include "crm/mass_update.h"
#include "store/job.h"

enum { JOB_BATCH_MAX = MASS_UPDATE_RECORDS_MAX };

/* For one worker; what stands below `crm` is its own. Zero it, and end it with job_runner_clear. */
struct job_runner {
    const struct crm *crm;
    unsigned failures;  /* of the store, in a row */
    struct pace *paces; /* of orgs that have a rate */
    size_t pace_count;
};

/* A worker's step, of which the context is a struct job_runner: takes the oldest job that is ready one
 * batch further, in one transaction. Those of one org keep their order, without those that are held,
 * suspended or polled; none waits for another org's. A batch that fails is tried again, JOB_TRIES times
 * in all, and then the job is FAILED, with the counts of what was committed (D26). */
worker_step job_runner_step;
enum { JOB_TRIES = 6 };
void job_runner_clear(struct job_runner *runner);

/* True while the policy holds it. */
MUSTCHECK bool job_is_held(const struct job_policy *policy, const struct job *job);
/* How many of its records are tried when the policy has clients' questions decide. */
MUSTCHECK int64_t job_goal(const struct job_policy *policy, const struct job *job);
/* STORE_OK for a job that waits behind others (F22). */
MUSTCHECK enum store_status job_is_queued(const struct crm *crm, struct db *db, const struct job *job);

/* Has so many records of the job tried when it returns, or all that there are, each batch on a
 * connection of its own, so that nobody waits for more than one: the caller has none. Not further when
 * the job is held, suspended or made to fail meanwhile. */
MUSTCHECK enum store_status job_run_to(const struct crm *crm, int64_t id, int64_t goal);

#endif
