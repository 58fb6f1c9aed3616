/* Who waits for webhooks hears of them: when one is to be called, and when it was. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "job_rig.h"
#include "store/db.h"
#include "store/delivery.h"
#include "webhook/deliverer.h"

/* A socket whose port nobody listens at, and the URL of it. */
static int closed = -1;
static const char *url;

static void find_nobody(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    closed = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(closed, 0);
    ck_assert_int_eq(bind(closed, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(getsockname(closed, (struct sockaddr *)&address, &size), 0);
    url = arena_printf(&rig.test.arena, "http://127.0.0.1:%d/", ntohs(address.sin_port));
}

/* A rule that calls a webhook for each change of Leads. */
static void add_rule(void)
{
    struct db *db = take();
    const char *script =
        arena_printf(&rig.test.arena,
                     "INSERT INTO automation_rule (id, module_id, kind, name) VALUES (4711, %lld,"
                     " 'workflow', 'Tell'); INSERT INTO rule_action (rule_id, position, url)"
                     " VALUES (4711, 0, '%s')",
                     (long long)org_module(rig.test.org, "Leads")->id, url);
    ck_assert_int_eq(db_script(db, script), STORE_OK);
    orgs_clear(&rig.test.orgs);
    ck_assert_int_eq(orgs_load(db, ALL_ORGS, &rig.test.orgs), STORE_OK);
    rig.test.org = &rig.test.orgs.list[0];
    store_release(db);
}

static void open_webhooks(void)
{
    open_rig();
    find_nobody();
    add_rule();
}

static void close_webhooks(void)
{
    (void)close(closed);
    close_rig();
}

/* A call by ids, of one record. */
static void update(void)
{
    struct sent_id ids[] = {{"554023000000600001", INT64_C(554023000000600001)}};
    cJSON *fields = json_parse(CITY, strlen(CITY), NULL);
    struct mass_update update = {.user = &rig.test.org->users[0],
                                 .module = org_module(rig.test.org, "Leads"),
                                 .fields = fields,
                                 .automation = AUTOMATION_ALL,
                                 .ids = ids,
                                 .id_count = COUNT(ids)};
    struct fault fault = {.hint = NULL};
    struct outcome outcome;
    int64_t now;
    ck_assert_int_eq(mass_update_plan(&update, &rig.test.arena, &fault), ERR_NONE);
    struct db *db = take();
    ck_assert_int_eq(mass_update_apply(&rig.crm, db, &update, &rig.test.arena, &outcome, &now, &fault),
                     ERR_NONE);
    store_release(db);
    cJSON_Delete(fields);
}

START_TEST(a_delivery_that_is_added_is_heard_of)
{
    struct ringing ringing;
    ringing_begin(&ringing);
    rig.crm.webhooks_changed = &ringing.bell;
    update();
    hear(&ringing);
    (void)schedule(WEB, CITY);
    ck_assert_int_eq(job_runner_step(&rig.runner), WORKER_MORE);
    hear(&ringing);
    ringing_end(&ringing);
    rig.crm.webhooks_changed = NULL;
}
END_TEST

START_TEST(a_delivery_that_was_tried_is_heard_of)
{
    struct ringing ringing;
    const char *reason = "";
    update();
    ringing_begin(&ringing);
    struct deliverer deliverer = {.url = url,
                                  .store = rig.test.store,
                                  .log = &quiet_log,
                                  .options = {.timeout = 60000, .tries = 1},
                                  .client = client_new(&rig.test.arena, &reason),
                                  .changed = &ringing.bell};
    ck_assert_msg(deliverer.client != NULL, "%s", reason);
    struct pool *pool = pool_new(1);
    ck_assert_ptr_nonnull(pool);
    deliverer.worker = worker_new(pool, deliverer_step, &deliverer);
    worker_wake(deliverer.worker);
    hear(&ringing);
    struct db *db = take();
    struct delivery_list list;
    ck_assert_int_eq(deliveries_list(db, 0, 2, &rig.test.arena, &list), STORE_OK);
    store_release(db);
    ck_assert_uint_eq(list.count, 1);
    ck_assert_int_eq(list.deliveries[0].status, DELIVERY_GIVEN_UP);
    worker_free(deliverer.worker);
    pool_free(pool);
    client_free(deliverer.client);
    ringing_end(&ringing);
}
END_TEST

TCase *webhooks_tests(void)
{
    TCase *tests = tcase_create("webhooks");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, open_webhooks, close_webhooks);
    tcase_add_test(tests, a_delivery_that_is_added_is_heard_of);
    tcase_add_test(tests, a_delivery_that_was_tried_is_heard_of);
    return tests;
}
