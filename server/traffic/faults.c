#include "traffic/faults.h"

#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/passage.h"
#include "traffic/fault_read.h"

/* A fault that is there. What counts is guarded by `counting`. */
struct planned {
    int64_t id;
    struct fault_plan plan;
    GRand *random;
    int64_t matched, fired;
};

/* Those that are there, oldest first. It never changes: another takes its place. */
struct roll {
    size_t count;
    struct planned *list[];
};

struct faults {
    struct passage passage; /* of who looks into the roll */
    _Atomic(struct roll *) roll;
    atomic_size_t count;      /* of the roll */
    atomic_uint needs;        /* of its matches */
    pthread_mutex_t changing; /* guards changes of the roll, and what follows */
    int64_t last_id;
    cJSON *begun; /* with which it began; NULL: with none */
    is_rule_fn *is_rule;
    pthread_mutex_t counting; /* taken by who is inside: nobody waits for anything while he has it */
};

static struct roll *new_roll(size_t count)
{
    struct roll *roll = must_alloc(sizeof *roll + count * sizeof(struct planned *));
    roll->count = count;
    return roll;
}

struct faults *faults_new(void)
{
    struct faults *faults = must_alloc(sizeof *faults);
    *faults = (struct faults){.last_id = 0};
    passage_init(&faults->passage);
    atomic_init(&faults->roll, new_roll(0));
    (void)pthread_mutex_init(&faults->changing, NULL);
    (void)pthread_mutex_init(&faults->counting, NULL);
    return faults;
}

static void planned_free(struct planned *planned)
{
    g_rand_free(planned->random);
    fault_clear(&planned->plan);
    free(planned);
}

/* Puts another roll in the place of the one that is there (`changing` held), and frees what is in the
 * former alone: what both have stands first in the new one, in the same order. */
static void exchange(struct faults *faults, struct roll *roll)
{
    unsigned needs = 0;
    for (size_t i = 0; i < roll->count; i++)
        needs |= match_needs(roll->list[i]->plan.match);
    atomic_store(&faults->needs, needs);
    struct roll *former = atomic_exchange(&faults->roll, roll);
    atomic_store(&faults->count, roll->count);
    passage_wait(&faults->passage);
    for (size_t i = 0, kept = 0; i < former->count; i++)
        if (kept < roll->count && roll->list[kept] == former->list[i])
            kept++;
        else
            planned_free(former->list[i]);
    free(former);
}

void faults_free(struct faults *faults)
{
    if (faults == NULL)
        return;
    faults_clear(faults);
    free(atomic_load(&faults->roll));
    cJSON_Delete(faults->begun);
    passage_clear(&faults->passage);
    (void)pthread_mutex_destroy(&faults->changing);
    (void)pthread_mutex_destroy(&faults->counting);
    free(faults);
}

bool faults_are_set(const struct faults *faults)
{
    return atomic_load_explicit(&faults->count, memory_order_relaxed) > 0;
}

unsigned faults_need(struct faults *faults)
{
    return atomic_load_explicit(&faults->needs, memory_order_relaxed);
}

/* Counts a request that it matches. */
static bool acts(struct faults *faults, struct planned *planned)
{
    const struct fault_plan *plan = &planned->plan;
    (void)pthread_mutex_lock(&faults->counting);
    bool acts = ++planned->matched > plan->after &&
                (plan->times == 0 || planned->fired < plan->times) &&
                (plan->probability >= 1 || g_rand_double(planned->random) < plan->probability);
    planned->fired += acts;
    (void)pthread_mutex_unlock(&faults->counting);
    return acts;
}

static const struct header *copied_headers(const struct header *headers, struct arena *arena)
{
    size_t count = 0;
    while (headers != NULL && headers[count].name != NULL)
        count++;
    struct header *copy = arena_array(arena, count + 1, sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = (struct header){.name = arena_strdup(arena, headers[i].name),
                                  .value = arena_strdup(arena, headers[i].value)};
    return copy;
}

static const char *copied(const char *text, struct arena *arena)
{
    return text != NULL ? arena_strdup(arena, text) : NULL;
}

/* The fault may be dropped while its answer is sent. */
static void copy_effect(const struct planned *planned, struct arena *arena, struct effect *effect)
{
    *effect = planned->plan.effect;
    effect->fault_id = planned->id;
    effect->rule = copied(effect->rule, arena);
    effect->body = copied(effect->body, arena);
    effect->content_type = copied(effect->content_type, arena);
    if (effect->headers != NULL)
        effect->headers = copied_headers(effect->headers, arena);
}

bool faults_find(struct faults *faults, const struct seen *seen, struct arena *arena,
                 struct effect *effect)
{
    unsigned side = passage_enter(&faults->passage);
    const struct roll *roll = atomic_load(&faults->roll);
    size_t left = roll->count, steps = FAULTS_STEPS_MAX;
    while (left > 0 && !(match_fits(roll->list[left - 1]->plan.match, seen, &steps) &&
                         acts(faults, roll->list[left - 1])))
        left--;
    if (left > 0)
        copy_effect(roll->list[left - 1], arena, effect);
    passage_leave(&faults->passage, side);
    return left > 0;
}

/* NULL after a fault. The id is given when it is put into the roll. */
static struct planned *read_one(const cJSON *json, const char *at, is_rule_fn *is_rule,
                                struct arena *arena, struct match_fault *fault)
{
    struct planned *planned = must_alloc(sizeof *planned);
    *planned = (struct planned){.id = 0};
    bool is_read = fault_read(json, at, is_rule, arena, fault, &planned->plan);
    planned->random = g_rand_new_with_seed(planned->plan.seed);
    if (is_read)
        return planned;
    planned_free(planned);
    return NULL;
}

int64_t faults_add(struct faults *faults, const cJSON *json, const char *at, is_rule_fn *is_rule,
                   struct arena *arena, struct match_fault *fault)
{
    struct planned *planned = read_one(json, at, is_rule, arena, fault);
    if (planned == NULL)
        return 0;
    int64_t id = 0;
    (void)pthread_mutex_lock(&faults->changing);
    const struct roll *roll = atomic_load(&faults->roll);
    if (roll->count < FAULTS_MAX) {
        struct roll *other = new_roll(roll->count + 1);
        memcpy(other->list, roll->list, roll->count * sizeof *roll->list);
        other->list[roll->count] = planned;
        id = planned->id = ++faults->last_id;
        exchange(faults, other);
    }
    (void)pthread_mutex_unlock(&faults->changing);
    if (id > 0)
        return id;
    planned_free(planned);
    *fault = (struct match_fault){.expected =
                                      arena_printf(arena, "at most %d faults a sandbox", FAULTS_MAX)};
    return 0;
}

static void roll_free(struct roll *roll)
{
    for (size_t i = 0; i < roll->count; i++)
        planned_free(roll->list[i]);
    free(roll);
}

/* NULL after a fault. */
static struct roll *read_list(const cJSON *list, const char *at, is_rule_fn *is_rule,
                              struct arena *arena, struct match_fault *fault)
{
    *fault = (struct match_fault){.at = at, .expected = "expected a list of faults"};
    if (!cJSON_IsArray(list))
        return NULL;
    size_t count = (size_t)cJSON_GetArraySize(list);
    fault->expected = arena_printf(arena, "expected at most %d faults", FAULTS_MAX);
    if (count > FAULTS_MAX)
        return NULL;
    struct roll *roll = new_roll(count);
    roll->count = 0;
    const cJSON *json;
    cJSON_ArrayForEach (json, list) {
        struct planned *planned =
            read_one(json, arena_printf(arena, "%s[%zu]", at, roll->count), is_rule, arena, fault);
        if (planned == NULL) {
            roll_free(roll);
            return NULL;
        }
        roll->list[roll->count++] = planned;
    }
    return roll;
}

/* With `changing` held. */
static void put(struct faults *faults, struct roll *roll)
{
    for (size_t i = 0; i < roll->count; i++)
        roll->list[i]->id = ++faults->last_id;
    exchange(faults, roll);
}

bool faults_begin(struct faults *faults, const cJSON *list, const char *at, is_rule_fn *is_rule,
                  struct arena *arena, struct match_fault *fault)
{
    struct roll *roll = read_list(list, at, is_rule, arena, fault);
    if (roll == NULL)
        return false;
    (void)pthread_mutex_lock(&faults->changing);
    cJSON_Delete(faults->begun);
    faults->begun = cJSON_Duplicate(list, true);
    faults->is_rule = is_rule;
    put(faults, roll);
    (void)pthread_mutex_unlock(&faults->changing);
    return true;
}

void faults_reset(struct faults *faults)
{
    struct arena arena = {.blocks = NULL};
    struct match_fault unused;
    (void)pthread_mutex_lock(&faults->changing);
    struct roll *roll = faults->begun != NULL
                            ? read_list(faults->begun, "$", faults->is_rule, &arena, &unused)
                            : NULL; /* it has been read before */
    put(faults, roll != NULL ? roll : new_roll(0));
    (void)pthread_mutex_unlock(&faults->changing);
    arena_clear(&arena);
}

void faults_drop(struct faults *faults, int64_t id)
{
    (void)pthread_mutex_lock(&faults->changing);
    const struct roll *roll = atomic_load(&faults->roll);
    struct roll *other = new_roll(roll->count);
    other->count = 0;
    for (size_t i = 0; i < roll->count; i++)
        if (roll->list[i]->id != id)
            other->list[other->count++] = roll->list[i];
    exchange(faults, other);
    (void)pthread_mutex_unlock(&faults->changing);
}

void faults_clear(struct faults *faults)
{
    (void)pthread_mutex_lock(&faults->changing);
    exchange(faults, new_roll(0));
    (void)pthread_mutex_unlock(&faults->changing);
}

static cJSON *tell(struct faults *faults, const struct planned *planned, struct arena *arena)
{
    const struct fault_plan *plan = &planned->plan;
    (void)pthread_mutex_lock(&faults->counting);
    int64_t matched = planned->matched, fired = planned->fired;
    (void)pthread_mutex_unlock(&faults->counting);
    cJSON *body = cJSON_CreateObject();
    json_add_id(body, "id", planned->id);
    cJSON_AddItemToObjectCS(body, "match", json_text(arena_strdup(arena, plan->match_text)));
    json_add_integer(body, "after", plan->after);
    if (plan->times > 0)
        json_add_integer(body, "times", plan->times);
    else
        cJSON_AddNullToObject(body, "times");
    cJSON_AddNumberToObject(body, "probability", plan->probability);
    json_add_integer(body, "seed", plan->seed);
    cJSON_AddItemToObjectCS(body, "effect", json_text(arena_strdup(arena, plan->effect_text)));
    json_add_integer(body, "matched", matched);
    json_add_integer(body, "fired", fired);
    return body;
}

cJSON *faults_list(struct faults *faults, int64_t after, size_t most, struct arena *arena, bool *more)
{
    cJSON *list = cJSON_CreateArray();
    size_t count = 0;
    *more = false;
    unsigned side = passage_enter(&faults->passage);
    const struct roll *roll = atomic_load(&faults->roll);
    for (size_t i = 0; i < roll->count && !*more; i++) {
        if (roll->list[i]->id <= after)
            continue;
        *more = count++ == most;
        if (!*more)
            cJSON_AddItemToArray(list, tell(faults, roll->list[i], arena));
    }
    passage_leave(&faults->passage, side);
    return list;
}

cJSON *faults_tell(struct faults *faults, int64_t id, struct arena *arena)
{
    cJSON *told = NULL;
    unsigned side = passage_enter(&faults->passage);
    const struct roll *roll = atomic_load(&faults->roll);
    for (size_t i = 0; i < roll->count && told == NULL; i++)
        if (roll->list[i]->id == id)
            told = tell(faults, roll->list[i], arena);
    passage_leave(&faults->passage, side);
    return told;
}
