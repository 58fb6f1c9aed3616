#include <stdlib.h>
#include <string.h>

#include "crm/fixture_rules.h"
#include "fixture/fixture.h"
#include "import/converting.h"

enum { FAULTS_MAX = 1000 }; /* after so many something is wrong that taking things out does not mend */

/* A value in the files, and what it stands in. */
struct spot {
    cJSON *above, *json;
};

/* The member that a path goes on with: of those that fit the one with the longest name, for names may
 * have dots in them. */
static cJSON *member_at(const cJSON *object, const char **at)
{
    size_t longest = 0;
    cJSON *found = NULL, *member;
    cJSON_ArrayForEach (member, object) {
        size_t length = member->string != NULL ? strlen(member->string) : 0;
        bool fits = length > 0 && strncmp(*at, member->string, length) == 0 &&
                    strchr(".[", (*at)[length]) != NULL; /* or the end */
        if (fits && length > longest) {
            longest = length;
            found = member;
        }
    }
    *at += longest;
    return found;
}

/* The deepest value on the way to where a fault is; its `above` is NULL when it is none that could be
 * taken out. `name`: what people call the things on the way. */
static struct spot spot_of(struct converting *converting, const char *path, const char **name)
{
    struct spot spot = {.json = NULL};
    char *end;
    if (strncmp(path, "$[", 2) != 0)
        return spot;
    size_t file = strtoul(path + 2, &end, 10);
    if (file >= converting->files->count || *end != ']')
        return spot;
    spot.json = converting->files->list[file].json;
    *name = converting->files->list[file].name;
    for (const char *at = end + 1; *at != '\0';) {
        cJSON *next = NULL;
        if (*at == '[' && cJSON_IsArray(spot.json)) {
            next = cJSON_GetArrayItem(spot.json, (int)strtoul(at + 1, &end, 10));
            at = *end == ']' ? end + 1 : end;
        } else if (*at == '.') {
            at++;
            next = member_at(spot.json, &at);
        }
        if (next == NULL)
            return spot;
        spot.above = spot.json;
        spot.json = next;
        const char *called = told_text(next, "api_name");
        called = called != NULL ? called : told_text(next, "name");
        called = called != NULL ? called : next->string;
        if (called != NULL)
            *name = arena_printf(converting->arena, "%s, %s", *name, called);
    }
    return spot;
}

/* Takes out what is at fault, or what it is missing in; false when nothing can be. */
static bool take_out(struct converting *converting, const struct fixture_fault *fault)
{
    const char *name = "";
    struct spot spot =
        fault->at != NULL ? spot_of(converting, fault->at, &name) : (struct spot){.json = NULL};
    if (spot.above == NULL || fault->kind == FIXTURE_FAILED)
        return false;
    import_lose(converting->losses, name, "left out: %s", fault->text);
    cJSON_Delete(cJSON_DetachItemViaPointer(spot.above, spot.json));
    return true;
}

/* One load; the store is gone again where it fails. */
static bool load(struct converting *converting, struct settled *settled, struct fixture_fault *fault)
{
    static const struct log nowhere = {.sink = NULL};
    const struct store_options options = {.log = &nowhere};
    const struct fixture_source source = {.now = clock_now(&(struct clock){.stands = false})};
    cJSON *all CLEANUP(json_delete) = cJSON_CreateArray();
    const char *reason = "";
    bool is_new;
    for (size_t i = 0; i < converting->files->count; i++)
        cJSON_AddItemReferenceToArray(all, converting->files->list[i].json);
    settled->store = store_open(&options, converting->arena, &is_new, &reason);
    if (settled->store == NULL) {
        *fault = (struct fixture_fault){.kind = FIXTURE_FAILED, .text = reason};
        return false;
    }
    if (fixtures_load_documents(settled->store, all, &source, &fixture_rules, converting->arena, fault))
        return true;
    store_discard(settled->store);
    settled->store = NULL;
    return false;
}

bool settle(struct converting *converting, struct settled *settled, const char **reason)
{
    struct fixture_fault fault = {.text = NULL};
    size_t faults = 0;
    while (!load(converting, settled, &fault)) {
        *reason = fault.text;
        if (faults++ == FAULTS_MAX || !take_out(converting, &fault))
            return false;
    }
    settled->db = store_acquire(settled->store);
    *reason = "the metadata of the fixtures cannot be read";
    return settled->db != NULL && orgs_load(settled->db, ALL_ORGS, &settled->orgs) == STORE_OK &&
           settled->orgs.count == 1 && settled->orgs.list[0].user_count > 0;
}

void settled_clear(struct settled *settled)
{
    orgs_clear(&settled->orgs);
    if (settled->db != NULL)
        store_release(settled->db);
    store_close(settled->store);
}
