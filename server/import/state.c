#include "import/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/embedded.h"
#include "base/file.h"
#include "base/json.h"
#include "import/whole.h"

enum { ANSWER_MOST = 64 << 20, NAME_SIZE = 80 };
#define HEAD "head"

const char *state_open(struct import_state *state, const char *folder, struct arena *arena)
{
    enum { MODE = 0777, OWN_MODE = 0700 };
    *state = (struct import_state){.file = -1, .path = arena_printf(arena, "%s/" STATE_FOLDER, folder)};
    struct stat found;
    state->has_made_folder = stat(folder, &found) != 0;
    if (g_mkdir_with_parents(folder, MODE) != 0)
        return arena_printf(arena, "%s: %s", folder, strerror(errno));
    if (mkdir(state->path, OWN_MODE) == 0 || errno == EEXIST)
        state->file = open(state->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (state->file < 0)
        return arena_printf(arena, "%s: %s", state->path, strerror(errno));
    if (flock(state->file, LOCK_EX | LOCK_NB) == 0)
        return NULL;
    (void)close(state->file);
    state->file = -1;
    return arena_printf(arena, "%s: another import is under way", folder);
}

/* True when it has files. */
static bool each_file(const struct import_state *state, bool removes)
{
    bool has_files = false;
    DIR *folder = opendir(state->path);
    for (const struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        has_files = true;
        if (removes)
            (void)unlinkat(state->file, entry->d_name, 0);
    }
    if (folder != NULL)
        (void)closedir(folder);
    return has_files;
}

static cJSON *read_json(const struct import_state *state, const char *name)
{
    struct arena arena CLEANUP(arena_clear) = {.blocks = NULL};
    struct file_text text;
    if (file_read(arena_printf(&arena, "%s/%s", state->path, name), ANSWER_MOST, &arena, &text) != NULL)
        return NULL;
    cJSON *json = json_parse(text.bytes, text.length, NULL);
    free(text.bytes);
    return json;
}

static bool is_young(const struct import_state *state)
{
    static const time_t good = 20 * (time_t)3600; /* seconds */
    struct stat head;
    return fstatat(state->file, HEAD, &head, 0) == 0 && time(NULL) - head.st_mtime < good;
}

bool state_begin(struct import_state *state, const char *source)
{
    char *bound = g_strconcat(source_digest, "\n", source, NULL);
    char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, bound, -1);
    char *head = g_strdup_printf("\"%s\"", digest);
    cJSON *old = read_json(state, HEAD);
    const char *text = json_scalar_text(old);
    bool is_fine = text != NULL && strcmp(text, digest) == 0 && is_young(state);
    if (!is_fine) {
        (void)each_file(state, true);
        is_fine = whole_write(state->file, HEAD, head, strlen(head));
    }
    cJSON_Delete(old);
    g_free(head);
    g_free(digest);
    g_free(bound);
    return is_fine;
}

static void name_of(const char *target, char name[NAME_SIZE])
{
    char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, target, -1);
    (void)g_strlcpy(name, digest, NAME_SIZE);
    g_free(digest);
}

cJSON *state_find(const struct import_state *state, const char *target)
{
    char name[NAME_SIZE];
    if (state == NULL)
        return NULL;
    name_of(target, name);
    return read_json(state, name);
}

void state_keep(const struct import_state *state, const char *target, const char *text, size_t length)
{
    char name[NAME_SIZE];
    if (state == NULL)
        return;
    name_of(target, name);
    if (!whole_write(state->file, name, text, length))
        whole_forget(state->file, name);
}

bool state_close(struct import_state *state, bool is_done)
{
    char *folder = g_path_get_dirname(state->path);
    bool is_kept = !is_done && each_file(state, false);
    if (is_done)
        (void)each_file(state, true);
    (void)close(state->file);
    if (!is_kept && rmdir(state->path) == 0 && state->has_made_folder && !is_done)
        (void)rmdir(folder);
    g_free(folder);
    return is_kept;
}
