#include "job_rig.h"

#include <string.h>

#include "api/catalogue.h"

struct job_rig rig;

void open_rig(void)
{
    test_store_open(&rig.test);
    test_store_lend(&rig.test);
    ck_assert(clock_set(&rig.clock, "2021-03-03T12:00:00Z"));
    rig.policy = (struct job_policy){.batch = 7};
    rig.crm = (struct crm){.store = rig.test.store,
                           .orgs = &rig.test.orgs,
                           .clock = &rig.clock,
                           .log = &quiet_log,
                           .policy = &rig.policy,
                           .rule_name = catalogue_row_name};
    rig.runner = (struct job_runner){.crm = &rig.crm};
}

void close_rig(void)
{
    job_runner_clear(&rig.runner);
    test_store_close(&rig.test);
}

struct db *take(void)
{
    struct db *db = store_acquire(rig.test.store);
    ck_assert_ptr_nonnull(db);
    return db;
}

void set_policy(const struct job_policy *policy)
{
    if (rig.policy.hold && !policy->hold) {
        struct db *db = take();
        ck_assert_int_eq(job_release_all(&rig.crm, db), STORE_OK);
        store_release(db);
    }
    rig.policy = *policy;
}

int64_t schedule(const char *view, const char *fields_json)
{
    size_t org = 0;
    while (strncmp(view, OTHER_ORG, 6) == 0 && strcmp(rig.test.orgs.list[org].name, "Small Works") != 0)
        org++;
    const struct org *of = &rig.test.orgs.list[org];
    cJSON *fields = json_parse(fields_json, strlen(fields_json), NULL);
    struct mass_update update = {
        .user = &of->users[0],
        .module = org_module(of, strcmp(view, OTHER_ORG) == 0 ? "Accounts" : "Leads"),
        .fields = fields,
        .automation = AUTOMATION_ALL,
        .view_id = view};
    struct fault fault = {.hint = NULL};
    int64_t id = 0;
    ck_assert_int_eq(mass_update_plan(&update, &rig.test.arena, &fault), ERR_NONE);
    struct db *db = take();
    ck_assert_int_eq(mass_update_schedule(&rig.crm, db, &update, &rig.test.arena, &id, &fault),
                     ERR_NONE);
    store_release(db);
    cJSON_Delete(fields);
    return id;
}

struct job read_job(int64_t id)
{
    struct job job;
    struct db *db = take();
    ck_assert_int_eq(job_read_whole(db, &rig.test.orgs, id, &rig.test.arena, &job), STORE_OK);
    store_release(db);
    return job;
}

void expect(int64_t id, enum job_status status, int64_t tried)
{
    struct job job = read_job(id);
    ck_assert_str_eq(job_status_names[job.status], job_status_names[status]);
    ck_assert_int_eq(job_tried(&job), tried);
}

enum store_status step(int64_t id, int64_t records)
{
    struct db *db = take();
    enum store_status status = job_step(&rig.crm, db, id, records, &rig.why);
    store_release(db);
    return status;
}

enum store_status release(int64_t id)
{
    struct db *db = take();
    enum store_status status = job_release(&rig.crm, db, id, &rig.why);
    store_release(db);
    return status;
}

enum store_status suspend(int64_t id)
{
    struct db *db = take();
    enum store_status status = job_suspend(&rig.crm, db, id, &rig.why);
    store_release(db);
    return status;
}

enum store_status make_fail(int64_t id)
{
    struct db *db = take();
    enum store_status status = job_fail(&rig.crm, db, id, "the test's", &rig.why);
    store_release(db);
    return status;
}

int64_t run(void)
{
    int64_t pause;
    while ((pause = job_runner_step(&rig.runner)) == WORKER_MORE)
        ;
    return pause;
}

static int64_t note_ring(void *context)
{
    struct ringing *ringing = context;
    (void)pthread_mutex_lock(&ringing->mutex);
    ringing->count++;
    (void)pthread_cond_signal(&ringing->changed);
    (void)pthread_mutex_unlock(&ringing->mutex);
    return WORKER_IDLE;
}

void ringing_begin(struct ringing *ringing)
{
    *ringing =
        (struct ringing){.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    ringing->pool = pool_new(1);
    ck_assert_ptr_nonnull(ringing->pool);
    ringing->worker = worker_new(ringing->pool, note_ring, ringing);
    bell_init(&ringing->bell);
    bell_add(&ringing->bell, ringing->worker);
}

void hear(struct ringing *ringing)
{
    (void)pthread_mutex_lock(&ringing->mutex);
    while (ringing->count == 0)
        (void)pthread_cond_wait(&ringing->changed, &ringing->mutex);
    ringing->count = 0;
    (void)pthread_mutex_unlock(&ringing->mutex);
}

void ringing_end(struct ringing *ringing)
{
    worker_free(ringing->worker);
    pool_free(ringing->pool);
    bell_clear(&ringing->bell);
}
