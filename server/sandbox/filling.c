#include "sandbox/filling.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/word.h"
#include "crm/fixture_rules.h"
#include "fixture/fixture.h"
#include "store/memory.h"
#include "store/snapshot.h"

static struct fixture_source source_of(const struct filling *filling, int64_t now)
{
    struct fixture_source source = fixture_source_at(now);
    source.folder = filling->folder;
    source.built_in = filling->built_in;
    return source;
}

static bool load(const struct filling *filling, struct store *store, int64_t now, struct arena *arena,
                 struct filled *filled, const char **reason)
{
    const struct fixture_source source = source_of(filling, now);
    if (!fixtures_load(store, &source, &fixture_rules, arena, reason))
        return false;
    if (filled->snapshot != NULL)
        filled->snapshot_copy = snapshot_copy(store, filled->snapshot, arena);
    return true;
}

/* A copy that turns out to be damaged goes, and the fixtures are loaded: it costs time only. */
static bool load_without_copy(const struct filling *filling, struct store *store, int64_t now,
                              struct arena *arena, struct filled *filled, const char **reason)
{
    log_event(filling->log, LOG_WARNING, "copy of fixtures damaged file=\"%s\"", filled->snapshot);
    snapshot_drop(store, filled->snapshot);
    if (!load(filling, store, now, arena, filled, reason))
        return false;
    filled->metadata = metadata_load(store);
    return filled->metadata != NULL;
}

bool filling_fill(const struct filling *filling, struct store *store, const struct clock *clock,
                  struct arena *arena, struct filled *filled, const char **reason)
{
    int64_t now = clock_milliseconds(clock);
    const struct fixture_source source = source_of(filling, now);
    *filled = (struct filled){.metadata = NULL};
    const char *digest = filling->uses_cache ? fixtures_digest(&source, arena) : NULL;
    if (digest != NULL)
        filled->snapshot = snapshot_path(filling->cache, digest, arena);
    bool is_restored = filled->snapshot != NULL && snapshot_restore(store, filled->snapshot, now);
    if (!is_restored && !load(filling, store, now, arena, filled, reason))
        return false;
    *reason = "the store's metadata cannot be read (the log says why)";
    filled->metadata = metadata_load(store);
    return filled->metadata != NULL ||
           (is_restored && load_without_copy(filling, store, now, arena, filled, reason));
}

static const char *told_beside_first(const struct filling *filling, const struct fixture_check *check,
                                     struct arena *arena)
{
    size_t others = check->fault_count > 0 ? check->fault_count - 1 : 0;
    if (others == 0)
        return NULL;
    return arena_printf(arena, "%s%zu more %s: crmock check %s tells all",
                        check->has_more ? "at least " : "", others, others == 1 ? "fault" : "faults",
                        filling->folder);
}

const char *filling_other_faults(const struct filling *filling, const struct clock *clock,
                                 struct arena *arena)
{
    const struct fixture_source source = source_of(filling, clock_milliseconds(clock));
    const struct store_options in_memory = {.log = filling->log};
    const char *reason;
    bool is_new;
    struct fixture_check check = {.faults = NULL};
    struct store *store =
        filling->folder != NULL ? store_open(&in_memory, arena, &is_new, &reason) : NULL;
    bool is_fine = store == NULL || fixtures_check(store, &source, &fixture_rules, arena, &check);
    store_close(store);
    return is_fine ? NULL : told_beside_first(filling, &check, arena);
}

void filling_publish(struct filled *filled)
{
    if (filled->snapshot_copy != NULL)
        snapshot_publish(filled->snapshot_copy, filled->snapshot);
    filled->snapshot_copy = NULL;
}

bool filling_is_other(const struct filling *filling, struct store *store)
{
    const struct fixture_source source = source_of(filling, 0);
    return fixtures_are_other(store, &source);
}

const char *const seed_words[] = {"default", "enterprise", "professional", "free", NULL};

enum { DEFAULT_SEED, SEEDS = 4, SEED_OF_MAIN = SEEDS };

struct seed {
    struct image *image; /* NULL: not filled yet */
    struct metadata *metadata;
};

struct seeds {
    struct filling filling; /* main's */
    const struct clock *clock;
    pthread_mutex_t mutex; /* guards what follows: one is filled once, and who asks meanwhile waits */
    struct seed list[SEEDS + 1];
};

struct seeds *seeds_new(const struct filling *filling, const struct clock *clock)
{
    struct seeds *seeds = must_alloc(sizeof *seeds);
    *seeds = (struct seeds){.filling = *filling, .clock = clock};
    (void)pthread_mutex_init(&seeds->mutex, NULL);
    return seeds;
}

void seeds_free(struct seeds *seeds)
{
    if (seeds == NULL)
        return;
    for (size_t i = 0; i < COUNT(seeds->list); i++) {
        image_free(seeds->list[i].image);
        metadata_free(seeds->list[i].metadata);
    }
    (void)pthread_mutex_destroy(&seeds->mutex);
    free(seeds);
}

void seeds_know(struct seeds *seeds, struct image *image, struct metadata *metadata)
{
    (void)pthread_mutex_lock(&seeds->mutex);
    if (seeds->list[SEED_OF_MAIN].image == NULL)
        seeds->list[SEED_OF_MAIN] =
            (struct seed){.image = image_share(image), .metadata = metadata_share(metadata)};
    (void)pthread_mutex_unlock(&seeds->mutex);
}

/* By a store in memory that is closed again. */
static bool fill(struct seed *seed, const struct filling *filling, const struct clock *clock,
                 struct arena *arena, const char **reason)
{
    const struct store_options options = {.log = filling->log};
    bool is_new;
    struct store *store = store_open(&options, arena, &is_new, reason);
    if (store == NULL)
        return false;
    struct filled filled = {.metadata = NULL};
    bool is_filled = filling_fill(filling, store, clock, arena, &filled, reason);
    filling_publish(&filled);
    seed->metadata = filled.metadata;
    seed->image = is_filled ? store_image(store) : NULL;
    store_close(store);
    if (seed->image != NULL)
        return true;
    if (is_filled)
        *reason = "there is no memory for it";
    metadata_free(seed->metadata);
    *seed = (struct seed){.image = NULL};
    return false;
}

/* What fills the seed at that place. Main's is the default one unless it has fixtures of its own. */
static struct filling filling_at(const struct seeds *seeds, size_t at)
{
    struct filling filling = seeds->filling;
    if (at == SEED_OF_MAIN)
        return filling;
    filling.folder = NULL;
    filling.built_in = at == DEFAULT_SEED ? NULL : seed_words[at];
    return filling;
}

bool seeds_get(struct seeds *seeds, const char *word, struct arena *arena, struct image **image,
               struct metadata **metadata, const char **reason)
{
    size_t at = word != NULL ? (size_t)word_index(seed_words, word) : SEED_OF_MAIN;
    if (at == DEFAULT_SEED && seeds->filling.folder == NULL)
        at = SEED_OF_MAIN;
    (void)pthread_mutex_lock(&seeds->mutex);
    struct seed *seed = &seeds->list[at];
    const struct filling filling = filling_at(seeds, at);
    bool there = seed->image != NULL || fill(seed, &filling, seeds->clock, arena, reason);
    if (there) {
        *image = image_share(seed->image);
        *metadata = metadata_share(seed->metadata);
    }
    (void)pthread_mutex_unlock(&seeds->mutex);
    return there;
}
