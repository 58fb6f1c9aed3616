#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tls_rig.h"

/* Things that may be in the place of a file. */
static void put_nothing(const char *name)
{
    tls_take_away(name);
}

static void put_empty(const char *name)
{
    tls_set_text(name, "");
}

static void put_half(const char *name)
{
    const char *text = tls_text(name);
    tls_set_text(name, arena_strndup(&tls.arena, text, strlen(text) / 2));
}

static void put_noise(const char *name)
{
    tls_set_text(name,
                 "-----BEGIN CERTIFICATE-----\n\x01\xff-----BEGIN PRIVATE KEY-----\nAAAA\n-----END");
}

static void put_huge(const char *name)
{
    ck_assert_int_eq(truncate(tls_path(name), 1 << 30), 0);
}

static void put_fifo(const char *name)
{
    tls_take_away(name);
    ck_assert_int_eq(mkfifo(tls_path(name), 0600), 0);
}

static void put_dangling(const char *name)
{
    tls_take_away(name);
    ck_assert_int_eq(symlink("nowhere", tls_path(name)), 0);
}

static void put_folder(const char *name)
{
    tls_take_away(name);
    ck_assert_int_eq(mkdir(tls_path(name), 0700), 0);
}

/* Of another certificate, by the same authority for server.*, by another for ca.*. */
static void put_other(const char *name)
{
    const char *folder = tls.options.folder, *authority = tls_text("ca.pem"), *key = tls_text("ca.key");
    tls.options.folder = arena_printf(&tls.arena, "%s/other", tls.top);
    if (name[0] == 's') {
        ck_assert_int_eq(mkdir(tls.options.folder, 0700), 0);
        tls_set_text("ca.pem", authority);
        tls_set_text("ca.key", key);
    }
    (void)tls_load();
    const char *text = tls_text(name);
    tls.options.folder = folder;
    tls_set_text(name, text);
}

typedef void put_fn(const char *name);
static put_fn *const spoilers[] = {put_nothing, put_empty, put_half,  put_noise,
                                   put_huge,    put_fifo,  put_other, put_dangling};

START_TEST(a_certificate_that_is_no_good_is_made_anew)
{
    struct identity first = tls_load();
    spoilers[_i / 2](_i % 2 == 0 ? "server.pem" : "server.key");
    struct identity made = tls_load(), again = tls_load();
    ck_assert_str_eq(made.authority, first.authority);
    ck_assert_str_ne(made.certificate, first.certificate);
    ck_assert_str_ne(made.key, first.key);
    tls_assert_sound(&made);
    tls_assert_same(&made, &again);
    ck_assert_uint_eq(tls_mode(tls_path("server.key")), S_IFREG | 0600);
    tls_assert_clean();
}
END_TEST

START_TEST(a_pair_of_another_authority_is_made_anew)
{
    struct identity first = tls_load();
    const char *folder = tls.options.folder;
    tls.options.folder = arena_printf(&tls.arena, "%s/other", tls.top);
    struct identity other = tls_load();
    tls.options.folder = folder;
    tls_set_text("server.pem", other.certificate);
    tls_set_text("server.key", other.key);
    struct identity made = tls_load();
    ck_assert_str_ne(made.certificate, other.certificate);
    ck_assert_str_eq(made.authority, first.authority);
    tls_assert_sound(&made);
}
END_TEST

START_TEST(what_cannot_be_replaced_is_named)
{
    (void)tls_load();
    put_folder("server.key");
    const char *certificate = tls_text("server.pem");
    tls_refuse("server.key: cannot be written: Is a directory");
    ck_assert_str_eq(tls_text("server.pem"), certificate);
    tls_assert_clean();
}
END_TEST

static const struct {
    put_fn *put;
    const char *name, *reason;
} spoiled_authorities[] = {
    {put_nothing, "ca.pem", "ca.pem: missing, while its key ca.key is there; put the right one back"},
    {put_empty, "ca.pem", "ca.pem: expected a certificate in PEM; put the right one back"},
    {put_half, "ca.pem", "ca.pem: expected a certificate in PEM"},
    {put_noise, "ca.pem", "ca.pem: expected a certificate in PEM"},
    {put_huge, "ca.pem", "ca.pem: expected at most 1048576 bytes"},
    {put_fifo, "ca.pem", "ca.pem: expected a regular file"},
    {put_folder, "ca.pem", "ca.pem: expected a regular file"},
    {put_dangling, "ca.pem", "ca.pem: No such file or directory"},
    {put_other, "ca.pem", "ca.key: not the key of ca.pem; put the right one back"},
    {put_empty, "ca.key", "ca.key: expected a private key in PEM; put the right one back"},
    {put_half, "ca.key", "ca.key: expected a private key in PEM"},
    {put_noise, "ca.key", "ca.key: expected a private key in PEM"},
    {put_huge, "ca.key", "ca.key: expected at most 1048576 bytes"},
    {put_fifo, "ca.key", "ca.key: expected a regular file"},
    {put_folder, "ca.key", "ca.key: expected a regular file"},
    {put_other, "ca.key", "ca.key: not the key of ca.pem"},
};

START_TEST(an_authority_that_is_no_good_is_named_and_kept)
{
    (void)tls_load();
    const char *certificate = tls_text("server.pem");
    spoiled_authorities[_i].put(spoiled_authorities[_i].name);
    bool is_huge = spoiled_authorities[_i].put == put_huge;
    const char *ca = is_huge ? NULL : tls_text("ca.pem"), *key = is_huge ? NULL : tls_text("ca.key");
    tls_refuse(spoiled_authorities[_i].reason);
    tls_take_away("server.key");
    tls_refuse(spoiled_authorities[_i].reason);
    ck_assert_pstr_eq(is_huge ? NULL : tls_text("ca.pem"), ca);
    ck_assert_pstr_eq(is_huge ? NULL : tls_text("ca.key"), key);
    ck_assert_str_eq(tls_text("server.pem"), certificate);
    struct identity alone;
    const char *reason = NULL;
    ck_assert(!identity_authority(&tls.options, &tls.arena, &alone, &reason));
    ck_assert_ptr_nonnull(strstr(reason, spoiled_authorities[_i].reason));
}
END_TEST

START_TEST(an_authority_that_is_not_valid_is_named_and_kept)
{
    struct identity first = tls_load();
    tls.options.now = TLS_START + 3653 * (int64_t)DAY_SECONDS;
    tls_refuse("ca.pem: expired at 2036-09-20T");
    tls.options.now = TLS_START - 2 * (int64_t)DAY_SECONDS;
    tls_refuse("ca.pem: not valid before 2026-09-20T");
    ck_assert_str_eq(tls_text("ca.pem"), first.authority);
    tls.options.now = TLS_START;
    tls_set_text("ca.pem", first.certificate);
    tls_set_text("ca.key", first.key);
    tls_refuse("ca.pem: not the certificate of an authority");
}
END_TEST

START_TEST(without_its_key_an_authority_serves_as_long_as_the_certificate_does)
{
    const int64_t day = DAY_SECONDS, end = TLS_START + 396 * day;
    struct identity first = tls_load();
    tls_take_away("ca.key");
    struct identity same = tls_load();
    tls_assert_same(&first, &same);
    tls.options.now = end - day;
    same = tls_load();
    tls_assert_same(&first, &same);
    tls.options.now = end + 1;
    tls_refuse("ca.key: missing, and ");
    tls.options.now = TLS_START;
    const char *const names[] = {"more.test", NULL};
    tls.options.names = names;
    tls_refuse("server.pem has to be made anew: it lacks a name");
    tls.options.names = NULL;
    tls_take_away("server.pem");
    tls_refuse("it or server.key is missing; put the key back");
    ck_assert_ptr_null(tls_text("ca.key"));
}
END_TEST

static const char *const keys[] = {"ca.key", "server.key"};

START_TEST(a_key_that_others_may_read_is_refused)
{
    struct identity first = tls_load();
    ck_assert_int_eq(chmod(tls_path(keys[_i]), 0640), 0);
    tls_refuse(arena_printf(&tls.arena,
                            "%s/%s: others may read or change this key (mode 640): chmod 600 %s/%s",
                            tls.options.folder, keys[_i], tls.options.folder, keys[_i]));
    ck_assert_int_eq(chmod(tls_path(keys[_i]), 0602), 0);
    tls_refuse("(mode 602)");
    ck_assert_int_eq(chmod(tls_path(keys[_i]), 0400), 0);
    struct identity same = tls_load();
    tls_assert_same(&first, &same);
}
END_TEST

/* As nobody: root may do anything. */
static void load_as_nobody(void)
{
    enum { NOBODY = 65534 };
    ck_assert(setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0);
    struct identity first = {.authority = tls_text("ca.pem"),
                             .certificate = tls_text("server.pem"),
                             .key = tls_text("server.key")};
    struct identity same = tls_load();
    tls_assert_same(&first, &same);
    tls.options.now = TLS_START + 395 * (int64_t)DAY_SECONDS;
    same = tls_load();
    tls_assert_same(&first, &same);
    const char *const names[] = {"more.test", NULL};
    tls.options.names = names;
    tls_refuse(access(tls_path("ca.key"), R_OK) == 0
                   ? "server.key: cannot be written: Permission denied"
                   : "ca.key: may not be read by this user, and ");
    tls.options.names = NULL;
    tls.options.folder = "/proc/crmock";
    tls_refuse("/proc/crmock: ");
}

/* Files of root that all may read, as secrets are that a container mounts. */
static void open_up(const char *name)
{
    ck_assert_int_eq(chmod(tls_path(name), 0644), 0);
}

START_TEST(a_folder_that_only_others_may_write_is_good_as_it_is)
{
    (void)tls_load();
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(chmod(arena_printf(&tls.arena, "%s/a", tls.top), 0755), 0);
    ck_assert_int_eq(chmod(tls.options.folder, 0755), 0);
    open_up("server.key");
    ck_assert(tls_in_child(load_as_nobody));
    open_up("ca.key");
    ck_assert(tls_in_child(load_as_nobody));
}
END_TEST

/* Without assertions, which Check would not have the room to tell. */
static void load_with_little_room(void)
{
    enum { ROOM = 300 }; /* bytes: for a key, not for a certificate */
    const struct rlimit limit = {ROOM, ROOM};
    struct identity identity;
    const char *reason = "";
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR || setrlimit(RLIMIT_FSIZE, &limit) != 0 ||
        identity_load(&tls.options, &tls.arena, &identity, &reason) ||
        strstr(reason, ".pem: cannot be written: File too large") == NULL)
        _exit(1);
}

START_TEST(where_no_more_can_be_written_nothing_changes)
{
    ck_assert(tls_in_child(load_with_little_room));
    for (size_t i = 0; i < COUNT(tls_files); i++)
        ck_assert_ptr_null(tls_text(tls_files[i]));
    struct identity first = tls_load();
    tls.options.now = TLS_START + 390 * (int64_t)DAY_SECONDS;
    ck_assert(tls_in_child(load_with_little_room));
    tls_assert_clean();
    tls.options.now = TLS_START;
    struct identity same = tls_load();
    tls_assert_same(&first, &same);
}
END_TEST

START_TEST(a_kill_in_between_is_made_good)
{
    struct identity alone;
    const char *reason;
    ck_assert(identity_authority(&tls.options, &tls.arena, &alone, &reason));
    ck_assert_int_eq(rename(tls_path("ca.pem"), tls_path("ca.pem.new")), 0);
    tls_set_text("server.key.new", "half");
    struct identity identity = tls_load();
    ck_assert_str_eq(identity.authority, alone.authority);
    tls_assert_sound(&identity);
    tls_assert_clean();
    tls_take_away("ca.key");
    tls_take_away("ca.pem");
    tls_set_text("ca.key.new", "half");
    tls_set_text("ca.pem.new", "half");
    identity = tls_load();
    ck_assert_str_ne(identity.authority, alone.authority);
    tls_assert_sound(&identity);
    tls_assert_clean();
}
END_TEST

START_TEST(links_are_read_and_replaced)
{
    struct identity first = tls_load();
    const char *elsewhere[] = {arena_printf(&tls.arena, "%s/ca.key", tls.top),
                               arena_printf(&tls.arena, "%s/server.key", tls.top)};
    for (size_t i = 0; i < COUNT(keys); i++) {
        ck_assert_int_eq(rename(tls_path(keys[i]), elsewhere[i]), 0);
        ck_assert_int_eq(symlink(elsewhere[i], tls_path(keys[i])), 0);
    }
    struct identity same = tls_load();
    tls_assert_same(&first, &same);
    struct identity renewed = tls_load_with("more.test");
    tls_assert_sound(&renewed);
    ck_assert(S_ISLNK(tls_mode(tls_path("ca.key"))) && S_ISREG(tls_mode(tls_path("server.key"))));
    tls.options.folder = tls.top;
    ck_assert_str_eq(tls_text("server.key"), first.key);
}
END_TEST

START_TEST(a_key_in_the_authoritys_file_is_not_told)
{
    struct identity first = tls_load();
    tls_set_text("ca.pem", arena_printf(&tls.arena, "%s%s", tls_text("ca.key"), first.authority));
    struct identity same = tls_load();
    tls_assert_same(&first, &same);
}
END_TEST

static const char *whole(const struct identity *identity)
{
    return arena_printf(&tls.arena, "%s%s%s", identity->authority, identity->certificate,
                        identity->key);
}

/* Has what it found in a file of its own, beside the folder. */
static bool load_at_once(int gate)
{
    struct identity identity;
    const char *reason;
    char byte, *path = arena_printf(&tls.arena, "%s/found-%d", tls.top, (int)getpid());
    return read(gate, &byte, 1) == 0 && /* until it is closed */
           identity_load(&tls.options, &tls.arena, &identity, &reason) &&
           g_file_set_contents(path, whole(&identity), -1, NULL);
}

static pid_t begin_child(const int gate[2])
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(close(gate[1]) == 0 && load_at_once(gate[0]) ? 0 : 1);
    return child;
}

START_TEST(processes_that_start_at_once_have_the_same)
{
    enum { CHILDREN = 8 };
    int gate[2], status;
    pid_t children[CHILDREN];
    ck_assert_int_eq(pipe2(gate, O_CLOEXEC), 0);
    for (int i = 0; i < CHILDREN; i++)
        children[i] = begin_child(gate);
    ck_assert(close(gate[0]) == 0 && close(gate[1]) == 0);
    for (int i = 0; i < CHILDREN; i++)
        ck_assert(waitpid(children[i], &status, 0) == children[i] && status == 0);
    struct identity identity = tls_load();
    const char *all = whole(&identity);
    tls_assert_sound(&identity);
    tls_assert_clean();
    tls.options.folder = tls.top;
    for (int i = 0; i < CHILDREN; i++)
        ck_assert_str_eq(tls_text(arena_printf(&tls.arena, "found-%d", children[i])), all);
}
END_TEST

TCase *tls_spoiled_tests(void)
{
    TCase *tests = tcase_create("tls_spoiled");
    tcase_set_timeout(tests, 300);
    tcase_set_tags(tests, LONG_TESTS);
    tcase_add_checked_fixture(tests, tls_open, tls_close);
    tcase_add_loop_test(tests, a_certificate_that_is_no_good_is_made_anew, 0, 2 * COUNT(spoilers));
    tcase_add_loop_test(tests, an_authority_that_is_no_good_is_named_and_kept, 0,
                        COUNT(spoiled_authorities));
    return tests;
}

TCase *tls_folder_tests(void)
{
    TCase *tests = tcase_create("tls_folder");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, tls_open, tls_close);
    tcase_add_test(tests, a_pair_of_another_authority_is_made_anew);
    tcase_add_test(tests, what_cannot_be_replaced_is_named);
    tcase_add_test(tests, an_authority_that_is_not_valid_is_named_and_kept);
    tcase_add_test(tests, without_its_key_an_authority_serves_as_long_as_the_certificate_does);
    tcase_add_loop_test(tests, a_key_that_others_may_read_is_refused, 0, COUNT(keys));
    tcase_add_test(tests, a_folder_that_only_others_may_write_is_good_as_it_is);
    tcase_add_test(tests, where_no_more_can_be_written_nothing_changes);
    tcase_add_test(tests, a_kill_in_between_is_made_good);
    tcase_add_test(tests, links_are_read_and_replaced);
    tcase_add_test(tests, a_key_in_the_authoritys_file_is_not_told);
    tcase_add_test(tests, processes_that_start_at_once_have_the_same);
    return tests;
}
