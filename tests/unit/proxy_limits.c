/* How many the proxy serves at once, when they leave, and where nothing more can be had. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "proxy_rig.h"

/* Has a connection reset, not ended, when it is closed. */
static void reset(int connection)
{
    const struct linger at_once = {.l_onoff = 1};
    ck_assert_int_eq(setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    (void)close(connection);
}

/* There is room for one, so that each must be forgotten for the next to be served. */
START_TEST(who_leaves_is_forgotten)
{
    static const char *const starts[] = {"", "C", "CONNECT www.zoho"};
    struct proxy_options asked = proxy_rig_options;
    struct proxy_rig rig;
    asked.most = 1;
    proxy_rig_open_with(&rig, &asked);
    for (size_t i = 0; i < COUNT(starts); i++) {
        int client = proxy_rig_knock(&rig);
        client_send(client, starts[i]);
        reset(client);
        proxy_rig_settle(&rig);
        client = proxy_rig_knock(&rig);
        client_send(client, starts[i]);
        (void)close(client);
        proxy_rig_settle(&rig);
    }
    proxy_rig_close(&rig);
}
END_TEST

START_TEST(who_waits_costs_nothing)
{
    struct proxy_options asked = proxy_rig_options;
    struct proxy_rig rig;
    asked.most = 2;
    proxy_rig_open_with(&rig, &asked);
    int first = proxy_rig_knock(&rig);
    client_send(first, "CONNECT www.zoho");
    proxy_rig_settle(&rig);
    proxy_rig_must_rest(&rig);
    int second = proxy_rig_knock(&rig), third = proxy_rig_knock(&rig);
    client_send(first, "apis.com:443");
    client_send(second, "C");
    client_send(third, GOOD);
    proxy_rig_must_rest(&rig);
    (void)close(first);
    proxy_rig_close_both(third, proxy_rig_take(&rig, PROXY_TUNNEL));
    (void)close(second);
    proxy_rig_close(&rig);
}
END_TEST

START_TEST(who_comes_beyond_the_most_waits)
{
    struct proxy_options asked = proxy_rig_options;
    struct proxy_rig rig;
    asked.most = 2;
    proxy_rig_open_with(&rig, &asked);
    int first = proxy_rig_knock(&rig), second = proxy_rig_knock(&rig), third = proxy_rig_knock(&rig);
    client_send(third, GOOD);
    client_send(second, "CONNECT ");
    client_send(first, GOOD);
    int socket = proxy_rig_take(&rig, PROXY_TUNNEL);
    (void)client_receive_bytes(first, strlen(ESTABLISHED), &rig.arena);
    proxy_rig_must_be_connected(first, socket, &rig.arena);
    proxy_rig_close_both(first, socket);
    socket = proxy_rig_take(&rig, PROXY_TUNNEL);
    (void)client_receive_bytes(third, strlen(ESTABLISHED), &rig.arena);
    proxy_rig_must_be_connected(third, socket, &rig.arena);
    proxy_rig_close_both(third, socket);
    (void)close(second);
    proxy_rig_close(&rig);
}
END_TEST

/* Each needs a descriptor at both ends. */
static struct rlimit allow_descriptors(void)
{
    struct rlimit before, more;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    more = (struct rlimit){.rlim_cur = before.rlim_max, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &more), 0);
    return before;
}

static void knock_many(struct proxy_rig *rig)
{
    static int clients[MANY];
    size_t half = strlen(GOOD) / 2;
    for (size_t i = 0; i < MANY; i++) {
        clients[i] = proxy_rig_knock(rig);
        client_send_bytes(clients[i], GOOD, half);
    }
    for (size_t i = MANY; i > 0; i--)
        client_send(clients[i - 1], &GOOD[half]);
    for (size_t i = 0; i < MANY; i++)
        (void)client_receive_bytes(clients[i], strlen(ESTABLISHED), &rig->arena);
    for (size_t i = 0; i < MANY; i++)
        (void)close(proxy_rig_take(rig, PROXY_TUNNEL));
    for (size_t i = 0; i < MANY; i++) {
        ck_assert_str_eq(client_receive_all(clients[i], &rig->arena), "");
        (void)close(clients[i]);
    }
}

START_TEST(many_are_served_at_once)
{
    struct rlimit before = allow_descriptors();
    struct proxy_options asked = proxy_rig_options;
    struct proxy_rig rig;
    asked.most = MANY;
    proxy_rig_open_with(&rig, &asked);
    knock_many(&rig);
    proxy_rig_close(&rig);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}
END_TEST

START_TEST(a_stop_waits_for_nobody)
{
    static const char *const starts[] = {"", "CONNECT ", LINE("CONNECT www.example.com:443 HTTP/1.1")};
    int clients[COUNT(starts)];
    struct proxy_options asked = proxy_rig_options;
    struct proxy_rig rig;
    asked.most = COUNT(starts) + 1;
    proxy_rig_open_with(&rig, &asked);
    for (size_t i = 0; i < COUNT(starts); i++) {
        clients[i] = proxy_rig_knock(&rig);
        client_send(clients[i], starts[i]);
    }
    proxy_rig_settle(&rig);
    struct arena arena = {.blocks = NULL};
    proxy_rig_close(&rig);
    for (size_t i = 0; i < COUNT(starts); i++) {
        bool is_refused = strlen(starts[i]) > strlen("CONNECT ");
        const char *answer = client_receive_all(clients[i], &arena);
        ck_assert_int_eq(strstr(answer, " 403 ") != NULL, is_refused);
        (void)close(clients[i]);
    }
    arena_clear(&arena);
}
END_TEST

START_TEST(a_stop_may_come_before_anything)
{
    struct arena arena = {.blocks = NULL};
    const char *reason = "";
    proxy_rig_end(NULL);
    struct proxy *proxy = proxy_bind(&proxy_rig_options, &arena, &reason);
    ck_assert_msg(proxy != NULL, "%s", reason);
    proxy_rig_end(proxy);
    proxy = proxy_bind(&proxy_rig_options, &arena, &reason);
    ck_assert_msg(proxy != NULL && proxy_start(proxy, &reason), "%s", reason);
    proxy_rig_end(proxy);
    arena_clear(&arena);
}
END_TEST

START_TEST(an_address_that_is_taken_is_told)
{
    struct proxy_options asked = proxy_rig_options;
    struct proxy_rig rig;
    const char *reason = "";
    proxy_rig_open(&rig);
    asked.port = (unsigned)strtoul(strrchr(proxy_url(rig.proxy), ':') + 1, NULL, 10);
    ck_assert_ptr_null(proxy_bind(&asked, &rig.arena, &reason));
    ck_assert_str_eq(reason, arena_printf(&rig.arena, "cannot listen on 127.0.0.1 port %u: %s",
                                          asked.port, strerror(EADDRINUSE)));
    proxy_rig_close(&rig);
}
END_TEST

/* A log that a test reads. */
struct told {
    struct log_sink sink;
    struct log log;
    int ends[2];
    FILE *lines;
};

static void open_told(struct told *told, struct proxy_options *asked)
{
    ck_assert_int_eq(pipe2(told->ends, O_CLOEXEC), 0);
    log_sink_open(&told->sink, told->ends[1]);
    told->log = (struct log){.sink = &told->sink, .level = LOG_INFO};
    told->lines = fdopen(told->ends[0], "r");
    asked->log = &told->log;
}

/* Fails unless the next line has the text. */
static void must_tell(struct told *told, const char *text)
{
    char line[1024] = "";
    ck_assert_ptr_nonnull(fgets(line, sizeof line, told->lines));
    ck_assert_msg(strstr(line, text) != NULL, "%s", line);
}

/* Fails when there is another line. */
static void close_told(struct told *told)
{
    char line[1024];
    log_sink_close(&told->sink);
    (void)close(told->ends[1]);
    ck_assert_msg(fgets(line, sizeof line, told->lines) == NULL, "%s", line);
    (void)fclose(told->lines);
}

START_TEST(who_is_not_adopted_is_told_of)
{
    struct proxy_options asked = proxy_rig_options;
    struct told told;
    struct proxy_rig rig;
    open_told(&told, &asked);
    proxy_rig_open_with(&rig, &asked);
    rig.refuses = true;
    int client = proxy_rig_knock(&rig);
    client_send(client, GOOD);
    ck_assert_str_eq(client_receive_all(client, &rig.arena), ESTABLISHED);
    (void)close(client);
    client = proxy_rig_knock(&rig);
    client_send(client, "G");
    must_tell(&told, "info proxy hand-over failed way=tunnel\n");
    must_tell(&told, "info proxy hand-over failed way=forward\n");
    (void)close(client);
    proxy_rig_close(&rig);
    close_told(&told);
}
END_TEST

/* A destination that is refused is seen where only warnings are, and what is no request is not. */
START_TEST(who_is_refused_is_told_of)
{
    struct proxy_options asked = proxy_rig_options;
    struct told told;
    struct proxy_rig rig;
    open_told(&told, &asked);
    proxy_rig_open_with(&rig, &asked);
    const char *const heads[] = {LINE("CONNECT www.example.com:443 HTTP/1.1"),
                                 LINE("CONNECT www.zohoapis.com HTTP/1.1")};
    for (size_t i = 0; i < COUNT(heads); i++) {
        int client = proxy_rig_knock(&rig);
        client_send(client, heads[i]);
        ck_assert_str_ne(client_receive_all(client, &rig.arena), "");
        (void)close(client);
    }
    must_tell(&told, " warning proxy refused status=403 reason=\"www.example.com:443 is refused");
    must_tell(&told, " info proxy refused status=400 reason=\"CONNECT asks for a host");
    proxy_rig_close(&rig);
    close_told(&told);
}
END_TEST

/* Leaves the process so many descriptors that are not in use yet; what was allowed before. */
static struct rlimit leave_descriptors(unsigned count)
{
    struct rlimit before;
    int next = dup(STDERR_FILENO);
    (void)close(next);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit less = {.rlim_cur = (rlim_t)next + count, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &less), 0);
    return before;
}

/* The client's own descriptor is the one that it is left. It is told once, however often it is tried in
 * vain, until it has gone well. */
static void knock_without_descriptors(struct proxy_rig *rig, struct told *told)
{
    enum { TRIES = 300 }; /* milliseconds in which there are some */
    struct rlimit before = leave_descriptors(1);
    struct pollfd lines = {.fd = told->ends[0], .events = POLLIN};
    int client = proxy_rig_knock(rig);
    client_send(client, GOOD);
    must_tell(told, "warning proxy cannot accept");
    ck_assert_int_eq(poll(&lines, 1, TRIES), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    proxy_rig_close_both(client, proxy_rig_take(rig, PROXY_TUNNEL));
}

START_TEST(without_descriptors_it_waits_for_some)
{
    struct proxy_options asked = proxy_rig_options;
    struct told told;
    struct proxy_rig rig;
    open_told(&told, &asked);
    proxy_rig_open_with(&rig, &asked);
    knock_without_descriptors(&rig, &told);
    knock_without_descriptors(&rig, &told);
    proxy_rig_close(&rig);
    close_told(&told);
}
END_TEST

TCase *proxy_limit_tests(void)
{
    TCase *tests = tcase_create("limits");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, who_leaves_is_forgotten);
    tcase_add_test(tests, who_waits_costs_nothing);
    tcase_add_test(tests, who_comes_beyond_the_most_waits);
    tcase_add_test(tests, many_are_served_at_once);
    tcase_add_test(tests, a_stop_waits_for_nobody);
    tcase_add_test(tests, a_stop_may_come_before_anything);
    tcase_add_test(tests, an_address_that_is_taken_is_told);
    tcase_add_test(tests, who_is_not_adopted_is_told_of);
    tcase_add_test(tests, who_is_refused_is_told_of);
    return tests;
}

TCase *proxy_descriptor_tests(void)
{
    TCase *tests = tcase_create("descriptors");
    tcase_set_timeout(tests, 300);
    tcase_set_tags(tests, DESCRIPTOR_TESTS);
    tcase_add_test(tests, without_descriptors_it_waits_for_some);
    return tests;
}
