/* A store with the built-in orgs, and jobs in it that the test has go on. */
#ifndef CRMOCK_JOB_RIG_H
#define CRMOCK_JOB_RIG_H

#include <pthread.h>

#include "crm/job_control.h"
#include "jobs/bell.h"
#include "unit.h"

/* Views of the built-in orgs: two of Leads with 50 records, one with a record in each state, and one of
 * another org with a single record; and what jobs set in them. */
enum { FIFTY = 50, STATES = 9 };
#define WEB "554023000000091501"
#define OWN "554023000000091505"
#define IN_EACH_STATE "554023000000091503"
#define OTHER_ORG "554025000000091515"
#define CITY "{\"City\":\"1\"}"
#define PHONE "{\"Phone\":\"1\"}"

enum { AN_HOUR = 3600000 };

struct job_rig {
    struct test_store test; /* nobody has its connection */
    struct clock clock;
    struct job_policy policy;
    struct crm crm;
    struct job_runner runner;
    const char *why; /* the last conflict */
};
extern struct job_rig rig;

/* A policy with batches of 7. */
void open_rig(void);
void close_rig(void);
/* The store's connection, to be released. */
struct db *take(void);
/* Exchanges the policy, as it is done where one ends its hold. */
void set_policy(const struct job_policy *policy);
/* The job of a call that sets these fields of the view's records. */
int64_t schedule(const char *view, const char *fields_json);
struct job read_job(int64_t id);
void expect(int64_t id, enum job_status status, int64_t tried);
enum store_status step(int64_t id, int64_t records);
enum store_status release(int64_t id);
enum store_status suspend(int64_t id);
enum store_status make_fail(int64_t id);
/* Has the runner go on until it pauses; for how long. */
int64_t run(void);

/* A bell, and somebody who hears it. */
struct ringing {
    struct bell bell;
    struct pool *pool;
    struct worker *worker;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    int count; /* of what was not asked for yet */
};
void ringing_begin(struct ringing *ringing);
/* Returns when the bell was rung since the last time. */
void hear(struct ringing *ringing);
void ringing_end(struct ringing *ringing);

#endif
