/* By which address a client came, and whom it asked for. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/listen.h"
#include "base/network.h"
#include "base/service_host.h"
#include "client.h"
#include "http/server.h"
#include "unit.h"

static const struct {
    const char *network;
    bool is_one, has_v4, has_v6; /* 10.1.2.3; 2001:db8::5 */
} networks[] = {
    {"10.1.2.3", true, true, false},
    {"10.1.2.4", true, false, false},
    {"10.0.0.0/8", true, true, false},
    {"10.1.2.2/31", true, true, false},
    {"10.1.2.4/31", true, false, false},
    {"0.0.0.0/0", true, true, false},
    {"::/0", true, true, true},
    {"::ffff:10.1.2.3", true, true, false},
    {"2001:db8::5", true, false, true},
    {"2001:db8::/32", true, false, true},
    {"2001:db9::/32", true, false, false},
    {"2001:db8::5/128", true, false, true},
    {"10.1.2.3/33", false, false, false},
    {"2001:db8::5/129", false, false, false},
    {"10.1.2.3/", false, false, false},
    {"10.1.2.3/-1", false, false, false},
    {"10.1.2.3/0x8", false, false, false},
    {"10.1.2.3/0008", false, false, false},
    {"10.1.2", false, false, false},
    {"host.test", false, false, false},
    {"[::1]", false, false, false},
    {"", false, false, false},
    {"/8", false, false, false},
    {"1111:2222:3333:4444:5555:6666:255.255.255.255.255.255.255.255", false, false, false},
};

START_TEST(networks_are_read_and_held_against_addresses)
{
    const char *text = networks[_i].network;
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6}, mapped = {.sin6_family = AF_INET6};
    const struct sockaddr other = {.sa_family = AF_UNIX};
    ck_assert_int_eq(inet_pton(AF_INET, "10.1.2.3", &v4.sin_addr), 1);
    ck_assert_int_eq(inet_pton(AF_INET6, "2001:db8::5", &v6.sin6_addr), 1);
    ck_assert_int_eq(inet_pton(AF_INET6, "::ffff:10.1.2.3", &mapped.sin6_addr), 1);
    size_t length = strlen(text);
    ck_assert_int_eq(network_is_one(text, length), networks[_i].is_one);
    ck_assert_int_eq(network_has(text, length, (struct sockaddr *)&v4), networks[_i].has_v4);
    ck_assert_int_eq(network_has(text, length, (struct sockaddr *)&mapped), networks[_i].has_v4);
    ck_assert_int_eq(network_has(text, length, (struct sockaddr *)&v6), networks[_i].has_v6);
    ck_assert(!network_has(text, length, &other));
}
END_TEST

static bool serves(void *context, const char *host, size_t length)
{
    (void)context;
    return service_host_is(host, length);
}

static void tell(void *context, const struct request *request, struct arena *arena,
                 struct response *response)
{
    (void)context;
    const char *host = request->header(request, "Host"), *q = request->query(request, "q");
    const char *body = arena_printf(arena, "<%d|%s|%s|%s|%u|%s|%s>", request->refusal, request->path,
                                    request->base_url(request), host != NULL ? host : "-",
                                    request->header_count(request, "Host"), q != NULL ? q : "-",
                                    request->is_control ? "control" : "service");
    *response = (struct response){
        .status = 299, .content_type = "text/plain", .body = body, .body_length = strlen(body)};
}

static bool is_control(const char *target, size_t length)
{
    return length >= 2 && memcmp(target, "/_", 2) == 0;
}

static const struct http_options options = {.listen = "127.0.0.1",
                                            .max_body = 1000,
                                            .max_header = 8192,
                                            .max_memory = 1 << 24,
                                            .request_memory = 1 << 20,
                                            .max_connections = 16,
                                            .adopts = true,
                                            .is_control = is_control,
                                            .serves = serves,
                                            .threads = 1,
                                            .log = &quiet_log,
                                            .respond = tell};

static struct http_server *started(const struct http_options *asked, struct arena *arena)
{
    const char *reason = "";
    struct http_server *server = http_bind(asked, arena, &reason);
    ck_assert_msg(server != NULL && http_start(server, &reason), "%s", reason);
    return server;
}

/* The request's lines as they are, without those that end it. */
static const char *whole(struct arena *arena, const char *lines)
{
    return arena_printf(arena, "%s\r\nConnection: close\r\n\r\n", lines);
}

static const struct {
    const char *lines, *told;
} targets[] = {
    {"GET /a?q=1 HTTP/1.1\r\nHost: h.test", "<0|/a|http://h.test|h.test|1|1|service>"},
    {"GET http://o.test/a?q=1 HTTP/1.1\r\nHost: h.test", "<0|/a|http://o.test|o.test|1|1|service>"},
    {"GET HTTP://o.test:81/a%20b HTTP/1.1\r\nHost: h.test",
     "<0|/a b|http://o.test:81|o.test:81|1|-|service>"},
    {"GET https://o.test/_x HTTP/1.1\r\nHost: h.test", "<0|/_x|http://o.test|o.test|1|-|control>"},
    {"GET http://o.test HTTP/1.1\r\nHost: h.test", "<0|/|http://o.test|o.test|1|-|service>"},
    {"GET http://o.test?q=2 HTTP/1.1\r\nHost: h.test", "<0|/|http://o.test|o.test|1|2|service>"},
    {"GET http://[::1]:5/a HTTP/1.0", "<0|/a|http://[::1]:5|[::1]:5|1|-|service>"},
    {"GET http:///a HTTP/1.1\r\nHost: h.test", "<0|http:///a|http://h.test|h.test|1|-|service>"},
    {"GET ftp://o.test/a HTTP/1.1\r\nHost: h.test",
     "<0|ftp://o.test/a|http://h.test|h.test|1|-|service>"},
    {"GET http://user@o.test/a HTTP/1.1\r\nHost: h.test", "<1|"},
    {"GET http://o.test:99999999/ HTTP/1.1\r\nHost: h.test", "<1|"},
    {"GET http://o%2ftest/ HTTP/1.1\r\nHost: h.test", "<1|"},
    {"GET http://:80/ HTTP/1.1\r\nHost: h.test", "<1|"},
    {"GET http://o.test/ HTTP/1.1", "<1|"},
};

START_TEST(an_address_in_front_of_the_target_goes_before_host)
{
    struct arena arena = {.blocks = NULL};
    struct http_server *server = started(&options, &arena);
    const char *answer = client_exchange(http_url(server), whole(&arena, targets[_i].lines), &arena);
    ck_assert_msg(strstr(answer, targets[_i].told) != NULL, "%s: %s", targets[_i].lines, answer);
    http_stop(server);
    arena_clear(&arena);
}
END_TEST

START_TEST(an_address_is_one_requests_alone)
{
    struct arena arena = {.blocks = NULL};
    struct http_server *server = started(&options, &arena);
    const char *answer = client_exchange(http_url(server),
                                         "GET http://o.test/1 HTTP/1.1\r\nHost: h\r\n\r\n"
                                         "GET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                                         &arena);
    ck_assert_ptr_nonnull(strstr(answer, "<0|/1|http://o.test|o.test|"));
    ck_assert_ptr_nonnull(strstr(answer, "<0|/2|http://h|h|"));
    http_stop(server);
    arena_clear(&arena);
}
END_TEST

static const struct {
    const char *lines, *told;
} forwarded[] = {
    {"X-Forwarded-Proto: https", "|https://h.test|"},
    {"X-Forwarded-Proto: HTTPS", "|https://h.test|"},
    {"X-Forwarded-Host: o.test", "|http://o.test|"},
    {"X-Forwarded-Host: o.test:81\r\nX-Forwarded-Proto: https", "|https://o.test:81|"},
    {"X-Forwarded-Host: forged.test, o.test", "|http://o.test|"},
    {"X-Forwarded-Host: forged.test\r\nX-Forwarded-Host: o.test", "|http://o.test|"},
    {"X-Forwarded-Host: o.test\r\nX-Forwarded-Port: 8443\r\nX-Forwarded-Proto: https",
     "|https://o.test:8443|"},
    {"X-Forwarded-Host: o.test\r\nX-Forwarded-Port: 443\r\nX-Forwarded-Proto: https",
     "|https://o.test|"},
    {"X-Forwarded-Host: o.test:7\r\nX-Forwarded-Port: 8", "|http://o.test:7|"},
    {"X-Forwarded-Host: o.test\r\nX-Forwarded-Port: 80", "|http://o.test|"},
    {"X-Forwarded-Host: o.test\r\nX-Forwarded-Port: 99999", "|http://o.test|"},
    {"X-Forwarded-Host: o.test\r\nX-Forwarded-Port: 8x", "|http://o.test|"},
    {"X-Forwarded-Host: \"><script>", "|http://h.test|"},
    {"X-Forwarded-Host:", "|http://h.test|"},
    {"X-Forwarded-Proto: ftp", "|http://h.test|"},
    {"X-Forwarded-Port: 99", "|http://h.test|"},
};

START_TEST(F11_a_trusted_proxy_says_how_the_client_came)
{
    struct arena arena = {.blocks = NULL};
    struct http_options asked = options;
    asked.trusted[0] = "10.0.0.1,127.0.0.0/8";
    struct http_server *server = started(&asked, &arena), *other = started(&options, &arena);
    const char *lines =
        arena_printf(&arena, "GET / HTTP/1.1\r\nHost: h.test\r\n%s", forwarded[_i].lines);
    const char *answer = client_exchange(http_url(server), whole(&arena, lines), &arena);
    ck_assert_msg(strstr(answer, forwarded[_i].told) != NULL, "%s: %s", lines, answer);
    answer = client_exchange(http_url(other), whole(&arena, lines), &arena);
    ck_assert_ptr_nonnull(strstr(answer, "|http://h.test|h.test|")); /* it is trusted by nobody there */
    http_stop(server);
    http_stop(other);
    arena_clear(&arena);
}
END_TEST

START_TEST(F11_a_public_url_takes_every_other_ones_place)
{
    struct arena arena = {.blocks = NULL};
    struct http_options asked = options;
    asked.public_url = "https://mock.test/crm";
    asked.trusted[0] = "127.0.0.1";
    struct http_server *server = started(&asked, &arena);
    const char *lines = "GET / HTTP/1.1\r\nHost: h.test\r\nX-Forwarded-Host: o.test";
    const char *answer = client_exchange(http_url(server), whole(&arena, lines), &arena);
    ck_assert_ptr_nonnull(strstr(answer, "|https://mock.test/crm|h.test|"));
    http_stop(server);
    arena_clear(&arena);
}
END_TEST

/* A connection that came to a proxy's port, in the hands of the server. */
static int adopted(struct http_server *server, int listening, const char *url)
{
    int client = client_connect(url),
        accepted = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    ck_assert_int_ge(accepted, 0);
    ck_assert(http_adopt(server, accepted, false));
    return client;
}

static const struct {
    const char *lines, *told;
} proxied[] = {
    {"GET http://www.zohoapis.com/a HTTP/1.1\r\nHost: x", "<0|/a|http://www.zohoapis.com|"},
    {"GET http://WWW.zohoapis.eu:80/a HTTP/1.1\r\nHost: x", "<0|/a|http://WWW.zohoapis.eu:80|"},
    {"GET http://www.zohoapis.eu:0080/a HTTP/1.1\r\nHost: x", "<0|/a|"},
    {"GET http://www.zohoapis.eu:?q=1 HTTP/1.1\r\nHost: x", "<0|/|"},
    {"GET http://www.zohoapis.com:9999/a HTTP/1.1\r\nHost: x", "<7|"},
    {"GET http://www.zohoapis.com:443/a HTTP/1.1\r\nHost: x", "<7|"},
    {"GET http://www.zohoapis.com:8 HTTP/1.1\r\nHost: x", "<7|"},
    {"GET http://www.zohoapis.com:0/a HTTP/1.1\r\nHost: x", "<7|"},
    {"GET http://www.zohoapis.com:65616/a HTTP/1.1\r\nHost: x", "<7|"},
    {"GET http://example.com/a HTTP/1.1\r\nHost: www.zohoapis.com", "<7|"},
    {"GET http://127.0.0.1/a HTTP/1.1\r\nHost: www.zohoapis.com", "<7|"},
    {"GET https://www.zohoapis.com/a HTTP/1.1\r\nHost: x", "<7|"},
    {"GET /a HTTP/1.1\r\nHost: www.zohoapis.com", "<1|"},
    {"GET ftp://www.zohoapis.com/a HTTP/1.1\r\nHost: www.zohoapis.com", "<1|"},
};

START_TEST(a_proxys_client_is_served_where_it_asks_for_the_service)
{
    struct arena arena = {.blocks = NULL};
    const char *url, *reason;
    int listening = listen_on("127.0.0.1", 0, "http", &arena, &url, &reason);
    struct http_options asked = options;
    asked.proxy_port = (unsigned)strtoul(strrchr(url, ':') + 1, NULL, 10);
    struct http_server *server = started(&asked, &arena);
    ck_assert_int_eq(REFUSAL_ELSEWHERE, 7);
    int client = adopted(server, listening, url);
    client_send(client, whole(&arena, proxied[_i].lines));
    const char *answer = client_receive(client, NULL, &arena);
    ck_assert_msg(strstr(answer, proxied[_i].told) != NULL, "%s: %s", proxied[_i].lines, answer);
    (void)close(client);
    client = adopted(server, listening, url); /* one connection, two destinations */
    client_send(client, "GET http://www.zohoapis.com/1 HTTP/1.1\r\nHost: x\r\n\r\n");
    client_send(client, whole(&arena, "GET http://example.com/2 HTTP/1.1\r\nHost: x"));
    answer = client_receive(client, NULL, &arena);
    ck_assert_ptr_nonnull(strstr(answer, "<0|/1|"));
    ck_assert_ptr_nonnull(strstr(answer, "<7|"));
    (void)close(client);
    (void)close(listening);
    http_stop(server);
    arena_clear(&arena);
}
END_TEST

TCase *address_tests(void)
{
    TCase *tests = tcase_create("doors");
    tcase_add_loop_test(tests, networks_are_read_and_held_against_addresses, 0, COUNT(networks));
    tcase_add_loop_test(tests, an_address_in_front_of_the_target_goes_before_host, 0, COUNT(targets));
    tcase_add_test(tests, an_address_is_one_requests_alone);
    tcase_add_loop_test(tests, F11_a_trusted_proxy_says_how_the_client_came, 0, COUNT(forwarded));
    tcase_add_test(tests, F11_a_public_url_takes_every_other_ones_place);
    tcase_add_loop_test(tests, a_proxys_client_is_served_where_it_asks_for_the_service, 0,
                        COUNT(proxied));
    return tests;
}
