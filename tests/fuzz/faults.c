/* Faults and requests that they may act on: {"faults": [...], "requests": [...]}. What is refused is
 * told where; what is told of a fault makes the same one again; counts are as often as it acted. */
#include <string.h>

#include "api/api.h"
#include "fuzz.h"
#include "fuzz_json.h"
#include "fuzz_seen.h"
#include "traffic/faults.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static double number(const cJSON *json, const char *name)
{
    return cJSON_GetNumberValue(json_member(json, name));
}

/* A list of what is told, as it would be sent to make them. */
static cJSON *told(struct faults *faults, struct arena *arena)
{
    bool more;
    cJSON *list = faults_list(faults, 0, FAULTS_MAX, arena, &more), *fault;
    const char *text = json_print(arena, list);
    cJSON_Delete(list);
    cJSON *copy = json_parse(text, strlen(text), NULL);
    if (more || !cJSON_IsArray(copy))
        fuzz_fail("the list is no list: %s", text);
    cJSON_ArrayForEach (fault, copy) {
        static const char *const own[] = {"id", "matched", "fired"};
        if (number(fault, "fired") > number(fault, "matched"))
            fuzz_fail("it acted on more than it matched: %s", text);
        for (size_t i = 0; i < COUNT(own); i++)
            cJSON_DeleteItemFromObjectCaseSensitive(fault, own[i]);
    }
    return copy;
}

static void check_effect(const struct effect *effect)
{
    bool answers = effect->rule != NULL || effect->status != 0;
    if ((effect->rule != NULL && (effect->status != 0 || !api_knows_rule(effect->rule))) ||
        (effect->drop != DROP_NOT && (answers || effect->truncates || effect->drips)) ||
        (effect->status != 0 && (effect->status < 200 || effect->status > 599)) ||
        (effect->body != NULL && strlen(effect->body) != effect->body_length) ||
        (effect->body != NULL && effect->content_type == NULL) ||
        (effect->drips && (effect->drip_bytes == 0 || effect->drip_every <= 0)))
        fuzz_fail("fault %lld does what does not go together", (long long)effect->fault_id);
    for (const struct header *header = effect->headers; header != NULL && header->name != NULL;
         header++)
        if (strpbrk(header->name, "\r\n: ") != NULL || strpbrk(header->value, "\r\n") != NULL)
            fuzz_fail("a header breaks the answer");
}

static void ask(struct faults *faults, const cJSON *requests, struct arena *arena)
{
    cJSON *request;
    cJSON_ArrayForEach (request, requests) {
        const struct seen seen = fuzz_seen(request, arena);
        struct effect effect;
        if (!faults_find(faults, &seen, arena, &effect))
            continue;
        check_effect(&effect);
        cJSON *acted CLEANUP(json_delete) = faults_tell(faults, effect.fault_id, arena);
        if (acted == NULL || number(acted, "fired") < 1)
            fuzz_fail("fault %lld acts, and is not counted", (long long)effect.fault_id);
    }
}

static void add(struct faults *faults, const cJSON *json, struct arena *arena)
{
    struct match_fault fault = {.at = NULL};
    int64_t id = faults_add(faults, json, "$", api_knows_rule, arena, &fault);
    if ((id == 0) != (fault.at != NULL) || (id == 0 && (fault.at[0] != '$' || fault.expected == NULL)))
        fuzz_fail("a fault is refused without a place, or not with one");
}

static void is_told_as_given(struct faults *faults, struct arena *arena)
{
    struct match_fault fault;
    struct faults *same = faults_new();
    cJSON *one CLEANUP(json_delete) = told(faults, arena), *other CLEANUP(json_delete) = NULL;
    if (!faults_begin(same, one, "$", api_knows_rule, arena, &fault))
        fuzz_fail("what is told is refused: %s: %s", fault.at, fault.expected);
    faults_reset(same);
    other = told(same, arena);
    const char *told_first = json_print(arena, one), *told_then = json_print(arena, other);
    if (strcmp(told_first, told_then) != 0)
        fuzz_fail("what is told is another fault: %s, not %s", told_then, told_first);
    if (faults_need(faults) != faults_need(same) || faults_are_set(faults) != faults_are_set(same))
        fuzz_fail("they look at something else");
    faults_free(same);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena arena = {.blocks = NULL};
    cJSON *json CLEANUP(json_delete) = json_parse((const char *)data, size, NULL);
    const cJSON *one;
    struct faults *faults = faults_new();
    cJSON_ArrayForEach (one, json_member(json, "faults"))
        add(faults, one, &arena);
    ask(faults, json_member(json, "requests"), &arena);
    is_told_as_given(faults, &arena);
    faults_drop(faults, 1);
    ask(faults, json_member(json, "requests"), &arena);
    faults_free(faults);
    arena_clear(&arena);
    return 0;
}

size_t LLVMFuzzerCustomMutator(unsigned char *data, size_t size, size_t most, unsigned seed)
{
    return fuzz_json_mutate(data, size, most, seed);
}

size_t LLVMFuzzerCustomCrossOver(const unsigned char *one, size_t one_size, const unsigned char *other,
                                 size_t other_size, unsigned char *out, size_t most, unsigned seed)
{
    return fuzz_json_cross(one, one_size, other, other_size, out, most, seed);
}
