/* Inside the crm room: records of a job are tried, as many as somebody says, in his transaction. */
#ifndef CRMOCK_CRM_JOB_BATCH_H
#define CRMOCK_CRM_JOB_BATCH_H

#include "crm/apply.h"
#include "store/job.h"

/* What stands below `job` is its own. Zero it. */
struct job_batch {
    const struct crm *crm;
    struct db *db;
    struct arena *arena;
    struct job *job;     /* read whole in the transaction; goes on with it */
    size_t tried;        /* records */
    const char *trouble; /* why it is no use to try again; NULL: nothing is known */
    bool called_webhook;
    size_t fault_count; /* records for which fixtures injected a fault, and the first one */
    struct record faulty;
    size_t limit, count; /* records of one try: at most, and as many as there were */
    struct record_change changes[RECORD_CHANGES_MAX];
    struct application application;
};

/* Marks a job as under way, unless it is suspended. */
void job_begin(struct job *job, int64_t now);

/* Tries the job's next records, `limit` of them (1 or more) or those that are left, counts them, ends
 * the job after the last one, and writes it. May be called again. STORE_FAILED when the store failed,
 * or somebody has changed the job in it. */
MUSTCHECK enum store_status job_batch_try(struct job_batch *batch, size_t limit);
/* Tells the log, the deliverers of webhooks and who waits for jobs of what has been committed. */
void job_batch_tell(const struct job_batch *batch);

#endif
