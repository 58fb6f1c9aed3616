/* A match and a request that is held against it: {"match": M, "request": {...}}. Whether it fits, how
 * far it is from that and what keeps it from it must be one answer; and a body fits itself. */
#include <string.h>

#include "fuzz.h"
#include "fuzz_json.h"
#include "fuzz_seen.h"
#include "traffic/match.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static const char *printed(const cJSON *json, struct arena *arena)
{
    cJSON *copy CLEANUP(json_delete) = cJSON_Duplicate(json, true);
    return copy != NULL ? json_print(arena, copy) : "-";
}

static size_t differences(const struct match *match, const struct seen *seen, struct arena *arena)
{
    struct difference *list = NULL;
    size_t steps = MATCH_STEPS_MAX, steps_to_fit = MATCH_STEPS_MAX;
    size_t count = match_differences(match, seen, arena, &list);
    size_t distance = match_distance(match, seen, &steps);
    if (match_fits(match, seen, &steps_to_fit) != (count == 0) || (distance == 0) != (count == 0) ||
        (count > distance))
        fuzz_fail("there are %zu differences, and the distance is %zu", count, distance);
    for (size_t i = 0; i < count; i++)
        if (list[i].at[0] != '$' || strcmp(printed(list[i].expected, arena), "-") == 0 ||
            printed(list[i].found, arena) == NULL)
            fuzz_fail("a difference is at %s", list[i].at);
    return count;
}

/* One that asks for wildcards does not say that it has them. */
static void body_fits_itself(const struct seen *seen, struct arena *arena)
{
    struct match_fault fault;
    cJSON *json CLEANUP(json_delete) = cJSON_CreateObject();
    if (seen->json == NULL || strstr(seen->body, "\"$") != NULL)
        return;
    cJSON_AddItemToObject(json, "body", cJSON_Duplicate(seen->json, true));
    struct match *match = match_read(json, "$", false, arena, &fault);
    if (match != NULL && differences(match, seen, arena) > 0)
        fuzz_fail("a body is not like itself: %s", seen->body);
    match_free(match);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena arena = {.blocks = NULL};
    struct match_fault fault;
    cJSON *json CLEANUP(json_delete) = json_parse((const char *)data, size, NULL);
    const cJSON *asked = json_member(json, "match");
    const struct seen seen = fuzz_seen((cJSON *)json_member(json, "request"), &arena);
    struct match *match = match_read(asked, "$.match", true, &arena, &fault);
    if ((match == NULL) != (fault.at != NULL) || (match == NULL && fault.expected == NULL))
        fuzz_fail("a match is refused without a fault, or not with one");
    if (match != NULL && strcmp(printed(match_json(match), &arena), printed(asked, &arena)) != 0)
        fuzz_fail("it is not kept as it was given");
    if (match != NULL)
        (void)differences(match, &seen, &arena);
    match_free(match);
    body_fits_itself(&seen, &arena);
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
