#include "tls/pair.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static const char *trouble_of(int status)
{
    return status < 0 ? gnutls_strerror(status) : NULL;
}

static gnutls_datum_t datum_of(const char *text)
{
    return (gnutls_datum_t){(unsigned char *)text, (unsigned)strlen(text)};
}

const char *pair_read_certificate(struct pair *pair, const char *text)
{
    const gnutls_datum_t pem = datum_of(text);
    int status = gnutls_x509_crt_init(&pair->certificate);
    if (status >= 0)
        status = gnutls_x509_crt_import(pair->certificate, &pem, GNUTLS_X509_FMT_PEM);
    return status < 0 ? "expected a certificate in PEM" : NULL;
}

const char *pair_read_key(struct pair *pair, const char *text)
{
    const gnutls_datum_t pem = datum_of(text);
    int status = gnutls_x509_privkey_init(&pair->key);
    if (status >= 0)
        status = gnutls_x509_privkey_import(pair->key, &pem, GNUTLS_X509_FMT_PEM);
    if (status >= 0)
        return NULL;
    return strstr(text, "ENCRYPTED") != NULL
               ? "the key is protected by a passphrase, which nobody is asked for: take it off"
               : "expected a private key in PEM";
}

bool pair_matches(const struct pair *pair)
{
    unsigned char ids[2][32];
    size_t sizes[2] = {sizeof ids[0], sizeof ids[1]};
    return gnutls_x509_crt_get_key_id(pair->certificate, GNUTLS_KEYID_USE_SHA256, ids[0], &sizes[0]) >=
               0 &&
           gnutls_x509_privkey_get_key_id(pair->key, GNUTLS_KEYID_USE_SHA256, ids[1], &sizes[1]) >= 0 &&
           sizes[0] == sizes[1] && memcmp(ids[0], ids[1], sizes[0]) == 0;
}

int64_t pair_begin(const struct pair *pair)
{
    return (int64_t)gnutls_x509_crt_get_activation_time(pair->certificate);
}

int64_t pair_end(const struct pair *pair)
{
    return (int64_t)gnutls_x509_crt_get_expiration_time(pair->certificate);
}

const char *pair_time_trouble(const struct pair *pair, int64_t now, struct arena *arena)
{
    int64_t begin = pair_begin(pair), end = pair_end(pair);
    char time[TIME_TEXT_SIZE];
    time_format_utc(now < begin ? begin : end, time);
    if (now < begin)
        return arena_printf(arena, "not valid before %s: is the clock right?", time);
    return now > end ? arena_printf(arena, "expired at %s", time) : NULL;
}

static int name_subject(gnutls_x509_crt_t certificate, const char *name)
{
    enum { COMMON_NAME_MOST = 64 }; /* RFC 5280, A.1 */
    static const char organization[] = "crmock";
    int status = gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_ORGANIZATION_NAME, 0,
                                               organization, sizeof organization - 1);
    return status < 0 ? status
                      : gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                                      (unsigned)strnlen(name, COMMON_NAME_MOST));
}

static int number(gnutls_x509_crt_t certificate)
{
    unsigned char serial[16];
    int status = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
    serial[0] = (serial[0] & 0x7f) | 0x40; /* positive, and without zeroes in front */
    return status < 0 ? status : gnutls_x509_crt_set_serial(certificate, serial, sizeof serial);
}

static int set_key(struct pair *pair)
{
    unsigned char id[20];
    size_t size = sizeof id;
    int status = gnutls_x509_crt_set_key(pair->certificate, pair->key);
    if (status >= 0)
        status = gnutls_x509_crt_get_key_id(pair->certificate, 0, id, &size);
    return status < 0 ? status : gnutls_x509_crt_set_subject_key_id(pair->certificate, id, size);
}

const char *pair_draft(struct pair *pair, const struct draft *draft)
{
    enum { VERSION = 3 };
    int status;
    if ((status = gnutls_x509_privkey_init(&pair->key)) >= 0 &&
        (status = gnutls_x509_privkey_generate(
             pair->key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0)) >= 0 &&
        (status = gnutls_x509_crt_init(&pair->certificate)) >= 0 &&
        (status = gnutls_x509_crt_set_version(pair->certificate, VERSION)) >= 0 &&
        (status = number(pair->certificate)) >= 0 &&
        (status = name_subject(pair->certificate, draft->name)) >= 0 &&
        (status = gnutls_x509_crt_set_activation_time(pair->certificate, (time_t)draft->from)) >= 0 &&
        (status = gnutls_x509_crt_set_expiration_time(pair->certificate, (time_t)draft->until)) >= 0)
        status = set_key(pair);
    return trouble_of(status);
}

/* An authority that somebody brought may have no id of its key. */
static int point_to(struct pair *pair, const struct pair *issuer)
{
    unsigned char id[64];
    size_t size = sizeof id;
    if (issuer == pair || gnutls_x509_crt_get_subject_key_id(issuer->certificate, id, &size, NULL) < 0)
        return 0;
    return gnutls_x509_crt_set_authority_key_id(pair->certificate, id, size);
}

const char *pair_sign(struct pair *pair, const struct pair *issuer)
{
    gnutls_privkey_t key;
    int status = gnutls_privkey_init(&key);
    if (status < 0)
        return trouble_of(status);
    if ((status = gnutls_privkey_import_x509(key, issuer->key, 0)) >= 0 &&
        (status = point_to(pair, issuer)) >= 0)
        status = gnutls_x509_crt_privkey_sign(pair->certificate, issuer->certificate, key,
                                              GNUTLS_DIG_UNKNOWN, 0); /* the one that suits the key */
    gnutls_privkey_deinit(key);
    return trouble_of(status);
}

static const char *taken_over(int status, gnutls_datum_t *text, struct arena *arena)
{
    if (status < 0)
        abort(); /* what was read or made can be written, but for want of memory */
    const char *copy = arena_strndup(arena, (const char *)text->data, text->size);
    explicit_bzero(text->data, text->size);
    gnutls_free(text->data);
    return copy;
}

static const char *certificate_text(gnutls_x509_crt_t certificate, struct arena *arena)
{
    gnutls_datum_t text;
    int status = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &text);
    return taken_over(status, &text, arena);
}

const char *pair_certificate_text(const struct pair *pair, struct arena *arena)
{
    return certificate_text(pair->certificate, arena);
}

const char *pair_key_text(const struct pair *pair, struct arena *arena)
{
    gnutls_datum_t text;
    int status = gnutls_x509_privkey_export2_pkcs8(pair->key, GNUTLS_X509_FMT_PEM, NULL,
                                                   GNUTLS_PKCS_PLAIN, &text);
    return taken_over(status, &text, arena);
}

const char *chain_read(const char *text, struct arena *arena, const char **chain)
{
    const gnutls_datum_t pem = datum_of(text);
    gnutls_x509_crt_t *list;
    unsigned count;
    if (gnutls_x509_crt_list_import2(&list, &count, &pem, GNUTLS_X509_FMT_PEM, 0) < 0)
        return "expected a certificate in PEM";
    *chain = "";
    for (unsigned i = 0; i < count; i++) {
        *chain = arena_printf(arena, "%s%s", *chain, certificate_text(list[i], arena));
        gnutls_x509_crt_deinit(list[i]);
    }
    gnutls_free(list);
    return NULL;
}

void pair_clear(struct pair *pair)
{
    gnutls_x509_crt_deinit(pair->certificate);
    gnutls_x509_privkey_deinit(pair->key);
    *pair = (struct pair){.key = NULL};
}
