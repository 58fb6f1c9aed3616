/* Records: a call tells of fifty fields at most, so those of a module come in several parts, which are
 * put together by id. */
#include <glib.h>
#include <string.h>

#include "base/json.h"
#include "import/converting.h"
#include "import/fetch.h"

enum { FIELDS_A_CALL = 50 };

/* What a record tells of its state, and fixtures have. */
static const char states[] =
    "$approved,$approval_state,$review_process,$in_merge,$locked_for_me,$process_flow,"
    "$converted,$stop_processing,$layout_id";

/* A module's records, as they are asked for. */
struct plan {
    struct import_module *module;
    size_t first, count; /* its parts among all asks */
    size_t awaited;
};

struct parts {
    struct ask *list;
    size_t count, room;
    struct arena *arena;
    unsigned most; /* records */
};

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = json_scalar_text(json_member(object, name));
    return text != NULL ? text : "";
}

/* Oldest first: what is added to the source leaves the rest as it was. */
static void add_part(struct parts *parts, struct plan *plan, const char *fields)
{
    unsigned per_page = parts->most < ASK_PER_PAGE ? parts->most : ASK_PER_PAGE;
    char *escaped = g_uri_escape_string(fields, ",$", false);
    parts->list =
        arena_grown(parts->arena, parts->list, parts->count, &parts->room, sizeof *parts->list);
    parts->list[parts->count++] = (struct ask){
        .target = arena_printf(
            parts->arena,
            "%s?fields=%s&per_page=%u&sort_by=id&sort_order=asc&converted=both&approved=both",
            plan->module->name, escaped, per_page),
        .member = "data",
        .pages = PAGES_BY_TOKEN,
        .most = parts->most,
        .awaited = &plan->awaited,
        .has_records = plan->count == 0,
        .is_sparse = true};
    plan->count++;
    plan->awaited++;
    g_free(escaped);
}

static void plan_parts(struct parts *parts, struct plan *plan)
{
    const cJSON *field;
    const char *names = "";
    size_t count = 0;
    plan->first = parts->count;
    cJSON_ArrayForEach (field, plan->module->fields) {
        const char *name = text_of(field, "api_name");
        if (name[0] == '\0' || strcmp(name, "id") == 0)
            continue;
        names = arena_printf(parts->arena, "%s%s%s", names, names[0] != '\0' ? "," : "", name);
        if (++count % FIELDS_A_CALL == 0) {
            add_part(parts, plan, names);
            names = "";
        }
    }
    if (names[0] != '\0' || count == 0)
        add_part(parts, plan, names[0] != '\0' ? names : "id");
    add_part(parts, plan, states);
}

/* Adds what another part tells to the records; those that it does not have are taken out. How many. */
static size_t join(cJSON *records, cJSON *part)
{
    size_t lost = 0;
    GHashTable *by_id = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    cJSON *record, *next;
    cJSON_ArrayForEach (record, part)
        (void)g_hash_table_insert(by_id, g_strdup(text_of(record, "id")), record);
    for (record = records->child; record != NULL; record = next) {
        next = record->next;
        cJSON *more = g_hash_table_lookup(by_id, text_of(record, "id"));
        lost += more == NULL;
        if (more == NULL)
            cJSON_Delete(cJSON_DetachItemViaPointer(records, record));
        while (more != NULL && more->child != NULL) {
            cJSON *member = cJSON_DetachItemViaPointer(more, more->child);
            if (cJSON_HasObjectItem(record, member->string) && strcmp(member->string, "id") == 0)
                cJSON_Delete(member);
            else
                cJSON_AddItemToObject(record, member->string, member);
        }
    }
    g_hash_table_destroy(by_id);
    return lost;
}

/* A record that comes twice, because others went while it was read, is there once. */
static void drop_doubles(cJSON *records)
{
    GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (cJSON *record = records->child, *next; record != NULL; record = next) {
        next = record->next;
        if (!g_hash_table_add(seen, g_strdup(text_of(record, "id"))))
            cJSON_Delete(cJSON_DetachItemViaPointer(records, record));
    }
    g_hash_table_destroy(seen);
}

static const char *fields_of(const struct ask *ask, struct arena *arena)
{
    const char *at = strchr(ask->target, '=') + 1;
    return arena_strndup(arena, at, strcspn(at, "&"));
}

static void lose_part(const struct plan *plan, const struct ask *ask, struct import_losses *losses)
{
    import_lose(losses, arena_printf(losses->arena, "%s.records", plan->module->name),
                "not told: %s: %s", fields_of(ask, losses->arena), ask->refusal);
}

/* What no record has, though it was asked for: lists of the service leave subforms out, say. */
static void lose_untold(const struct plan *plan, struct import_losses *losses)
{
    const cJSON *field, *first = plan->module->records->child;
    cJSON_ArrayForEach (field, plan->module->fields) {
        const char *name = text_of(field, "api_name");
        if (first != NULL && name[0] != '\0' && json_member(first, name) == NULL)
            import_lose(losses, arena_printf(losses->arena, "%s.%s", plan->module->name, name),
                        "records: lists do not tell it");
    }
}

static void take_records(const struct plan *plan, struct ask *asks, struct import_losses *losses)
{
    struct import_module *module = plan->module;
    size_t lost = 0, refused = 0;
    bool has_more = false;
    for (size_t i = 0; i < plan->count; i++) {
        cJSON *part CLEANUP(json_delete) = ask_take(&asks[i]);
        has_more = has_more || asks[i].has_more;
        refused += part == NULL;
        if (part != NULL)
            drop_doubles(part);
        if (part != NULL && module->records != NULL)
            lost += join(module->records, part);
        else if (part != NULL) {
            module->records = part;
            part = NULL;
        }
    }
    const char *where = arena_printf(losses->arena, "%s.records", module->name);
    if (module->records == NULL) {
        import_lose(losses, where, "not told: %s", asks[0].refusal);
        return;
    }
    for (size_t i = 0; refused > 0 && i < plan->count; i++)
        if (asks[i].refusal[0] != '\0')
            lose_part(plan, &asks[i], losses);
    if (has_more)
        import_lose(losses, where, "the first %d by id; there are more",
                    cJSON_GetArraySize(module->records));
    if (lost > 0)
        import_lose(losses, where, "%zu that came or went while they were read", lost);
    if (refused == 0)
        lose_untold(plan, losses);
    ask_drop_nulls(module->records->child);
}

/* The blueprints of the records that say that they are in one. */
static bool fetch_blueprints(struct asker *asker, struct import_documents *documents,
                             struct import_losses *losses)
{
    struct parts asks = {.arena = asker->arena};
    for (size_t i = 0; i < documents->count; i++) {
        const cJSON *record;
        cJSON_ArrayForEach (record, documents->modules[i].records) {
            if (!cJSON_IsTrue(json_member(record, "$process_flow")))
                continue;
            asks.list = arena_grown(asks.arena, asks.list, asks.count, &asks.room, sizeof *asks.list);
            asks.list[asks.count++] =
                (struct ask){.target = told_id(record) == NULL
                                           ? NULL
                                           : arena_printf(asks.arena, "%s/%s/actions/blueprint",
                                                          documents->modules[i].name, told_id(record)),
                             .member = "blueprint"};
        }
    }
    if (!ask_all(asker, asks.list, asks.count))
        return false;
    for (size_t i = 0, k = 0; i < documents->count; i++) {
        struct import_module *module = &documents->modules[i];
        const cJSON *record;
        cJSON_ArrayForEach (record, module->records) {
            if (!cJSON_IsTrue(json_member(record, "$process_flow")))
                continue;
            struct ask *ask = &asks.list[k++];
            cJSON *entry = cJSON_CreateObject(), *found = ask_take(ask);
            cJSON_AddStringToObject(entry, "record", text_of(record, "id"));
            if (found == NULL) {
                import_lose(losses,
                            arena_printf(losses->arena, "%s.%s", module->name, text_of(record, "id")),
                            "its blueprint is not told: %s", ask->refusal);
                cJSON_Delete(entry);
                continue;
            }
            cJSON_AddItemToObject(cJSON_AddObjectToObject(entry, "blueprint"), "blueprint", found);
            if (module->blueprints == NULL)
                module->blueprints = cJSON_CreateArray();
            cJSON_AddItemToArray(module->blueprints, entry);
        }
    }
    return true;
}

/* Those of which lists of records are to be had. */
static bool has_records(const struct import_module *module)
{
    return module->fields != NULL && cJSON_IsTrue(json_member(module->module, "api_supported"));
}

/* Line items and links are told with the records that have them, users by themselves. */
static bool comes_with_others(const struct import_module *module)
{
    const char *type = text_of(module->module, "generated_type");
    return strcmp(type, "subform") == 0 || strcmp(type, "linking") == 0 ||
           strcmp(module->name, "Users") == 0;
}

bool fetch_records(struct asker *asker, unsigned most, struct import_documents *documents,
                   struct import_losses *losses)
{
    struct parts parts = {.arena = asker->arena, .most = most};
    struct plan *plans = arena_array(asker->arena, documents->count + 1, sizeof *plans);
    size_t count = 0;
    for (size_t i = 0; i < documents->count; i++) {
        struct import_module *module = &documents->modules[i];
        plans[count].module = module;
        if (most > 0 && has_records(module))
            plan_parts(&parts, &plans[count++]);
        else {
            asker->modules++;
            if (most > 0 && module->fields != NULL && !comes_with_others(module))
                import_lose(losses, arena_printf(losses->arena, "%s.records", module->name),
                            "not told: the API has no list of them");
        }
    }
    if (!ask_all(asker, parts.list, parts.count))
        return false;
    for (size_t i = 0; i < count; i++)
        take_records(&plans[i], parts.list + plans[i].first, losses);
    return fetch_blueprints(asker, documents, losses);
}
