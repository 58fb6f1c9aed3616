#include "store/fixture_files.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "base/file.h"

enum { FILES_MAX = 256, FOLDERS_MAX = 64, FILE_MAX = 64 << 20 };

static const char built_in[] = "fixtures/"; /* where embedded fixtures stand in the source tree */
static const char built_in_digest[] = "built-in";

/* One walk through fixtures: to read them, or for their digest only. */
struct reading {
    struct arena *arena;
    const char **reason; /* NULL until there is a fault */
    struct fixture_folders *folders;
    /* Of a folder on the disk. */
    GChecksum *digest; /* of its files' names and bytes, so far */
    size_t root;       /* how much of a path is the folder's */
    bool wants_text;   /* not only the digest */
};

static bool fail(const struct reading *reading, const char *path, const char *what)
{
    *reading->reason = arena_printf(reading->arena, "%s: %s", path, what);
    return false;
}

static bool add_file(const struct reading *reading, struct fixture_folder *folder, const char *path,
                     const char *text, size_t length)
{
    struct json_place place;
    struct fixture_file *file = &folder->files[folder->count];
    file->path = path;
    file->json = json_parse(text, length, &place);
    if (file->json != NULL)
        folder->count++; /* from here on fixture_folders_clear ends it */
    if (cJSON_IsObject(file->json))
        return true;
    return fail(reading, path,
                file->json != NULL
                    ? "$: expected an object"
                    : arena_printf(reading->arena, "line %zu, column %zu: expected JSON (UTF-8)",
                                   place.line, place.column));
}

static bool has_room(const struct reading *reading, const struct fixture_folder *folder,
                     const char *path)
{
    return folder->count < FILES_MAX ||
           fail(reading, path,
                arena_printf(reading->arena, "expected at most %d files for an org", FILES_MAX));
}

static bool add_from_disk(const struct reading *reading, struct fixture_folder *folder,
                          const char *path)
{
    struct file_text text;
    if (!has_room(reading, folder, path))
        return false;
    const char *reason = file_read(path, FILE_MAX, reading->arena, &text);
    if (reason != NULL)
        return fail(reading, path, reason);
    const char *name = path + reading->root;
    g_checksum_update(reading->digest, (const guchar *)name, (gssize)strlen(name) + 1);
    g_checksum_update(reading->digest, (const guchar *)&text.length, sizeof text.length);
    g_checksum_update(reading->digest, (const guchar *)text.bytes, (gssize)text.length);
    bool added = true;
    if (reading->wants_text)
        added = add_file(reading, folder, path, text.bytes, text.length);
    else
        folder->count++;
    free(text.bytes);
    return added;
}

/* True for "fixtures/NAME/FILE", when `folder` is NAME. */
static bool is_in(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    const char *rest = path + sizeof built_in - 1;
    return strncmp(path, built_in, sizeof built_in - 1) == 0 && strncmp(rest, folder, length) == 0 &&
           rest[length] == '/';
}

static bool add_built_in(const struct reading *reading, struct fixture_folder *folder, const char *name)
{
    size_t before = folder->count;
    for (size_t i = 0; i < embedded_count; i++) {
        const struct embedded_file *file = &embedded_files[i];
        if (is_in(file->path, name) &&
            !(has_room(reading, folder, file->path) &&
              add_file(reading, folder, file->path, file->text, (size_t)(file->end - file->text))))
            return false;
    }
    return folder->count > before;
}

/* The file that says {"extends": NAME}; at most one may. NULL when none does, or after a fault. */
static const struct fixture_file *extending(const struct reading *reading,
                                            const struct fixture_folder *folder)
{
    const struct fixture_file *says = NULL;
    for (size_t i = 0; i < folder->count; i++) {
        if (json_member(folder->files[i].json, "extends") == NULL)
            continue;
        if (says != NULL) {
            (void)fail(reading, folder->files[i].path, "$.extends: expected in one file of the folder");
            return NULL;
        }
        says = &folder->files[i];
    }
    return says;
}

/* Puts the built-in files before those of a folder of which one file says {"extends": NAME}. */
static bool extend(const struct reading *reading, struct fixture_folder *folder)
{
    const struct fixture_file *says = extending(reading, folder);
    if (says == NULL)
        return *reading->reason == NULL;
    const cJSON *name = json_member(says->json, "extends");
    size_t own = folder->count;
    if (cJSON_IsString(name) && strchr(name->valuestring, '/') == NULL &&
        add_built_in(reading, folder, name->valuestring)) {
        struct fixture_file *order = arena_array(reading->arena, FILES_MAX, sizeof *order);
        memcpy(order, folder->files + own, (folder->count - own) * sizeof *order);
        memcpy(order + folder->count - own, folder->files, own * sizeof *order);
        folder->files = order;
        return true;
    }
    return *reading->reason == NULL &&
           fail(reading, says->path, "$.extends: expected the name of a built-in org");
}

static int by_text(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

/* Names in a folder, sorted, ended by NULL; NULL when it can't be read. */
static char **names_in(const struct reading *reading, const char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    if (dir == NULL)
        return NULL;
    const char *name;
    GPtrArray *found = g_ptr_array_new();
    while ((name = g_dir_read_name(dir)) != NULL)
        g_ptr_array_add(found, arena_strdup(reading->arena, name));
    g_dir_close(dir);
    size_t count = found->len;
    char **names = arena_array(reading->arena, count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = g_ptr_array_index(found, i);
    g_ptr_array_free(found, true);
    qsort(names, count, sizeof *names, by_text);
    return names;
}

static bool is_json(const char *name)
{
    return g_str_has_suffix(name, ".json");
}

/* A folder that has files is one more org. */
static bool begin_folder(const struct reading *reading, const char *path,
                         struct fixture_folder **folder)
{
    struct fixture_folders *folders = reading->folders;
    if (folders->count == FOLDERS_MAX)
        return fail(
            reading, path,
            arena_printf(reading->arena, "expected at most %d folders with an org", FOLDERS_MAX));
    *folder = &folders->list[folders->count++];
    **folder = (struct fixture_folder){
        .files = arena_array(reading->arena, FILES_MAX, sizeof *(*folder)->files)};
    return true;
}

/* Adds the folder's *.json files as one org, unless it has none. */
static bool add_folder(const struct reading *reading, const char *path, char *const *names)
{
    struct fixture_folder *folder = NULL;
    for (; *names != NULL; names++) {
        if (!is_json(*names))
            continue;
        if ((folder == NULL && !begin_folder(reading, path, &folder)) ||
            !add_from_disk(reading, folder, arena_printf(reading->arena, "%s/%s", path, *names)))
            return false;
    }
    return folder == NULL || !reading->wants_text || extend(reading, folder);
}

static bool read_disk(const struct reading *reading, const char *path)
{
    char **names = names_in(reading, path);
    if (names == NULL)
        return fail(reading, path, "expected a folder of fixtures");
    if (!add_folder(reading, path, names))
        return false;
    for (; *names != NULL; names++) {
        const char *inner = arena_printf(reading->arena, "%s/%s", path, *names);
        if (is_json(*names) || !g_file_test(inner, G_FILE_TEST_IS_DIR))
            continue;
        char **inner_names = names_in(reading, inner);
        if (inner_names == NULL)
            return fail(reading, inner, "cannot be read");
        if (!add_folder(reading, inner, inner_names))
            return false;
    }
    return reading->folders->count > 0 || fail(reading, path, "expected *.json files in it");
}

static bool read_built_in(const struct reading *reading)
{
    const char *last = "";
    for (size_t i = 0; i < embedded_count; i++) {
        const char *path = embedded_files[i].path;
        if (strncmp(path, built_in, sizeof built_in - 1) != 0 || (last[0] != '\0' && is_in(path, last)))
            continue;
        const char *name = path + sizeof built_in - 1;
        last = arena_strndup(reading->arena, name, strcspn(name, "/"));
        struct fixture_folder *folder;
        if (!begin_folder(reading, path, &folder) || !add_built_in(reading, folder, last) ||
            !extend(reading, folder))
            return false;
    }
    return true;
}

/* Reads the folder, or walks through it for the digest. */
static bool walk(const char *folder, struct arena *arena, bool wants_text,
                 struct fixture_folders *folders, const char **reason)
{
    GChecksum *digest = g_checksum_new(G_CHECKSUM_SHA256);
    const struct reading reading = {.arena = arena,
                                    .reason = reason,
                                    .digest = digest,
                                    .root = strlen(folder) + 1,
                                    .folders = folders,
                                    .wants_text = wants_text};
    bool done = read_disk(&reading, folder);
    folders->digest = arena_strdup(arena, g_checksum_get_string(digest));
    g_checksum_free(digest);
    return done;
}

bool fixture_folders_read(const char *folder, struct arena *arena, struct fixture_folders *folders,
                          const char **reason)
{
    const struct reading reading = {.arena = arena, .reason = reason, .folders = folders};
    *folders = (struct fixture_folders){.list = arena_array(arena, FOLDERS_MAX, sizeof *folders->list),
                                        .digest = built_in_digest};
    *reason = NULL;
    return folder != NULL ? walk(folder, arena, true, folders, reason) : read_built_in(&reading);
}

const char *fixture_folders_digest(const char *folder, struct arena *arena)
{
    struct fixture_folders folders = {.list = arena_array(arena, FOLDERS_MAX, sizeof *folders.list)};
    const char *reason;
    if (folder == NULL)
        return built_in_digest;
    return walk(folder, arena, false, &folders, &reason) ? folders.digest : NULL;
}

void fixture_folders_clear(struct fixture_folders *folders)
{
    for (size_t i = 0; i < folders->count; i++)
        for (size_t k = 0; k < folders->list[i].count; k++)
            cJSON_Delete(folders->list[i].files[k].json);
    folders->count = 0;
}
