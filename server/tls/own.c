#include "tls/own.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/service_host.h"
#include "tls/folder.h"
#include "tls/pair.h"

static const char *read_text(const char *path, struct arena *arena, const char **text)
{
    struct file_text read;
    const char *trouble = file_read(path, IDENTITY_FILE_MOST, arena, &read);
    if (trouble != NULL)
        return arena_printf(arena, "%s: %s", path, trouble);
    *text = arena_strdup(arena, read.bytes);
    explicit_bzero(read.bytes, read.length);
    free(read.bytes);
    return NULL;
}

static const char *check(const struct identity_options *options, const struct pair *pair,
                         struct arena *arena)
{
    const char *trouble = pair_time_trouble(pair, options->now, arena);
    if (trouble != NULL)
        return arena_printf(arena, "%s: %s", options->certificate, trouble);
    return pair_matches(pair)
               ? NULL
               : arena_printf(arena, "%s: it is not the key of the first certificate in %s",
                              options->key, options->certificate);
}

static bool is_for_service(const struct pair *pair)
{
    const char *host;
    size_t index = 0;
    while ((host = service_host(index)) != NULL &&
           gnutls_x509_crt_check_hostname(pair->certificate, host) != 0)
        index++;
    return host == NULL;
}

const char *own_load(const struct identity_options *options, struct arena *arena,
                     struct identity *identity)
{
    struct pair pair CLEANUP(pair_clear) = {.key = NULL};
    const char *certificate = "", *key = "";
    if (options->certificate == NULL || options->key == NULL)
        return "a certificate and its key are needed, not one of them alone";
    const char *trouble = read_text(options->certificate, arena, &certificate);
    if (trouble == NULL)
        trouble = read_text(options->key, arena, &key);
    if (trouble != NULL)
        return trouble;
    if ((trouble = chain_read(certificate, arena, &identity->certificate)) != NULL ||
        (trouble = pair_read_certificate(&pair, certificate)) != NULL)
        return arena_printf(arena, "%s: %s", options->certificate, trouble);
    if ((trouble = pair_read_key(&pair, key)) != NULL)
        return arena_printf(arena, "%s: %s", options->key, trouble);
    identity->key = key;
    identity->is_for_service = is_for_service(&pair);
    return check(options, &pair, arena);
}
