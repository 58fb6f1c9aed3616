#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crm/fixture_rules.h"
#include "fixture/fixture.h"
#include "store/memory.h"
#include "unit.h"

struct log quiet_log;

/* Of a store in memory with the built-in fixtures. To load them takes most of a test's time, so that is
 * done once. */
static struct image *built_in;

static void open_and_fill(struct test_store *test, const char *path, const char *folder)
{
    bool is_built_in = path == NULL && folder == NULL, is_new;
    const struct store_options options = {
        .path = path, .image = is_built_in ? built_in : NULL, .log = &quiet_log};
    const struct fixture_source source = {.folder = folder, .now = 1614334436};
    const char *reason = "";
    test->store = store_open(&options, &test->arena, &is_new, &reason);
    ck_assert_msg(test->store != NULL && is_new == (options.image == NULL), "%s", reason);
    ck_assert_msg(!is_new || fixtures_load(test->store, &source, &fixture_rules, &test->arena, &reason),
                  "%s", reason);
    if (is_built_in && built_in == NULL)
        built_in = store_image(test->store);
    test->db = store_acquire(test->store);
    ck_assert_ptr_nonnull(test->db);
    ck_assert_int_eq(orgs_load(test->db, ALL_ORGS, &test->orgs), STORE_OK);
    test->org = &test->orgs.list[0];
}

void test_store_open_with(struct test_store *test, const char *folder)
{
    *test = (struct test_store){.db = NULL};
    open_and_fill(test, NULL, folder);
}

void test_store_open_lasting(struct test_store *test)
{
    *test = (struct test_store){.db = NULL};
    char folder[] = "/tmp/crmock-unit-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    test->folder = arena_strdup(&test->arena, folder);
    open_and_fill(test, arena_printf(&test->arena, "%s/store.db", folder), NULL);
}

void test_store_open(struct test_store *test)
{
    test_store_open_with(test, NULL);
    ck_assert_str_eq(test->org->name, "Zylker");
}

void test_store_lend(struct test_store *test)
{
    if (test->db != NULL)
        store_release(test->db);
    test->db = NULL;
}

void test_store_close(struct test_store *test)
{
    orgs_clear(&test->orgs);
    test_store_lend(test);
    if (test->folder != NULL) {
        store_discard(test->store);
        ck_assert_int_eq(rmdir(test->folder), 0);
    } else {
        store_close(test->store);
    }
    arena_clear(&test->arena);
}

int main(void)
{
    struct log_sink nowhere;
    log_sink_open(&nowhere, open("/dev/null", O_WRONLY | O_CLOEXEC));
    quiet_log.sink = &nowhere;
    SRunner *runner = srunner_create(base_suite());
    srunner_add_suite(runner, store_suite());
    srunner_add_suite(runner, fixtures_suite());
    srunner_add_suite(runner, crm_suite());
    srunner_add_suite(runner, api_suite());
    srunner_add_suite(runner, jobs_suite());
    srunner_add_suite(runner, http_suite());
    srunner_add_suite(runner, proxy_suite());
    srunner_add_suite(runner, control_suite());
    srunner_add_suite(runner, app_suite());
    srunner_add_suite(runner, import_suite());
    srunner_add_suite(runner, traffic_suite());
    srunner_add_suite(runner, faults_suite());
    srunner_add_suite(runner, tls_suite());
    srunner_add_suite(runner, anonymous_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    image_free(built_in);
    log_sink_close(&nowhere);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
