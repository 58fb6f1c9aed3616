/* Jobs: scheduled mass updates, their counts and their place. */
#ifndef CRMOCK_STORE_JOB_H
#define CRMOCK_STORE_JOB_H

#include "store/record.h"

enum job_status { JOB_SCHEDULED, JOB_RUNNING, JOB_SUSPENDED, JOB_COMPLETED, JOB_FAILED };
extern const char *const job_status_names[]; /* by enum job_status, ended by NULL */

#define JOB_NEVER INT64_MAX /* the time of what has not been yet */

struct job {
    int64_t id;
    const struct module *module;
    const struct user *user;
    int64_t view_id;
    enum job_status status;
    const char *changes;             /* {"over_write": bool, "trigger": [...], "fields": {...}} */
    int64_t created, started, ended; /* in seconds, by the store's clock */
    int64_t scheduled_milliseconds;  /* when it was scheduled, by the machine's clock */
    int64_t total, updated, failed;
    int64_t last_record; /* records up to this id are done */
    bool released;       /* no policy holds it */
    int64_t polls;       /* how often a client was told how it is, where that counts */
    const char *reason;  /* why it was given up; or NULL */
};

/* How many of its records have been tried. */
static inline int64_t job_tried(const struct job *job)
{
    return job->updated + job->failed;
}

static inline bool job_has_ended(const struct job *job)
{
    return job->status == JOB_COMPLETED || job->status == JOB_FAILED;
}

/* Adds a job in the state SCHEDULED; its records are fixed by selection_fix. */
MUSTCHECK enum store_status job_add(struct db *db, const struct job *job, int64_t now);
MUSTCHECK enum store_status job_set_total(struct db *db, int64_t id, int64_t total);
/* The job of that id, without `changes` and `reason`: one that has ended is kept in memory. */
MUSTCHECK enum store_status job_read(struct db *db, const struct orgs *orgs, int64_t id,
                                     struct arena *arena, struct job *job);
/* The same with them, arena-owned, and as it is in the store now. */
MUSTCHECK enum store_status job_read_whole(struct db *db, const struct orgs *orgs, int64_t id,
                                           struct arena *arena, struct job *job);

struct job_list {
    struct job *jobs;
    size_t count;
};

/* Every job that has not ended, the oldest first, without `changes` and `reason`. Arena-owned. */
MUSTCHECK enum store_status jobs_unfinished(struct db *db, const struct orgs *orgs, struct arena *arena,
                                            struct job_list *list);

/* Which jobs are asked for; zero all that does not matter. */
struct job_filter {
    const char *status; /* one of job_status_names */
    int64_t view_id;
    const struct module *module;
    bool unfinished;
};

/* Those jobs whose ids are greater than `after`, by their ids, `limit` at most, whole. Arena-owned. */
MUSTCHECK enum store_status jobs_list(struct db *db, const struct orgs *orgs,
                                      const struct job_filter *filter, int64_t after, size_t limit,
                                      struct arena *arena, struct job_list *list);

/* The greatest id of those that were scheduled before that time (milliseconds, by the machine's clock);
 * 0 when there are none. */
MUSTCHECK enum store_status job_newest(struct db *db, int64_t before, int64_t *id);

/* STORE_OK when another job of its org that is to be done comes before this one; `released`: only those
 * count that are. */
MUSTCHECK enum store_status job_is_behind(struct db *db, const struct job *job, bool released);
/* STORE_OK when a job of the view has not ended (E12). */
MUSTCHECK enum store_status job_unfinished_of_view(struct db *db, int64_t view_id);
/* The job's next records in the order of their ids, at most `limit`; one that was deleted since has
 * no module. */
MUSTCHECK enum store_status job_records(struct db *db, const struct org *org, const struct job *job,
                                        size_t limit, struct record *records, size_t *count);
/* A part of a job's records: the `count` of them whose ids are first to last. */
struct job_part {
    int64_t first, last;
    size_t count;
    bool has_refused; /* some of them: those are not to be written */
};

/* Writes the same values to a part of the job's records, by one statement; not to those that were
 * refused, by job_refuse. */
MUSTCHECK enum store_status job_update_records(struct db *db, const struct job *job,
                                               const struct job_part *part,
                                               const struct record_change *changes, size_t count,
                                               int64_t now);
/* Writes whatever of a job may change, in the transaction that changed its records. */
MUSTCHECK enum store_status job_write(struct db *db, const struct job *job);
/* Releases every job that has not ended and is not SUSPENDED, in the caller's transaction. */
MUSTCHECK enum store_status jobs_release(struct db *db);
/* Has jobs that wait for their delay wait so much less, in the caller's transaction. */
MUSTCHECK enum store_status job_shorten_delays(struct db *db, int64_t milliseconds);

/* A record that was refused, and by what: the name of a row of the catalogue, or "deleted". */
struct job_refusal {
    int64_t record_id;
    const char *rule;
};

/* Notes that the job's record was. */
MUSTCHECK enum store_status job_refuse(struct db *db, int64_t job_id,
                                       const struct job_refusal *refusal);
/* Those of a job whose ids are greater than `after`, by their ids, `limit` at most. Arena-owned. */
MUSTCHECK enum store_status job_refusals(struct db *db, int64_t job_id, int64_t after, size_t limit,
                                         struct arena *arena, struct job_refusal **list, size_t *count);

#endif
