#include "import/import.h"

#include "base/json.h"
#include "import/anonymous.h"
#include "import/fetch.h"
#include "import/write.h"

/* The same for each import by the same credentials: a value is replaced by the same one in all of them,
 * and nobody without these can try guesses. */
static const char *seed_of(const struct remote_options *source,
                           const struct import_documents *documents, struct arena *arena)
{
    const char *id = json_scalar_text(json_member(documents->org, "id"));
    const char *secret = source->client_secret != NULL   ? source->client_secret
                         : source->refresh_token != NULL ? source->refresh_token
                                                         : source->token;
    return arena_printf(arena, "%s\n%s", secret != NULL ? secret : "", id != NULL ? id : "");
}

static bool convert(const struct import_options *options, const struct remote_options *source,
                    const struct import_stop *stop, const struct import_documents *documents,
                    struct import_losses *losses, const char **reason)
{
    struct import_files files = {.list = NULL};
    bool is_done = import_convert(documents, stop, losses->arena, &files, losses, reason);
    if (is_done && options->is_anonymous)
        import_anonymize(&files, seed_of(source, documents, losses->arena), losses);
    if (is_done) {
        *reason = import_is_stopping(stop)
                      ? "interrupted"
                      : import_write(options->folder, &files, losses, losses->arena);
        is_done = *reason == NULL;
    }
    import_files_clear(&files);
    return is_done;
}

static bool run(const struct import_options *options, const struct remote_options *source,
                struct asker *asker, struct import_state *state, const char **reason)
{
    struct import_documents documents;
    struct import_losses losses = {.arena = asker->arena};
    const struct import_stop stop = {source->is_stopping, source->context};
    bool is_fetched = import_fetch(asker, state, options, &documents, &losses);
    asker_end(asker);
    *reason = import_is_stopping(&stop) ? "interrupted" : asker->reason;
    if (!is_fetched)
        return false;
    bool is_done = convert(options, source, &stop, &documents, &losses, reason);
    import_documents_clear(&documents);
    return is_done;
}

bool import_run(const struct import_options *options, const struct remote_options *source,
                struct arena *arena, struct import_sums *sums, bool *is_kept, const char **reason)
{
    struct import_state state;
    *is_kept = false;
    struct remote *remote = remote_new(source, arena, reason);
    if (remote == NULL)
        return false;
    *reason = import_folder_trouble(options->folder, arena);
    if (*reason == NULL)
        *reason = state_open(&state, options->folder, arena);
    bool is_done = false;
    if (*reason == NULL) {
        struct asker asker = {.remote = remote,
                              .arena = arena,
                              .url = source->url,
                              .tells = options->tells,
                              .mutex = PTHREAD_MUTEX_INITIALIZER};
        is_done = run(options, source, &asker, &state, reason);
        *sums = (struct import_sums){asker.modules, asker.records, remote_calls(remote)};
        *is_kept = state_close(&state, is_done);
    }
    remote_free(remote);
    return is_done;
}
