#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/service_host.h"
#include "tls/name.h"
#include "tls_rig.h"

START_TEST(what_is_missing_is_made_once)
{
    struct identity made = tls_load(), again = tls_load();
    tls_assert_same(&made, &again);
    ck_assert_str_eq(tls_text("ca.pem"), made.authority);
    ck_assert_str_eq(tls_text("server.pem"), made.certificate);
    ck_assert_str_eq(tls_text("server.key"), made.key);
    ck_assert_uint_eq(tls_mode(tls.options.folder), S_IFDIR | 0700);
    ck_assert_uint_eq(tls_mode(arena_printf(&tls.arena, "%s/a", tls.top)), S_IFDIR | 0700);
    ck_assert_uint_eq(tls_mode(tls_path("ca.key")), S_IFREG | 0600);
    ck_assert_uint_eq(tls_mode(tls_path("server.key")), S_IFREG | 0600);
    tls_assert_clean();
    struct identity alone;
    const char *reason = NULL;
    ck_assert(identity_authority(&tls.options, &tls.arena, &alone, &reason));
    ck_assert_str_eq(alone.authority, made.authority);
    ck_assert_ptr_null(alone.made_in);
}
END_TEST

START_TEST(the_authority_alone_is_made_without_a_certificate)
{
    struct identity alone;
    const char *reason = NULL;
    ck_assert(identity_authority(&tls.options, &tls.arena, &alone, &reason));
    ck_assert_ptr_null(tls_text("server.pem"));
    ck_assert_str_eq(alone.made_in, tls.options.folder);
    struct identity identity = tls_load();
    ck_assert_str_eq(identity.authority, alone.authority);
    tls_assert_sound(&identity);
}
END_TEST

START_TEST(clients_trust_it_under_its_names_only)
{
    struct identity identity = tls_load_with("*.example.test, Crm.Test,192.0.2.7 ,2001:db8::7");
    const char *const names[] = {"localhost",      "127.0.0.1", "::1",       "accounts.zoho.eu",
                                 "a.example.test", "crm.test",  "192.0.2.7", "2001:db8::7"};
    const char *const others[] = {"example.test", "a.b.example.test", "zoho.eu", "192.0.2.8", "::2"};
    const char *host;
    for (size_t i = 0; i < COUNT(names); i++)
        ck_assert_uint_eq(tls_verify(&identity, names[i]), 0);
    for (size_t i = 0; (host = service_host(i)) != NULL; i++)
        ck_assert_uint_eq(tls_verify(&identity, host), 0);
    for (size_t i = 0; i < COUNT(others); i++)
        ck_assert_uint_ne(tls_verify(&identity, others[i]) & GNUTLS_CERT_UNEXPECTED_OWNER, 0);
}
END_TEST

START_TEST(another_authority_is_not_trusted)
{
    struct identity identity = tls_load();
    tls.options.folder = arena_printf(&tls.arena, "%s/other", tls.top);
    identity.authority = tls_load().authority;
    ck_assert_uint_ne(tls_verify(&identity, "localhost") & GNUTLS_CERT_INVALID, 0);
}
END_TEST

START_TEST(what_is_made_lasts_for_as_long_as_clients_take_it)
{
    const int64_t day = DAY_SECONDS;
    struct identity identity = tls_load();
    struct pair pair CLEANUP(pair_clear) = tls_pair(&identity);
    ck_assert_int_eq(pair_begin(&pair), TLS_START - day);
    ck_assert_int_eq(pair_end(&pair), TLS_START + 396 * day);
    struct pair authority CLEANUP(pair_clear) = {.key = NULL};
    ck_assert_ptr_null(pair_read_certificate(&authority, identity.authority));
    ck_assert_int_eq(pair_begin(&authority), TLS_START - day);
    ck_assert_int_eq(pair_end(&authority), TLS_START + 3652 * day);
    unsigned critical, is_ca, usage;
    int path;
    ck_assert_int_ge(
        gnutls_x509_crt_get_basic_constraints(authority.certificate, &critical, &is_ca, &path), 0);
    ck_assert(critical && is_ca && path == 0);
    ck_assert_int_ge(gnutls_x509_crt_get_key_usage(pair.certificate, &usage, &critical), 0);
    ck_assert(critical && usage == GNUTLS_KEY_DIGITAL_SIGNATURE);
}
END_TEST

START_TEST(serial_numbers_are_positive_and_differ)
{
    unsigned char serials[2][20];
    size_t sizes[2];
    for (int i = 0; i < 2; i++) {
        struct identity identity = tls_load_with(i == 0 ? "one.test" : "two.test");
        struct pair pair CLEANUP(pair_clear) = tls_pair(&identity);
        sizes[i] = sizeof serials[i];
        ck_assert_int_ge(gnutls_x509_crt_get_serial(pair.certificate, serials[i], &sizes[i]), 0);
        ck_assert(sizes[i] == 16 && serials[i][0] > 0 && serials[i][0] < 0x80);
    }
    ck_assert_mem_ne(serials[0], serials[1], 16);
}
END_TEST

START_TEST(a_certificate_is_renewed_within_30_days_of_its_end)
{
    const int64_t day = DAY_SECONDS, end = TLS_START + 396 * day;
    struct identity first = tls_load();
    tls.options.now = end - 31 * day;
    struct identity before = tls_load();
    tls_assert_same(&first, &before);
    tls.options.now = end - 29 * day;
    struct identity renewed = tls_load();
    ck_assert_str_eq(renewed.authority, first.authority);
    ck_assert_str_ne(renewed.certificate, first.certificate);
    ck_assert_str_ne(renewed.key, first.key);
    tls_assert_sound(&renewed);
    struct identity again = tls_load();
    tls_assert_same(&renewed, &again);
    tls_assert_clean();
}
END_TEST

START_TEST(a_certificate_that_is_not_valid_yet_is_made_anew)
{
    (void)tls_load();
    const char *authority = tls_text("ca.pem");
    tls.options.now = TLS_START + 300 * (int64_t)DAY_SECONDS;
    struct identity later = tls_load_with("later.test");
    tls.options.now = TLS_START;
    struct identity now = tls_load();
    ck_assert_str_ne(now.certificate, later.certificate);
    ck_assert_str_eq(now.authority, authority);
}
END_TEST

START_TEST(a_name_that_is_missing_has_a_certificate_made_anew)
{
    struct identity plain = tls_load(), more = tls_load_with("*.one.test,192.0.2.1");
    ck_assert_str_ne(plain.certificate, more.certificate);
    ck_assert_str_eq(plain.authority, more.authority);
    struct identity fewer = tls_load(),
                    twice = tls_load_with("192.0.2.1,*.ONE.test,localhost,192.0.2.1");
    tls_assert_same(&more, &fewer);
    tls_assert_same(&more, &twice);
    struct identity other = tls_load_with("192.0.2.2");
    ck_assert_str_ne(other.certificate, more.certificate);
}
END_TEST

static const char *const malformed[] = {
    "",
    "a.test,",
    "a b.test",
    "-a.test",
    "a-.test",
    "a..test",
    ".test",
    "a.test.",
    "*",
    "*.",
    "*.test",
    "a*.x.test",
    "*.*.x.test",
    "x.*.test",
    "1.2.3",
    "300.1.1.1",
    "::g",
    "[::1]",
    "fe80::1%lo",
    "127.0.0.1:1",
    "http://a.test",
    "m\xc3\xbcnchen.test",
    "a\ntest",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test"};

START_TEST(what_is_no_name_is_refused)
{
    const char *const names[] = {"good.test", malformed[_i], NULL};
    tls.options.names = names;
    if (malformed[_i][0] == '\0') {
        (void)tls_load(); /* a variable of the environment that is there and empty */
        return;
    }
    tls_refuse("expected a DNS name");
    ck_assert_int_ne(access(tls.options.folder, F_OK), 0);
}
END_TEST

static const char *numbered(int count)
{
    const char *list = "n0.test";
    for (int i = 1; i < count; i++)
        list = arena_printf(&tls.arena, "%s,n%d.test", list, i);
    return list;
}

START_TEST(names_are_limited_in_number_and_length)
{
    struct identity identity = tls_load_with(numbered(100));
    ck_assert_uint_eq(tls_verify(&identity, "n99.test"), 0);
    const char *const names[] = {"one.more.test", numbered(100), NULL};
    tls.options.names = names;
    tls_refuse("at most 100");
    char label[65];
    memset(label, 'a', 64);
    label[64] = '\0';
    struct name name;
    const char *tail = label + 1; /* of 63 */
    ck_assert(name_read(tail, &tls.arena, &name));
    ck_assert(!name_read(label, &tls.arena, &name));
    ck_assert(name_read(arena_printf(&tls.arena, "%s.%s.%s.%s", tail, tail, tail, tail + 2), &tls.arena,
                        &name));
    ck_assert(!name_read(arena_printf(&tls.arena, "%s.%s.%s.%s", tail, tail, tail, tail + 1),
                         &tls.arena, &name));
}
END_TEST

static void call_machine(const char *name)
{
    ck_assert_int_eq(sethostname(name, strlen(name)), 0);
}

static void load_under_other_names(void)
{
    char longest[65] = "";
    memset(longest, 'm', 64);
    if (unshare(CLONE_NEWUTS) != 0)
        return; /* only root may */
    call_machine("first-machine");
    struct identity first = tls_load();
    ck_assert_uint_eq(tls_verify(&first, "first-machine"), 0);
    call_machine(longest);
    struct identity same = tls_load();
    tls_assert_same(&first, &same);
    call_machine("not a name");
    same = tls_load();
    tls_assert_same(&first, &same);
    call_machine("second");
    struct identity second = tls_load();
    ck_assert_str_ne(second.certificate, first.certificate);
    ck_assert_uint_eq(tls_verify(&second, "second"), 0);
    tls_take_away("ca.key");
    call_machine("third");
    same = tls_load();
    tls_assert_same(&second, &same);
    tls.options.folder = arena_printf(&tls.arena, "%s/long", tls.top);
    call_machine(longest);
    first = tls_load();
    tls_assert_sound(&first);
}

START_TEST(the_machine_may_have_any_name)
{
    ck_assert(tls_in_child(load_under_other_names));
}
END_TEST

Suite *tls_suite(void)
{
    Suite *suite = suite_create("tls");
    TCase *tests = tcase_create("tls");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, tls_open, tls_close);
    tcase_add_test(tests, what_is_missing_is_made_once);
    tcase_add_test(tests, the_authority_alone_is_made_without_a_certificate);
    tcase_add_test(tests, clients_trust_it_under_its_names_only);
    tcase_add_test(tests, another_authority_is_not_trusted);
    tcase_add_test(tests, what_is_made_lasts_for_as_long_as_clients_take_it);
    tcase_add_test(tests, serial_numbers_are_positive_and_differ);
    tcase_add_test(tests, a_certificate_is_renewed_within_30_days_of_its_end);
    tcase_add_test(tests, a_certificate_that_is_not_valid_yet_is_made_anew);
    tcase_add_test(tests, a_name_that_is_missing_has_a_certificate_made_anew);
    tcase_add_loop_test(tests, what_is_no_name_is_refused, 0, COUNT(malformed));
    tcase_add_test(tests, names_are_limited_in_number_and_length);
    tcase_add_test(tests, the_machine_may_have_any_name);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, tls_folder_tests());
    suite_add_tcase(suite, tls_spoiled_tests());
    suite_add_tcase(suite, tls_own_tests());
    return suite;
}
