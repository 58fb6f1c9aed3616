#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "control/target.h"
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

static struct http_server *started(const struct http_options *asked, struct arena *arena)
{
    const char *reason = "";
    struct http_server *server = http_bind(asked, arena, &reason);
    ck_assert_msg(server != NULL && http_start(server, &reason), "%s", reason);
    return server;
}

static void answer_text(struct response *response, const char *text)
{
    *response = (struct response){
        .status = 299, .content_type = "text/plain", .body = text, .body_length = strlen(text)};
}

/* Tells a header. */
static void tell_header(void *context, const struct request *request, struct arena *arena,
                        struct response *response)
{
    (void)context;
    const char *name = request->query(request, "name"), *value = request->header(request, name);
    answer_text(response, arena_printf(arena, "<%u|%s>", request->header_count(request, name),
                                       value != NULL ? value : "(none)"));
}

static const struct {
    const char *name, *head, *told;
} told_headers[] = {
    {"X-A", "GET /?name=X-A HTTP/1.1\r\nHost: x\r\nX-AB: 1\r\n", "<0|(none)>"},
    {"any spelling", "GET /?name=X-A HTTP/1.1\r\nHost: x\r\nx-a:  b c \t\r\n", "<1|b c>"},
    {"empty", "GET /?name=X-A HTTP/1.1\r\nHost: x\r\nX-A:\r\n", "<1|>"},
    {"two", "GET /?name=X-A HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-A: 2\r\n", "<2|1>"},
    {"repaired", "GET /?name=X-A HTTP/1.1\r\nHost: x\r\nX-A: \xffz\r\n", "<1|\xef\xbf\xbdz>"},
    {"host", "GET /?name=Host HTTP/1.1\r\nHost: X.test:1\r\n", "<1|X.test:1>"},
    {"no host", "GET /?name=Host HTTP/1.0\r\n", "<0|(none)>"},
    {"query", "GET /?name=name HTTP/1.1\r\nHost: x\r\n", "<0|(none)>"},
};

START_TEST(headers_are_told_as_they_were_sent)
{
    struct arena arena = {.blocks = NULL};
    struct http_options asked = options;
    asked.respond = tell_header;
    struct http_server *server = started(&asked, &arena);
    for (size_t i = 0; i < COUNT(told_headers); i++) {
        const char *head = arena_printf(&arena, "%sConnection: close\r\n\r\n", told_headers[i].head);
        const char *answer = client_exchange(http_url(server), head, &arena);
        ck_assert_msg(strstr(answer, told_headers[i].told) != NULL, "%s: %s", told_headers[i].name,
                      answer);
    }
    http_stop(server);
    arena_clear(&arena);
}
END_TEST

/* Asks a copy that the app has changed. */
static void tell_by_copy(void *context, const struct request *request, struct arena *arena,
                         struct response *response)
{
    (void)context;
    struct request copy = *request;
    copy.prefix = "/_s/a";
    copy.path = "/other";
    answer_text(response, arena_printf(arena, "<%s|%s|%s|%s|%s>", request->base_url(request),
                                       copy.base_url(&copy), copy.query(&copy, "q"),
                                       copy.form(&copy, "f"), copy.header(&copy, "Host")));
}

START_TEST(a_copy_with_a_prefix_is_as_good)
{
    struct arena arena = {.blocks = NULL};
    struct http_options asked = options;
    asked.respond = tell_by_copy;
    struct http_server *server = started(&asked, &arena);
    const char *answer = client_exchange(http_url(server),
                                         "POST /?q=1 HTTP/1.1\r\nHost: h.test:99\r\n"
                                         "Content-Type: application/x-www-form-urlencoded\r\n"
                                         "Content-Length: 3\r\nConnection: close\r\n\r\nf=2",
                                         &arena);
    ck_assert_msg(strstr(answer, "<http://h.test:99|http://h.test:99/_s/a|1|2|h.test:99>") != NULL,
                  "%s", answer);
    answer = client_exchange(http_url(server), "POST /?q=1 HTTP/1.0\r\n\r\n", &arena);
    const char *own = arena_printf(&arena, "<%s|%s/_s/a|1|", http_url(server), http_url(server));
    ck_assert_msg(strstr(answer, own) != NULL, "%s", answer);
    http_stop(server);
    arena_clear(&arena);
}
END_TEST

/* Answers with the status that stands in the path, and the query's body. */
static void answer_status(void *context, const struct request *request, struct arena *arena,
                          struct response *response)
{
    (void)context;
    (void)arena;
    const char *body = request->query(request, "body");
    answer_text(response, body != NULL ? body : "");
    response->status = (unsigned)strtoul(request->path + 1, NULL, 10);
    if (body == NULL)
        response->content_type = NULL;
}

/* What stands in front of Date, and behind the head; the log's line. */
static const struct {
    const char *method, *target, *head, *body, *line;
} statuses[] = {
    {"POST", "/201?body=ab", "Content-Type: text/plain\r\nContent-Length: 2\r\n", "ab",
     "path=\"/201\" status=201"},
    {"POST", "/201", "Content-Length: 0\r\n", "", "path=\"/201\" status=201"},
    {"DELETE", "/204", "", "", "method=DELETE path=\"/204\" status=204"},
    {"DELETE", "/204/?body=ab", "", "", "method=DELETE path=\"/204/\" status=204"},
    {"HEAD", "/204//", "", "", "method=HEAD path=\"/204//\" status=204"},
    {"POST", "/409?body=abc", "Content-Type: text/plain\r\nContent-Length: 3\r\n", "abc", "status=409"},
    {"POST", "/409", "Content-Length: 0\r\n", "", "status=409"},
    {"PUT", "/422?body=a", "Content-Type: text/plain\r\nContent-Length: 1\r\n", "a",
     "method=PUT path=\"/422\" status=422"},
    {"PATCH", "/422", "Content-Length: 0\r\n", "", "method=PATCH path=\"/422\" status=422"},
    {"HEAD", "/409?body=abcd", "Content-Type: text/plain\r\nContent-Length: 4\r\n", "",
     "method=HEAD path=\"/409\" status=409"},
};

/* The answer without its status line and what every answer has. */
static const char *without_usual(struct arena *arena, const char *answer, unsigned status)
{
    const char *start = arena_printf(arena, "HTTP/1.1 %u ", status);
    ck_assert_msg(strncmp(answer, start, strlen(start)) == 0, "%s", answer);
    const char *date = strstr(answer, "\r\nDate: ");
    ck_assert_ptr_nonnull(date);
    return strchr(date + 2, '\n') + 1;
}

/* All on one connection, where a body that is not announced would be the next answer. */
START_TEST(answers_of_any_status_are_whole)
{
    struct arena arena = {.blocks = NULL};
    char lines[8192] = "";
    int file = memfd_create("log", MFD_CLOEXEC);
    struct log_sink sink;
    log_sink_open(&sink, file);
    struct log log = {.sink = &sink, .level = LOG_INFO};
    struct http_options asked = options;
    asked.respond = answer_status;
    asked.log = &log;
    struct http_server *server = started(&asked, &arena);
    int connection = client_connect(http_url(server));
    for (size_t i = 0; i < COUNT(statuses); i++) {
        client_send(connection, arena_printf(&arena, "%s %s HTTP/1.1\r\nHost: x\r\n\r\n",
                                             statuses[i].method, statuses[i].target));
        const char *end = arena_printf(&arena, "\r\n\r\n%s", statuses[i].body);
        const char *answer = client_receive(connection, end, &arena);
        const char *rest =
            without_usual(&arena, answer, (unsigned)strtoul(statuses[i].target + 1, NULL, 10));
        const char *whole = arena_printf(&arena, "%s\r\n%s", statuses[i].head, statuses[i].body);
        ck_assert_str_eq(rest, whole);
    }
    (void)close(connection);
    http_stop(server);
    ck_assert_int_gt(pread(file, lines, sizeof lines - 1, 0), 0);
    const char *at = lines;
    for (size_t i = 0; i < COUNT(statuses); i++) {
        at = strstr(at, statuses[i].line);
        ck_assert_msg(at != NULL, "%s in %s", statuses[i].line, lines);
        at++;
    }
    log_sink_close(&sink);
    (void)close(file);
    arena_clear(&arena);
}
END_TEST

static const struct {
    const char *target;
    bool is_control;
} targets[] = {
    {"/_crmock", true},
    {"/_crmock?x", true},
    {"/_crmock/fixtures", true},
    {"/_s/a/_crmock/x", true},
    {"/_s/a-1/_crmock", true},
    {"/_crmock/", true},
    {"/_crmocks", false},
    {"/_crmoc", false},
    {"/", false},
    {"", false},
    {"/x/_crmock/x", false},
    {"/_s/a/b/_crmock/x", false},
    {"/_s/a?b/_crmock/x", false},
    {"/_s/_crmock/x", false},
    {"/_s/a", false},
    {"/%5fcrmock/x", false},
    {"/_s/a/_crmockery", false},
    {"http://x/_crmock/x", false},
    {"/_s/a/_s/b/_crmock", false},
};

START_TEST(targets_of_the_control_api)
{
    const char *target = targets[_i].target;
    ck_assert_msg(control_is_target(target, strlen(target)) == targets[_i].is_control, "%s", target);
    /* what stands behind it does not count */
    struct arena arena = {.blocks = NULL};
    ck_assert(control_is_target(arena_printf(&arena, "%s/_crmock/", target), strlen(target)) ==
              targets[_i].is_control);
    arena_clear(&arena);
}
END_TEST

/* Tells what is the matter with the body. */
static void tell_refusal(void *context, const struct request *request, struct arena *arena,
                         struct response *response)
{
    (void)context;
    answer_text(response,
                arena_printf(arena, "<%d|%zu|%zu|%s>", request->refusal == REFUSAL_BODY_TOO_LARGE,
                             request->body_length, request->limit,
                             request->refusal_hint != NULL ? request->refusal_hint : ""));
}

#define OWN_LIMIT "calls that steer crmock have a limit of their own, whatever --max-body says"
static const struct {
    const char *target, *more, *body, *told;
} bodies[] = {
    {"/x", "Content-Length: 4\r\n", "abcd", "<0|4|0|>"},
    {"/x", "Content-Length: 5\r\n", "abcde", "<1|0|4|--max-body sets the limit>"},
    {"/_crmock/x", "Content-Length: 8\r\n", "abcdefgh", "<0|8|0|>"},
    {"/_s/a/_crmock/x?y", "Content-Length: 8\r\n", "abcdefgh", "<0|8|0|>"},
    {"/%5fcrmock/x", "Content-Length: 8\r\n", "abcdefgh", "<1|0|4|--max-body sets the limit>"},
    {"/_crmock/x", "Content-Length: 9\r\n", "abcdefghi", "<1|0|8|" OWN_LIMIT ">"},
    {"/_crmock/x", "Transfer-Encoding: chunked\r\n", "8\r\nabcdefgh\r\n0\r\n\r\n", "<0|8|0|>"},
    {"/_crmock/x", "Transfer-Encoding: chunked\r\n", "8\r\nabcdefgh\r\n1\r\ni\r\n0\r\n\r\n",
     "<1|0|8|" OWN_LIMIT ">"},
    {"/_crmock/x", "Transfer-Encoding: chunked\r\n", "8\r\nabcdefgh\r\nfffffff\r\n",
     "<1|0|8|" OWN_LIMIT ">"},
    {"/x", "Transfer-Encoding: chunked\r\n", "4\r\nabcd\r\nfffffff\r\n",
     "<1|0|4|--max-body sets the limit>"},
    {"/_crmock/x", "Expect: 100-continue\r\nContent-Length: 9\r\n", "", "<1|0|8|" OWN_LIMIT ">"},
    {"/x", "Expect: 100-continue\r\nContent-Length: 5\r\n", "", "<1|0|4|--max-body sets the limit>"},
    {"/_crmock/x", "Content-Length: 99999999999\r\n", "", "<1|0|8|" OWN_LIMIT ">"},
    {"/x", "Content-Length: 99999999999\r\n", "", "<1|0|4|--max-body sets the limit>"},
    {"/_crmock/x", "Content-Length: 99999999999999999999\r\n", "",
     "<1|0|8|Content-Length is beyond any limit>"},
};

START_TEST(bodies_have_the_limit_of_their_path)
{
    struct arena arena = {.blocks = NULL};
    struct http_options asked = options;
    asked.max_body = 4;
    asked.max_control_body = 8;
    asked.request_memory = 1 << 20;
    asked.is_control = control_is_target;
    asked.respond = tell_refusal;
    struct http_server *server = started(&asked, &arena);
    for (size_t i = 0; i < COUNT(bodies); i++) {
        /* behind a request that has the other limit */
        const char *first = strncmp(bodies[i].target, "/_", 2) == 0 ? "/x" : "/_crmock/x";
        const char *request = arena_printf(&arena,
                                           "GET %s HTTP/1.1\r\nHost: x\r\n\r\nPOST %s "
                                           "HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n%s",
                                           first, bodies[i].target, bodies[i].more, bodies[i].body);
        const char *answer = client_exchange(http_url(server), request, &arena);
        ck_assert_msg(strstr(answer, bodies[i].told) != NULL, "%s %s: %s", bodies[i].target,
                      bodies[i].more, answer);
    }
    http_stop(server);
    asked.max_control_body = 0; /* no other than that of every path */
    server = started(&asked, &arena);
    const char *answer = client_exchange(http_url(server),
                                         client_request(&arena, "POST", "/_crmock/x", "abcde"), &arena);
    ck_assert_msg(strstr(answer, "<1|0|4|--max-body sets the limit>") != NULL, "%s", answer);
    http_stop(server);
    arena_clear(&arena);
}
END_TEST

/* Another end of a connection that the server has adopted; -1: it would not. */
static int hand_over(struct http_server *server)
{
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    if (http_adopt(server, ends[1], false))
        return ends[0];
    char byte;
    ck_assert_int_eq(read(ends[0], &byte, 1), 0); /* and it is closed */
    (void)close(ends[0]);
    return -1;
}

static void check_served(int socket)
{
    static const char request[] = "GET /?q=1 HTTP/1.1\r\nHost: x\r\n\r\n", head[] = "HTTP/1.1 299 ";
    char answer[1024];
    ck_assert_int_eq(write(socket, request, sizeof request - 1), sizeof request - 1);
    ck_assert_int_ge(read(socket, answer, sizeof answer), sizeof head);
    ck_assert_mem_eq(answer, head, sizeof head - 1);
}

/* In a burst, with one thread or several; as many again once these have gone, whenever that is noticed.
 */
START_TEST(connections_are_adopted_up_to_the_limit)
{
    enum { TRIED = 100 };
    struct arena arena = {.blocks = NULL};
    struct http_options asked = options;
    asked.adopts = true;
    asked.threads = (unsigned)_i;
    struct http_server *server = started(&asked, &arena);
    for (size_t round = 0; round < 10; round++) {
        int sockets[TRIED];
        unsigned count = 0;
        for (size_t i = 0; i < TRIED || count < asked.max_connections; i++) {
            int socket = hand_over(server);
            if (socket >= 0)
                sockets[count++] = socket;
        }
        ck_assert_uint_eq(count, asked.max_connections);
        for (size_t i = 0; i < count; i++)
            check_served(sockets[i]);
        ck_assert_int_eq(hand_over(server), -1);
        for (size_t i = 0; i < count; i++)
            (void)close(sockets[i]);
    }
    http_stop(server);
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
    tcase_add_test(tests, headers_are_told_as_they_were_sent);
    tcase_add_test(tests, a_copy_with_a_prefix_is_as_good);
    tcase_add_test(tests, answers_of_any_status_are_whole);
    tcase_add_loop_test(tests, targets_of_the_control_api, 0, COUNT(targets));
    tcase_add_test(tests, bodies_have_the_limit_of_their_path);
    tcase_add_loop_test(tests, connections_are_adopted_up_to_the_limit, 1, 5);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, later_tests());
    suite_add_tcase(suite, feed_tests());
    suite_add_tcase(suite, address_tests());
    suite_add_tcase(suite, idle_tests());
    return suite;
}
