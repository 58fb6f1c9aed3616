#include "control/watch.h"

#include <glib.h>
#include <stdlib.h>

#include "base/id.h"
#include "jobs/bell.h"
#include "traffic/events.h"

static const struct watched *const kinds[] = {&watched_jobs, &watched_webhooks};
enum { KINDS = COUNT(kinds), PAUSE_AFTER_FAILURE = 500 /* milliseconds */ };

/* What was told of one last; of one that is over until the look ends. */
struct known {
    int64_t id, state;
    bool is_over;
    unsigned look; /* in which it was seen last */
};

struct track {
    const struct watched *kind;
    GHashTable *known; /* struct known, by the ids */
    int64_t newest;    /* the greatest id that was seen */
};

struct watch {
    struct sandbox *sandbox; /* borrowed: its events free the watch */
    struct worker *worker;
    struct track tracks[KINDS];
    int64_t put_back; /* sandbox_put_back, when it looked last */
    unsigned look;
};

/* A look at what there is. */
struct look {
    struct watch *watch;
    struct track *track;
    struct db *db;
    struct control_call call;
};

static void remember(struct look *look, const struct watched_one *one)
{
    GHashTable *all = look->track->known;
    struct known *known = g_hash_table_lookup(all, &one->id);
    if (known == NULL) {
        known = g_new(struct known, 1);
        known->id = one->id;
        (void)g_hash_table_insert(all, &known->id, known);
    }
    known->state = one->state;
    known->is_over = one->is_over;
    known->look = look->watch->look;
}

static void tell(struct look *look, const struct watched_one *one)
{
    const struct watched *kind = look->track->kind;
    cJSON *json = kind->json(&look->call, one->row);
    if (json != NULL)
        control_tell(&look->call, kind->event, json);
    cJSON_Delete(json);
    remember(look, one);
}

/* Tells it if it is not what was told last. False after a failure. */
static bool see(struct look *look, const struct watched_one *one)
{
    struct known *known = g_hash_table_lookup(look->track->known, &one->id);
    struct watched_one whole = *one;
    if (known != NULL)
        known->look = look->watch->look;
    if (known != NULL && known->state == one->state)
        return true;
    enum store_status status = STORE_OK;
    if (one->row == NULL)
        status = look->track->kind->read(&look->call, look->db, one->id, &whole);
    if (status == STORE_OK)
        tell(look, &whole);
    return status != STORE_FAILED;
}

static bool see_open(struct look *look)
{
    struct watched_list found;
    bool works = look->track->kind->open(&look->call, look->db, &found) == STORE_OK;
    for (size_t i = 0; works && i < found.count; i++)
        works = see(look, &found.list[i]);
    return works;
}

/* Those that were open, and are not any more: over, or gone. */
static bool see_ended(struct look *look)
{
    GHashTable *all = look->track->known;
    GHashTableIter iterator;
    gpointer value;
    size_t count = 0;
    int64_t *ended = arena_array(look->call.arena, g_hash_table_size(all), sizeof *ended);
    g_hash_table_iter_init(&iterator, all);
    while (g_hash_table_iter_next(&iterator, NULL, &value))
        if (((struct known *)value)->look != look->watch->look)
            ended[count++] = ((struct known *)value)->id;
    ids_sort(ended, count);
    bool works = true;
    for (size_t i = 0; works && i < count; i++) {
        struct watched_one one;
        enum store_status status = look->track->kind->read(&look->call, look->db, ended[i], &one);
        works = status != STORE_FAILED && (status == STORE_NOT_FOUND || see(look, &one));
        if (status == STORE_NOT_FOUND)
            (void)g_hash_table_remove(all, &ended[i]);
    }
    return works;
}

/* Those that have come to be since, and may be over already. */
static bool see_new(struct look *look)
{
    struct watched_list found = {.count = WATCHED_MAX};
    bool works = true;
    while (works && found.count == WATCHED_MAX) {
        works =
            look->track->kind->behind(&look->call, look->db, look->track->newest, &found) == STORE_OK;
        for (size_t i = 0; works && i < found.count; i++) {
            works = see(look, &found.list[i]);
            look->track->newest = found.list[i].id;
        }
    }
    return works;
}

static gboolean is_over(gpointer id, gpointer known, gpointer context)
{
    (void)id;
    (void)context;
    return ((struct known *)known)->is_over;
}

static bool see_all(struct look *look)
{
    bool works = see_open(look) && see_ended(look) && see_new(look);
    if (works)
        (void)g_hash_table_foreach_remove(look->track->known, is_over, NULL);
    return works;
}

/* What is open is known then, and what is over by that time is not looked at. */
static bool begin(struct look *look, int64_t before)
{
    return look->track->kind->newest(look->db, before, &look->track->newest) == STORE_OK;
}

static bool see_nothing_told(struct look *look)
{
    struct watched_list found = {.count = 0};
    bool works =
        begin(look, INT64_MAX) && look->track->kind->open(&look->call, look->db, &found) == STORE_OK;
    for (size_t i = 0; works && i < found.count; i++)
        remember(look, &found.list[i]);
    return works;
}

/* With what was put back others have come: all that are open are told, and those that are new since. */
static bool see_put_back(struct look *look)
{
    g_hash_table_remove_all(look->track->known);
    return begin(look, sandbox_put_back(look->watch->sandbox)) && see_all(look);
}

typedef bool look_fn(struct look *look);

static bool look_at_all(struct watch *watch, const struct scene *scene, look_fn *see_them)
{
    struct arena arena = {.blocks = NULL};
    struct look look = {.watch = watch,
                        .db = store_acquire(scene->works->store),
                        .call = {.sandbox = watch->sandbox, .scene = scene, .arena = &arena}};
    bool works = look.db != NULL;
    watch->look++;
    for (size_t i = 0; works && i < KINDS; i++) {
        look.track = &watch->tracks[i];
        works = see_them(&look);
    }
    if (look.db != NULL)
        store_release(look.db);
    arena_clear(&arena);
    return works;
}

static int64_t step(void *context)
{
    struct watch *watch = context;
    unsigned side;
    bool works = true;
    int64_t put_back = sandbox_put_back(watch->sandbox);
    const struct scene *scene = sandbox_enter(watch->sandbox, &side);
    if (scene != NULL)
        works = look_at_all(watch, scene, put_back != watch->put_back ? see_put_back : see_all);
    sandbox_leave(watch->sandbox, side);
    if (works)
        watch->put_back = put_back;
    return works ? WORKER_IDLE : PAUSE_AFTER_FAILURE;
}

struct watch *watch_new(struct control_call *call)
{
    struct watch *watch = must_alloc(sizeof *watch);
    *watch = (struct watch){.sandbox = call->sandbox, .put_back = sandbox_put_back(call->sandbox)};
    for (size_t i = 0; i < KINDS; i++)
        watch->tracks[i] =
            (struct track){.kind = kinds[i],
                           .known = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free)};
    watch->worker = worker_new(sandbox_household(call->sandbox)->pool, step, watch);
    bool works = look_at_all(watch, call->scene, see_nothing_told);
    for (size_t i = 0; works && i < KINDS; i++)
        bell_add(kinds[i]->bell(call->sandbox), watch->worker);
    if (works) {
        worker_wake(watch->worker); /* for what changed before the bells were there */
        return watch;
    }
    watch_free(watch);
    return NULL;
}

void watch_free(void *context)
{
    struct watch *watch = context;
    for (size_t i = 0; i < KINDS; i++)
        bell_remove(kinds[i]->bell(watch->sandbox), watch->worker);
    worker_free(watch->worker);
    for (size_t i = 0; i < KINDS; i++)
        g_hash_table_destroy(watch->tracks[i].known);
    free(watch);
}
