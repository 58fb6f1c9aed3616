/* Jobs by hand: how they go on is not left to them. */
#ifndef CRMOCK_CRM_JOB_CONTROL_H
#define CRMOCK_CRM_JOB_CONTROL_H

#include "crm/job.h"

/* Releases every job that a policy may hold, in a transaction: for when one ends its hold. */
MUSTCHECK enum store_status job_release_all(const struct crm *crm, struct db *db);

/* Each of these is one transaction. STORE_NOT_FOUND: there is no such job; STORE_CONFLICT: *why says in
 * a sentence what is against it, that it has ended for one; nothing is changed then. */

/* Tries so many more records (1 or more), or those that are left, of a job that is held or suspended;
 * a suspended one that does not end with them stays so. */
MUSTCHECK enum store_status job_step(const struct crm *crm, struct db *db, int64_t id, int64_t records,
                                     const char **why);
/* Lets it go on, whether it was suspended or held, now or by a later policy. */
MUSTCHECK enum store_status job_release(const struct crm *crm, struct db *db, int64_t id,
                                        const char **why);
/* SUSPENDED until it is released; one that is so stays so. */
MUSTCHECK enum store_status job_suspend(const struct crm *crm, struct db *db, int64_t id,
                                        const char **why);
/* FAILED, with the reason; what was done is kept and counted. */
MUSTCHECK enum store_status job_fail(const struct crm *crm, struct db *db, int64_t id,
                                     const char *reason, const char **why);

/* Counts that a client asks how the job is, while the policy has polls, and the job is neither held nor
 * suspended and has not ended. *goal is how many records are to be tried before he is told
 * (job_run_to).
 */
MUSTCHECK enum store_status job_poll(const struct crm *crm, struct db *db, int64_t id, int64_t *goal);

#endif
