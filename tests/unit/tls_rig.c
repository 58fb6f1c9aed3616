#include "tls_rig.h"

#include <fcntl.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tls/name.h"

const char *const tls_files[TLS_FILES] = {"ca.pem",         "ca.key",        "server.pem",
                                          "server.key",     "ca.pem.new",    "ca.key.new",
                                          "server.pem.new", "server.key.new"};

struct tls_rig tls;

const char *tls_path(const char *name)
{
    return arena_printf(&tls.arena, "%s/%s", tls.options.folder, name);
}

void tls_open(void)
{
    char folder[] = "/tmp/crmock-tls-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chmod(folder, 0755), 0);
    tls.top = arena_strdup(&tls.arena, folder);
    tls.options = (struct identity_options){.folder = arena_printf(&tls.arena, "%s/a/b", folder),
                                            .now = TLS_START};
}

static void remove_all(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        char *inner = g_build_filename(path, name, NULL);
        if (g_file_test(inner, G_FILE_TEST_IS_DIR) && !g_file_test(inner, G_FILE_TEST_IS_SYMLINK))
            remove_all(inner);
        else
            ck_assert_int_eq(unlink(inner), 0);
        g_free(inner);
    }
    if (dir != NULL)
        g_dir_close(dir);
    ck_assert_int_eq(rmdir(path), 0);
}

void tls_close(void)
{
    remove_all(tls.top);
    arena_clear(&tls.arena);
}

struct identity tls_load(void)
{
    struct identity identity;
    const char *reason = NULL;
    ck_assert_msg(identity_load(&tls.options, &tls.arena, &identity, &reason), "%s", reason);
    return identity;
}

struct identity tls_load_with(const char *name)
{
    const char *const names[] = {name, NULL};
    tls.options.names = names;
    struct identity identity = tls_load();
    tls.options.names = NULL;
    return identity;
}

void tls_refuse(const char *text)
{
    struct identity identity;
    const char *reason = NULL;
    ck_assert(!identity_load(&tls.options, &tls.arena, &identity, &reason));
    ck_assert_msg(strstr(reason, text) != NULL, "\"%s\" instead of \"%s\"", reason, text);
    ck_assert_ptr_null(strchr(reason, '\n'));
    ck_assert_ptr_null(identity.key);
}

const char *tls_text(const char *name)
{
    char *text = NULL;
    if (!g_file_test(tls_path(name), G_FILE_TEST_IS_REGULAR) ||
        !g_file_get_contents(tls_path(name), &text, NULL, NULL))
        return NULL;
    const char *copy = arena_strdup(&tls.arena, text);
    g_free(text);
    return copy;
}

void tls_set_text(const char *name, const char *text)
{
    int file = open(tls_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
    ck_assert_int_eq(close(file), 0);
}

void tls_take_away(const char *name)
{
    ck_assert_int_eq(unlink(tls_path(name)), 0);
}

mode_t tls_mode(const char *path)
{
    struct stat found;
    ck_assert_int_eq(lstat(path, &found), 0);
    return found.st_mode;
}

void tls_assert_clean(void)
{
    for (size_t i = TLS_LASTING_FILES; i < COUNT(tls_files); i++)
        ck_assert_ptr_null(tls_text(tls_files[i]));
}

struct pair tls_pair(const struct identity *identity)
{
    struct pair pair = {.key = NULL};
    ck_assert_ptr_null(pair_read_certificate(&pair, identity->certificate));
    ck_assert_ptr_null(pair_read_key(&pair, identity->key));
    return pair;
}

unsigned tls_verify(const struct identity *identity, const char *host)
{
    struct pair pair CLEANUP(pair_clear) = tls_pair(identity);
    struct name name;
    gnutls_x509_trust_list_t trusted;
    const gnutls_datum_t authority = {(unsigned char *)identity->authority,
                                      (unsigned)strlen(identity->authority)};
    ck_assert(name_read(host, &tls.arena, &name));
    gnutls_typed_vdata_st asked[] = {
        {.type = name.is_address ? GNUTLS_DT_IP_ADDRESS : GNUTLS_DT_DNS_HOSTNAME,
         .data = (void *)name.bytes,
         .size = (unsigned)name.length},
        {.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (void *)GNUTLS_KP_TLS_WWW_SERVER}};
    unsigned found = 0;
    ck_assert_int_ge(gnutls_x509_trust_list_init(&trusted, 0), 0);
    ck_assert_int_eq(
        gnutls_x509_trust_list_add_trust_mem(trusted, &authority, NULL, GNUTLS_X509_FMT_PEM, 0, 0), 1);
    ck_assert_int_ge(gnutls_x509_trust_list_verify_crt2(trusted, &pair.certificate, 1, asked,
                                                        COUNT(asked), GNUTLS_VERIFY_DISABLE_TIME_CHECKS,
                                                        &found, NULL),
                     0);
    gnutls_x509_trust_list_deinit(trusted, 1);
    return found;
}

void tls_assert_sound(const struct identity *identity)
{
    struct pair pair CLEANUP(pair_clear) = tls_pair(identity);
    ck_assert(pair_matches(&pair));
    ck_assert_uint_eq(tls_verify(identity, "localhost"), 0);
}

void tls_assert_same(const struct identity *one, const struct identity *other)
{
    ck_assert_str_eq(one->authority, other->authority);
    ck_assert_str_eq(one->certificate, other->certificate);
    ck_assert_str_eq(one->key, other->key);
}

bool tls_in_child(void (*run)(void))
{
    int status = -1;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        run();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status == 0;
}
