#include "sandbox/making.h"

#include <string.h>

#include "base/word.h"
#include "crm/fixture_rules.h"
#include "sandbox/change.h"
#include "sandbox/credentials.h"
#include "store/memory.h"

static const enum making_fault faults[] = {
    [FIXTURE_FAULTY] = MAKING_FAULTY,
    [FIXTURE_CONFLICT] = MAKING_CONFLICT,
    [FIXTURE_FAILED] = MAKING_FAILED,
};

/* Where in the body that makes the sandbox: "$" stands for what is at $.fixtures. */
static enum making_fault told(const struct fixture_fault *fault, struct arena *arena,
                              struct making_trouble *trouble)
{
    trouble->at = fault->at != NULL ? arena_printf(arena, "$.fixtures%s", fault->at + 1) : NULL;
    trouble->reason = fault->text;
    return faults[fault->kind];
}

bool making_is_of_main(const struct sandbox_wish *wish)
{
    return wish->extends != NULL && strcmp(wish->extends, MAIN_SANDBOX) == 0;
}

/* The member of that name of the documents, and how many have one. */
static const cJSON *member_of(const cJSON *documents, const char *name, unsigned *count)
{
    const cJSON *document, *found = json_member(documents, name);
    *count = found != NULL;
    if (cJSON_IsArray(documents))
        cJSON_ArrayForEach (document, documents) {
            const cJSON *member = json_member(document, name);
            *count += member != NULL;
            found = member != NULL ? member : found;
        }
    return found;
}

/* Documents that say themselves what they extend, or have an org of their own, are what the sandbox
 * begins with, like a folder of such files: nothing else is in it. */
static bool stand_alone(const struct sandbox_wish *wish)
{
    unsigned count;
    return wish->extends == NULL && (member_of(wish->fixtures, "extends", &count) != NULL ||
                                     member_of(wish->fixtures, "org", &count) != NULL);
}

/* The built-in org that they extend, when they have none of their own and so could as well be added to
 * it, which needs no load of it; NULL: they could not. */
static const char *extended_word(const struct sandbox_wish *wish)
{
    unsigned count, orgs;
    const cJSON *extends = member_of(wish->fixtures, "extends", &count);
    (void)member_of(wish->fixtures, "org", &orgs);
    const char *word = cJSON_IsString(extends) ? extends->valuestring : NULL;
    bool is_seed = word_index(seed_words, word) > 0; /* the first is all of them */
    return stand_alone(wish) && count == 1 && orgs == 0 && is_seed ? word : NULL;
}

static void forget_extends(cJSON *documents)
{
    cJSON *document;
    if (cJSON_IsArray(documents))
        cJSON_ArrayForEach (document, documents)
            cJSON_DeleteItemFromObjectCaseSensitive(document, "extends");
    else
        cJSON_DeleteItemFromObjectCaseSensitive(documents, "extends");
}

static struct fixture_source source_of(const struct making_from *from, const struct manner *manner)
{
    struct fixture_source source = fixture_source_at(clock_milliseconds(&manner->clock));
    source.records_max = from->records_max;
    return source;
}

/* By a store that is closed again. */
static enum making_fault begin_with_documents(const struct making_from *from,
                                              const struct sandbox_wish *wish,
                                              const struct household *household, struct arena *arena,
                                              struct making *making, struct making_trouble *trouble)
{
    const struct store_options options = {.log = household->log};
    const struct fixture_source source = source_of(from, &making->manner);
    struct fixture_fault fault = {.text = NULL};
    bool is_new;
    struct store *store = store_open(&options, arena, &is_new, &trouble->reason);
    if (store == NULL)
        return MAKING_FAILED;
    enum making_fault made = MAKING_DONE;
    if (!fixtures_load_documents(store, wish->fixtures, &source, &fixture_rules, arena, &fault))
        made = told(&fault, arena, trouble);
    making->image = made == MAKING_DONE ? store_image(store) : NULL;
    making->metadata = making->image != NULL ? metadata_load(store) : NULL;
    store_close(store);
    trouble->reason = made == MAKING_DONE ? "there is no memory for it" : trouble->reason;
    return made == MAKING_DONE && making->metadata == NULL ? MAKING_FAILED : made;
}

/* What it begins with. */
static enum making_fault begin(const struct making_from *from, const struct sandbox_wish *wish,
                               const struct household *household, struct arena *arena,
                               struct making *making, struct making_trouble *trouble)
{
    if (stand_alone(wish))
        return begin_with_documents(from, wish, household, arena, making, trouble);
    if (!making_is_of_main(wish))
        return seeds_get(from->seeds, wish->extends, arena, &making->image, &making->metadata,
                         &trouble->reason)
                   ? MAKING_DONE
                   : MAKING_FAILED;
    struct manner manner = making->manner;
    const struct scene *scene = sandbox_lock(from->main);
    bool taken = scene != NULL && change_take(scene, making);
    sandbox_unlock(from->main);
    trouble->reason =
        "main cannot be copied: there is no memory, or its store fails (the log says why)";
    if (wish->clock != NULL)
        making->manner.clock = manner.clock;
    if (wish->jobs != NULL)
        making->manner.jobs = manner.jobs;
    if (wish->answers != NULL)
        making->manner.answers = manner.answers;
    return taken ? MAKING_DONE : MAKING_FAILED;
}

static struct manner manner_of(const struct making_from *from, const struct sandbox_wish *wish)
{
    return (struct manner){.clock = wish->clock != NULL ? *wish->clock : from->manner->clock,
                           .jobs = wish->jobs != NULL ? *wish->jobs : from->manner->jobs,
                           .answers = wish->answers != NULL ? *wish->answers : from->manner->answers};
}

/* main is copied as it is. */
static enum dating dating_of(const struct sandbox_wish *wish)
{
    if (making_is_of_main(wish) || stand_alone(wish))
        return DATE_NOTHING;
    return wish->clock != NULL ? DATE_ALL : DATE_TOKENS;
}

static enum making_fault fill(const struct making_from *from, const struct sandbox_wish *wish,
                              struct sandbox *sandbox, struct arena *arena,
                              struct making_trouble *trouble)
{
    struct making making = {.manner = manner_of(from, wish)};
    struct fixture_credentials credentials = {.tokens = NULL};
    struct scene *scene = NULL;
    enum making_fault fault = begin(from, wish, sandbox_household(sandbox), arena, &making, trouble);
    struct fixture_fault fixture_fault = {.text = NULL};
    const struct fixture_source source = source_of(from, &making.manner);
    const struct change change = {.dating = dating_of(wish),
                                  .fixtures = stand_alone(wish) ? NULL : wish->fixtures,
                                  .source = &source,
                                  .credentials = &credentials,
                                  .fault = &fixture_fault};
    if (fault == MAKING_DONE)
        scene = change_begin(sandbox, &making, &change, arena, &trouble->reason);
    if (fault == MAKING_DONE && scene == NULL)
        fault = fixture_fault.text != NULL ? told(&fixture_fault, arena, trouble) : MAKING_FAILED;
    if (scene != NULL && wish->told != NULL)
        credentials_add(&scene->api, &credentials, arena, wish->told);
    cJSON_Delete(credentials.tokens);
    (void)sandbox_lock(sandbox);
    sandbox_set_making(sandbox, &making); /* which owns it, whatever came of it */
    if (scene != NULL)
        sandbox_exchange(sandbox, scene);
    sandbox_unlock(sandbox);
    return fault;
}

enum making_fault making_fill(const struct making_from *from, const struct sandbox_wish *wish,
                              struct sandbox *sandbox, struct arena *arena,
                              struct making_trouble *trouble)
{
    if (wish->fixtures == NULL)
        return fill(from, wish, sandbox, arena, trouble);
    cJSON *fixtures CLEANUP(json_delete) = cJSON_Duplicate(wish->fixtures, true);
    struct sandbox_wish own = *wish;
    own.fixtures = fixtures;
    credentials_inside(fixtures, sandbox_id(sandbox));
    const char *word = extended_word(&own);
    if (word != NULL) {
        own.extends = arena_strdup(arena, word);
        forget_extends(fixtures);
    }
    return fill(from, &own, sandbox, arena, trouble);
}
