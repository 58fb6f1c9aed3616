#include "import/write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/utf8.h"
#include "import/print.h"
#include "import/state.h"
#include "import/whole.h"

#define TOLD "import.md"
enum { TOLD_MOST = 64 << 20 };
static const char files_heading[] = "## Files\n", file_mark[] = "- `";

const char *import_folder_trouble(const char *folder, struct arena *arena)
{
    DIR *open = opendir(folder);
    bool is_empty = true, is_told = false;
    if (open == NULL)
        return errno == ENOENT ? NULL : arena_printf(arena, "%s: %s", folder, strerror(errno));
    for (const struct dirent *entry; (entry = readdir(open)) != NULL;) {
        const char *name = entry->d_name;
        is_told = is_told || strcmp(name, TOLD) == 0;
        is_empty = is_empty && (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
                                strcmp(name, STATE_FOLDER) == 0 || whole_is_passing(name));
    }
    (void)closedir(open);
    if (is_empty || is_told)
        return NULL;
    return arena_printf(
        arena, "%s: expected a folder that is empty, missing, or of an import (it has no " TOLD ")",
        folder);
}

/* A file of fixtures in the folder itself. */
static bool is_name(const char *name)
{
    size_t length = strlen(name);
    return name[0] != '.' && strchr(name, '/') == NULL && length > strlen(".json") &&
           strcmp(name + length - strlen(".json"), ".json") == 0;
}

struct writing {
    const char *path;
    int folder;
    const struct import_files *files;
    const char *const *own; /* names of the import that was before, ended by NULL */
    struct arena *arena;
};

/* The files of the import that was before, by its import.md. */
static const char *const *read_own(struct writing *writing)
{
    const char **own = arena_array(writing->arena, 1, sizeof(char *));
    size_t count = 0, room = 1;
    struct file_text text;
    const char *path = arena_printf(writing->arena, "%s/" TOLD, writing->path);
    if (file_read(path, TOLD_MOST, writing->arena, &text) != NULL)
        return own;
    const char *at = strstr(text.bytes, files_heading);
    for (; at != NULL; at = strchr(at, '\n'), at += at != NULL) {
        if (strncmp(at, file_mark, strlen(file_mark)) != 0)
            continue;
        const char *name = at + strlen(file_mark);
        name = arena_strndup(writing->arena, name, strcspn(name, "`\n"));
        if (!is_name(name))
            continue;
        own = arena_grown(writing->arena, (void *)own, count + 1, &room, sizeof(char *));
        own[count++] = name;
        own[count] = NULL;
    }
    free(text.bytes);
    return own;
}

static bool is_own(const struct writing *writing, const char *name)
{
    for (const char *const *at = writing->own; *at != NULL; at++)
        if (strcmp(*at, name) == 0)
            return true;
    return false;
}

static bool is_new(const struct writing *writing, const char *name)
{
    for (size_t i = 0; i < writing->files->count; i++)
        if (strcmp(writing->files->list[i].name, name) == 0)
            return true;
    return false;
}

static const char *trouble_with(const struct writing *writing, const char *name, const char *what)
{
    return arena_printf(writing->arena, "%s/%s: %s", writing->path, name, what);
}

/* What no file can take the place of. */
static bool is_folder(const struct writing *writing, const char *name)
{
    struct stat found;
    return fstatat(writing->folder, name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(found.st_mode);
}

static const char *check_names(const struct writing *writing)
{
    if (is_folder(writing, TOLD))
        return trouble_with(writing, TOLD, "it is a folder: move it");
    for (size_t i = 0; i < writing->files->count; i++) {
        const char *name = writing->files->list[i].name;
        if (!is_own(writing, name) && faccessat(writing->folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            return trouble_with(writing, name,
                                "it is there, and " TOLD
                                " does not list it as an import's own: move it");
        if (is_folder(writing, name))
            return trouble_with(writing, name, "it is a folder: move it");
    }
    return NULL;
}

static int by_where(const void *one, const void *other)
{
    const struct import_loss *a = one, *b = other;
    int order = strcmp(a->where, b->where);
    return order != 0 ? order : strcmp(a->what, b->what);
}

/* Text in a cell of a table: of the service's, so none of it is markup, and what would move a terminal
 * that shows the file is not in it. */
static void tell_cell(GString *out, const char *text, struct arena *arena)
{
    enum { CELL_MOST = 1000 };
    for (const char *at = utf8_line(arena, text, CELL_MOST); *at != '\0'; at++) {
        if (strchr("|\\`<", *at) != NULL || strncmp(at, "](", 2) == 0)
            (void)g_string_append_c(out, '\\');
        (void)g_string_append_c(out, *at);
    }
}

static void tell_losses(GString *out, const struct import_losses *losses, struct arena *arena)
{
    struct import_loss *list = arena_array(arena, losses->count + 1, sizeof *list);
    if (losses->count > 0)
        memcpy(list, losses->list, losses->count * sizeof *list);
    qsort(list, losses->count, sizeof *list, by_where);
    (void)g_string_append(out, "## Not kept\n\n");
    (void)g_string_append(out, losses->count > 0 ? "| Where | What |\n| --- | --- |\n"
                                                 : "Nothing is missing.\n");
    for (size_t i = 0; i < losses->count; i++) {
        if (i > 0 && by_where(&list[i - 1], &list[i]) == 0)
            continue;
        (void)g_string_append(out, "| ");
        tell_cell(out, list[i].where, arena);
        (void)g_string_append(out, " | ");
        tell_cell(out, list[i].what, arena);
        (void)g_string_append(out, " |\n");
    }
}

static int by_text(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* The list of files comes last: what is read again stands behind its heading. */
static const char *told(const struct writing *writing, const struct import_losses *losses)
{
    size_t count = writing->files->count;
    const char **names = arena_array(writing->arena, count + 1, sizeof(char *));
    GString *out =
        g_string_new("# Imported by crmock\n\nFixtures of an org, as `crmock import` made them. "
                     "Run again, it replaces the files that are listed here and leaves all others "
                     "alone.\n\n");
    tell_losses(out, losses, writing->arena);
    (void)g_string_append_printf(out, "\n%s\n", files_heading);
    for (size_t i = 0; i < count; i++)
        names[i] = writing->files->list[i].name;
    qsort((void *)names, count, sizeof(char *), by_text);
    for (size_t i = 0; i < count; i++)
        (void)g_string_append_printf(out, "%s%s`\n", file_mark, names[i]);
    const char *text = arena_strndup(writing->arena, out->str, out->len);
    (void)g_string_free(out, true);
    return text;
}

static void forget(const struct writing *writing)
{
    whole_forget(writing->folder, TOLD);
    for (size_t i = 0; i < writing->files->count; i++)
        whole_forget(writing->folder, writing->files->list[i].name);
}

static const char *prepare(const struct writing *writing, const char *text)
{
    if (!whole_prepare(writing->folder, TOLD, text, strlen(text)))
        return trouble_with(writing, TOLD, strerror(errno));
    for (size_t i = 0; i < writing->files->count; i++) {
        struct arena arena CLEANUP(arena_clear) = {.blocks = NULL};
        const struct import_file *file = &writing->files->list[i];
        const char *json = import_print(&arena, file->json);
        if (!whole_prepare(writing->folder, file->name, json, strlen(json)))
            return trouble_with(writing, file->name, strerror(errno));
    }
    return NULL;
}

/* import.md goes first: who is killed in between leaves no file that nobody owns. */
static const char *place(const struct writing *writing)
{
    for (const char *const *at = writing->own; *at != NULL; at++)
        if (!is_new(writing, *at) && unlinkat(writing->folder, *at, 0) != 0 && errno != ENOENT)
            return trouble_with(writing, *at, strerror(errno));
    if (!whole_place(writing->folder, TOLD))
        return trouble_with(writing, TOLD, strerror(errno));
    for (size_t i = 0; i < writing->files->count; i++)
        if (!whole_place(writing->folder, writing->files->list[i].name))
            return trouble_with(writing, writing->files->list[i].name, strerror(errno));
    return NULL;
}

const char *import_write(const char *folder, const struct import_files *files,
                         const struct import_losses *losses, struct arena *arena)
{
    struct writing writing = {.path = folder, .files = files, .arena = arena};
    writing.folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (writing.folder < 0)
        return arena_printf(arena, "%s: %s", folder, strerror(errno));
    writing.own = read_own(&writing);
    const char *trouble = check_names(&writing);
    if (trouble == NULL) {
        trouble = prepare(&writing, told(&writing, losses));
        if (trouble == NULL)
            trouble = place(&writing);
        if (trouble != NULL)
            forget(&writing);
    }
    (void)close(writing.folder);
    return trouble;
}
