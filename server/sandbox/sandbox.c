#include "sandbox/sandbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/passage.h"
#include "store/memory.h"
#include "traffic/events.h"

struct sandbox {
    atomic_uint owners;
    char id[SANDBOX_ID_SIZE];
    const struct household *household;
    struct limits *limits;
    struct journal *journal;
    struct bell jobs_changed, webhooks_changed;
    struct events *events;
    struct passage passage; /* of who sees the scene */
    _Atomic(struct scene *) scene;
    int64_t created, ttl;
    struct faults *faults;
    atomic_llong used, put_back;
    atomic_uint resets;
    pthread_mutex_t mutex; /* guards what follows, and changes */
    struct making making;
    struct moment *moments;
    size_t moment_count;
};

struct sandbox *sandbox_new(const char *id, const struct household *household,
                            const struct limits_policy *limits)
{
    struct sandbox *sandbox = must_alloc(sizeof *sandbox);
    *sandbox = (struct sandbox){.household = household,
                                .created = clock_machine_milliseconds(),
                                .limits = limits_new(limits, household->limiting),
                                .faults = faults_new()};
    (void)strncpy(sandbox->id, id, sizeof sandbox->id - 1);
    atomic_init(&sandbox->owners, 1);
    atomic_init(&sandbox->scene, NULL);
    atomic_init(&sandbox->used, sandbox->created);
    atomic_init(&sandbox->resets, 0);
    bell_init(&sandbox->jobs_changed);
    sandbox->journal = journal_new(household->journal);
    bell_init(&sandbox->webhooks_changed);
    atomic_init(&sandbox->put_back, 0);
    sandbox->events = events_new(household->pool, &events_timing);
    passage_init(&sandbox->passage);
    (void)pthread_mutex_init(&sandbox->mutex, NULL);
    return sandbox;
}

struct sandbox *sandbox_share(struct sandbox *sandbox)
{
    (void)atomic_fetch_add(&sandbox->owners, 1);
    return sandbox;
}

static void clear_making(struct making *making)
{
    image_free(making->image);
    metadata_free(making->metadata);
    *making = (struct making){.image = NULL};
}

static void clear_moment(struct moment *moment)
{
    free(moment->name);
    clear_making(&moment->made);
}

void sandbox_free(struct sandbox *sandbox)
{
    if (sandbox == NULL || atomic_fetch_sub(&sandbox->owners, 1) != 1)
        return;
    events_free(sandbox->events); /* first: who attends them looks at the rest */
    scene_free(atomic_load(&sandbox->scene));
    clear_making(&sandbox->making);
    for (size_t i = 0; i < sandbox->moment_count; i++)
        clear_moment(&sandbox->moments[i]);
    free(sandbox->moments);
    faults_free(sandbox->faults);
    limits_free(sandbox->limits);
    bell_clear(&sandbox->jobs_changed);
    journal_free(sandbox->journal);
    bell_clear(&sandbox->webhooks_changed);
    passage_clear(&sandbox->passage);
    (void)pthread_mutex_destroy(&sandbox->mutex);
    free(sandbox);
}

const char *sandbox_id(const struct sandbox *sandbox)
{
    return sandbox->id;
}

const struct household *sandbox_household(const struct sandbox *sandbox)
{
    return sandbox->household;
}

struct limits *sandbox_limits(const struct sandbox *sandbox)
{
    return sandbox->limits;
}

struct bell *sandbox_jobs_changed(struct sandbox *sandbox)
{
    return &sandbox->jobs_changed;
}

struct faults *sandbox_faults(struct sandbox *sandbox)
{
    return sandbox->faults;
}

unsigned sandbox_resets(const struct sandbox *sandbox)
{
    return atomic_load(&sandbox->resets);
}

void sandbox_note_reset(struct sandbox *sandbox)
{
    (void)atomic_fetch_add(&sandbox->resets, 1);
}

struct journal *sandbox_journal(struct sandbox *sandbox)
{
    return sandbox->journal;
}

struct bell *sandbox_webhooks_changed(struct sandbox *sandbox)
{
    return &sandbox->webhooks_changed;
}

struct events *sandbox_events(struct sandbox *sandbox)
{
    return sandbox->events;
}

const struct scene *sandbox_enter(struct sandbox *sandbox, unsigned *side)
{
    *side = passage_enter(&sandbox->passage);
    return atomic_load(&sandbox->scene);
}

void sandbox_leave(struct sandbox *sandbox, unsigned side)
{
    passage_leave(&sandbox->passage, side);
}

const struct scene *sandbox_lock(struct sandbox *sandbox)
{
    (void)pthread_mutex_lock(&sandbox->mutex);
    return atomic_load(&sandbox->scene);
}

void sandbox_unlock(struct sandbox *sandbox)
{
    (void)pthread_mutex_unlock(&sandbox->mutex);
}

void sandbox_exchange(struct sandbox *sandbox, struct scene *scene)
{
    struct scene *former = atomic_exchange(&sandbox->scene, scene);
    passage_wait(&sandbox->passage);
    if (scene != NULL)
        scene_start(scene);
    scene_free(former);
    bell_ring(&sandbox->jobs_changed);
    bell_ring(&sandbox->webhooks_changed);
}

void sandbox_close(struct sandbox *sandbox)
{
    events_close(sandbox->events);
    (void)sandbox_lock(sandbox);
    sandbox_note_reset(sandbox);
    sandbox_exchange(sandbox, NULL);
    sandbox_unlock(sandbox);
}

void sandbox_set_making(struct sandbox *sandbox, const struct making *making)
{
    clear_making(&sandbox->making);
    sandbox->making = *making;
}

const struct making *sandbox_making(const struct sandbox *sandbox)
{
    return &sandbox->making;
}

/* Where a moment of that name is, or belongs. */
static size_t place_of(const struct sandbox *sandbox, const char *name)
{
    size_t at = 0;
    while (at < sandbox->moment_count && strcmp(sandbox->moments[at].name, name) < 0)
        at++;
    return at;
}

static bool is_at(const struct sandbox *sandbox, size_t at, const char *name)
{
    return at < sandbox->moment_count && strcmp(sandbox->moments[at].name, name) == 0;
}

const struct moment *sandbox_moment(const struct sandbox *sandbox, const char *name)
{
    size_t at = place_of(sandbox, name);
    return is_at(sandbox, at, name) ? &sandbox->moments[at] : NULL;
}

const struct moment *sandbox_moments(const struct sandbox *sandbox, size_t *count)
{
    *count = sandbox->moment_count;
    return sandbox->moments;
}

void sandbox_drop_moment(struct sandbox *sandbox, const char *name)
{
    size_t at = place_of(sandbox, name);
    if (!is_at(sandbox, at, name))
        return;
    clear_moment(&sandbox->moments[at]);
    sandbox->moment_count--;
    memmove(&sandbox->moments[at], &sandbox->moments[at + 1],
            (sandbox->moment_count - at) * sizeof *sandbox->moments);
}

void sandbox_keep_moment(struct sandbox *sandbox, const char *name, const struct making *made)
{
    sandbox_drop_moment(sandbox, name);
    size_t at = place_of(sandbox, name);
    sandbox->moments =
        must_realloc(sandbox->moments, (sandbox->moment_count + 1) * sizeof *sandbox->moments);
    memmove(&sandbox->moments[at + 1], &sandbox->moments[at],
            (sandbox->moment_count - at) * sizeof *sandbox->moments);
    sandbox->moment_count++;
    char *own = strdup(name);
    if (own == NULL)
        abort();
    sandbox->moments[at] =
        (struct moment){.name = own, .taken = clock_machine_milliseconds(), .made = *made};
}

int64_t sandbox_put_back(const struct sandbox *sandbox)
{
    return atomic_load(&sandbox->put_back);
}

void sandbox_note_put_back(struct sandbox *sandbox, int64_t time)
{
    atomic_store(&sandbox->put_back, time);
    bell_ring(&sandbox->jobs_changed);
}

int64_t sandbox_created(const struct sandbox *sandbox)
{
    return sandbox->created;
}

int64_t sandbox_used(const struct sandbox *sandbox)
{
    return atomic_load(&sandbox->used);
}

int64_t sandbox_ttl(const struct sandbox *sandbox)
{
    return sandbox->ttl;
}

void sandbox_set_ttl(struct sandbox *sandbox, int64_t ttl)
{
    sandbox->ttl = ttl;
}

void sandbox_touch(struct sandbox *sandbox)
{
    atomic_store(&sandbox->used, clock_machine_milliseconds());
}
