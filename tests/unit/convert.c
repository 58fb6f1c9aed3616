#include "import/convert.h"

#include <glib.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app_rig.h"
#include "base/file.h"
#include "client.h"
#include "crm/fixture_rules.h"
#include "unit.h"

static const char *const metadata_paths[] = {
    "org", "users", "settings/roles", "settings/profiles", "settings/territories", "settings/modules"};
static const char *const module_paths[] = {"settings/modules/%s", "settings/fields?module=%s",
                                           "settings/layouts?module=%s",
                                           "settings/custom_views?module=%s"};

/* The folder of this file has fixtures beside it. */
static const char *own_fixtures(struct arena *arena)
{
    return arena_printf(arena, "%s/import", dirname(arena_strdup(arena, __FILE__)));
}

static struct app *started(const char *fixtures, struct arena *arena)
{
    struct app_options options = app_rig_options();
    options.fixtures = fixtures;
    return app_rig_start(&options, arena);
}

/* What it answers with 200; NULL: something else. Owned by the caller. */
static cJSON *ask(const struct app *app, const char *path, struct arena *arena)
{
    const char *answer = client_exchange(app_url(app), client_request(arena, "GET", path, ""), arena);
    const char *body = strstr(answer, "\r\n\r\n");
    ck_assert_msg(body != NULL, "%s: %s", path, answer);
    return strncmp(answer, "HTTP/1.1 200", 12) == 0 ? json_parse(body + 4, strlen(body + 4), NULL)
                                                    : NULL;
}

/* A member of the answer, taken out of it; NULL: there is none. */
static cJSON *told(const struct app *app, const char *path, const char *name, struct arena *arena)
{
    cJSON *answer = ask(app, path, arena);
    cJSON *member = cJSON_DetachItemFromObjectCaseSensitive(answer, name);
    cJSON_Delete(answer);
    return member;
}

static cJSON *first_told(const struct app *app, const char *path, const char *name, struct arena *arena)
{
    cJSON *list = told(app, path, name, arena), *first = cJSON_DetachItemFromArray(list, 0);
    cJSON_Delete(list);
    return first;
}

static const char *id_in(const cJSON *object)
{
    return json_member(object, "id")->valuestring;
}

static cJSON *views_of(const struct app *app, const char *name, struct arena *arena)
{
    const char *path = arena_printf(arena, "/crm/v8/settings/custom_views?module=%s", name);
    cJSON *list CLEANUP(json_delete) = told(app, path, "custom_views", arena), *view;
    cJSON *views = cJSON_CreateArray();
    cJSON_ArrayForEach (view, list)
        cJSON_AddItemToArray(
            views, first_told(app,
                              arena_printf(arena, "/crm/v8/settings/custom_views/%s?module=%s",
                                           id_in(view), name),
                              "custom_views", arena));
    return views;
}

static cJSON *blueprints_of(const struct app *app, const char *name, const cJSON *records,
                            struct arena *arena)
{
    cJSON *list = cJSON_CreateArray();
    const cJSON *record;
    cJSON_ArrayForEach (record, records) {
        const char *path = arena_printf(arena, "/crm/v8/%s/%s/actions/blueprint", name, id_in(record));
        if (!cJSON_IsTrue(json_member(record, "$process_flow")))
            continue;
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "record", id_in(record));
        cJSON_AddItemToObject(one, "blueprint", ask(app, path, arena));
        cJSON_AddItemToArray(list, one);
    }
    return list;
}

static struct import_module read_module(const struct app *app, const char *name, struct arena *arena)
{
    const char *records =
        arena_printf(arena, "/crm/v2/%s?per_page=200&sort_by=id&sort_order=asc", name);
    struct import_module module = {
        .name = name,
        .module =
            first_told(app, arena_printf(arena, "/crm/v8/settings/modules/%s", name), "modules", arena),
        .fields =
            told(app, arena_printf(arena, "/crm/v8/settings/fields?module=%s", name), "fields", arena),
        .layouts = told(app, arena_printf(arena, "/crm/v8/settings/layouts?module=%s", name), "layouts",
                        arena),
        .views = views_of(app, name, arena),
        .records = told(app, records, "data", arena)};
    module.blueprints = blueprints_of(app, name, module.records, arena);
    return module;
}

static struct import_documents read_all(const struct app *app, struct arena *arena)
{
    struct import_documents documents = {
        .org = first_told(app, "/crm/v8/org", "org", arena),
        .users = told(app, "/crm/v8/users", "users", arena),
        .roles = told(app, "/crm/v8/settings/roles", "roles", arena),
        .profiles = told(app, "/crm/v8/settings/profiles", "profiles", arena),
        .territories = told(app, "/crm/v8/settings/territories", "territories", arena)};
    cJSON *modules CLEANUP(json_delete) = told(app, "/crm/v8/settings/modules", "modules", arena),
                   *module;
    documents.modules =
        arena_array(arena, (size_t)cJSON_GetArraySize(modules), sizeof *documents.modules);
    cJSON_ArrayForEach (module, modules)
        documents.modules[documents.count++] =
            read_module(app, arena_strdup(arena, json_member(module, "api_name")->valuestring), arena);
    return documents;
}

static const struct import_stop never = {.is_stopping = NULL};

/* One conversion, and a folder with what it made. */
struct made {
    struct arena arena;
    struct import_files files;
    struct import_losses losses;
    const char *folder;
};

static void convert(struct made *made, const struct import_documents *documents)
{
    const char *reason = "";
    *made = (struct made){.folder = NULL};
    made->losses.arena = &made->arena;
    ck_assert_msg(import_convert(documents, &never, &made->arena, &made->files, &made->losses, &reason),
                  "%s", reason);
}

static void write_files(struct made *made)
{
    char folder[] = "/tmp/crmock-import-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    made->folder = arena_strdup(&made->arena, folder);
    for (size_t i = 0; i < made->files.count; i++)
        ck_assert(
            g_file_set_contents(arena_printf(&made->arena, "%s/%s", folder, made->files.list[i].name),
                                json_print(&made->arena, made->files.list[i].json), -1, NULL));
}

static void made_clear(struct made *made)
{
    for (size_t i = 0; i < made->files.count && made->folder != NULL; i++)
        ck_assert_int_eq(
            unlink(arena_printf(&made->arena, "%s/%s", made->folder, made->files.list[i].name)), 0);
    ck_assert(made->folder == NULL || rmdir(made->folder) == 0);
    import_files_clear(&made->files);
    arena_clear(&made->arena);
}

/* When metadata was changed is the one thing that differs. */
static void drop_times(cJSON *json)
{
    cJSON *next, *member = json != NULL ? json->child : NULL;
    for (; member != NULL; member = next) {
        next = member->next;
        if (member->string != NULL && g_str_has_suffix(member->string, "_time"))
            cJSON_Delete(cJSON_DetachItemViaPointer(json, member));
        else
            drop_times(member);
    }
}

static void find_difference(const cJSON *one, const cJSON *other, const char *path, struct arena *arena)
{
    if (json_equal(one, other))
        return;
    const cJSON *a = one != NULL ? one->child : NULL, *b = other != NULL ? other->child : NULL;
    for (int i = 0; a != NULL && b != NULL; a = a->next, b = b->next, i++) {
        ck_assert_msg(a->string == NULL || (b->string != NULL && strcmp(a->string, b->string) == 0),
                      "%s: %s is not %s", path, a->string, b->string);
        find_difference(a, b,
                        a->string != NULL ? arena_printf(arena, "%s.%s", path, a->string)
                                          : arena_printf(arena, "%s[%d]", path, i),
                        arena);
    }
    ck_abort_msg("%s: %s is not %s", path, json_print(arena, (cJSON *)one),
                 json_print(arena, (cJSON *)other));
}

static void compare(const struct app *one, const struct app *other, const char *path, bool has_times)
{
    struct arena arena = {.blocks = NULL};
    cJSON *first CLEANUP(json_delete) = ask(one, path, &arena);
    cJSON *second CLEANUP(json_delete) = ask(other, path, &arena);
    if (!has_times) {
        drop_times(first);
        drop_times(second);
    }
    ck_assert_msg((first == NULL) == (second == NULL), "%s: one answers it", path);
    if (first != NULL)
        find_difference(first, second, path, &arena);
    arena_clear(&arena);
}

static void compare_module(const struct app *one, const struct app *other,
                           const struct import_module *module, const char *version, struct arena *arena)
{
    const cJSON *view, *record;
    for (size_t i = 0; i < COUNT(module_paths); i++) {
        const char *path = strchr(module_paths[i], '%') - module_paths[i] + module_paths[i];
        compare(one, other,
                arena_printf(arena, "/crm/%s/%.*s%s", version, (int)(path - module_paths[i]),
                             module_paths[i], module->name),
                false);
    }
    cJSON_ArrayForEach (view, module->views) {
        compare(one, other,
                arena_printf(arena, "/crm/%s/settings/custom_views/%s?module=%s", version, id_in(view),
                             module->name),
                false);
    }
    cJSON_ArrayForEach (record, module->records)
        compare(one, other, arena_printf(arena, "/crm/%s/%s/%s", version, module->name, id_in(record)),
                true);
}

/* Everything that is told of the orgs is the same. */
static void compare_all(const struct app *one, const struct app *other,
                        const struct import_documents *documents)
{
    static const char *const versions[] = {"v2", "v3", "v8"};
    struct arena arena = {.blocks = NULL};
    for (size_t i = 0; i < COUNT(versions); i++) {
        for (size_t k = 0; k < COUNT(metadata_paths); k++)
            compare(one, other, arena_printf(&arena, "/crm/%s/%s", versions[i], metadata_paths[k]),
                    false);
        for (size_t k = 0; k < documents->count; k++)
            compare_module(one, other, &documents->modules[k], versions[i], &arena);
    }
    arena_clear(&arena);
}

static void compare_views(const struct app *one, const struct app *other,
                          const struct import_documents *documents)
{
    struct arena arena = {.blocks = NULL};
    for (size_t i = 0; i < documents->count; i++) {
        const struct import_module *module = &documents->modules[i];
        const cJSON *view;
        cJSON_ArrayForEach (view, module->views)
            compare(one, other,
                    arena_printf(&arena, "/crm/v2/%s?cvid=%s&sort_by=id", module->name, id_in(view)),
                    true);
    }
    arena_clear(&arena);
}

static void show(const struct made *made)
{
    if (getenv("CRMOCK_SHOW") == NULL)
        return;
    for (size_t i = 0; i < made->losses.count; i++)
        (void)fprintf(stderr, "%s: %s\n", made->losses.list[i].where, made->losses.list[i].what);
    for (size_t i = 0; i < made->files.count; i++) {
        char *text = cJSON_Print(made->files.list[i].json);
        (void)fprintf(stderr, "--- %s\n%s\n", made->files.list[i].name, text);
        free(text);
    }
}

/* Files of a conversion of what the converted org tells are the same, byte for byte. */
static void convert_again(struct made *made, const struct app *app)
{
    struct made again;
    struct import_documents documents = read_all(app, &made->arena);
    convert(&again, &documents);
    ck_assert_uint_eq(again.files.count, made->files.count);
    for (size_t i = 0; i < again.files.count; i++) {
        ck_assert_str_eq(again.files.list[i].name, made->files.list[i].name);
        ck_assert_str_eq(json_print(&again.arena, again.files.list[i].json),
                         json_print(&again.arena, made->files.list[i].json));
    }
    made_clear(&again);
    import_documents_clear(&documents);
}

static void go_round(const char *fixtures, bool with_views)
{
    struct arena arena = {.blocks = NULL};
    struct made made;
    struct app *first = started(fixtures, &arena);
    struct import_documents documents = read_all(first, &arena);
    convert(&made, &documents);
    show(&made);
    write_files(&made);
    struct app *second = started(made.folder, &arena);
    compare_all(first, second, &documents);
    if (with_views)
        compare_views(first, second, &documents);
    convert_again(&made, second);
    app_stop(second);
    app_stop(first);
    import_documents_clear(&documents);
    made_clear(&made);
    arena_clear(&arena);
}

START_TEST(the_default_org_comes_back)
{
    go_round(NULL, false); /* of its views some select more records than are read here */
}
END_TEST

START_TEST(an_org_with_everything_comes_back)
{
    struct arena arena = {.blocks = NULL};
    go_round(own_fixtures(&arena), true);
    arena_clear(&arena);
}
END_TEST

/* The documents as one tree, so that any of it can be another. */
enum { OF_ORG = 6, OF_MODULE = 6 };

static void lists_of(struct import_documents *documents, size_t index, cJSON **lists[OF_MODULE])
{
    struct import_module *module = &documents->modules[index];
    cJSON **const all[] = {&module->module, &module->fields,  &module->layouts,
                           &module->views,  &module->records, &module->blueprints};
    memcpy(lists, all, sizeof all);
}

static void org_lists_of(struct import_documents *documents, cJSON **lists[OF_ORG])
{
    cJSON **const all[] = {&documents->org,      &documents->users,       &documents->roles,
                           &documents->profiles, &documents->territories, &documents->pipelines};
    memcpy(lists, all, sizeof all);
}

static void gather(struct import_documents *documents, cJSON *tree, bool takes)
{
    cJSON **lists[OF_MODULE], *at = tree->child;
    for (size_t i = 0; i <= documents->count; i++) {
        if (i == documents->count)
            org_lists_of(documents, lists);
        else
            lists_of(documents, i, lists);
        for (size_t k = 0; k < OF_MODULE; k++) {
            if (takes)
                cJSON_AddItemToArray(tree, *lists[k] != NULL ? cJSON_Duplicate(*lists[k], true)
                                                             : cJSON_CreateNull());
            else
                *lists[k] = at->child == NULL && cJSON_IsNull(at) ? NULL : at;
            at = takes ? NULL : at->next;
        }
    }
}

static void list_all(cJSON *json, GPtrArray *all)
{
    for (cJSON *member = json->child; member != NULL; member = member->next) {
        g_ptr_array_add(all, member);
        list_all(member, all);
    }
}

/* Gives a value another type, or that of another value, without moving it. */
static void spoil(cJSON *json, const cJSON *other, GRand *random)
{
    static const char *const texts[] = {"null",
                                        "true",
                                        "7",
                                        "-1e99",
                                        "\"\"",
                                        "\"x\"",
                                        "[]",
                                        "{}",
                                        "[[]]",
                                        "[\"a\",null,1]",
                                        "{\"id\":\"1\",\"name\":7}",
                                        "\"9223372036854775807\"",
                                        "\"../org\"",
                                        "\"\\u0007 a.b[0]\"",
                                        "[{\"id\":\"6001\"},{\"id\":\"6001\"}]"};
    const char *text = texts[g_rand_int_range(random, 0, COUNT(texts))];
    cJSON *made =
        g_rand_boolean(random) ? cJSON_Duplicate(other, true) : json_parse(text, strlen(text), NULL);
    cJSON_Delete(json->child);
    if (json->valuestring != NULL)
        cJSON_free(json->valuestring);
    json->child = made->child;
    json->type = made->type;
    json->valuestring = made->valuestring;
    json->valueint = made->valueint;
    json->valuedouble = made->valuedouble;
    made->child = NULL;
    made->valuestring = NULL;
    made->type = cJSON_NULL;
    cJSON_Delete(made);
}

static void spoil_some(cJSON *tree, GRand *random)
{
    for (int times = g_rand_int_range(random, 1, 12); times > 0; times--) {
        GPtrArray *all = g_ptr_array_new();
        list_all(tree, all);
        cJSON *json = all->pdata[g_rand_int_range(random, 0, (int)all->len)];
        spoil(json, all->pdata[g_rand_int_range(random, 0, (int)all->len)], random);
        g_ptr_array_free(all, true);
    }
}

/* Whatever the service tells, what is made of it loads. */
static void check_loads(const struct import_files *files, int round)
{
    struct arena arena = {.blocks = NULL};
    const struct store_options options = {.log = &quiet_log};
    const struct fixture_source source = {.now = 1614334436};
    struct fixture_fault fault = {.text = NULL};
    const char *reason = "";
    bool is_new;
    cJSON *all CLEANUP(json_delete) = cJSON_CreateArray();
    for (size_t i = 0; i < files->count; i++)
        cJSON_AddItemReferenceToArray(all, files->list[i].json);
    struct store *store = store_open(&options, &arena, &is_new, &reason);
    ck_assert_ptr_nonnull(store);
    ck_assert_msg(fixtures_load_documents(store, all, &source, &fixture_rules, &arena, &fault),
                  "round %d: %s: %s: %s", round, fault.at, fault.text, json_print(&arena, all));
    store_close(store);
    arena_clear(&arena);
}

START_TEST(what_is_made_of_anything_loads)
{
    enum { ROUNDS = 30 };
    struct arena arena = {.blocks = NULL};
    struct app *app = started(own_fixtures(&arena), &arena);
    struct import_documents documents = read_all(app, &arena), spoiled = documents;
    GRand *random = g_rand_new_with_seed(7);
    int converted = 0;
    spoiled.modules = arena_array(&arena, documents.count, sizeof *spoiled.modules);
    memcpy(spoiled.modules, documents.modules, documents.count * sizeof *spoiled.modules);
    for (int i = 0; i < ROUNDS; i++) {
        struct arena scratch = {.blocks = NULL};
        struct import_files files;
        struct import_losses losses = {.arena = &scratch};
        const char *reason = NULL;
        cJSON *tree CLEANUP(json_delete) = cJSON_CreateArray();
        gather(&documents, tree, true);
        spoil_some(tree, random);
        gather(&spoiled, tree, false);
        if (import_convert(&spoiled, &never, &scratch, &files, &losses, &reason)) {
            check_loads(&files, i);
            converted++;
        } else
            ck_assert_msg(strstr(reason, "no users") != NULL, "round %d: %s", i, reason);
        import_files_clear(&files);
        arena_clear(&scratch);
    }
    ck_assert_int_gt(converted, ROUNDS / 2);
    g_rand_free(random);
    app_stop(app);
    import_documents_clear(&documents);
    arena_clear(&arena);
}
END_TEST

/* The entry of a list whose member is that text. */
static cJSON *entry_of(cJSON *list, const char *member, const char *text)
{
    cJSON *entry;
    cJSON_ArrayForEach (entry, list) {
        const char *has = json_scalar_text(json_member(entry, member));
        if (has != NULL && strcmp(has, text) == 0)
            return entry;
    }
    ck_abort_msg("nothing has the %s %s", member, text);
    return NULL;
}

static void put(cJSON *object, const char *name, const char *json)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, name);
    cJSON_AddItemToObject(object, name, json_parse(json, strlen(json), NULL));
}

static struct import_module *told_module(const struct import_documents *documents, const char *name)
{
    for (size_t i = 0; i < documents->count; i++)
        if (strcmp(documents->modules[i].name, name) == 0)
            return &documents->modules[i];
    ck_abort_msg("no module %s", name);
    return NULL;
}

/* What the service has and crmock has not, or does not tell. */
static void add_what_is_strange(struct import_documents *documents)
{
    static const char pipelines[] =
        "[{\"layout\":\"5601\",\"pipeline\":[{\"id\":\"31\",\"display_value\":\"Long\",\"default\":"
        "false,\"maps\":["
        "{\"display_value\":\"Open\"},{\"actual_value\":\"Lost\"},{\"actual_value\":\"Gone\"}]},{"
        "\"id\":\"32\","
        "\"display_value\":\"Short\",\"default\":true,\"maps\":[{\"actual_value\":\"Open\"}]}]}]";
    struct import_module *zoo = told_module(documents, "Zoo");
    documents->pipelines = json_parse(pipelines, strlen(pipelines), NULL);
    put(entry_of(zoo->fields, "api_name", "Kept"), "data_type", "\"consent_lookup\"");
    put(entry_of(zoo->fields, "api_name", "Still"), "tooltip", "{\"name\":\"info_icon\"}");
    put(entry_of(zoo->fields, "api_name", "A_lookup"), "lookup",
        "{\"module\":{\"api_name\":\"Visits\",\"id\":\"33\"}}");
    put(entry_of(zoo->fields, "api_name", "Code"), "profiles",
        "[{\"id\":\"5202\",\"permission_type\":\"hidden\"},{\"id\":\"5201\",\"permission_type\":\"read_"
        "write\"}]");
    put(entry_of(documents->profiles, "id", "5203"), "permissions_details",
        "[{\"name\":\"Crm_Implied_Api_Access\",\"enabled\":false},{\"name\":\"Crm_Implied_Edit_Zoo\","
        "\"module\":\"Zoo\","
        "\"enabled\":false}]");
    put(entry_of(documents->users, "id", "6004"), "email", "\"bo@org.example\"");
    put(entry_of(zoo->views, "id", "9001"), "criteria",
        "{\"field\":{\"api_name\":\"A_date\"},\"comparator\":\"equal\",\"value\":\"${TODAY}\"}");
    put(entry_of(zoo->views, "id", "9104"), "shared_to",
        "[{\"type\":\"roles\",\"id\":\"5103\",\"subordinates\":true},{\"type\":\"groups\",\"id\":"
        "\"34\"}]");
    put(entry_of(zoo->records, "id", "8001"), "A_integer", "123456");
    put(entry_of(documents->roles, "id", "5105"), "reporting_to", "{\"id\":\"5105\"}"); /* a ring */
    put(entry_of(documents->territories, "id", "5304"), "reporting_to", "{\"id\":\"5304\"}");
    put(entry_of(zoo->records, "id", "8002"), "Name", "null");
}

static const cJSON *file_of(const struct made *made, const char *name)
{
    for (size_t i = 0; i < made->files.count; i++)
        if (strcmp(made->files.list[i].name, name) == 0)
            return made->files.list[i].json;
    ck_abort_msg("no file %s", name);
    return NULL;
}

static void check_entry(const struct made *made, const char *file, const char *section,
                        const char *text, const char *has)
{
    struct arena arena = {.blocks = NULL};
    cJSON *list = cJSON_GetObjectItemCaseSensitive(file_of(made, file), section), *entry = list->child;
    const char *printed = "";
    while (entry != NULL && strstr(printed = json_print(&arena, entry), text) == NULL)
        entry = entry->next;
    ck_assert_msg(entry != NULL && strstr(printed, has) != NULL, "%s: %s", has, printed);
    arena_clear(&arena);
}

static void check_loss(const struct made *made, const char *where, const char *what)
{
    for (size_t i = 0; i < made->losses.count; i++)
        if (strcmp(made->losses.list[i].where, where) == 0 &&
            strstr(made->losses.list[i].what, what) != NULL)
            return;
    ck_abort_msg("not noted: %s: %s", where, what);
}

START_TEST(what_crmock_lacks_is_noted)
{
    struct arena arena = {.blocks = NULL};
    struct made made;
    struct app *app = started(own_fixtures(&arena), &arena);
    struct import_documents documents = read_all(app, &arena);
    add_what_is_strange(&documents);
    convert(&made, &documents);
    check_loads(&made.files, 0);
    check_entry(&made, "Deals.json", "pipelines", "\"31\"", "\"stages\":[\"Open\",\"Lost\"]");
    check_entry(&made, "Deals.json", "modules", "Deals", "\"pipelines\":[\"Short\",\"Long\"]");
    check_entry(&made, "Visits.json", "modules", "Visits", "\"id\":\"33\"");
    check_entry(&made, "org.json", "profiles", "5202", "\"fields\":{\"Zoo.Code\":\"hidden\"}");
    check_entry(&made, "org.json", "profiles", "5203", "\"api_access\":false");
    check_entry(&made, "org.json", "profiles", "5203", "\"Zoo\":{\"write\":false}");
    check_entry(&made, "Zoo.json", "views", "9104",
                "\"shared_with\":[\"bo@org.example\",\"cy@org.example\"]");
    check_loss(&made, "Long", "stage Gone: left out");
    check_loss(&made, "Zoo.Kept", "consent_lookup: kept as text");
    check_loss(&made, "fields: tooltip", "Zoo.Still");
    check_loss(&made, "users: 6004", "the email");
    check_loss(&made, "org.json, territories, Moon, parent",
               "expected a territory that is not below this one");
    check_loss(&made, "org.json, roles, Alone, reports_to",
               "expected a role that is not below this one");
    check_loss(&made, "profiles", "Clerk: permissions: not told");
    check_loss(&made, "Zoo, view A_text contains", "criteria: left out");
    check_loss(&made, "Zoo, view Nobody's", "shared with groups");
    check_loss(&made, "Zoo 8001", "A_integer: left out; expected a value that fits");
    check_loss(&made, "Zoo 8002", "left out: it has no Name, which is mandatory");
    made_clear(&made);
    app_stop(app);
    import_documents_clear(&documents);
    arena_clear(&arena);
}
END_TEST

static bool always(void *context)
{
    (void)context;
    return true;
}

/* Where many things are at fault the files are loaded again and again. */
START_TEST(who_gives_up_is_asked_between_two_loads)
{
    static const struct import_stop stop = {.is_stopping = always};
    struct arena arena = {.blocks = NULL};
    struct app *app = started(own_fixtures(&arena), &arena);
    struct import_documents documents = read_all(app, &arena);
    struct import_files files;
    struct import_losses losses = {.arena = &arena};
    const char *reason = "";
    put(entry_of(told_module(&documents, "Zoo")->fields, "api_name", "A_picklist"), "pick_list_values",
        arena_printf(&arena, "[{\"actual_value\":\"%0*d\"},{\"actual_value\":\"Good\"}]", 1000, 0));
    ck_assert(!import_convert(&documents, &stop, &arena, &files, &losses, &reason));
    ck_assert_str_eq(reason, "interrupted");
    ck_assert_uint_eq(files.count, 0);
    ck_assert(import_convert(&documents, &never, &arena, &files, &losses, &reason));
    import_files_clear(&files);
    app_stop(app);
    import_documents_clear(&documents);
    arena_clear(&arena);
}
END_TEST

TCase *convert_tests(void)
{
    TCase *tests = tcase_create("convert");
    tcase_set_timeout(tests, 300);
    tcase_set_tags(tests, LONG_TESTS);
    tcase_add_test(tests, the_default_org_comes_back);
    tcase_add_test(tests, an_org_with_everything_comes_back);
    tcase_add_test(tests, what_is_made_of_anything_loads);
    tcase_add_test(tests, what_crmock_lacks_is_noted);
    tcase_add_test(tests, who_gives_up_is_asked_between_two_loads);
    return tests;
}
