/* The head of a request CONNECT. */
#include <stdio.h>
#include <string.h>

#include "proxy/connect.h"
#include "unit.h"

#define GOOD "CONNECT www.zohoapis.com:443 HTTP/1.1\r\nHost: www.zohoapis.com:443\r\n\r\n"
#define LINE(line) line "\r\n\r\n"
#define HEADER(header) "CONNECT www.zohoapis.com:443 HTTP/1.1\r\n" header "\r\n\r\n"
/* As large as a string literal may be. */
#define TEXT_16 "aaaaaaaaaaaaaaaa"
#define TEXT_256                                                                                       \
    TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16    \
        TEXT_16 TEXT_16 TEXT_16 TEXT_16
#define BYTES(text) text, sizeof(text) - 1

static const struct {
    const char *bytes;
    size_t length;
    const char *host; /* with its port */
} good_heads[] = {
    {BYTES(GOOD), "www.zohoapis.com:443"},
    {BYTES(LINE("CONNECT a:1 HTTP/1.0")), "a:1"},
    {BYTES(LINE("CONNECT a:0443 HTTP/1.9")), "a:443"},
    {BYTES(LINE("CONNECT 127.0.0.1:65535 HTTP/1.1")), "127.0.0.1:65535"},
    {BYTES(LINE("CONNECT [2001:db8::1]:443 HTTP/1.1")), "[2001:db8::1]:443"},
    {BYTES(LINE("CONNECT [::ffff:1.2.3.4]:443 HTTP/1.1")), "[::ffff:1.2.3.4]:443"},
    {BYTES(LINE("CONNECT A_b-c.~:443 HTTP/1.1")), "A_b-c.~:443"},
    {BYTES(HEADER("Proxy-Authorization: Basic eDp5\r\nX:\r\n!#$%&'*+-.^_`|~: \t\x80 ")),
     "www.zohoapis.com:443"},
    {BYTES(HEADER("Content-Length: 0\r\ncontent-length:\t000 ")), "www.zohoapis.com:443"},
    {BYTES(HEADER("X-Content-Length: 7\r\nContent-Lengths: 7")), "www.zohoapis.com:443"},
};

/* Refused as malformed, and why. */
static const struct {
    const char *bytes;
    size_t length;
    const char *why;
} bad_heads[] = {
    {BYTES(LINE("CONNECT www.zohoapis.com HTTP/1.1")), "asks for a host and its port"},
    {BYTES(LINE("CONNECT / HTTP/1.1")), "asks for a host and its port"},
    {BYTES(LINE("CONNECT  a:443 HTTP/1.1")), "one blank"},
    {BYTES(LINE("CONNECT a:443  HTTP/1.1")), "one blank"},
    {BYTES(LINE("CONNECT a:443")), "one blank between"},
    {BYTES(LINE("CONNECT ")), "one blank between"},
    {BYTES(LINE("CONNECT a:443 HTTP/1.1 ")), "HTTP/1.1 and HTTP/1.0 are spoken"},
    {BYTES(LINE("CONNECT a:443 HTTP/2.0")), "HTTP/1.1 and HTTP/1.0 are spoken"},
    {BYTES(LINE("CONNECT a:443 HTTP/1.")), "HTTP/1.1 and HTTP/1.0 are spoken"},
    {BYTES(LINE("CONNECT a:443 HTTP/1.x")), "HTTP/1.1 and HTTP/1.0 are spoken"},
    {BYTES(LINE("CONNECT a:443 http/1.1")), "HTTP/1.1 and HTTP/1.0 are spoken"},
    {BYTES(LINE("CONNECT :443 HTTP/1.1")), "the host is no name"},
    {BYTES(LINE("CONNECT me@a:443 HTTP/1.1")), "the host is no name"},
    {BYTES(LINE("CONNECT https://a:443 HTTP/1.1")), "the host is no name"},
    {BYTES(LINE("CONNECT a/b:443 HTTP/1.1")), "the host is no name"},
    {BYTES(LINE("CONNECT \xC3\xA4:443 HTTP/1.1")), "the host is no name"},
    {BYTES(LINE("CONNECT ::1:443 HTTP/1.1")), "the host is no name"},
    {BYTES(LINE("CONNECT []:443 HTTP/1.1")), "the host is no name"},
    {BYTES(LINE("CONNECT [:443 HTTP/1.1")), "the host is no name"},
    {BYTES(LINE("CONNECT [::1:443 HTTP/1.1")), "the host is no name"},
    {BYTES(LINE("CONNECT [::1]x:443 HTTP/1.1")), "the host is no name"},
    {BYTES(LINE("CONNECT [1.2.3.4]:443 HTTP/1.1")), "the host is no name"},
    {BYTES(LINE("CONNECT [::1%lo]:443 HTTP/1.1")), "the host is no name"},
    {BYTES(LINE("CONNECT [1::2::3]:443 HTTP/1.1")), "the host is no name"},
    {BYTES(LINE("CONNECT " TEXT_256 ":443 HTTP/1.1")), "the host is no name"},
    {BYTES(LINE("CONNECT [::1] HTTP/1.1")), "the host is no name"},
    {BYTES(LINE("CONNECT a: HTTP/1.1")), "from 1 to 65535"},
    {BYTES(LINE("CONNECT a:0 HTTP/1.1")), "from 1 to 65535"},
    {BYTES(LINE("CONNECT a:65536 HTTP/1.1")), "from 1 to 65535"},
    {BYTES(LINE("CONNECT a:4294967739 HTTP/1.1")), "from 1 to 65535"},
    {BYTES(LINE("CONNECT a:+443 HTTP/1.1")), "from 1 to 65535"},
    {BYTES(LINE("CONNECT a:https HTTP/1.1")), "from 1 to 65535"},
    {BYTES(LINE("CONNECT [::1]: HTTP/1.1")), "from 1 to 65535"},
    {BYTES("CONNECT a:443 HTTP/1.1\n"), "a line ends with CR and LF"},
    {BYTES("CONNECT a:443 HTTP/1.1\r\n\n"), "a line ends with CR and LF"},
    {BYTES("CONNECT \n"), "a line ends with CR and LF"},
    {BYTES("CONNECT a:443 HTTP/1.1\r\nA: b\n"), "a line ends with CR and LF"},
    {BYTES("CONNECT a:443 HTTP/1.1\r\r\n"), "control character"},
    {BYTES("CONNECT a\0:443 HTTP/1.1\r\n"), "control character"},
    {BYTES("CONNECT a:443\tHTTP/1.1\r\n"), "one blank between"},
    {BYTES(HEADER("A: b\0")), "control character"},
    {BYTES(HEADER("A: b\x7f")), "control character"},
    {BYTES(HEADER("A: b\rC: d")), "control character"},
    {BYTES(HEADER("A : b")), "a header is a name"},
    {BYTES(HEADER(": b")), "a header is a name"},
    {BYTES(HEADER("A")), "a header is a name"},
    {BYTES(HEADER("A\xC3: b")), "a header is a name"},
    {BYTES(HEADER("A: b\r\n c")), "on one line"},
    {BYTES(HEADER("Content-Length: 5")), "CONNECT has no content"},
    {BYTES(HEADER("CONTENT-LENGTH: 0x0")), "CONNECT has no content"},
    {BYTES(HEADER("Content-Length:")), "CONNECT has no content"},
    {BYTES(HEADER("Content-Length: 0\r\nContent-Length: 00, 1")), "CONNECT has no content"},
    {BYTES(HEADER("Transfer-Encoding: chunked")), "CONNECT has no content"},
    {BYTES(HEADER("transfer-encoding:")), "CONNECT has no content"},
};

/* Not for the proxy to judge. */
static const struct {
    const char *bytes;
    size_t length;
} others[] = {
    {BYTES("GET http://www.zohoapis.com/ HTTP/1.1\r\nHost: www.zohoapis.com\r\n\r\n")},
    {BYTES("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")},
    {BYTES("connect www.zohoapis.com:443 HTTP/1.1\r\n\r\n")},
    {BYTES("CONNECTED www.zohoapis.com:443 HTTP/1.1\r\n\r\n")},
    {BYTES("CONNECT\twww.zohoapis.com:443 HTTP/1.1\r\n\r\n")},
    {BYTES("COPY / HTTP/1.1\r\n\r\n")},
    {BYTES("\r\n" GOOD)},
    {BYTES("\x16\x03\x01\x02")},
    {BYTES("\0CONNECT")},
    {BYTES("\n")},
};

START_TEST(good_heads_are_read)
{
    struct connect_head head;
    char host[64];
    for (size_t i = 0; i < COUNT(good_heads); i++) {
        const char *bytes = good_heads[i].bytes;
        for (size_t length = 1; length < good_heads[i].length; length++)
            ck_assert_int_eq(connect_read(bytes, length, &head), CONNECT_AWAITED);
        ck_assert_int_eq(connect_read(bytes, good_heads[i].length, &head), CONNECT_WHOLE);
        ck_assert_uint_eq(head.length, good_heads[i].length);
        (void)snprintf(host, sizeof host, "%.*s:%u", (int)head.host_length, head.host, head.port);
        ck_assert_str_eq(host, good_heads[i].host);
    }
}
END_TEST

START_TEST(what_follows_a_head_is_no_part_of_it)
{
    struct connect_head head;
    ck_assert_int_eq(connect_read(BYTES(GOOD "\r\n\r\n\0\n"), &head), CONNECT_WHOLE);
    ck_assert_uint_eq(head.length, strlen(GOOD));
}
END_TEST

START_TEST(bad_heads_are_told)
{
    struct connect_head head;
    for (size_t i = 0; i < COUNT(bad_heads); i++) {
        ck_assert_msg(connect_read(bad_heads[i].bytes, bad_heads[i].length, &head) == CONNECT_MALFORMED,
                      "%s", bad_heads[i].bytes);
        ck_assert_msg(strstr(head.wrong, bad_heads[i].why) != NULL, "%s: %s", bad_heads[i].bytes,
                      head.wrong);
    }
}
END_TEST

/* A whole head of so many bytes. */
static const char *head_of(size_t length, struct arena *arena)
{
    size_t rest = strlen(HEADER("X: "));
    return arena_printf(arena, HEADER("X: %0*d"), (int)(length - rest), 0);
}

START_TEST(a_head_has_a_limit)
{
    struct arena arena = {.blocks = NULL};
    struct connect_head head;
    const char *most = head_of(CONNECT_HEAD_MAX, &arena), *more = head_of(CONNECT_HEAD_MAX + 1, &arena);
    ck_assert_int_eq(connect_read(most, CONNECT_HEAD_MAX, &head), CONNECT_WHOLE);
    ck_assert_int_eq(connect_read(more, CONNECT_HEAD_MAX, &head), CONNECT_AWAITED);
    ck_assert_int_eq(connect_read(more, CONNECT_HEAD_MAX + 1, &head), CONNECT_TOO_LARGE);
    arena_clear(&arena);
}
END_TEST

START_TEST(other_requests_are_told_by_their_start)
{
    struct connect_head head;
    for (size_t i = 0; i < COUNT(others); i++)
        ck_assert_int_eq(connect_read(others[i].bytes, others[i].length, &head), CONNECT_OTHER);
}
END_TEST

TCase *connect_tests(void)
{
    TCase *tests = tcase_create("connect");
    tcase_add_test(tests, good_heads_are_read);
    tcase_add_test(tests, what_follows_a_head_is_no_part_of_it);
    tcase_add_test(tests, bad_heads_are_told);
    tcase_add_test(tests, a_head_has_a_limit);
    tcase_add_test(tests, other_requests_are_told_by_their_start);
    return tests;
}
