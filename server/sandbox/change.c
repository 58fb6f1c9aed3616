#include "sandbox/change.h"

#include "crm/fixture_rules.h"
#include "store/memory.h"
#include "store/snapshot.h"

static bool ensure(struct store *store, int64_t now, struct fixture_credentials *credentials,
                   struct arena *arena)
{
    struct db *db = store_acquire(store);
    if (db == NULL)
        return false;
    bool done =
        store_begin(db, STORE_REQUEST) == STORE_OK &&
        store_end(db, fixtures_ensure_credentials(db, now, arena, credentials) == STORE_OK) == STORE_OK;
    store_release(db);
    return done;
}

static bool add_fixtures(struct store *store, const struct change *change, struct arena *arena)
{
    cJSON *added = NULL;
    bool done = change->fixtures == NULL || fixtures_add(store, change->source, change->fixtures, 0,
                                                         &fixture_rules, arena, &added, change->fault);
    cJSON_Delete(added);
    return done;
}

/* What is changed makes another image, and may make other metadata. False after a failure. */
static bool fit(struct store *store, struct making *making, const struct change *change,
                struct arena *arena)
{
    int64_t now = clock_milliseconds(&making->manner.clock);
    if (change->dating != DATE_NOTHING && !snapshot_date(store, now, change->dating == DATE_ALL))
        return false;
    if (!add_fixtures(store, change, arena))
        return false;
    if (change->credentials != NULL && !ensure(store, now, change->credentials, arena))
        return false;
    struct image *image = store_image(store);
    if (image == NULL)
        return false;
    image_free(making->image);
    making->image = image;
    if (change->dating != DATE_ALL && change->fixtures == NULL)
        return true;
    struct metadata *metadata = metadata_load(store);
    if (metadata == NULL)
        return false;
    metadata_free(making->metadata);
    making->metadata = metadata;
    return true;
}

struct scene *change_begin(struct sandbox *sandbox, struct making *making, const struct change *change,
                           struct arena *arena, const char **reason)
{
    const struct store_options options = {.image = making->image,
                                          .log = sandbox_household(sandbox)->log};
    bool is_new;
    struct store *store = store_open(&options, arena, &is_new, reason);
    if (store == NULL)
        return NULL;
    if (!fit(store, making, change, arena)) {
        *reason = "the store fails, or there is no memory for it (the log says why)";
        store_close(store);
        return NULL;
    }
    store_rest(store);
    return scene_new(sandbox, store, metadata_share(making->metadata), &making->manner, arena, reason);
}

bool change_take(const struct scene *scene, struct making *making)
{
    struct image *image = store_image(scene->works->store);
    if (image == NULL)
        return false;
    *making = (struct making){
        .image = image, .metadata = metadata_share(scene->metadata), .manner = scene->manner};
    return true;
}

/* One that lasts keeps its file, which others may read, and gets what the image has in one transaction.
 */
static struct scene *begin_in_place(const struct scene *scene, const struct making *making,
                                    struct arena *arena, const char **reason)
{
    *reason = "the store fails (the log says why)";
    return store_restart(scene->works->store, making->image)
               ? scene_other(scene, metadata_share(making->metadata), &making->manner, arena, reason)
               : NULL;
}

bool change_back(struct sandbox *sandbox, const struct scene *scene, const struct making *making,
                 enum dating dating, struct arena *arena, const char **reason)
{
    struct making anew = {.image = image_share(making->image),
                          .metadata = metadata_share(making->metadata),
                          .manner = making->manner};
    int64_t begun = clock_machine_milliseconds();
    const struct change change = {.dating = dating};
    struct scene *other = store_is_in_memory(scene->works->store)
                              ? change_begin(sandbox, &anew, &change, arena, reason)
                              : begin_in_place(scene, &anew, arena, reason);
    if (other != NULL) {
        sandbox_exchange(sandbox, other);
        sandbox_note_put_back(sandbox, begun);
    }
    image_free(anew.image);
    metadata_free(anew.metadata);
    return other != NULL;
}
