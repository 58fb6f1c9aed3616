#include "import/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "import/converting.h"

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = json_scalar_text(json_member(object, name));
    return text != NULL ? text : "";
}

/* Ids are numbers without leading zeros. */
static int by_id(const void *one, const void *other)
{
    const char *a = text_of(*(cJSON *const *)one, "id"), *b = text_of(*(cJSON *const *)other, "id");
    size_t length = strlen(a), other_length = strlen(b);
    return length != other_length ? (length < other_length ? -1 : 1) : strcmp(a, b);
}

static int by_name(const void *one, const void *other)
{
    return strcmp(text_of(*(cJSON *const *)one, "api_name"),
                  text_of(*(cJSON *const *)other, "api_name"));
}

static void sort(cJSON *list, int (*compare)(const void *, const void *), struct arena *arena)
{
    size_t count = (size_t)cJSON_GetArraySize(list);
    cJSON **items = arena_array(arena, count + 1, sizeof(cJSON *));
    for (size_t i = 0; i < count; i++)
        items[i] = cJSON_DetachItemViaPointer(list, list->child);
    if (count > 1)
        qsort((void *)items, count, sizeof(cJSON *), compare);
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(list, items[i]);
}

static cJSON *first_of(cJSON *list)
{
    cJSON *first = list != NULL ? list->child : NULL;
    return first != NULL ? cJSON_DetachItemViaPointer(list, first) : NULL;
}

/* A target with an id in it, or NULL where what is told as one is none: it would make another path. */
static const char *target_with(struct arena *arena, const char *before, const cJSON *entry,
                               const char *behind)
{
    const char *id = told_id(entry);
    return id != NULL ? arena_printf(arena, "%s%s%s", before, id, behind) : NULL;
}

/* What is asked for in one go. */
struct batch {
    struct ask *list;
    size_t count, room;
};

static void add(struct batch *batch, struct arena *arena, const struct ask *ask)
{
    batch->list = arena_grown(arena, batch->list, batch->count, &batch->room, sizeof *batch->list);
    batch->list[batch->count++] = *ask;
}

/* The org is what all others belong to, and who asks sees what he may: answers are kept for both. */
static bool begin(struct asker *asker, struct import_state *state, struct import_documents *documents)
{
    enum { ORG, USER };
    struct ask asks[] = {{.target = "org", .member = "org"},
                         {.target = "users?type=CurrentUser", .member = "users"}};
    for (size_t i = 0; i < COUNT(asks); i++) /* whether the token is good, one call says */
        if (!ask_all(asker, &asks[i], 1)) {
            cJSON_Delete(ask_take(&asks[ORG]));
            return false;
        }
    cJSON *user CLEANUP(json_delete) = ask_take(&asks[USER]);
    cJSON *orgs CLEANUP(json_delete) = ask_take(&asks[ORG]);
    documents->org = first_of(orgs);
    if (documents->org == NULL) {
        asker->reason = arena_printf(asker->arena, "%s/crm/v8/org: the org is not told: %s", asker->url,
                                     asks[ORG].refusal[0] != '\0' ? asks[ORG].refusal : "it is empty");
        return false;
    }
    const char *source =
        arena_printf(asker->arena, "%s\n%s\n%s", asker->url, text_of(documents->org, "id"),
                     text_of(user != NULL ? user->child : NULL, "id"));
    asker->state = state;
    if (!state_begin(state, source))
        asker->reason = arena_printf(asker->arena, "%s: cannot be written", state->path);
    return asker->reason == NULL;
}

/* Replaces each of a list by what is told of it alone; where that is refused, it stays as the list has
 * it. */
static bool complete(struct asker *asker, cJSON *list, const char *kind, const char *query,
                     struct import_losses *losses)
{
    struct batch batch = {.list = NULL};
    cJSON *entry;
    cJSON_ArrayForEach (entry, list)
        add(&batch, asker->arena,
            &(struct ask){.target = target_with(asker->arena,
                                                arena_printf(asker->arena, "settings/%s/", kind), entry,
                                                query),
                          .member = kind});
    if (!ask_all(asker, batch.list, batch.count))
        return false;
    entry = list != NULL ? list->child : NULL;
    for (size_t i = 0; i < batch.count; i++) {
        cJSON *next = entry->next, *answer CLEANUP(json_delete) = ask_take(&batch.list[i]);
        cJSON *whole = first_of(answer);
        if (whole != NULL)
            (void)cJSON_ReplaceItemViaPointer(list, entry, whole);
        else
            import_lose(losses, arena_printf(asker->arena, "%s.%s", kind, text_of(entry, "name")),
                        "told in the list alone: %s", batch.list[i].refusal);
        entry = next;
    }
    return true;
}

static bool fetch_people(struct asker *asker, struct import_documents *documents, cJSON **modules,
                         struct import_losses *losses)
{
    const struct {
        struct ask ask;
        cJSON **into;
    } rows[] = {
        {{.target = "users?type=AllUsers&per_page=200", .member = "users", .pages = PAGES_BY_NUMBER},
         &documents->users},
        {{.target = "settings/roles", .member = "roles"}, &documents->roles},
        {{.target = "settings/profiles", .member = "profiles"}, &documents->profiles},
        {{.target = "settings/territories", .member = "territories", .pages = PAGES_BY_NUMBER},
         &documents->territories},
        {{.target = "settings/modules", .member = "modules"}, modules},
    };
    struct ask asks[COUNT(rows)];
    for (size_t i = 0; i < COUNT(rows); i++)
        asks[i] = rows[i].ask;
    if (!ask_all(asker, asks, COUNT(asks)))
        return false;
    for (size_t i = 0; i < COUNT(rows); i++) {
        *rows[i].into = ask_take(&asks[i]);
        sort(*rows[i].into, rows[i].into == modules ? by_name : by_id, asker->arena);
        if (asks[i].refusal[0] != '\0')
            import_lose(losses, asks[i].member, "not told: %s", asks[i].refusal);
    }
    if (*modules == NULL)
        asker->reason = arena_printf(asker->arena, "%s/crm/v8/settings/modules: not told: %s",
                                     asker->url, asks[COUNT(rows) - 1].refusal);
    return *modules != NULL && complete(asker, documents->profiles, "profiles", "", losses);
}

static bool is_listed(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; *at != '\0'; at += strcspn(at, ","), at += *at == ',') {
        at += strspn(at, " ");
        if (strncmp(at, name, length) == 0 && strchr(", ", at[length]) != NULL)
            return true;
    }
    return false;
}

static bool has_entry(const cJSON *modules, const char *name, size_t length)
{
    const cJSON *entry;
    cJSON_ArrayForEach (entry, modules)
        if (strncmp(text_of(entry, "api_name"), name, length) == 0 &&
            text_of(entry, "api_name")[length] == '\0')
            return true;
    return false;
}

/* For a line to people. */
static const char *names_of(const cJSON *modules, struct arena *arena)
{
    enum { MOST = 400 };
    const char *names = "";
    const cJSON *entry;
    cJSON_ArrayForEach (entry, modules)
        names = utf8_line_with(arena, names, text_of(entry, "api_name"), MOST);
    return names;
}

/* Each name of --modules is one of the source's. */
static bool check_modules(struct asker *asker, const char *list, const cJSON *modules)
{
    for (const char *at = list; at != NULL && *at != '\0'; at += strcspn(at, ","), at += *at == ',') {
        at += strspn(at, " ");
        size_t length = strcspn(at, ", ");
        if (!has_entry(modules, at, length)) {
            asker->reason =
                arena_printf(asker->arena, "--modules: there is no module \"%.*s\"; there are %s",
                             (int)length, at, names_of(modules, asker->arena));
            return false;
        }
    }
    return true;
}

/* Those that are wanted, with their entry of the list. */
static bool choose_modules(struct asker *asker, const char *list, cJSON *modules,
                           struct import_documents *documents)
{
    if (!check_modules(asker, list, modules))
        return false;
    documents->modules =
        arena_array(asker->arena, (size_t)cJSON_GetArraySize(modules) + 1, sizeof *documents->modules);
    for (cJSON *entry = modules->child, *next; entry != NULL; entry = next) {
        next = entry->next;
        const char *name = arena_strdup(asker->arena, text_of(entry, "api_name"));
        if (name[0] == '\0' || (list != NULL && !is_listed(list, name)))
            continue;
        documents->modules[documents->count++] =
            (struct import_module){.name = name, .module = cJSON_DetachItemViaPointer(modules, entry)};
    }
    return true;
}

/* What is asked of each module; in this order stand its asks. */
enum { ASK_MODULE, ASK_FIELDS, ASK_LAYOUTS, ASK_VIEWS, MODULE_ASKS };
static const struct {
    const char *target, *member;
    enum ask_pages pages;
} module_asks[MODULE_ASKS] = {
    [ASK_MODULE] = {"settings/modules/%s", "modules", PAGES_ONE},
    [ASK_FIELDS] = {"settings/fields?module=%s", "fields", PAGES_ONE},
    [ASK_LAYOUTS] = {"settings/layouts?module=%s", "layouts", PAGES_ONE},
    [ASK_VIEWS] = {"settings/custom_views?module=%s", "custom_views", PAGES_BY_NUMBER},
};

/* NULL for what is no name. */
static const char *with_name(struct arena *arena, const char *target, const char *name)
{
    if (!is_api_name(name))
        return NULL;
    const char *at = strstr(target, "%s");
    return arena_printf(arena, "%.*s%s", (int)(at - target), target, name);
}

static void take_module(struct asker *asker, struct import_module *module, struct ask *asks,
                        struct import_losses *losses)
{
    cJSON *list CLEANUP(json_delete) = ask_take(&asks[ASK_MODULE]);
    cJSON *whole = first_of(list);
    if (whole != NULL) {
        cJSON_Delete(module->module);
        module->module = whole;
    }
    module->fields = ask_take(&asks[ASK_FIELDS]);
    module->layouts = ask_take(&asks[ASK_LAYOUTS]);
    module->views = ask_take(&asks[ASK_VIEWS]);
    sort(module->views, by_id, asker->arena);
    for (size_t i = 0; i < MODULE_ASKS; i++)
        if (asks[i].refusal[0] != '\0')
            import_lose(losses, arena_printf(asker->arena, "%s.%s", module->name, asks[i].member),
                        "not told: %s", asks[i].refusal);
}

static bool fetch_modules(struct asker *asker, struct import_documents *documents,
                          struct import_losses *losses)
{
    struct batch batch = {.list = NULL};
    for (size_t i = 0; i < documents->count; i++)
        for (size_t k = 0; k < MODULE_ASKS; k++)
            add(&batch, asker->arena,
                &(struct ask){.target = with_name(asker->arena, module_asks[k].target,
                                                  documents->modules[i].name),
                              .member = module_asks[k].member,
                              .pages = module_asks[k].pages});
    if (!ask_all(asker, batch.list, batch.count))
        return false;
    for (size_t i = 0; i < documents->count; i++)
        take_module(asker, &documents->modules[i], batch.list + i * MODULE_ASKS, losses);
    for (size_t i = 0; i < documents->count; i++) {
        const char *name = documents->modules[i].name;
        if (!complete(asker, documents->modules[i].views, "custom_views",
                      arena_printf(asker->arena, "?module=%s", name), losses))
            return false;
    }
    return true;
}

/* The pipelines of each layout of Deals. */
static bool fetch_pipelines(struct asker *asker, struct import_documents *documents,
                            struct import_losses *losses)
{
    struct batch batch = {.list = NULL};
    const cJSON *layout, *layouts = NULL;
    for (size_t i = 0; i < documents->count; i++)
        if (strcmp(documents->modules[i].name, "Deals") == 0)
            layouts = documents->modules[i].layouts;
    cJSON_ArrayForEach (layout, layouts)
        add(&batch, asker->arena,
            &(struct ask){.target =
                              target_with(asker->arena, "settings/pipeline?layout_id=", layout, ""),
                          .member = "pipeline"});
    if (!ask_all(asker, batch.list, batch.count))
        return false;
    layout = layouts != NULL ? layouts->child : NULL;
    for (size_t i = 0; i < batch.count; i++, layout = layout->next) {
        cJSON *found = ask_take(&batch.list[i]);
        if (found == NULL) {
            import_lose(losses, arena_printf(asker->arena, "Deals.layouts.%s", text_of(layout, "name")),
                        "pipelines: not told: %s", batch.list[i].refusal);
            continue;
        }
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddStringToObject(entry, "layout", text_of(layout, "id"));
        cJSON_AddItemToObject(entry, "pipeline", found);
        if (documents->pipelines == NULL)
            documents->pipelines = cJSON_CreateArray();
        cJSON_AddItemToArray(documents->pipelines, entry);
    }
    return true;
}

bool import_fetch(struct asker *asker, struct import_state *state, const struct import_options *options,
                  struct import_documents *documents, struct import_losses *losses)
{
    cJSON *modules CLEANUP(json_delete) = NULL;
    *documents = (struct import_documents){.org = NULL};
    bool is_whole =
        begin(asker, state, documents) && fetch_people(asker, documents, &modules, losses) &&
        choose_modules(asker, options->modules, modules, documents) &&
        fetch_modules(asker, documents, losses) && fetch_pipelines(asker, documents, losses) &&
        fetch_records(asker, options->records, documents, losses);
    if (!is_whole)
        import_documents_clear(documents);
    return is_whole;
}
