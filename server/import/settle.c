#include <stdlib.h>
#include <string.h>

#include "crm/fixture_rules.h"
#include "fixture/fixture.h"
#include "import/converting.h"

/* What is taken out may leave others at fault that named it. After so many times something is wrong
 * that taking things out does not mend. */
enum { PASSES_MAX = 100 };

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

/* Has taken out what is at fault, or what it is missing in; false when nothing can be. */
static bool doom(struct converting *converting, const struct fixture_fault *fault, GHashTable *doomed)
{
    const char *name = "";
    struct spot spot =
        fault->at != NULL ? spot_of(converting, fault->at, &name) : (struct spot){.json = NULL};
    if (spot.above == NULL || fault->kind == FIXTURE_FAILED)
        return false;
    import_lose(converting->losses, name, "left out: %s", fault->text);
    (void)g_hash_table_add(doomed, spot.json);
    return true;
}

static void take_out(cJSON *json, GHashTable *doomed)
{
    cJSON *next;
    for (cJSON *inner = json->child; inner != NULL; inner = next) {
        next = inner->next;
        if (g_hash_table_contains(doomed, inner))
            cJSON_Delete(cJSON_DetachItemViaPointer(json, inner));
        else
            take_out(inner, doomed);
    }
}

/* Of all faults at once, for places are told by numbers, which change; false when none could be. */
static bool take_out_all(struct converting *converting, const struct fixture_check *check)
{
    GHashTable *doomed CLEANUP(end_set) = g_hash_table_new(g_direct_hash, g_direct_equal);
    bool is_any = false;
    for (size_t i = 0; i < check->fault_count; i++)
        is_any |= doom(converting, &check->faults[i], doomed);
    for (size_t i = 0; is_any && i < converting->files->count; i++)
        take_out(converting->files->list[i].json, doomed);
    return is_any;
}

/* One load; where there are faults, the store is gone again. */
static bool load(struct converting *converting, struct settled *settled, struct fixture_check *check,
                 const char **reason)
{
    static const struct log nowhere = {.sink = NULL};
    const struct store_options options = {.log = &nowhere};
    const struct fixture_source source = {.now = clock_now(&(struct clock){.stands = false})};
    cJSON *all CLEANUP(json_delete) = cJSON_CreateArray();
    bool is_new;
    for (size_t i = 0; i < converting->files->count; i++)
        cJSON_AddItemReferenceToArray(all, converting->files->list[i].json);
    *check = (struct fixture_check){.faults = NULL};
    settled->store = store_open(&options, converting->arena, &is_new, reason);
    if (settled->store == NULL)
        return false;
    if (fixtures_check_documents(settled->store, all, &source, &fixture_rules, converting->arena,
                                 check))
        return true;
    *reason = fixture_fault_line(&check->faults[0], converting->arena);
    store_discard(settled->store);
    settled->store = NULL;
    return false;
}

bool settle(struct converting *converting, struct settled *settled, const char **reason)
{
    struct fixture_check check;
    for (int pass = 0; !load(converting, settled, &check, reason); pass++) {
        if (pass == PASSES_MAX || !take_out_all(converting, &check))
            return false;
        if (import_is_stopping(converting->stop)) {
            *reason = "interrupted";
            return false;
        }
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
