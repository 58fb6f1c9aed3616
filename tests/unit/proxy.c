/* The proxy's door, and what becomes of those who knock. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "proxy/connect.h"
#include "proxy_rig.h"

#define HEADER(header) "CONNECT www.zohoapis.com:443 HTTP/1.1\r\n" header "\r\n\r\n"
#define BYTES(text) text, sizeof(text) - 1

/* A whole head of so many bytes. */
static const char *head_of(size_t length, struct arena *arena)
{
    size_t rest = strlen(HEADER("X: "));
    return arena_printf(arena, HEADER("X: %0*d"), (int)(length - rest), 0);
}

START_TEST(a_tunnel_is_handed_over)
{
    struct proxy_rig rig;
    proxy_rig_open(&rig);
    int client = proxy_rig_knock(&rig);
    client_send(client, GOOD);
    int socket = proxy_rig_take(&rig, PROXY_TUNNEL);
    ck_assert_int_ne(fcntl(socket, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_ne(fcntl(socket, F_GETFD) & FD_CLOEXEC, 0);
    ck_assert_str_eq(client_receive_bytes(client, strlen(ESTABLISHED), &rig.arena), ESTABLISHED);
    proxy_rig_must_be_connected(client, socket, &rig.arena);
    proxy_rig_close_both(client, socket);
    proxy_rig_close(&rig);
}
END_TEST

START_TEST(a_head_may_come_byte_by_byte)
{
    struct proxy_rig rig;
    proxy_rig_open(&rig);
    int client = proxy_rig_knock(&rig);
    for (const char *at = GOOD; *at != '\0'; at++) {
        client_send_bytes(client, at, 1);
        if (at[1] != '\0')
            proxy_rig_settle(&rig);
    }
    int socket = proxy_rig_take(&rig, PROXY_TUNNEL);
    ck_assert_str_eq(client_receive_bytes(client, strlen(ESTABLISHED), &rig.arena), ESTABLISHED);
    proxy_rig_must_be_connected(client, socket, &rig.arena);
    proxy_rig_close_both(client, socket);
    proxy_rig_close(&rig);
}
END_TEST

START_TEST(the_largest_head_is_read)
{
    struct proxy_rig rig;
    proxy_rig_open(&rig);
    int client = proxy_rig_knock(&rig);
    client_send_bytes(client, head_of(CONNECT_HEAD_MAX, &rig.arena), CONNECT_HEAD_MAX);
    proxy_rig_close_both(client, proxy_rig_take(&rig, PROXY_TUNNEL));
    proxy_rig_close(&rig);
}
END_TEST

/* In one piece, and with the head cut in two. */
START_TEST(what_is_sent_early_stays_in_the_socket)
{
    static const char sent[] = GOOD "\x16\x03\x01 early \r\n\r\n";
    struct proxy_rig rig;
    proxy_rig_open(&rig);
    for (size_t cut = 0; cut < strlen(GOOD); cut += strlen(GOOD) - 1) {
        int client = proxy_rig_knock(&rig);
        client_send_bytes(client, sent, cut);
        proxy_rig_settle(&rig);
        client_send_bytes(client, sent + cut, sizeof sent - 1 - cut);
        int socket = proxy_rig_take(&rig, PROXY_TUNNEL);
        ck_assert_str_eq(client_receive_bytes(socket, sizeof sent - sizeof GOOD, &rig.arena),
                         sent + sizeof GOOD - 1);
        proxy_rig_must_pass(client, socket, &rig.arena);
        proxy_rig_close_both(client, socket);
    }
    proxy_rig_close(&rig);
}
END_TEST

/* Not for the proxy to judge. */
static const struct {
    const char *bytes;
    size_t length;
} others[] = {
    {BYTES("GET http://www.zohoapis.com/ HTTP/1.1\r\nHost: www.zohoapis.com\r\n\r\n")},
    {BYTES("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")},
    {BYTES("connect www.zohoapis.com:443 HTTP/1.1\r\n\r\n")},
    {BYTES("CONNECTED www.zohoapis.com:443 HTTP/1.1\r\n\r\n")},
    {BYTES("\r\n" GOOD)},
    {BYTES("\x16\x03\x01\x02")},
    {BYTES("\0")},
};

START_TEST(other_requests_are_handed_over_untouched)
{
    struct proxy_rig rig;
    proxy_rig_open(&rig);
    for (size_t i = 0; i < COUNT(others); i++) {
        int client = proxy_rig_knock(&rig);
        client_send_bytes(client, others[i].bytes, others[i].length);
        int socket = proxy_rig_take(&rig, PROXY_FORWARD);
        ck_assert_mem_eq(client_receive_bytes(socket, others[i].length, &rig.arena), others[i].bytes,
                         others[i].length);
        proxy_rig_must_be_connected(client, socket, &rig.arena);
        proxy_rig_close_both(client, socket);
    }
    proxy_rig_close(&rig);
}
END_TEST

/* Sends a request, and fails unless it is refused with a line, and the connection ended in order. */
static void must_refuse(struct proxy_rig *rig, const char *bytes, size_t length, const char *status,
                        const char *why)
{
    int client = proxy_rig_knock(rig);
    client_send_bytes(client, bytes, length);
    const char *answer = client_receive_all(client, &rig->arena), *body = strstr(answer, "\r\n\r\n");
    const char *start = arena_printf(&rig->arena, "HTTP/1.1 %s", status);
    ck_assert_msg(strncmp(answer, start, strlen(start)) == 0, "%s: %s", bytes, answer);
    ck_assert_ptr_nonnull(strstr(answer, "\r\nConnection: close\r\n"));
    ck_assert_ptr_nonnull(strstr(answer, "\r\nContent-Type: text/plain\r\n"));
    ck_assert_ptr_nonnull(
        strstr(answer, arena_printf(&rig->arena, "\r\nContent-Length: %zu\r\n", strlen(body) - 4)));
    ck_assert_msg(strstr(body, why) != NULL, "%s: %s", why, answer);
    ck_assert_ptr_eq(strchr(body + 4, '\n'), body + strlen(body) - 1);
    (void)close(client);
}

START_TEST(malformed_requests_are_refused)
{
    struct proxy_rig rig;
    proxy_rig_open(&rig);
    must_refuse(&rig, BYTES(LINE("CONNECT www.zohoapis.com HTTP/1.1")), "400 ", "a host and its port");
    must_refuse(&rig, BYTES("CONNECT www.zohoapis.com:443 HTTP/1.1\n"), "400 ", "CR and LF");
    must_refuse(&rig, BYTES("CONNECT www.zohoapis.com:443 HTTP/1.1\r\nContent-Length: 5\r\n"), "400 ",
                "no content");
    proxy_rig_close(&rig);
}
END_TEST

START_TEST(a_head_that_is_too_large_is_refused)
{
    struct proxy_rig rig;
    proxy_rig_open(&rig);
    must_refuse(&rig, head_of(CONNECT_HEAD_MAX + 1, &rig.arena), CONNECT_HEAD_MAX + 1, "431 ", "8192");
    proxy_rig_close(&rig);
}
END_TEST

static const char *const elsewhere[] = {
    "www.example.com:443", "www.zohoapis.com:80", "www.zohoapis.com:8443", "zoho.com:443",
    "127.0.0.1:443",       "[::1]:443",           "www.zohoapis.com.:443",
};

START_TEST(nothing_leaves)
{
    struct proxy_rig rig;
    proxy_rig_open(&rig);
    for (size_t i = 0; i < COUNT(elsewhere); i++) {
        const char *head = arena_printf(&rig.arena, LINE("CONNECT %s HTTP/1.1"), elsewhere[i]);
        must_refuse(&rig, head, strlen(head), "403 Forbidden by crmock\r\n",
                    arena_printf(&rig.arena, "%s is refused", elsewhere[i]));
        must_refuse(&rig, head, strlen(head), "403 ", "nothing leaves crmock");
    }
    proxy_rig_close(&rig);
}
END_TEST

START_TEST(a_start_like_connects_is_refused)
{
    struct proxy_rig rig;
    proxy_rig_open(&rig);
    int client = proxy_rig_knock(&rig);
    client_send(client, "CO");
    proxy_rig_settle(&rig);
    client_send(client, "PY http://www.zohoapis.com/ HTTP/1.1\r\n");
    const char *answer = client_receive_all(client, &rig.arena);
    ck_assert_ptr_eq(strstr(answer, "HTTP/1.1 400 "), answer);
    (void)close(client);
    proxy_rig_close(&rig);
}
END_TEST

/* More than is in the socket when it is refused: one that is closed with unread bytes is reset, and
 * what is sent to it then fails, the second time at the latest. */
START_TEST(who_sends_on_sees_his_refusal)
{
    enum { LONG = 100000, TIMES = 5 };
    static char bytes[LONG] = LINE("CONNECT www.example.com:443 HTTP/1.1");
    struct proxy_rig rig;
    proxy_rig_open(&rig);
    int client = proxy_rig_knock(&rig);
    client_send_bytes(client, bytes, sizeof bytes);
    ck_assert_ptr_nonnull(strstr(client_receive_all(client, &rig.arena), "www.example.com"));
    for (int i = 0; i < TIMES; i++) {
        proxy_rig_settle(&rig);
        client_send_bytes(client, bytes, 1);
    }
    proxy_rig_must_rest(&rig);
    (void)close(client);
    proxy_rig_close(&rig);
}
END_TEST

START_TEST(a_refusal_is_drained_for_so_long)
{
    struct proxy_options asked = proxy_rig_options;
    struct proxy_rig rig;
    asked.most = 1;
    asked.head_seconds = 1;
    proxy_rig_open_with(&rig, &asked);
    int silent = proxy_rig_knock(&rig);
    client_send(silent, LINE("CONNECT www.example.com:443 HTTP/1.1"));
    proxy_rig_settle(&rig);
    (void)close(silent);
    proxy_rig_close(&rig);
}
END_TEST

START_TEST(a_refusal_is_drained_so_far)
{
    enum { FAR = 32 << 20 }; /* what the system holds of it on its way is some of that */
    static const char bytes[65536];
    size_t all = 0;
    struct proxy_rig rig;
    proxy_rig_open(&rig);
    int client = proxy_rig_knock(&rig);
    client_send(client, LINE("CONNECT www.example.com:443 HTTP/1.1"));
    for (ssize_t count = 1; count > 0; all += count > 0 ? (size_t)count : 0)
        count = send(client, bytes, sizeof bytes, MSG_NOSIGNAL);
    ck_assert_uint_lt(all, FAR);
    ck_assert(errno == EPIPE || errno == ECONNRESET);
    (void)close(client);
    proxy_rig_close(&rig);
}
END_TEST

static void must_time_out(struct proxy_rig *rig, int client)
{
    const char *answer = client_receive_all(client, &rig->arena);
    ck_assert_ptr_eq(strstr(answer, "HTTP/1.1 408 "), answer);
    (void)close(client);
}

/* Whether they say nothing, stop in between, or send one byte after the other. */
START_TEST(a_head_must_be_whole_in_time)
{
    enum { BETWEEN = 20 };
    struct proxy_options asked = proxy_rig_options;
    struct proxy_rig rig;
    asked.head_seconds = 1;
    proxy_rig_open_with(&rig, &asked);
    int idle = proxy_rig_knock(&rig), slow = proxy_rig_knock(&rig), dripping = proxy_rig_knock(&rig);
    struct pollfd answered = {.fd = dripping, .events = POLLIN};
    client_send(slow, "CONNECT www.zohoapis.com");
    client_send(dripping, "CONNECT ");
    do
        client_send_bytes(dripping, "a", 1);
    while (poll(&answered, 1, BETWEEN) == 0);
    must_time_out(&rig, idle);
    must_time_out(&rig, slow);
    must_time_out(&rig, dripping);
    proxy_rig_close(&rig);
}
END_TEST

static void end_sending(int connection)
{
    ck_assert_int_eq(shutdown(connection, SHUT_WR), 0);
}

START_TEST(who_sends_no_more_is_served)
{
    struct proxy_rig rig;
    proxy_rig_open(&rig);
    int client = proxy_rig_knock(&rig);
    client_send(client, GOOD "early");
    end_sending(client);
    int socket = proxy_rig_take(&rig, PROXY_TUNNEL);
    ck_assert_str_eq(client_receive_all(socket, &rig.arena), "early");
    (void)client_receive_bytes(client, strlen(ESTABLISHED), &rig.arena);
    proxy_rig_must_pass(socket, client, &rig.arena);
    proxy_rig_close_both(client, socket);
    proxy_rig_close(&rig);
}
END_TEST

START_TEST(half_a_request_is_refused)
{
    struct proxy_rig rig;
    proxy_rig_open(&rig);
    int client = proxy_rig_knock(&rig);
    client_send(client, "CONNECT www.zoho");
    end_sending(client);
    const char *answer = client_receive_all(client, &rig.arena);
    ck_assert_ptr_eq(strstr(answer, "HTTP/1.1 400 "), answer);
    (void)close(client);
    client = proxy_rig_knock(&rig);
    end_sending(client);
    ck_assert_str_eq(client_receive_all(client, &rig.arena), "");
    (void)close(client);
    proxy_rig_close(&rig);
}
END_TEST

static TCase *door_tests(void)
{
    TCase *tests = tcase_create("door");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, a_tunnel_is_handed_over);
    tcase_add_test(tests, a_head_may_come_byte_by_byte);
    tcase_add_test(tests, the_largest_head_is_read);
    tcase_add_test(tests, what_is_sent_early_stays_in_the_socket);
    tcase_add_test(tests, other_requests_are_handed_over_untouched);
    tcase_add_test(tests, malformed_requests_are_refused);
    tcase_add_test(tests, a_head_that_is_too_large_is_refused);
    tcase_add_test(tests, nothing_leaves);
    tcase_add_test(tests, a_start_like_connects_is_refused);
    tcase_add_test(tests, who_sends_on_sees_his_refusal);
    tcase_add_test(tests, a_refusal_is_drained_for_so_long);
    tcase_add_test(tests, a_refusal_is_drained_so_far);
    tcase_add_test(tests, a_head_must_be_whole_in_time);
    tcase_add_test(tests, who_sends_no_more_is_served);
    tcase_add_test(tests, half_a_request_is_refused);
    return tests;
}

Suite *proxy_suite(void)
{
    Suite *suite = suite_create("proxy");
    suite_add_tcase(suite, connect_tests());
    suite_add_tcase(suite, door_tests());
    suite_add_tcase(suite, proxy_limit_tests());
    suite_add_tcase(suite, proxy_descriptor_tests());
    return suite;
}
