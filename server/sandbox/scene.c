#include "sandbox/scene.h"

#include <stdlib.h>
#include <string.h>

#include "sandbox/sandbox.h"
#include "store/job.h"

struct metadata *metadata_load(struct store *store)
{
    struct metadata *metadata = must_alloc(sizeof *metadata);
    atomic_init(&metadata->owners, 1);
    metadata->orgs = (struct orgs){.count = 0};
    struct db *db = store_acquire(store);
    bool loaded = db != NULL && orgs_load(db, ALL_ORGS, &metadata->orgs) == STORE_OK;
    if (db != NULL)
        store_release(db);
    if (loaded)
        return metadata;
    metadata_free(metadata);
    return NULL;
}

struct metadata *metadata_share(struct metadata *metadata)
{
    (void)atomic_fetch_add(&metadata->owners, 1);
    return metadata;
}

void metadata_free(struct metadata *metadata)
{
    if (metadata == NULL || atomic_fetch_sub(&metadata->owners, 1) != 1)
        return;
    orgs_clear(&metadata->orgs);
    free(metadata);
}

/* Jobs go on as the sandbox is now; a store that it has no more gets no further. */
static int64_t run_jobs(void *context)
{
    struct works *works = context;
    unsigned side;
    const struct scene *scene = sandbox_enter(works->sandbox, &side);
    int64_t pause = WORKER_IDLE;
    if (scene != NULL && scene->works == works) {
        works->runner.crm = &scene->crm;
        pause = job_runner_step(&works->runner);
    }
    sandbox_leave(works->sandbox, side);
    return pause;
}

static struct works *works_new(struct sandbox *sandbox, struct store *store,
                               const struct household *household)
{
    struct works *works = must_alloc(sizeof *works);
    *works = (struct works){.sandbox = sandbox, .store = store};
    atomic_init(&works->owners, 1);
    works->worker = worker_new(household->pool, run_jobs, works);
    return works;
}

static void works_free(struct works *works)
{
    if (atomic_fetch_sub(&works->owners, 1) != 1)
        return;
    worker_free(works->worker);
    job_runner_clear(&works->runner);
    deliverers_stop(&works->deliverers);
    store_close(works->store);
    free(works);
}

/* Fills what follows from the rest. */
static bool set_up(struct scene *scene, const struct household *household, struct arena *arena,
                   const char **reason)
{
    struct works *works = scene->works;
    const struct deliverer deliverer = {.store = works->store,
                                        .log = household->log,
                                        .options = household->webhooks,
                                        .changed = sandbox_webhooks_changed(works->sandbox)};
    if (!deliverers_start(&works->deliverers, &scene->metadata->orgs, &deliverer, household->dispatch,
                          arena, reason))
        return false;
    scene->crm = (struct crm){.store = works->store,
                              .orgs = &scene->metadata->orgs,
                              .clock = &scene->manner.clock,
                              .log = household->log,
                              .policy = &scene->manner.jobs,
                              .jobs_changed = sandbox_jobs_changed(works->sandbox),
                              .worker = works->worker,
                              .deliverers = works->deliverers.workers,
                              .webhooks_changed = sandbox_webhooks_changed(works->sandbox),
                              .budget = household->budget,
                              .limits = sandbox_limits(works->sandbox),
                              .rule_name = catalogue_row_name};
    scene->api = (struct api){.crm = &scene->crm,
                              .token_ttl = household->token_ttl,
                              .answers = scene->manner.answers,
                              .sandbox = sandbox_id(works->sandbox)};
    memcpy(scene->api.form_key, household->form_key, sizeof scene->api.form_key);
    const char *email = household->auto_consent;
    if (email == NULL)
        return true;
    scene->api.auto_consent = orgs_user_of_email(&scene->metadata->orgs, email);
    *reason = arena_printf(arena, "--auto-consent: no user of the store has the email \"%s\"", email);
    return scene->api.auto_consent != NULL || strcmp(scene->api.sandbox, MAIN_SANDBOX) != 0;
}

struct scene *scene_new(struct sandbox *sandbox, struct store *store, struct metadata *metadata,
                        const struct manner *manner, struct arena *arena, const char **reason)
{
    const struct household *household = sandbox_household(sandbox);
    struct scene *scene = must_alloc(sizeof *scene);
    *scene = (struct scene){
        .works = works_new(sandbox, store, household), .metadata = metadata, .manner = *manner};
    if (set_up(scene, household, arena, reason))
        return scene;
    scene_free(scene);
    return NULL;
}

struct scene *scene_other(const struct scene *scene, struct metadata *metadata,
                          const struct manner *manner, struct arena *arena, const char **reason)
{
    const struct household *household = sandbox_household(scene->works->sandbox);
    struct scene *other = must_alloc(sizeof *other);
    (void)atomic_fetch_add(&scene->works->owners, 1);
    *other = (struct scene){.works = scene->works,
                            .metadata = metadata != NULL ? metadata : metadata_share(scene->metadata),
                            .manner = *manner};
    if (set_up(other, household, arena, reason))
        return other;
    scene_free(other);
    return NULL;
}

bool scene_has_work(const struct scene *scene)
{
    struct arena arena = {.blocks = NULL};
    const struct job_filter filter = {.unfinished = true};
    struct job_list list = {.count = 0};
    struct db *db = store_acquire(scene->works->store);
    bool has_work = db != NULL &&
                    jobs_list(db, &scene->metadata->orgs, &filter, 0, 1, &arena, &list) == STORE_OK &&
                    list.count > 0;
    if (db != NULL)
        store_release(db);
    arena_clear(&arena);
    return has_work;
}

void scene_start(const struct scene *scene)
{
    worker_wake(scene->works->worker);
    workers_wake(scene->works->deliverers.workers);
}

void scene_free(struct scene *scene)
{
    if (scene == NULL)
        return;
    works_free(scene->works);
    metadata_free(scene->metadata);
    free(scene);
}
