#include "app.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app_rig.h"
#include "client.h"
#include "unit.h"

static struct app *started(struct arena *arena)
{
    const struct app_options options = app_rig_options();
    return app_rig_start(&options, arena);
}

static const char *post(const struct app *app, const char *module, const char *body,
                        struct arena *arena)
{
    const char *path = arena_printf(arena, "/crm/v8/%s/actions/mass_update", module);
    return client_exchange(app_url(app), client_request(arena, "POST", path, body), arena);
}

static bool completed(const struct app *app, const char *job_id, struct arena *arena)
{
    const char *path = arena_printf(arena, "/crm/v8/Leads/actions/mass_update?job_id=%s", job_id);
    const char *answer = client_exchange(app_url(app), client_request(arena, "GET", path, ""), arena);
    ck_assert_ptr_nonnull(strstr(answer, " 200 OK"));
    return strstr(answer, "\"COMPLETED\"") != NULL;
}

static const char *schedule(const struct app *app, struct arena *arena)
{
    const char *answer =
        post(app, "Leads", "{\"data\":[{\"City\":\"Volos\"}],\"cvid\":\"554023000000091501\"}", arena);
    const char *id = strstr(answer, "\"job_id\":\"");
    ck_assert_msg(id != NULL, "%s", answer);
    id += strlen("\"job_id\":\"");
    return arena_strndup(arena, id, strcspn(id, "\""));
}

START_TEST(two_apps_live_in_one_process)
{
    struct arena arena = {.blocks = NULL};
    struct app *one = started(&arena), *two = started(&arena);
    ck_assert_str_ne(app_url(one), app_url(two));
    const char *first = schedule(one, &arena);
    while (!completed(one, first, &arena))
        ;
    /* The other knows nothing of it: the same view can be scheduled, and gets the same id of its own.
     */
    const char *second = schedule(two, &arena);
    ck_assert_str_eq(first, second);
    while (!completed(two, second, &arena))
        ;
    app_stop(one);
    const char *answer = post(
        two, "Deals", "{\"data\":[{\"Next_Step\":\"Call\"}],\"ids\":[\"554023000000497007\"]}", &arena);
    ck_assert_ptr_nonnull(strstr(answer, "record updated"));
    app_stop(two);
    app_stop(NULL);
    arena_clear(&arena);
}
END_TEST

START_TEST(an_app_serves_a_socket_that_it_is_handed)
{
    static const char request[] = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    char answer[1024] = "";
    struct arena arena = {.blocks = NULL};
    struct app *app = started(&arena);
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    ck_assert(app_adopt(app, ends[1]));
    ck_assert_int_eq(write(ends[0], request, sizeof request - 1), sizeof request - 1);
    ck_assert_int_gt(recv(ends[0], answer, sizeof answer - 1, MSG_WAITALL), 0);
    ck_assert_ptr_eq(strstr(answer, "HTTP/1.1 200 OK"), answer);
    (void)close(ends[0]);
    app_stop(app);
    arena_clear(&arena);
}
END_TEST

/* Of the names in a folder, the first with that ending, arena-owned; NULL: none. Removes what it finds.
 */
static const char *taken_from(const char *folder, const char *ending, int *count, struct arena *arena)
{
    const char *found = NULL, *name;
    GDir *dir = g_dir_open(folder, 0, NULL);
    ck_assert_ptr_nonnull(dir);
    for (*count = 0; (name = g_dir_read_name(dir)) != NULL; (*count)++) {
        if (g_str_has_suffix(name, ending))
            found = arena_strdup(arena, name);
        ck_assert_int_eq(unlink(arena_printf(arena, "%s/%s", folder, name)), 0);
    }
    g_dir_close(dir);
    return found;
}

START_TEST(a_copy_of_the_fixtures_is_left_by_an_app_that_ends_at_once)
{
    struct arena arena = {.blocks = NULL};
    char folder[] = "/tmp/crmock-app-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    struct app_options options = app_rig_options();
    options.cache = folder;
    options.uses_cache = true;
    app_stop(app_rig_start(&options, &arena));
    int count;
    ck_assert_ptr_nonnull(taken_from(folder, ".snapshot", &count, &arena));
    ck_assert_int_eq(count, 1);
    ck_assert_int_eq(rmdir(folder), 0);
    arena_clear(&arena);
}
END_TEST

START_TEST(an_app_that_cannot_start_says_why_and_leaves_nothing)
{
    struct arena arena = {.blocks = NULL};
    const struct app_options options = {
        .log = quiet_log,
        .fixtures = "/nowhere",
        .http = {.listen = "127.0.0.1",
                 .max_body = 1,
                 .max_header = 4096,
                 .max_connections = 8,
                 .threads = 1},
    };
    const char *reason = "";
    ck_assert_ptr_null(app_start(&options, &arena, &reason));
    ck_assert_ptr_nonnull(strstr(reason, "/nowhere: expected a folder"));
    arena_clear(&arena);
}
END_TEST

Suite *app_suite(void)
{
    Suite *suite = suite_create("app");
    TCase *tests = tcase_create("app");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, two_apps_live_in_one_process);
    tcase_add_test(tests, an_app_serves_a_socket_that_it_is_handed);
    tcase_add_test(tests, a_copy_of_the_fixtures_is_left_by_an_app_that_ends_at_once);
    tcase_add_test(tests, an_app_that_cannot_start_says_why_and_leaves_nothing);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, sandbox_tests());
    suite_add_tcase(suite, credential_tests());
    suite_add_tcase(suite, parity_tests());
    suite_add_tcase(suite, convert_tests());
    return suite;
}
