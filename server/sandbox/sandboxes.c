#include "sandbox/sandboxes.h"

#include <stdlib.h>
#include <string.h>

#include "base/passage.h"
#include "base/random.h"
#include "jobs/worker.h"
#include "sandbox/making.h"
#include "store/memory.h"
#include "traffic/events.h"

/* Those that are alive beside main, in the order of their ids. It never changes: another takes its
 * place. */
struct roll {
    size_t count;
    struct sandbox *list[];
};

struct sandboxes {
    struct sandboxes_options options;
    struct seeds *seeds;
    struct sandbox *main;
    struct passage passage; /* of who looks into the roll */
    _Atomic(struct roll *) roll;
    pthread_mutex_t mutex; /* guards changes of the roll */
    struct worker *sweeper;
};

static struct roll *new_roll(size_t count)
{
    struct roll *roll = must_alloc(sizeof *roll + (count + 1) * sizeof(struct sandbox *));
    roll->count = count;
    return roll;
}

/* Like strcmp, of an id and a text of that length. */
static int compare(const char *id, const char *text, size_t length)
{
    int order = strncmp(id, text, length);
    return order != 0 ? order : id[length] != '\0';
}

/* Where one of that id is, or belongs. */
static size_t place_in(const struct roll *roll, const char *text, size_t length)
{
    size_t low = 0, high = roll->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(sandbox_id(roll->list[middle]), text, length) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct roll *roll, size_t at, const char *text, size_t length)
{
    return at < roll->count && compare(sandbox_id(roll->list[at]), text, length) == 0;
}

struct sandbox *sandboxes_main(const struct sandboxes *sandboxes)
{
    return sandboxes->main;
}

struct sandbox *sandboxes_find(struct sandboxes *sandboxes, const char *text, size_t length)
{
    if (compare(MAIN_SANDBOX, text, length) == 0)
        return sandbox_share(sandboxes->main);
    unsigned side = passage_enter(&sandboxes->passage);
    const struct roll *roll = atomic_load(&sandboxes->roll);
    size_t at = place_in(roll, text, length);
    struct sandbox *found = is_at(roll, at, text, length) ? sandbox_share(roll->list[at]) : NULL;
    passage_leave(&sandboxes->passage, side);
    return found;
}

int64_t sandboxes_records_max(const struct sandboxes *sandboxes)
{
    return sandboxes->options.records_max;
}

size_t sandboxes_count(struct sandboxes *sandboxes)
{
    unsigned side = passage_enter(&sandboxes->passage);
    size_t count = atomic_load(&sandboxes->roll)->count;
    passage_leave(&sandboxes->passage, side);
    return count;
}

struct sandbox **sandboxes_list(struct sandboxes *sandboxes, const char *after, size_t most,
                                struct arena *arena, size_t *count, bool *more)
{
    unsigned side = passage_enter(&sandboxes->passage);
    const struct roll *roll = atomic_load(&sandboxes->roll);
    size_t length = strlen(after), at = length > 0 ? place_in(roll, after, length) : 0;
    at += length > 0 && is_at(roll, at, after, length);
    *count = roll->count - at < most ? roll->count - at : most;
    *more = roll->count - at > *count;
    struct sandbox **list = arena_array(arena, *count + 1, sizeof(struct sandbox *));
    for (size_t i = 0; i < *count; i++)
        list[i] = sandbox_share(roll->list[at + i]);
    passage_leave(&sandboxes->passage, side);
    return list;
}

/* Puts another roll in the place of the one that is there, with the mutex held. */
static void exchange(struct sandboxes *sandboxes, struct roll *roll)
{
    struct roll *former = atomic_exchange(&sandboxes->roll, roll);
    passage_wait(&sandboxes->passage);
    free(former);
}

/* Puts the sandbox in, which the roll then owns. NULL, or the one whose place it takes. */
static struct sandbox *enroll(struct sandboxes *sandboxes, struct sandbox *sandbox)
{
    const struct roll *roll = atomic_load(&sandboxes->roll);
    const char *id = sandbox_id(sandbox);
    size_t at = place_in(roll, id, strlen(id));
    struct sandbox *former = is_at(roll, at, id, strlen(id)) ? roll->list[at] : NULL;
    size_t behind = at + (former != NULL);
    struct roll *other = new_roll(roll->count + (former == NULL));
    memcpy(other->list, roll->list, at * sizeof *roll->list);
    other->list[at] = sandbox;
    memcpy(other->list + at + 1, roll->list + behind, (roll->count - behind) * sizeof *roll->list);
    exchange(sandboxes, other);
    return former;
}

/* Takes the one of that id out: the caller owns it then. NULL: there is none; or `only` is another. */
static struct sandbox *strike(struct sandboxes *sandboxes, const char *id, const struct sandbox *only)
{
    (void)pthread_mutex_lock(&sandboxes->mutex);
    const struct roll *roll = atomic_load(&sandboxes->roll);
    size_t at = place_in(roll, id, strlen(id));
    struct sandbox *found = is_at(roll, at, id, strlen(id)) ? roll->list[at] : NULL;
    if (found != NULL && only != NULL && found != only)
        found = NULL;
    if (found != NULL) {
        struct roll *other = new_roll(roll->count - 1);
        memcpy(other->list, roll->list, at * sizeof *roll->list);
        memcpy(other->list + at, roll->list + at + 1, (other->count - at) * sizeof *roll->list);
        exchange(sandboxes, other);
    }
    (void)pthread_mutex_unlock(&sandboxes->mutex);
    return found;
}

static bool close_and_free(struct sandbox *sandbox)
{
    if (sandbox == NULL)
        return false;
    sandbox_close(sandbox);
    sandbox_free(sandbox);
    return true;
}

/* One that was alive. NULL is allowed. */
static bool drop(struct sandboxes *sandboxes, struct sandbox *sandbox)
{
    const struct sandboxes_options *options = &sandboxes->options;
    if (sandbox != NULL && options->note_drop != NULL)
        options->note_drop(options->note_context, sandbox);
    return close_and_free(sandbox);
}

bool sandboxes_drop(struct sandboxes *sandboxes, const char *id)
{
    return drop(sandboxes, strike(sandboxes, id, NULL));
}

/* An id that nobody has. */
static const char *new_id(struct sandboxes *sandboxes, struct arena *arena)
{
    enum { LENGTH = 10 };
    for (;;) {
        char text[LENGTH + 1];
        random_text(text, sizeof text);
        struct sandbox *other = sandboxes_find(sandboxes, text, LENGTH);
        if (other == NULL)
            return arena_strdup(arena, text);
        sandbox_free(other);
    }
}

/* Whether it may be put in, with the mutex held. */
static enum making_fault has_place(struct sandboxes *sandboxes, const struct sandbox_wish *wish,
                                   const char *id, struct arena *arena, struct making_trouble *trouble)
{
    const struct roll *roll = atomic_load(&sandboxes->roll);
    bool is_taken = is_at(roll, place_in(roll, id, strlen(id)), id, strlen(id));
    trouble->at = "$.id";
    trouble->reason = arena_printf(
        arena,
        "expected an id that is not taken, or \"if_exists\": \"replace\": there is a sandbox \"%s\"",
        id);
    if (is_taken)
        return wish->replaces ? MAKING_DONE : MAKING_TAKEN;
    trouble->at = NULL;
    trouble->reason =
        arena_printf(arena, "at most %u sandboxes (--max-sandboxes)", sandboxes->options.most);
    return roll->count < sandboxes->options.most ? MAKING_DONE : MAKING_TOO_MANY;
}

static enum making_fault begin_faults(struct sandbox *sandbox, const cJSON *faults, struct arena *arena,
                                      struct making_trouble *trouble)
{
    struct match_fault fault;
    if (faults == NULL ||
        faults_begin(sandbox_faults(sandbox), faults, "$.faults", api_knows_rule, arena, &fault))
        return MAKING_DONE;
    *trouble = (struct making_trouble){.at = fault.at, .reason = fault.expected};
    return MAKING_FAULTY;
}

/* A copy of main has its limits as they are now, with nothing counted. */
static struct limits_policy limits_of(struct sandboxes *sandboxes, const struct sandbox_wish *wish)
{
    if (wish->limits != NULL)
        return *wish->limits;
    return making_is_of_main(wish) ? limits_tell(sandbox_limits(sandboxes->main))
                                   : sandboxes->options.limits;
}

enum making_fault sandboxes_make(struct sandboxes *sandboxes, const struct sandbox_wish *wish,
                                 struct arena *arena, struct sandbox **sandbox,
                                 struct making_trouble *trouble)
{
    const char *id = wish->id != NULL ? wish->id : new_id(sandboxes, arena);
    (void)pthread_mutex_lock(&sandboxes->mutex);
    enum making_fault fault = has_place(sandboxes, wish, id, arena, trouble);
    (void)pthread_mutex_unlock(&sandboxes->mutex);
    if (fault != MAKING_DONE)
        return fault;
    const struct limits_policy limits = limits_of(sandboxes, wish);
    struct sandbox *made = sandbox_new(id, &sandboxes->options.household, &limits), *former = NULL;
    sandbox_set_ttl(made, wish->ttl);
    const struct making_from from = {.seeds = sandboxes->seeds,
                                     .main = sandboxes->main,
                                     .manner = &sandboxes->options.manner,
                                     .records_max = sandboxes->options.records_max};
    fault = begin_faults(made, wish->faults, arena, trouble);
    if (fault == MAKING_DONE)
        fault = making_fill(&from, wish, made, arena, trouble);
    if (fault == MAKING_DONE) {
        (void)pthread_mutex_lock(&sandboxes->mutex);
        fault = has_place(sandboxes, wish, id, arena, trouble); /* others may have been faster */
        if (fault == MAKING_DONE)
            former = enroll(sandboxes, sandbox_share(made));
        (void)pthread_mutex_unlock(&sandboxes->mutex);
    }
    (void)drop(sandboxes, former);
    worker_wake(sandboxes->sweeper);
    if (fault == MAKING_DONE)
        *sandbox = made;
    else
        (void)close_and_free(made);
    return fault;
}

/* What is idle for that long gives its connection back, which takes more memory than all else of it. */
enum { IDLE = 2000, PAUSE = 1000 };

static void sweep_one(struct sandboxes *sandboxes, struct sandbox *sandbox, int64_t now)
{
    int64_t idle = now - sandbox_used(sandbox), ttl = sandbox_ttl(sandbox);
    bool may_end = ttl > 0 && idle > ttl * 1000 && events_silence(sandbox_events(sandbox)) > ttl * 1000;
    unsigned side;
    const struct scene *scene = sandbox_enter(sandbox, &side);
    if (scene != NULL && may_end && scene_has_work(scene)) {
        sandbox_touch(sandbox);
        may_end = false;
    }
    if (scene != NULL && idle >= IDLE && !may_end)
        store_rest(scene->works->store);
    sandbox_leave(sandbox, side);
    if (may_end)
        (void)drop(sandboxes, strike(sandboxes, sandbox_id(sandbox), sandbox));
}

static int64_t sweep(void *context)
{
    struct sandboxes *sandboxes = context;
    struct arena arena = {.blocks = NULL};
    size_t count;
    bool more;
    int64_t now = clock_machine_milliseconds();
    struct sandbox **list = sandboxes_list(sandboxes, "", SIZE_MAX, &arena, &count, &more);
    for (size_t i = 0; i < count; i++) {
        sweep_one(sandboxes, list[i], now);
        sandbox_free(list[i]);
    }
    arena_clear(&arena);
    return count > 0 ? PAUSE : WORKER_IDLE;
}

struct sandboxes *sandboxes_new(const struct sandboxes_options *options, struct store *store,
                                bool is_new, struct metadata *metadata, struct arena *arena,
                                const char **reason)
{
    struct sandboxes *sandboxes = must_alloc(sizeof *sandboxes);
    *sandboxes = (struct sandboxes){.options = *options};
    passage_init(&sandboxes->passage);
    (void)pthread_mutex_init(&sandboxes->mutex, NULL);
    atomic_init(&sandboxes->roll, new_roll(0));
    sandboxes->sweeper = worker_new(options->household.pool, sweep, sandboxes);
    sandboxes->seeds = seeds_new(&options->filling, &sandboxes->options.manner.clock);
    sandboxes->main = sandbox_new(MAIN_SANDBOX, &sandboxes->options.household, &options->limits);
    struct image *image = is_new && store_is_in_memory(store) ? store_image(store) : NULL;
    if (image != NULL) {
        const struct making making = {
            .image = image, .metadata = metadata_share(metadata), .manner = options->manner};
        seeds_know(sandboxes->seeds, image, metadata);
        sandbox_set_making(sandboxes->main, &making);
    }
    struct scene *scene = scene_new(sandboxes->main, store, metadata, &options->manner, arena, reason);
    if (scene != NULL) {
        sandbox_exchange(sandboxes->main, scene);
        return sandboxes;
    }
    sandboxes_free(sandboxes);
    return NULL;
}

void sandboxes_end_events(struct sandboxes *sandboxes)
{
    struct arena arena = {.blocks = NULL};
    size_t count;
    bool more;
    struct sandbox **list = sandboxes_list(sandboxes, "", SIZE_MAX, &arena, &count, &more);
    for (size_t i = 0; i < count; i++) {
        events_close(sandbox_events(list[i]));
        sandbox_free(list[i]);
    }
    arena_clear(&arena);
    events_close(sandbox_events(sandboxes->main));
}

void sandboxes_free(struct sandboxes *sandboxes)
{
    if (sandboxes == NULL)
        return;
    worker_free(sandboxes->sweeper);
    struct roll *roll = atomic_load(&sandboxes->roll);
    for (size_t i = 0; i < roll->count; i++)
        (void)close_and_free(roll->list[i]);
    free(roll);
    (void)close_and_free(sandboxes->main);
    seeds_free(sandboxes->seeds);
    passage_clear(&sandboxes->passage);
    (void)pthread_mutex_destroy(&sandboxes->mutex);
    free(sandboxes);
}
