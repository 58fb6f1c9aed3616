#include "import/converting.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/embedded.h"
#include "base/id.h"
#include "base/word.h"

const char *told_text(const cJSON *object, const char *name)
{
    const cJSON *member = json_member(object, name);
    bool is_text = cJSON_IsString(member) && member->valuestring[0] != '\0';
    return is_text ? member->valuestring : NULL;
}

bool told_flag(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(json_member(object, name));
}

const char *told_id(const cJSON *object)
{
    int64_t id;
    const char *text = json_scalar_text(json_member(object, "id"));
    return text != NULL && id_parse(text, &id) ? text : NULL;
}

void put_text(cJSON *object, const char *name, const char *text)
{
    cJSON_AddStringToObject(object, name, text);
}

bool put_id(struct converting *converting, const char *where, cJSON *object, const char *name,
            const char *id)
{
    if (id == NULL)
        return false;
    if (g_hash_table_contains(converting->ids, id)) {
        import_lose(converting->losses, where, "id %s: something else has it, another is given", id);
        return false;
    }
    g_hash_table_add(converting->ids, arena_strdup(converting->arena, id));
    put_text(object, name, id);
    return true;
}

const char *distinct(struct converting *converting, GHashTable *taken, const char *where,
                     const char *name, const char *id)
{
    struct arena *arena = converting->arena;
    const char *found = name != NULL ? name : "Nameless";
    for (int i = 0; g_hash_table_contains(taken, found); i++)
        found = i == 0 && id != NULL ? arena_printf(arena, "%s (%s)", found, id)
                                     : arena_printf(arena, "%s (%d)", found, i + 1);
    if (name == NULL || strcmp(found, name) != 0)
        import_lose(converting->losses, where, "its name: it is called %s here", found);
    const char *kept = arena_strdup(arena, found);
    g_hash_table_add(taken, (void *)kept);
    return kept;
}

/* How many are told otherwise, and where first. */
struct differing {
    const char *first;
    size_t count;
};

void note_difference(struct converting *converting, const char *kind, const char *member,
                     const char *where)
{
    struct arena *arena = converting->arena;
    char *what = g_strdup_printf("%s: %s", kind, member);
    struct differing *differing = g_hash_table_lookup(converting->differ, what);
    if (differing == NULL) {
        differing = arena_alloc(arena, sizeof *differing);
        differing->first = arena_strdup(arena, where);
        g_hash_table_insert(converting->differ, arena_strdup(arena, what), differing);
    }
    differing->count++;
    g_free(what);
}

/* null, false, 0, "", [] and {} say the same: nothing. */
static bool says_nothing(const cJSON *value)
{
    if (value == NULL || cJSON_IsFalse(value) || json_is_blank(value))
        return true;
    return cJSON_IsNumber(value)
               ? value->valuedouble == 0
               : !cJSON_IsString(value) && !cJSON_IsTrue(value) && value->child == NULL;
}

void note_differences(struct converting *converting, const char *kind, const char *where,
                      const cJSON *told, const char *kept)
{
    const cJSON *usual = json_member(converting->kinds, kind), *member;
    const cJSON *in_full = json_member(converting->kinds, "module_in_full");
    const char *kinds = arena_printf(converting->arena, "%ss", kind);
    cJSON_ArrayForEach (member, told) {
        const char *name = member->string != NULL ? member->string : "";
        const cJSON *other = json_member(usual, name);
        if (other == NULL && strcmp(kind, "module") == 0)
            other = json_member(in_full, name);
        bool is_same = says_nothing(member) ? says_nothing(other) : json_equal(member, other);
        bool is_time = g_str_has_suffix(name, "_time") || g_str_has_suffix(name, "_Time");
        if (!is_same && !is_time && !word_is_among(kept, name))
            note_difference(converting, kinds, name, where);
    }
}

static int by_text(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static void tell_differences(struct converting *converting)
{
    GHashTableIter each;
    void *what;
    size_t count = 0, room = g_hash_table_size(converting->differ);
    const char **all = arena_array(converting->arena, room, sizeof *all);
    g_hash_table_iter_init(&each, converting->differ);
    while (g_hash_table_iter_next(&each, &what, NULL))
        all[count++] = what;
    if (count > 0)
        qsort(all, count, sizeof *all, by_text);
    for (size_t i = 0; i < count; i++) {
        const struct differing *differing = g_hash_table_lookup(converting->differ, all[i]);
        import_lose(converting->losses, all[i],
                    "not kept: %zu say it otherwise than crmock does, %s first", differing->count,
                    differing->first);
    }
}

struct converted_module *converted_module(struct converting *converting, const char *name)
{
    for (size_t i = 0; name != NULL && i < converting->count; i++)
        if (strcasecmp(converting->modules[i]->name, name) == 0)
            return converting->modules[i];
    return NULL;
}

GHashTable *new_set(void)
{
    return g_hash_table_new(g_str_hash, g_str_equal);
}

static void open_up(struct converting *converting)
{
    const struct embedded_file *file = embedded_find("server/api/metadata.json");
    converting->kinds = json_parse(file->text, (size_t)(file->end - file->text), NULL);
    converting->ids = new_set();
    converting->emails = new_set();
    converting->names = new_set();
    converting->blueprints = new_set();
    converting->differ = new_set();
}

static void close_down(struct converting *converting)
{
    cJSON_Delete(converting->kinds);
    end_set(&converting->ids);
    end_set(&converting->emails);
    end_set(&converting->names);
    end_set(&converting->blueprints);
    end_set(&converting->differ);
}

void add_file(struct converting *converting, const char *name, cJSON *json)
{
    converting->files->list[converting->files->count++] =
        (struct import_file){.name = name, .json = json};
}

cJSON *section_of(cJSON *file, const char *name)
{
    cJSON *section = cJSON_GetObjectItemCaseSensitive(file, name);
    return section != NULL ? section : cJSON_AddArrayToObject(file, name);
}

/* Sections that end up empty are not written. */
static void drop_empty(cJSON *file)
{
    cJSON *next, *section = file->child;
    for (; section != NULL; section = next) {
        next = section->next;
        if (cJSON_IsArray(section) && section->child == NULL)
            cJSON_Delete(cJSON_DetachItemViaPointer(file, section));
    }
}

static bool convert_metadata(struct converting *converting, const char **reason)
{
    converting->org_file = cJSON_CreateObject();
    add_file(converting, "org.json", converting->org_file);
    if (!convert_people(converting, reason))
        return false;
    convert_modules(converting);
    for (size_t i = 0; i < converting->count; i++) /* they grow by those that fields lead to */
        convert_fields(converting, converting->modules[i]);
    convert_pipelines(converting);
    for (size_t i = 0; i < converting->count; i++) {
        convert_layouts(converting, converting->modules[i]);
        convert_blueprints(converting, converting->modules[i]);
    }
    convert_permissions(converting);
    return true;
}

/* Activities shows the records of its parts: those come first. */
static void convert_data(struct converting *converting, const struct org *org)
{
    for (size_t i = 0; i < converting->count; i++) {
        const struct module *loaded = org_module(org, converting->modules[i]->name);
        if (loaded != NULL)
            convert_views(converting, converting->modules[i], loaded);
    }
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < converting->count; i++) {
            const struct module *loaded = org_module(org, converting->modules[i]->name);
            if (loaded != NULL && shows_parts(converting, converting->modules[i]) == (pass == 1))
                convert_records(converting, converting->modules[i], loaded);
        }
}

static bool convert(struct converting *converting, const char **reason)
{
    struct settled settled = {.store = NULL};
    bool is_good = convert_metadata(converting, reason) && settle(converting, &settled, reason);
    if (is_good) {
        convert_data(converting, &settled.orgs.list[0]);
        cJSON *tokens = new_tokens(converting, &settled.orgs.list[0]);
        if (tokens != NULL)
            add_file(converting, "tokens.json", tokens);
        tell_differences(converting);
    }
    settled_clear(&settled);
    return is_good;
}

bool import_convert(const struct import_documents *documents, const struct import_stop *stop,
                    struct arena *arena, struct import_files *files, struct import_losses *losses,
                    const char **reason)
{
    struct converting converting = {
        .documents = documents, .stop = stop, .arena = arena, .losses = losses, .files = files};
    *files = (struct import_files){.list = arena_array(arena, IMPORT_FILES_MAX, sizeof *files->list)};
    open_up(&converting);
    bool converted = convert(&converting, reason);
    for (size_t i = 0; i < files->count; i++)
        drop_empty(files->list[i].json);
    if (!converted)
        import_files_clear(files);
    close_down(&converting);
    return converted;
}

void import_files_clear(struct import_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        cJSON_Delete(files->list[i].json);
    files->count = 0;
}
