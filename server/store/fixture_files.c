#include "store/fixture_files.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"

enum { FILES_MAX = 256, FOLDERS_MAX = 64 };

static const char built_in[] = "fixtures/"; /* where embedded fixtures stand in the source tree */

struct reading {
    struct arena *arena;
    const char **reason;
};

static bool add_file(const struct reading *reading, struct fixture_folder *folder, const char *path,
                     const char *text, size_t length)
{
    struct json_place place;
    if (folder->count == FILES_MAX) {
        *reading->reason = arena_printf(reading->arena, "%s: more than %d files", path, FILES_MAX);
        return false;
    }
    struct fixture_file *file = &folder->files[folder->count];
    file->path = path;
    file->json = json_parse(text, length, &place);
    if (file->json != NULL)
        folder->count++; /* from here on fixture_folders_clear ends it */
    if (cJSON_IsObject(file->json))
        return true;
    *reading->reason =
        file->json != NULL
            ? arena_printf(reading->arena, "%s: $: expected an object", path)
            : arena_printf(reading->arena, "%s: line %zu, column %zu: expected JSON (UTF-8)", path,
                           place.line, place.column);
    return false;
}

static bool add_from_disk(const struct reading *reading, struct fixture_folder *folder,
                          const char *path)
{
    char *text = NULL;
    gsize length = 0;
    if (!g_file_get_contents(path, &text, &length, NULL)) {
        *reading->reason = arena_printf(reading->arena, "%s: cannot be read", path);
        return false;
    }
    bool added = add_file(reading, folder, path, text, length);
    g_free(text);
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
            !add_file(reading, folder, file->path, file->text, (size_t)(file->end - file->text)))
            return false;
    }
    return folder->count > before;
}

/* Puts the built-in files before those of a folder of which one file says {"extends": NAME}. */
static bool extend(const struct reading *reading, struct fixture_folder *folder)
{
    const struct fixture_file *says = NULL;
    for (size_t i = 0; i < folder->count; i++)
        if (json_member(folder->files[i].json, "extends") != NULL)
            says = &folder->files[i];
    if (says == NULL)
        return true;
    const cJSON *name = json_member(says->json, "extends");
    const char *path = says->path;
    size_t own = folder->count;
    *reading->reason = NULL;
    if (cJSON_IsString(name) && strchr(name->valuestring, '/') == NULL &&
        add_built_in(reading, folder, name->valuestring)) {
        struct fixture_file *order = arena_array(reading->arena, FILES_MAX, sizeof *order);
        memcpy(order, folder->files + own, (folder->count - own) * sizeof *order);
        memcpy(order + folder->count - own, folder->files, own * sizeof *order);
        folder->files = order;
        return true;
    }
    if (*reading->reason == NULL)
        *reading->reason =
            arena_printf(reading->arena, "%s: $.extends: expected the name of a built-in org", path);
    return false;
}

static int by_text(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

/* Names in a folder, sorted; -1 when it can't be read. */
static int names_in(const struct reading *reading, const char *folder, const char *names[FILES_MAX])
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    if (dir == NULL)
        return -1;
    int count = 0;
    const char *name;
    while ((name = g_dir_read_name(dir)) != NULL && count < FILES_MAX)
        names[count++] = arena_strdup(reading->arena, name);
    g_dir_close(dir);
    qsort(names, (size_t)count, sizeof *names, by_text);
    return count;
}

/* Adds the folder's *.json files as one org, unless it has none. */
static bool add_folder(const struct reading *reading, struct fixture_folders *folders, const char *path)
{
    const char *names[FILES_MAX];
    int count = names_in(reading, path, names);
    struct fixture_folder *folder = &folders->list[folders->count];
    *folder =
        (struct fixture_folder){.files = arena_array(reading->arena, FILES_MAX, sizeof *folder->files)};
    for (int i = 0; i < count; i++) {
        if (!g_str_has_suffix(names[i], ".json"))
            continue;
        folders->count += folder->count == 0;
        if (!add_from_disk(reading, folder, arena_printf(reading->arena, "%s/%s", path, names[i])))
            return false;
    }
    return folder->count == 0 || extend(reading, folder);
}

static bool read_disk(const struct reading *reading, const char *path, struct fixture_folders *folders)
{
    const char *names[FILES_MAX];
    int count = names_in(reading, path, names);
    if (count < 0) {
        *reading->reason = arena_printf(reading->arena, "%s: expected a folder of fixtures", path);
        return false;
    }
    if (!add_folder(reading, folders, path))
        return false;
    for (int i = 0; i < count && folders->count < FOLDERS_MAX; i++) {
        const char *inner = arena_printf(reading->arena, "%s/%s", path, names[i]);
        if (g_file_test(inner, G_FILE_TEST_IS_DIR) && !add_folder(reading, folders, inner))
            return false;
    }
    if (folders->count == 0)
        *reading->reason = arena_printf(reading->arena, "%s: expected *.json files in it", path);
    return folders->count > 0;
}

static bool read_built_in(const struct reading *reading, struct fixture_folders *folders)
{
    const char *last = "";
    for (size_t i = 0; i < embedded_count && folders->count < FOLDERS_MAX; i++) {
        const char *path = embedded_files[i].path;
        if (strncmp(path, built_in, sizeof built_in - 1) != 0 || (last[0] != '\0' && is_in(path, last)))
            continue;
        const char *name = path + sizeof built_in - 1;
        last = arena_strndup(reading->arena, name, strcspn(name, "/"));
        struct fixture_folder *folder = &folders->list[folders->count++];
        folder->files = arena_array(reading->arena, FILES_MAX, sizeof *folder->files);
        if (!add_built_in(reading, folder, last) || !extend(reading, folder))
            return false;
    }
    return true;
}

bool fixture_folders_read(const char *folder, struct arena *arena, struct fixture_folders *folders,
                          const char **reason)
{
    const struct reading reading = {.arena = arena, .reason = reason};
    *folders =
        (struct fixture_folders){.list = arena_array(arena, FOLDERS_MAX + 1, sizeof *folders->list)};
    return folder != NULL ? read_disk(&reading, folder, folders) : read_built_in(&reading, folders);
}

/* Of a folder's files, and of those of the folders in it. */
static bool digest_folder(const struct reading *reading, const char *path, GChecksum *digest, int depth)
{
    const char *names[FILES_MAX];
    int count = names_in(reading, path, names);
    bool done = count >= 0;
    for (int i = 0; i < count && done; i++) {
        const char *inner = arena_printf(reading->arena, "%s/%s", path, names[i]);
        g_checksum_update(digest, (const guchar *)names[i], (gssize)strlen(names[i]) + 1);
        char *text = NULL;
        gsize length = 0;
        if (g_file_test(inner, G_FILE_TEST_IS_DIR)) {
            done = depth == 0 || digest_folder(reading, inner, digest, depth - 1);
        } else if (g_str_has_suffix(names[i], ".json")) {
            done = g_file_get_contents(inner, &text, &length, NULL);
            g_checksum_update(digest, (const guchar *)text, (gssize)length);
            g_checksum_update(digest, (const guchar *)&length, sizeof length);
            g_free(text);
        }
    }
    return done;
}

bool fixture_folders_digest(const char *folder, struct arena *arena, GChecksum *digest)
{
    const struct reading reading = {.arena = arena};
    g_checksum_update(digest, (const guchar *)"folder",
                      -1); /* an empty one is not the built-in fixtures */
    return digest_folder(&reading, folder, digest, 1);
}

void fixture_folders_clear(struct fixture_folders *folders)
{
    for (size_t i = 0; i < folders->count; i++)
        for (size_t k = 0; k < folders->list[i].count; k++)
            cJSON_Delete(folders->list[i].files[k].json);
    folders->count = 0;
}
