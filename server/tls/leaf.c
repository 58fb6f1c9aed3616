#include "tls/leaf.h"

static const struct file_pair files = {.certificate = "server.pem", .key = "server.key"};

/* Clients refuse what is valid for longer than 398 days. */
enum { LEAF_DAYS = 397, RENEWED_DAYS = 30 };

/* Reads a name of the certificate into `name`, whose bytes are a buffer of `room` bytes. False: there
 * are not so many. */
static bool name_at(const struct pair *pair, unsigned index, struct name *name, size_t room)
{
    name->length = room;
    int kind = gnutls_x509_crt_get_subject_alt_name(pair->certificate, index, (void *)name->bytes,
                                                    &name->length, NULL);
    name->is_address = kind == GNUTLS_SAN_IPADDRESS;
    if (kind != GNUTLS_SAN_DNSNAME && kind != GNUTLS_SAN_IPADDRESS)
        name->length = 0; /* nothing that is wished for */
    return kind >= 0 || kind == GNUTLS_E_SHORT_MEMORY_BUFFER;
}

/* True when it has the first `count` of the names. Each of its own is read once, for that takes longer
 * than to compare it. */
static bool has_names(const struct pair *pair, const struct names *names, size_t count,
                      struct arena *arena)
{
    char bytes[NAME_MOST + 1];
    struct name name = {.bytes = bytes};
    bool *has = arena_array(arena, names->count, sizeof *has);
    for (unsigned i = 0; name_at(pair, i, &name, sizeof bytes); i++)
        for (size_t j = 0; j < count; j++)
            has[j] = has[j] || name_equals(&names->list[j], &name);
    for (size_t j = 0; j < count; j++)
        if (!has[j])
            return false;
    return true;
}

/* One that ends with its authority cannot be made to last longer. */
static bool ends_soon(const struct pair *pair, const struct leaf_wish *wish)
{
    return wish->now > pair_end(pair) - (int64_t)RENEWED_DAYS * DAY_SECONDS &&
           pair_end(pair) < pair_end(&wish->authority->pair);
}

/* Why it is not as wished, or, if `will_do`, why it cannot be used: NULL, or arena-owned or static.
 * What costs most is looked at last. */
static const char *trouble_with(const struct pair *pair, const struct leaf_wish *wish, bool will_do,
                                struct arena *arena)
{
    const char *trouble = pair_time_trouble(pair, wish->now, arena);
    if (trouble != NULL)
        return trouble;
    if (!will_do && ends_soon(pair, wish))
        return "ends soon";
    if (!has_names(pair, wish->names, will_do ? wish->names->required : wish->names->count, arena))
        return "it lacks a name that it is to have";
    if (!pair_matches(pair))
        return "server.key is not its key";
    return authority_trouble_with(wish->authority, pair);
}

/* Likewise why it can't be read: there may be something else in its place. */
static const char *read_pair(struct pair *pair, const struct folder *folder, const char **key)
{
    const char *certificate = NULL;
    if (folder_read(folder, files.certificate, &certificate) != NULL ||
        folder_read(folder, files.key, key) != NULL)
        return "it or server.key cannot be read";
    if (certificate == NULL || *key == NULL)
        return "it or server.key is missing";
    const char *trouble = pair_read_certificate(pair, certificate);
    return trouble != NULL ? trouble : pair_read_key(pair, *key);
}

static int set_names(struct pair *pair, const struct names *names)
{
    int status = 0;
    for (size_t i = 0; i < names->count && status >= 0; i++) {
        const struct name *name = &names->list[i];
        status = gnutls_x509_crt_set_subject_alt_name(
            pair->certificate, name->is_address ? GNUTLS_SAN_IPADDRESS : GNUTLS_SAN_DNSNAME,
            name->bytes, (unsigned)name->length, GNUTLS_FSAN_APPEND);
    }
    return status;
}

static const char *draw_up(struct pair *pair, const struct leaf_wish *wish)
{
    const struct pair *issuer = &wish->authority->pair;
    int64_t from = wish->now - DAY_SECONDS; /* clocks differ */
    struct draft draft = {
        .name = "crmock server", .from = from, .until = from + (int64_t)LEAF_DAYS * DAY_SECONDS};
    if (draft.from < pair_begin(issuer))
        draft.from = pair_begin(issuer);
    if (draft.until > pair_end(issuer))
        draft.until = pair_end(issuer);
    const char *trouble = pair_draft(pair, &draft);
    if (trouble != NULL)
        return trouble;
    int status = set_names(pair, wish->names);
    if (status >= 0)
        status = gnutls_x509_crt_set_basic_constraints(pair->certificate, false, -1);
    if (status >= 0)
        status = gnutls_x509_crt_set_key_usage(pair->certificate, GNUTLS_KEY_DIGITAL_SIGNATURE);
    if (status >= 0)
        status =
            gnutls_x509_crt_set_key_purpose_oid(pair->certificate, GNUTLS_KP_TLS_WWW_SERVER, false);
    return status < 0 ? gnutls_strerror(status) : pair_sign(pair, issuer);
}

/* An authority that somebody brought may be constrained, or have a key that is too weak: what was made
 * is read again, as it will be. */
static const char *trouble_with_texts(const struct file_pair *texts, const struct leaf_wish *wish,
                                      struct arena *arena)
{
    struct pair pair CLEANUP(pair_clear) = {.key = NULL};
    const char *trouble = pair_read_certificate(&pair, texts->certificate);
    if (trouble == NULL)
        trouble = pair_read_key(&pair, texts->key);
    return trouble != NULL ? trouble : trouble_with(&pair, wish, true, arena);
}

static const char *make(const struct leaf_wish *wish, const struct folder *folder,
                        struct file_pair *texts)
{
    struct pair pair CLEANUP(pair_clear) = {.key = NULL};
    const char *trouble = draw_up(&pair, wish);
    if (trouble == NULL) {
        texts->certificate = pair_certificate_text(&pair, folder->arena);
        texts->key = pair_key_text(&pair, folder->arena);
        trouble = trouble_with_texts(texts, wish, folder->arena);
    }
    if (trouble != NULL)
        return folder_trouble(
            folder, files.certificate,
            arena_printf(folder->arena, "none can be made by this authority: %s", trouble));
    return folder_write(folder, &files, texts);
}

const char *leaf_take(const struct leaf_wish *wish, const struct folder *folder,
                      struct file_pair *texts)
{
    struct pair pair CLEANUP(pair_clear) = {.key = NULL};
    const char *no_key = wish->authority->key_trouble, *refused = folder_key_trouble(folder, files.key);
    if (refused != NULL)
        return refused;
    bool may_make = no_key == NULL && folder_may_write(folder);
    const char *trouble = read_pair(&pair, folder, &texts->key);
    if (trouble == NULL)
        trouble = trouble_with(&pair, wish, !may_make, folder->arena);
    if (trouble == NULL) {
        texts->certificate = pair_certificate_text(&pair, folder->arena);
        return NULL;
    }
    if (no_key == NULL)
        return make(wish, folder, texts);
    return arena_printf(folder->arena, "%s, and %s/%s has to be made anew: %s; put the key back",
                        no_key, folder->path, files.certificate, trouble);
}
