#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "http/server.h"
#include "unit.h"

/* Tells what it was asked. */
static void echo(void *context, const struct request *request, struct arena *arena,
                 struct response *response)
{
    (void)context;
    const char *q = request->query(request, "q"), *none = request->query(request, "none");
    *response = (struct response){
        .status = 299,
        .content_type = "text/plain",
        .rule = "R",
        .hint = request->body_length == 3 ? "bad\r\nX-Forged: 1" : "hint",
        .body = arena_printf(arena, "%s|%s|%s|%s|%.*s|%zu|%s", request->method, request->path,
                             q != NULL ? q : "(none)", none != NULL ? none : "(none)",
                             (int)request->body_length, request->body, request->limit,
                             request->authorization != NULL ? request->authorization : "(none)"),
    };
    response->body_length = strlen(response->body);
}

static struct http_options options = {
    .listen = "127.0.0.1",
    .max_body = 10,
    .max_header = 8192,
    .max_connections = 16,
    .idle_timeout = 60,
    .threads = 2,
    .hints = true,
    .log = &quiet_log,
    .respond = echo,
};

static const struct {
    const char *method, *path, *body, *answer;
} exchanges[] = {
    {"GET", "/a%20b?q=1%262&x", "", "GET|/a b|1&2|(none)||0|Bearer 1000.crmock.admin"},
    {"GET", "/?q", "", "GET|/||(none)||0|"},
    {"GET", "/?q=&none=", "", "GET|/||||0|"},
    {"GET", "/a%00b?q=%00", "", "GET|/a%00b|%00|(none)||0|"},
    {"GET", "/%zz?q=%", "", "GET|/%zz|%|(none)||0|"},
    {"POST", "/", "0123456789", "POST|/|(none)|(none)|0123456789|0|"},
    {"POST", "/", "01234567890", "POST|/|(none)|(none)||10|"},
    {"BREW", "/", "x", "BREW|/|(none)|(none)|x|0|"},
};

START_TEST(requests_arrive_whole)
{
    struct arena arena = {.blocks = NULL};
    const char *reason = "";
    struct http_server *server = http_bind(&options, &arena, &reason);
    ck_assert_msg(server != NULL, "%s", reason);
    ck_assert_msg(http_start(server, &reason), "%s", reason);
    for (size_t i = 0; i < COUNT(exchanges); i++) {
        const char *request =
            client_request(&arena, exchanges[i].method, exchanges[i].path, exchanges[i].body);
        const char *answer = client_exchange(http_url(server), request, &arena);
        ck_assert_ptr_nonnull(strstr(answer, "HTTP/1.1 299 "));
        ck_assert_msg(strstr(answer, exchanges[i].answer) != NULL, "%s", answer);
        ck_assert_ptr_nonnull(strstr(answer, "X-Crmock-Rule: R\r\n"));
    }
    const char *request = client_request(&arena, "POST", "/", "abc");
    ck_assert_ptr_null(strstr(client_exchange(http_url(server), request, &arena), "X-Forged"));
    http_stop(server);
    arena_clear(&arena);
}
END_TEST

START_TEST(an_address_that_is_taken_is_told)
{
    struct arena arena = {.blocks = NULL};
    const char *reason = "";
    struct http_server *server = http_bind(&options, &arena, &reason);
    ck_assert_ptr_nonnull(server);
    struct http_options same = options;
    same.port = (unsigned)strtoul(strrchr(http_url(server), ':') + 1, NULL, 10);
    struct http_server *second = http_bind(&same, &arena, &reason);
    ck_assert_ptr_null(second);
    ck_assert_ptr_nonnull(strstr(reason, "Address already in use"));
    http_stop(server);
    second = http_bind(&same, &arena, &reason); /* and free again at once */
    ck_assert_ptr_nonnull(second);
    http_stop(second);
    http_stop(NULL);
    arena_clear(&arena);
}
END_TEST

Suite *http_suite(void)
{
    Suite *suite = suite_create("http");
    TCase *tests = tcase_create("http");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, requests_arrive_whole);
    tcase_add_test(tests, an_address_that_is_taken_is_told);
    suite_add_tcase(suite, tests);
    return suite;
}
