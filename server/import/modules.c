#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "import/converting.h"

/* The modules that show their records in another one, too. */
static const char whole[] = "Activities";
static const char *const parts[] = {"Tasks", "Events", "Calls"};

static bool is_part(const char *name)
{
    for (size_t i = 0; i < COUNT(parts); i++)
        if (strcasecmp(parts[i], name) == 0)
            return true;
    return false;
}

bool shows_parts(const struct converting *converting, const struct converted_module *module)
{
    (void)converting;
    return strcasecmp(module->name, whole) == 0;
}

/* Those that the service puts into territories. */
static bool takes_territories(const char *name, bool is_custom)
{
    static const char *const names[] = {"Leads", "Accounts", "Contacts", "Deals"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcasecmp(names[i], name) == 0)
            return true;
    return is_custom;
}

bool is_api_name(const char *name)
{
    enum { LENGTH_MAX = 100 };
    return name != NULL && name[0] != '\0' && strlen(name) <= LENGTH_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") ==
               strlen(name);
}

/* A module's own file; of an org that has more than may be, the last ones share one. */
static void give_file(struct converting *converting, struct converted_module *module)
{
    enum { OTHERS = 3 }; /* org.json, tokens.json and the shared one */
    static const char shared[] = "modules.json";
    struct import_files *files = converting->files;
    bool is_ours = strcasecmp(module->name, "org") == 0 || strcasecmp(module->name, "tokens") == 0 ||
                   strcasecmp(module->name, "modules") == 0;
    if (files->count > 0 && strcmp(files->list[files->count - 1].name, shared) == 0) {
        module->file = files->list[files->count - 1].json;
        return;
    }
    module->file = cJSON_CreateObject();
    add_file(converting,
             files->count > IMPORT_FILES_MAX - OTHERS
                 ? shared
                 : arena_printf(converting->arena, "%s%s.json", is_ours ? "module_" : "", module->name),
             module->file);
}

static struct converted_module *add_module(struct converting *converting, const char *name,
                                           const char *id)
{
    struct converted_module *module = arena_alloc(converting->arena, sizeof *module);
    module->name = arena_strdup(converting->arena, name);
    give_file(converting, module);
    module->json = cJSON_CreateObject();
    (void)put_id(converting, module->name, module->json, "id", id);
    put_text(module->json, "api_name", module->name);
    cJSON_AddItemToArray(section_of(module->file, "modules"), module->json);
    converting->modules = arena_grown(converting->arena, converting->modules, converting->count,
                                      &converting->room, sizeof(struct converted_module *));
    converting->modules[converting->count++] = module;
    return module;
}

/* A label, unless it is what crmock makes of the API name. */
static void put_label(const struct converted_module *module, const char *name, const char *label)
{
    bool is_same = label == NULL || strlen(label) == strlen(module->name);
    for (size_t i = 0; is_same && label != NULL && label[i] != '\0'; i++)
        is_same = label[i] == (module->name[i] == '_' ? ' ' : module->name[i]);
    if (!is_same)
        put_text(module->json, name, label);
}

static void describe(struct converting *converting, const struct converted_module *module)
{
    const cJSON *told = module->told->module;
    const char *origin = told_text(told, "generated_type");
    bool is_custom = origin != NULL && strcmp(origin, "custom") == 0;
    put_label(module, "singular", told_text(told, "singular_label"));
    put_label(module, "plural", told_text(told, "plural_label"));
    if (is_custom)
        cJSON_AddTrueToObject(module->json, "custom");
    if (cJSON_IsArray(converting->documents->territories) && takes_territories(module->name, is_custom))
        cJSON_AddTrueToObject(module->json, "territories");
    if (is_part(module->name) && converted_module(converting, whole) != NULL)
        put_text(module->json, "part_of", whole);
    note_differences(converting, "module", module->name, told,
                     "id api_name module_name singular_label plural_label actual_singular_label"
                     " actual_plural_label generated_type convertable api_supported show_as_tab"
                     " sequence_number profile_count profiles parent_module fields layouts $properties"
                     " creatable quick_create sub_menu_available presence_sub_menu visibility");
}

static int by_name(const void *one, const void *other)
{
    const struct import_module *const *a = one, *const *b = other;
    return strcmp((*a)->name, (*b)->name);
}

void convert_modules(struct converting *converting)
{
    const struct import_documents *documents = converting->documents;
    const struct import_module **sorted =
        arena_array(converting->arena, documents->count, sizeof(struct import_module *));
    size_t count = 0;
    for (size_t i = 0; i < documents->count; i++) {
        const char *name = documents->modules[i].name;
        if (is_api_name(name))
            sorted[count++] = &documents->modules[i];
        else
            import_lose(converting->losses, name != NULL ? name : "modules",
                        "a module without an API name of letters, digits and underscores: left out");
    }
    if (count > 0)
        qsort(sorted, count, sizeof(struct import_module *), by_name);
    for (size_t i = 0; i < count; i++) {
        if (converted_module(converting, sorted[i]->name) != NULL) {
            import_lose(converting->losses, sorted[i]->name, "a second module of that name: left out");
            continue;
        }
        add_module(converting, sorted[i]->name, told_id(sorted[i]->module))->told = sorted[i];
    }
    for (size_t i = 0; i < converting->count; i++)
        describe(converting, converting->modules[i]);
}

struct converted_module *need_module(struct converting *converting, const char *name, const char *id)
{
    struct converted_module *module = converted_module(converting, name);
    if (module != NULL || !is_api_name(name))
        return module;
    import_lose(converting->losses, name,
                "only fields of other modules tell of it: it has none itself");
    return add_module(converting, name, id);
}
