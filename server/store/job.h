/* Jobs: scheduled mass updates, their counts and their place. */
#ifndef CRMOCK_STORE_JOB_H
#define CRMOCK_STORE_JOB_H

#include "store/record.h"

enum job_status { JOB_SCHEDULED, JOB_RUNNING, JOB_COMPLETED, JOB_FAILED };
extern const char *const job_status_names[]; /* by enum job_status, ended by NULL */

struct job {
    int64_t id;
    const struct module *module;
    const struct user *user;
    int64_t view_id;
    enum job_status status;
    const char *changes;            /* {"over_write": bool, "trigger": [...], "fields": {...}} */
    int64_t scheduled_milliseconds; /* when it was scheduled, by the machine's clock */
    int64_t total, updated, failed;
    int64_t last_record; /* records up to this id are done */
};

/* Adds a job in the state SCHEDULED; its records are fixed by selection_fix. */
MUSTCHECK enum store_status job_add(struct db *db, const struct job *job, int64_t now);
MUSTCHECK enum store_status job_set_total(struct db *db, int64_t id, int64_t total);
/* The job of that id, without its `changes`. */
MUSTCHECK enum store_status job_read(struct db *db, const struct orgs *orgs, int64_t id,
                                     struct arena *arena, struct job *job);
/* The oldest job that is not finished; `changes` is owned by the arena. */
MUSTCHECK enum store_status job_next(struct db *db, const struct orgs *orgs, struct arena *arena,
                                     struct job *job);
/* STORE_OK when another job that is not finished comes before this one. */
MUSTCHECK enum store_status job_is_behind(struct db *db, int64_t id);
/* STORE_OK when a job of the view is SCHEDULED or RUNNING (E12). */
MUSTCHECK enum store_status job_unfinished_of_view(struct db *db, int64_t view_id);
/* The job's next records in the order of their ids, at most `limit`; one that was deleted since has
 * no module. */
MUSTCHECK enum store_status job_records(struct db *db, const struct org *org, const struct job *job,
                                        size_t limit, struct record *records, size_t *count);
/* A part of a job's records: the `count` of them whose ids are first to last. */
struct job_part {
    int64_t first, last;
    size_t count;
    const char *skipped; /* ids that are not to be written, a JSON list; NULL: none */
};

/* Writes the same values to a part of the job's records, by one statement. */
MUSTCHECK enum store_status job_update_records(struct db *db, const struct job *job,
                                               const struct job_part *part,
                                               const struct record_change *changes, size_t count,
                                               int64_t now);
/* Writes status, counts and place, in the transaction that changed the records. */
MUSTCHECK enum store_status job_write(struct db *db, const struct job *job, const char *reason);

#endif
