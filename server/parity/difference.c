#include "parity/difference.h"

#include <string.h>

struct comparing {
    struct arena *arena;
    cJSON *list;
};

static void compare(const struct comparing *comparing, const char *path, const cJSON *own,
                    const cJSON *theirs);

static void note(const struct comparing *comparing, const char *path, const cJSON *own,
                 const cJSON *theirs)
{
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "part", path);
    cJSON_AddItemToObject(entry, "crmock",
                          own != NULL ? cJSON_Duplicate(own, true) : cJSON_CreateNull());
    cJSON_AddItemToObject(entry, "theirs",
                          theirs != NULL ? cJSON_Duplicate(theirs, true) : cJSON_CreateNull());
    cJSON_AddItemToArray(comparing->list, entry);
}

static void compare_lists(const struct comparing *comparing, const char *path, const cJSON *own,
                          const cJSON *theirs)
{
    const cJSON *one = own->child, *other = theirs->child;
    for (size_t i = 0; one != NULL || other != NULL; i++) {
        compare(comparing, arena_printf(comparing->arena, "%s[%zu]", path, i), one, other);
        one = one != NULL ? one->next : NULL;
        other = other != NULL ? other->next : NULL;
    }
}

static void compare_objects(const struct comparing *comparing, const char *path, const cJSON *own,
                            const cJSON *theirs)
{
    const char *dot = path[0] != '\0' ? "." : "";
    const cJSON *member;
    cJSON_ArrayForEach (member, own)
        compare(comparing, arena_printf(comparing->arena, "%s%s%s", path, dot, member->string), member,
                json_member(theirs, member->string));
    cJSON_ArrayForEach (member, theirs)
        if (json_member(own, member->string) == NULL)
            note(comparing, arena_printf(comparing->arena, "%s%s%s", path, dot, member->string), NULL,
                 member);
}

static void compare(const struct comparing *comparing, const char *path, const cJSON *own,
                    const cJSON *theirs)
{
    bool are_both = own != NULL && theirs != NULL;
    if (are_both && cJSON_IsObject(own) && cJSON_IsObject(theirs))
        compare_objects(comparing, path, own, theirs);
    else if (are_both && cJSON_IsArray(own) && cJSON_IsArray(theirs))
        compare_lists(comparing, path, own, theirs);
    else if (!are_both || !json_equal(own, theirs))
        note(comparing, path, own, theirs);
}

/* Of the body a part is its own path: "details.api_name". */
cJSON *difference_of(cJSON *own, cJSON *theirs, struct arena *arena)
{
    const struct comparing comparing = {.arena = arena, .list = cJSON_CreateArray()};
    const cJSON *bodies[] = {json_member(own, "body"), json_member(theirs, "body")};
    const cJSON *failure = json_member(theirs, "failure");
    if (failure != NULL) {
        note(&comparing, "status", json_member(own, "status"), failure);
        return comparing.list;
    }
    compare(&comparing, "status", json_member(own, "status"), json_member(theirs, "status"));
    compare(&comparing, "", json_member(own, "headers"), json_member(theirs, "headers"));
    bool are_objects = cJSON_IsObject(bodies[0]) && cJSON_IsObject(bodies[1]);
    compare(&comparing, are_objects ? "" : "body", bodies[0], bodies[1]);
    return comparing.list;
}
