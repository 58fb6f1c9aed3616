#include "tls/identity.h"

#include "tls/authority.h"
#include "tls/leaf.h"
#include "tls/own.h"

static const char *load(const struct identity_options *options, struct arena *arena,
                        struct identity *identity)
{
    struct names names;
    struct folder folder CLEANUP(folder_leave) = {.file = -1};
    struct authority authority CLEANUP(authority_clear) = {.key_trouble = NULL};
    const char *trouble = names_collect(&names, options->names, arena);
    if (trouble == NULL)
        trouble = folder_enter(&folder, options->folder, arena);
    if (trouble == NULL)
        trouble = authority_take(&authority, &folder, options->now);
    if (trouble != NULL)
        return trouble;
    const struct leaf_wish wish = {.authority = &authority, .names = &names, .now = options->now};
    struct file_pair texts;
    trouble = leaf_take(&wish, &folder, &texts);
    if (trouble == NULL)
        *identity =
            (struct identity){.authority = pair_certificate_text(&authority.pair, arena),
                              .certificate = texts.certificate,
                              .key = texts.key,
                              .made_in = authority.is_new ? arena_strdup(arena, folder.path) : NULL,
                              .is_for_service = true};
    return trouble;
}

bool identity_load(const struct identity_options *options, struct arena *arena,
                   struct identity *identity, const char **reason)
{
    bool is_own = options->certificate != NULL || options->key != NULL;
    *identity = (struct identity){.authority = NULL};
    *reason = is_own ? own_load(options, arena, identity) : load(options, arena, identity);
    if (*reason != NULL)
        *identity = (struct identity){.authority = NULL};
    return *reason == NULL;
}

bool identity_authority(const struct identity_options *options, struct arena *arena,
                        struct identity *identity, const char **reason)
{
    struct folder folder CLEANUP(folder_leave) = {.file = -1};
    struct authority found CLEANUP(authority_clear) = {.key_trouble = NULL};
    *identity = (struct identity){.authority = NULL};
    *reason = folder_enter(&folder, options->folder, arena);
    if (*reason == NULL)
        *reason = authority_take(&found, &folder, options->now);
    if (*reason == NULL)
        *identity =
            (struct identity){.authority = pair_certificate_text(&found.pair, arena),
                              .made_in = found.is_new ? arena_strdup(arena, folder.path) : NULL};
    return *reason == NULL;
}
