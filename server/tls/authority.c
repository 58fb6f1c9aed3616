#include "tls/authority.h"

#include <glib.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

static const struct file_pair files = {.certificate = "ca.pem", .key = "ca.key"};

static const char *trouble_of(const struct folder *folder, const char *name, const char *trouble)
{
    static const char remedy[] = "put the right one back, or move ca.pem and ca.key away to have a new"
                                 " authority made, which clients must then be told to trust";
    return folder_trouble(folder, name, arena_printf(folder->arena, "%s; %s", trouble, remedy));
}

/* Whoever finds it among those that a machine trusts is to know whose it is. */
static const char *name_of_authority(struct arena *arena)
{
    char machine[256] = "";
    const struct passwd *user = getpwuid(geteuid());
    (void)gethostname(machine, sizeof machine - 1);
    char *name = arena_printf(arena, "crmock authority of %s@%s",
                              user != NULL ? user->pw_name : "nobody", machine);
    for (char *at = name; *at != '\0'; at++)
        if (!g_ascii_isprint(*at))
            *at = '?';
    return name;
}

/* Its certificates are for any name: clients would not take those of --tls-name from an authority that
 * is constrained to the service's. */
static const char *draw_up(struct pair *pair, int64_t now, struct arena *arena)
{
    enum { DAYS = 3653, CERTIFICATES_BELOW = 0 };
    int64_t from = now - DAY_SECONDS; /* clocks differ */
    const struct draft draft = {
        .name = name_of_authority(arena), .from = from, .until = from + (int64_t)DAYS * DAY_SECONDS};
    const char *trouble = pair_draft(pair, &draft);
    if (trouble != NULL)
        return trouble;
    int status = gnutls_x509_crt_set_basic_constraints(pair->certificate, true, CERTIFICATES_BELOW);
    if (status >= 0)
        status = gnutls_x509_crt_set_key_usage(pair->certificate,
                                               GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
    return status < 0 ? gnutls_strerror(status) : pair_sign(pair, pair);
}

/* GnuTLS knows more of a certificate that it has read than of one that it has made. */
static const char *make(struct authority *authority, const struct folder *folder, int64_t now)
{
    struct pair made CLEANUP(pair_clear) = {.key = NULL};
    const char *trouble = draw_up(&made, now, folder->arena);
    if (trouble != NULL)
        return folder_trouble(folder, files.certificate,
                              arena_printf(folder->arena, "cannot be made: %s", trouble));
    const struct file_pair texts = {.certificate = pair_certificate_text(&made, folder->arena),
                                    .key = pair_key_text(&made, folder->arena)};
    trouble = folder_write(folder, &files, &texts);
    authority->is_new = trouble == NULL;
    if (trouble == NULL)
        trouble = pair_read_certificate(&authority->pair, texts.certificate);
    return trouble != NULL ? trouble : pair_read_key(&authority->pair, texts.key);
}

static const char *certificate_trouble(const struct pair *pair, int64_t now, struct arena *arena)
{
    unsigned critical, usage;
    if (gnutls_x509_crt_get_ca_status(pair->certificate, &critical) <= 0)
        return "not the certificate of an authority";
    if (gnutls_x509_crt_get_key_usage(pair->certificate, &usage, &critical) >= 0 &&
        (usage & GNUTLS_KEY_KEY_CERT_SIGN) == 0)
        return "not the certificate of an authority that signs others";
    return pair_time_trouble(pair, now, arena);
}

static const char *read_certificate(struct authority *authority, const struct folder *folder,
                                    const char *text, int64_t now)
{
    const char *trouble = text != NULL ? pair_read_certificate(&authority->pair, text)
                                       : "missing, while its key ca.key is there";
    if (trouble == NULL)
        trouble = certificate_trouble(&authority->pair, now, folder->arena);
    return trouble != NULL ? trouble_of(folder, files.certificate, trouble) : NULL;
}

static const char *read_key(struct authority *authority, const struct folder *folder, const char *text)
{
    if (text == NULL) {
        if (authority->key_trouble == NULL)
            authority->key_trouble = folder_trouble(folder, files.key, "missing");
        return NULL;
    }
    const char *trouble = pair_read_key(&authority->pair, text);
    if (trouble == NULL && !pair_matches(&authority->pair))
        trouble = "not the key of ca.pem";
    return trouble != NULL ? trouble_of(folder, files.key, trouble) : NULL;
}

const char *authority_take(struct authority *authority, const struct folder *folder, int64_t now)
{
    const char *certificate, *key = NULL;
    *authority = (struct authority){.key_trouble = NULL};
    folder_finish(folder, &files);
    const char *trouble = folder_read(folder, files.certificate, &certificate);
    if (trouble == NULL)
        trouble = folder_key_trouble(folder, files.key);
    /* Who serves need not be who may sign. */
    if (!folder_may_read(folder, files.key))
        authority->key_trouble = folder_trouble(folder, files.key, "may not be read by this user");
    else if (trouble == NULL)
        trouble = folder_read(folder, files.key, &key);
    if (trouble != NULL)
        return trouble;
    if (certificate == NULL && key == NULL && authority->key_trouble == NULL)
        return make(authority, folder, now);
    trouble = read_certificate(authority, folder, certificate, now);
    return trouble != NULL ? trouble : read_key(authority, folder, key);
}

const char *authority_trouble_with(const struct authority *authority, const struct pair *signed_pair)
{
    gnutls_x509_crt_t issuer = authority->pair.certificate;
    unsigned found = 0;
    int status = gnutls_x509_crt_verify(signed_pair->certificate, &issuer, 1,
                                        GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &found);
    return status < 0 || found != 0 ? "not signed by ca.pem" : NULL;
}

void authority_clear(struct authority *authority)
{
    pair_clear(&authority->pair);
}
