#include <string.h>

#include "base/word.h"
#include "control/address.h"
#include "control/call.h"
#include "control/negotiate.h"
#include "unit.h"

static const struct {
    const char *host;
    bool is_host, is_safe;
    unsigned port;
} hosts[] = {
    {"localhost", true, true, 80},
    {"LOCALHOST:8080", true, true, 8080},
    {"127.0.0.1:0", true, true, 0},
    {"[::1]", true, true, 80},
    {"[::ffff:127.0.0.1]:65535", true, true, 65535},
    {"crmock", true, true, 80},
    {"a.b.internal", true, true, 80},
    {"a.TEST", true, true, 80},
    {"a.localhost:81", true, true, 81},
    {"localhost.", true, false, 80},
    {"127.0.0.1.", true, false, 80},
    {"a.test.", true, false, 80},
    {".test", true, false, 80},
    {"..test", true, false, 80},
    {".", true, false, 80},
    {"127.1", true, false, 80},
    {"256.0.0.1", true, false, 80},
    {"[::1::]", true, false, 80},
    {"[]", true, false, 80},
    {"[1.2.3.4]", true, false, 80},
    {"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]", true, false, 80},
    {"nottest", true, true, 80},
    {"a.nottest", true, false, 80},
    {"evil.example", true, false, 80},
    {"", false, false, 0},
    {":80", false, false, 0},
    {"[::1", false, false, 0},
    {"[::1]x", false, false, 0},
    {"a:", false, false, 0},
    {"a:65536", false, false, 0},
    {"a:000080", false, false, 0},
    {"a:8x", false, false, 0},
    {"a@b", false, false, 0},
    {"a/b", false, false, 0},
    {"a b", false, false, 0},
};

START_TEST(hosts_are_read_and_told_apart)
{
    for (size_t i = 0; i < COUNT(hosts); i++) {
        struct address address;
        const char *host = hosts[i].host;
        ck_assert_msg(address_read_host(host, strlen(host), &address) == hosts[i].is_host, "%s", host);
        if (!hosts[i].is_host)
            continue;
        ck_assert_msg(address_is_safe(&address) == hosts[i].is_safe, "%s", host);
        ck_assert_msg(address.port == hosts[i].port, "%s", host);
    }
}
END_TEST

/* What stands behind the length does not count. */
START_TEST(a_host_ends_where_it_is_said_to)
{
    struct address address;
    ck_assert(address_read_host("a.test.evil", strlen("a.test"), &address));
    ck_assert(address_is_safe(&address));
    ck_assert(address_has_name(&address, "A.testing", strlen("A.test")));
    ck_assert(!address_has_name(&address, "a.tes", strlen("a.tes")));
}
END_TEST

static const struct {
    const char *one, *other;
    bool is_same;
} origins[] = {
    {"http://a", "HTTP://A:80", true},
    {"https://a.example", "https://A.example:443", true},
    {"http://[::1]:8080", "http://[::1]:8080", true},
    {"http://a", "https://a", false},
    {"http://a:443", "https://a:443", false},
    {"http://a", "http://a:81", false},
    {"http://a", "http://ab", false},
};
static const char *const no_origins[] = {
    "null",    "",       "*",         "a",          "http://",    "http:/a",          "http://a/",
    "ftp://a", "https:", "http://a:", "http://a b", "http://a@b", "http://a,http://b"};

START_TEST(origins_are_compared_whole)
{
    struct address one, other;
    for (size_t i = 0; i < COUNT(origins); i++) {
        ck_assert(address_read_origin(origins[i].one, strlen(origins[i].one), &one));
        ck_assert(address_read_origin(origins[i].other, strlen(origins[i].other), &other));
        ck_assert_msg(address_equals(&one, &other) == origins[i].is_same, "%s", origins[i].other);
    }
    for (size_t i = 0; i < COUNT(no_origins); i++)
        ck_assert_msg(!address_read_origin(no_origins[i], strlen(no_origins[i]), &one), "%s",
                      no_origins[i]);
}
END_TEST

START_TEST(words_among_others)
{
    static const char *const there[] = {"a", "limit", "after"}, *const not_there[] = {
                                                                    "",     " ",           "lim",
                                                                    "imit", "limit after", "a limit",
                                                                    "x"};
    for (size_t i = 0; i < COUNT(there); i++)
        ck_assert_msg(word_is_among("limita a limit after", there[i]), "%s", there[i]);
    for (size_t i = 0; i < COUNT(not_there); i++) {
        ck_assert_msg(!word_is_among("limita a limit after", not_there[i]), "%s", not_there[i]);
        ck_assert(!word_is_among("", not_there[i]));
    }
}
END_TEST

static const struct {
    const char *header;
    bool takes;
} encodings[] = {
    {NULL, false},
    {"", false},
    {"gzip", true},
    {"GZip", true},
    {"x-gzip", true},
    {"gzip, deflate, br, zstd", true},
    {"deflate, br,gzip ;q=0.5", true},
    {"br, , ,\tgzip", true},
    {"gzip;q=1", true},
    {"gzip;q=0.001", true},
    {"gzip;x=y;q=0.1", true},
    {"gzip;q=0", false},
    {"gzip;Q=0", false},
    {"gzip; q = 0.000", false},
    {"gzip;q=0.", false},
    {"gzip;x=1;q=0", false},
    {"gzip;q=0, *", false},
    {"*, gzip;q=0", false},
    {"*", true},
    {"br, *;q=0.1", true},
    {"*;q=0", false},
    {"identity", false},
    {"gzi, gzipp, xgzip", false},
    {"br;gzip", false},
    {"identity;q=1, gzip", true},
    {";q=0,gzip", true},
};

START_TEST(encodings_that_admit_gzip)
{
    for (size_t i = 0; i < COUNT(encodings); i++)
        ck_assert_msg(negotiate_takes_gzip(encodings[i].header) == encodings[i].takes, "%s",
                      encodings[i].header);
}
END_TEST

static const struct {
    const char *header;
    bool has;
} tags[] = {
    {NULL, false},       {"", false},          {"*", true},
    {"\"a1\"", true},    {"W/\"a1\"", true},   {"\"b\",W/\"c,d\" , \"a1\"", true},
    {"\"b\", *", true},  {"\"A1\"", false},    {"\"a\"", false},
    {"\"a12\"", false},  {"a1", false},        {"\"a1", false},
    {"w/\"a1\"", false}, {"W/ \"a1\"", false}, {"\"b,\"a1\"", false},
    {"x \"a1\"", false}, {"W/", false},        {"\"\"", false},
};

START_TEST(tags_that_a_client_has)
{
    for (size_t i = 0; i < COUNT(tags); i++)
        ck_assert_msg(negotiate_has_tag(tags[i].header, "\"a1\"") == tags[i].has, "%s", tags[i].header);
}
END_TEST

/* Its document has each once as well: JSON has no two members of one name. */
START_TEST(the_table_has_each_endpoint_once)
{
    const struct control_endpoint *one, *other;
    for (size_t i = 0; (one = control_endpoint_at(i)) != NULL; i++)
        for (size_t k = 0; k < i && (other = control_endpoint_at(k)) != NULL; k++)
            ck_assert_msg(one != other && (strcmp(one->path, other->path) != 0 ||
                                           strcmp(one->method, other->method) != 0),
                          "%s %s", one->method, one->path);
}
END_TEST

Suite *control_suite(void)
{
    Suite *suite = suite_create("control");
    TCase *tests = tcase_create("control");
    tcase_add_test(tests, hosts_are_read_and_told_apart);
    tcase_add_test(tests, a_host_ends_where_it_is_said_to);
    tcase_add_test(tests, origins_are_compared_whole);
    tcase_add_test(tests, words_among_others);
    tcase_add_test(tests, encodings_that_admit_gzip);
    tcase_add_test(tests, tags_that_a_client_has);
    tcase_add_test(tests, the_table_has_each_endpoint_once);
    suite_add_tcase(suite, tests);
    return suite;
}
