/* Whether requests have come as they should (section 8 of the control API): at once, or as soon as they
 * have; and if not, what kept those that came nearest from it. */
#include <string.h>

#include "control/errand.h"
#include "control/told_request.h"
#include "traffic/mask.h"

enum { NEAREST_MAX = 3, COUNT_MAX = 1000000 };

/* A call, which may be asked several times. What it has seen once, and will not change any more, it
 * does not look at again. */
struct verification {
    struct control_call *call;
    struct arena scratch;      /* of one look */
    struct match *match;       /* likewise: nobody need free what a sandbox that is dropped leaves */
    int64_t least, most, wait; /* wait: seconds */
    int64_t seen_to;           /* up to this id all is seen, and final */
    int64_t *ids;              /* of those that match, by number */
    size_t count, room;        /* of them */
    size_t final;              /* of them, those up to seen_to */
    bool is_final;             /* nothing so far that is to be written again */
    size_t steps;              /* that are left of a look */
};

/* "count": N, or {"min", "max"}. */
static void read_count(struct verification *verification, const struct said *said)
{
    const struct said count = said_member(said, "count");
    verification->least = 1;
    verification->most = INT64_MAX;
    if (cJSON_IsObject(count.json)) {
        said_has_only(&count, "min max");
        verification->least = said_number(&count, "min", 0, 0, COUNT_MAX);
        if (json_member(count.json, "max") != NULL)
            verification->most = said_number(&count, "max", 0, 0, COUNT_MAX);
        if (count.json->child == NULL || verification->least > verification->most)
            said_refuse(&count, "expected min, max, or both, and min not above max");
    } else if (cJSON_IsNumber(count.json)) {
        verification->least = verification->most = said_number(said, "count", 1, 0, COUNT_MAX);
    } else if (count.json != NULL) {
        said_refuse(&count, "expected a whole number, or {\"min\", \"max\"}");
    }
}

/* NULL after a refusal. */
static struct verification *begin(struct control_call *call)
{
    struct verification *verification = arena_alloc(call->arena, sizeof *verification);
    const struct said said = said_body(call);
    said_has_only(&said, "match count wait");
    verification->wait = said_number(&said, "wait", 0, 0, WAIT_MAX);
    read_count(verification, &said);
    match_free(told_match(call, call->arena));
    return call->is_refused ? NULL : verification;
}

static void add_id(struct verification *verification, int64_t id)
{
    verification->ids = arena_grown(verification->call->arena, verification->ids, verification->count,
                                    &verification->room, sizeof *verification->ids);
    verification->ids[verification->count++] = id;
}

static bool see(void *context, struct entry *entry)
{
    struct verification *verification = context;
    verification->is_final = verification->is_final && !entry_is_open(entry);
    if (told_fits(verification->call, entry, verification->match, &verification->steps))
        add_id(verification, entry_id(entry));
    if (verification->call->is_refused)
        return false;
    if (verification->is_final) {
        verification->seen_to = entry_id(entry);
        verification->final = verification->count;
    }
    return true;
}

/* Finds all that match now. */
static void look(struct verification *verification)
{
    struct journal *journal = sandbox_journal(verification->call->sandbox);
    const int64_t oldest = journal_oldest(journal);
    size_t gone = 0;
    while (gone < verification->final && verification->ids[gone] < oldest)
        gone++;
    verification->final -= gone;
    verification->count = verification->final;
    if (gone > 0)
        memmove(verification->ids, verification->ids + gone,
                verification->count * sizeof *verification->ids);
    verification->is_final = true;
    verification->steps = TOLD_STEPS_MAX;
    const struct journal_range range = {.since = verification->seen_to, .oldest_first = true};
    journal_each(journal, &range, see, verification);
}

/* Those that come nearest, the nearest first. */
struct nearest {
    const struct match *match;
    struct entry *entries[NEAREST_MAX];
    size_t distances[NEAREST_MAX];
    size_t count;
    size_t steps; /* left */
};

/* Newest first: of two that are as near the first stays in front. */
static bool compare(void *context, struct entry *entry)
{
    struct nearest *nearest = context;
    struct seen seen = told_seen(entry, nearest->match);
    size_t distance = match_distance(nearest->match, &seen, &nearest->steps);
    size_t place = nearest->count;
    told_unsee(&seen);
    if (nearest->steps == 0) /* of those that were looked at, then */
        return false;
    while (place > 0 && distance < nearest->distances[place - 1])
        place--;
    if (distance == 0 || place == NEAREST_MAX)
        return true;
    if (nearest->count == NEAREST_MAX)
        entry_free(nearest->entries[--nearest->count]);
    size_t behind = nearest->count - place;
    memmove(&nearest->entries[place + 1], &nearest->entries[place], behind * sizeof(struct entry *));
    memmove(&nearest->distances[place + 1], &nearest->distances[place], behind * sizeof(size_t));
    nearest->entries[place] = entry_share(entry);
    nearest->distances[place] = distance;
    nearest->count++;
    return true;
}

static void add_difference(cJSON *list, const struct difference *difference, struct secrets *secrets)
{
    cJSON *told = cJSON_CreateObject();
    cJSON *found = secrets_cut_at(secrets, difference->at, difference->found);
    json_add_text(told, "at", secrets_cut(secrets, difference->at));
    cJSON_AddItemToObject(told, "expected",
                          secrets_cut_at(secrets, difference->at, difference->expected));
    cJSON_AddItemToObject(told, "found", found != NULL ? found : cJSON_CreateNull());
    cJSON_AddItemToArray(list, told);
}

static cJSON *tell_nearest(struct control_call *call, const struct match *match,
                           const struct entry *entry)
{
    cJSON *told = cJSON_CreateObject(), *list = cJSON_CreateArray();
    cJSON *body = entry_body(entry), *answer = entry_answer(entry);
    struct secrets *secrets = secrets_of(entry, body, answer, call->arena);
    struct seen seen = entry_seen(entry);
    struct difference *differences;
    seen.json = body;
    size_t count = match_differences(match, &seen, call->arena, &differences);
    for (size_t i = 0; i < count; i++)
        add_difference(list, &differences[i], secrets);
    cJSON_Delete(body);
    cJSON_Delete(answer);
    json_add_id(told, "id", entry_id(entry));
    cJSON_AddItemToObject(told, "differences", list);
    return told;
}

static void add_nearest(const struct verification *verification, cJSON *body)
{
    struct nearest nearest = {.match = verification->match, .steps = TOLD_STEPS_MAX};
    const struct journal_range all = {.since = 0};
    cJSON *list = cJSON_AddArrayToObject(body, "nearest");
    if ((int64_t)verification->count < verification->least)
        journal_each(sandbox_journal(verification->call->sandbox), &all, compare, &nearest);
    for (size_t i = 0; i < nearest.count; i++) {
        cJSON_AddItemToArray(list,
                             tell_nearest(verification->call, verification->match, nearest.entries[i]));
        entry_free(nearest.entries[i]);
    }
}

static int64_t tell(const struct verification *verification, bool is_verified)
{
    cJSON *body = cJSON_CreateObject(), *list;
    cJSON_AddBoolToObject(body, "verified", is_verified);
    json_add_integer(body, "matched", (int64_t)verification->count);
    list = cJSON_AddArrayToObject(body, "requests");
    for (size_t i = verification->count; i-- > 0;)
        cJSON_AddItemToArray(list, cJSON_CreateString(arena_printf(verification->call->arena, "%lld",
                                                                   (long long)verification->ids[i])));
    if (!is_verified)
        add_nearest(verification, body);
    return control_reply(verification->call, 200, body);
}

/* Too many can only become more. */
static int64_t ask(struct verification *verification)
{
    struct control_call *call = verification->call;
    int64_t left =
        errand_wait_left(call, verification->wait, journal_bell(sandbox_journal(call->sandbox)));
    look(verification);
    if (call->is_refused)
        return CONTROL_DONE;
    int64_t count = (int64_t)verification->count;
    bool is_verified = count >= verification->least && count <= verification->most;
    if (!is_verified && count < verification->least && left > 0)
        return left;
    return tell(verification, is_verified);
}

static int64_t verify(struct control_call *call)
{
    struct verification *verification = call->state != NULL ? call->state : begin(call);
    if (verification == NULL)
        return CONTROL_DONE;
    call->state = verification;
    verification->call = call;
    verification->match = told_match(call, &verification->scratch);
    int64_t pause = verification->match != NULL ? ask(verification) : CONTROL_DONE;
    match_free(verification->match);
    arena_clear(&verification->scratch);
    return pause;
}

#define DIFFERENCES                                                                                    \
    SCHEMA_LIST(SCHEMA_OBJECT("'at', 'expected', 'found'",                                             \
                              "'at': " SCHEMA_TEXT ", 'expected': {}, 'found': {}"))

const struct control_endpoint requests_verify_post = {
    .method = "POST",
    .path = "/_crmock/requests/verify",
    .handle = verify,
    .manner = CONTROL_BESIDE,
    .takes = "'match?': {'type': 'object'}, 'count?': {'type': ['integer', 'object'], 'minimum': 0},"
             " 'wait?': {'type': 'integer', 'minimum': 0, 'maximum': 60}",
    .status = 200,
    .says = "Says whether as many requests have come that match as are expected: one at least, unless"
            " count says otherwise; within wait seconds.",
    .answers = "'verified': " SCHEMA_FLAG ", 'matched': " SCHEMA_COUNT
               ", 'requests': " SCHEMA_LIST(SCHEMA_ID) ", 'nearest?': " SCHEMA_LIST(SCHEMA_OBJECT(
                   "'id', 'differences'", "'id': " SCHEMA_ID ", 'differences': " DIFFERENCES)),
};
