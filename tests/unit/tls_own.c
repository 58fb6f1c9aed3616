#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "tls_rig.h"

/* A certificate with its authority behind it, and its key, in files of the rig's folder, which are then
 * the options'. */
static struct identity bring(void)
{
    struct identity made = tls_load();
    tls_set_text("own.pem",
                 arena_printf(&tls.arena, "some words\n%s%s", made.certificate, made.authority));
    tls_set_text("own.key", made.key);
    for (size_t i = 0; i < TLS_LASTING_FILES; i++)
        tls_take_away(tls_files[i]);
    tls.options.certificate = tls_path("own.pem");
    tls.options.key = tls_path("own.key");
    return made;
}

START_TEST(ones_own_certificate_is_taken_with_its_chain)
{
    struct identity made = bring(), own = tls_load();
    ck_assert_ptr_null(own.authority);
    ck_assert_str_eq(own.certificate,
                     arena_printf(&tls.arena, "%s%s", made.certificate, made.authority));
    ck_assert_str_eq(own.key, made.key);
    ck_assert_ptr_null(tls_text("ca.pem"));
    ck_assert_int_eq(chmod(tls.options.key, 0644), 0);
    struct identity same = tls_load();
    ck_assert_str_eq(same.key, own.key);
}
END_TEST

START_TEST(ones_own_certificate_and_key_may_share_a_file)
{
    struct identity made = bring();
    tls_set_text("own.pem", arena_printf(&tls.arena, "%s%s", made.key, made.certificate));
    tls.options.key = tls.options.certificate;
    struct identity own = tls_load();
    ck_assert_str_eq(own.certificate, made.certificate);
    own.authority = made.authority;
    tls_assert_sound(&own);
}
END_TEST

START_TEST(one_without_the_other_is_refused)
{
    (void)bring();
    const char *key = tls.options.key;
    tls.options.key = NULL;
    tls_refuse("a certificate and its key are needed");
    tls.options.key = key;
    tls.options.certificate = NULL;
    tls_refuse("a certificate and its key are needed");
}
END_TEST

START_TEST(a_key_of_another_certificate_is_refused)
{
    struct identity made = bring();
    tls_set_text("own.pem", arena_printf(&tls.arena, "%s%s", made.authority, made.certificate));
    tls_refuse("own.key: it is not the key of the first certificate in ");
}
END_TEST

START_TEST(ones_own_certificate_is_to_be_valid)
{
    (void)bring();
    tls.options.now = TLS_START + 397 * (int64_t)DAY_SECONDS;
    tls_refuse("own.pem: expired at 2027-10-22T");
    tls.options.now = TLS_START - 2 * (int64_t)DAY_SECONDS;
    tls_refuse("own.pem: not valid before 2026-09-20T");
}
END_TEST

static const char *protected_key(const struct identity *identity)
{
    struct pair pair CLEANUP(pair_clear) = tls_pair(identity);
    gnutls_datum_t text;
    ck_assert_int_ge(gnutls_x509_privkey_export2_pkcs8(pair.key, GNUTLS_X509_FMT_PEM, "secret",
                                                       GNUTLS_PKCS_PBES2_AES_256, &text),
                     0);
    const char *copy = arena_strndup(&tls.arena, (const char *)text.data, text.size);
    gnutls_free(text.data);
    return copy;
}

START_TEST(a_key_that_a_passphrase_protects_is_refused)
{
    struct identity made = bring();
    tls_set_text("own.key", protected_key(&made));
    tls_refuse("own.key: the key is protected by a passphrase");
    tls_set_text("own.key", "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
                            "DEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n"
                            "AAECAwQFBgcICQoLDA0ODw==\n-----END EC PRIVATE KEY-----\n");
    tls_refuse("own.key: the key is protected by a passphrase");
}
END_TEST

static const char *const names[] = {"own.pem", "own.key"};

START_TEST(what_is_not_in_pem_is_refused)
{
    struct identity made = bring();
    const char *name = names[_i], *path = tls_path(name);
    tls_set_text(name, "");
    tls_refuse(arena_printf(&tls.arena, "%s: expected a", path));
    tls_set_text(name, _i == 0 ? made.key : made.certificate);
    tls_refuse(arena_printf(&tls.arena, "%s: expected a", path));
    ck_assert_int_eq(truncate(path, 1 << 30), 0);
    tls_refuse(arena_printf(&tls.arena, "%s: expected at most 1048576 bytes", path));
    tls_take_away(name);
    tls_refuse(arena_printf(&tls.arena, "%s: No such file or directory", path));
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    tls_refuse(arena_printf(&tls.arena, "%s: expected a regular file", path));
    ck_assert_int_eq(truncate(tls_path(names[1 - _i]), 10), 0);
    tls_refuse(arena_printf(&tls.arena, "%s: expected a regular file", path));
}
END_TEST

/* An authority of somebody's own, which ends after so many days. */
static void found(int64_t days)
{
    struct pair pair CLEANUP(pair_clear) = {.key = NULL};
    const struct draft draft = {.name = "Test authority",
                                .from = TLS_START - 5 * (int64_t)DAY_SECONDS,
                                .until = TLS_START + days * DAY_SECONDS};
    ck_assert_ptr_null(pair_draft(&pair, &draft));
    ck_assert_int_ge(gnutls_x509_crt_set_basic_constraints(pair.certificate, 1, -1), 0);
    ck_assert_ptr_null(pair_sign(&pair, &pair));
    ck_assert_int_eq(g_mkdir_with_parents(tls.options.folder, 0700), 0);
    tls_set_text("ca.pem", pair_certificate_text(&pair, &tls.arena));
    tls_set_text("ca.key", pair_key_text(&pair, &tls.arena));
}

START_TEST(an_authority_of_ones_own_signs_for_as_long_as_it_lasts)
{
    enum { DAYS = 20 };
    found(DAYS);
    const char *authority = tls_text("ca.pem");
    struct identity identity = tls_load(), again = tls_load();
    tls_assert_sound(&identity);
    tls_assert_same(&identity, &again);
    ck_assert_str_eq(identity.authority, authority);
    struct pair pair CLEANUP(pair_clear) = tls_pair(&identity);
    ck_assert_int_eq(pair_end(&pair), TLS_START + DAYS * (int64_t)DAY_SECONDS);
}
END_TEST

/* One for the names of a single domain. */
START_TEST(an_authority_that_clients_would_not_take_is_named)
{
    struct pair pair CLEANUP(pair_clear) = {.key = NULL};
    found(400);
    ck_assert_ptr_null(pair_read_certificate(&pair, tls_text("ca.pem")));
    ck_assert_ptr_null(pair_read_key(&pair, tls_text("ca.key")));
    gnutls_x509_name_constraints_t constraints;
    const gnutls_datum_t only = {(unsigned char *)"only.test", 9};
    ck_assert_int_ge(gnutls_x509_name_constraints_init(&constraints), 0);
    ck_assert_int_ge(gnutls_x509_name_constraints_add_permitted(constraints, GNUTLS_SAN_DNSNAME, &only),
                     0);
    ck_assert_int_ge(gnutls_x509_crt_set_name_constraints(pair.certificate, constraints, 1), 0);
    gnutls_x509_name_constraints_deinit(constraints);
    ck_assert_ptr_null(pair_sign(&pair, &pair));
    tls_set_text("ca.pem", pair_certificate_text(&pair, &tls.arena));
    tls_refuse("server.pem: none can be made by this authority: not signed by ca.pem");
    ck_assert_ptr_null(tls_text("server.pem"));
}
END_TEST

/* Sets or unsets a variable of the environment; what it was is to be freed. */
static char *set_variable(const char *name, const char *value)
{
    char *before = g_strdup(g_getenv(name));
    if (value != NULL)
        (void)g_setenv(name, value, TRUE);
    else
        g_unsetenv(name);
    return before;
}

START_TEST(without_a_folder_there_is_the_users)
{
    char *data = set_variable("XDG_DATA_HOME", tls.top), *home = set_variable("HOME", NULL);
    tls.options.folder = NULL;
    struct identity first = tls_load();
    g_free(set_variable("XDG_DATA_HOME", "relative"));
    tls_refuse("there is no home folder");
    g_free(set_variable("HOME", tls.top));
    struct identity second = tls_load();
    g_free(set_variable("XDG_DATA_HOME", data));
    g_free(set_variable("HOME", home));
    g_free(data);
    g_free(home);
    tls.options.folder = arena_printf(&tls.arena, "%s/crmock/tls", tls.top);
    ck_assert_str_eq(tls_text("ca.pem"), first.authority);
    tls.options.folder = arena_printf(&tls.arena, "%s/.local/share/crmock/tls", tls.top);
    ck_assert_str_eq(tls_text("ca.pem"), second.authority);
}
END_TEST

TCase *tls_own_tests(void)
{
    TCase *tests = tcase_create("tls_own");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, tls_open, tls_close);
    tcase_add_test(tests, ones_own_certificate_is_taken_with_its_chain);
    tcase_add_test(tests, ones_own_certificate_and_key_may_share_a_file);
    tcase_add_test(tests, one_without_the_other_is_refused);
    tcase_add_test(tests, a_key_of_another_certificate_is_refused);
    tcase_add_test(tests, ones_own_certificate_is_to_be_valid);
    tcase_add_test(tests, a_key_that_a_passphrase_protects_is_refused);
    tcase_add_loop_test(tests, what_is_not_in_pem_is_refused, 0, COUNT(names));
    tcase_add_test(tests, an_authority_of_ones_own_signs_for_as_long_as_it_lasts);
    tcase_add_test(tests, an_authority_that_clients_would_not_take_is_named);
    tcase_add_test(tests, without_a_folder_there_is_the_users);
    return tests;
}
