/* The command check: for those who write fixtures. Nothing is served, and nothing stays. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "crm/fixture_rules.h"
#include "sandbox/scene.h"

static const char *plural(size_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

/* Names may have line breaks in them: a fault is one line all the same. */
static void tell_line(const char *line)
{
    for (; *line != '\0'; line++)
        (void)fputc(iscntrl((unsigned char)*line) != 0 ? '?' : *line, stderr);
    (void)fputc('\n', stderr);
}

static size_t files_at_fault(const struct fixture_check *check)
{
    size_t count = 0;
    const char *last = NULL;
    for (size_t i = 0; i < check->fault_count; i++) {
        const char *file = check->faults[i].file;
        count += file != NULL && (last == NULL || strcmp(file, last) != 0);
        last = file;
    }
    return count;
}

static void tell_faults(const struct fixture_check *check, struct arena *arena)
{
    for (size_t i = 0; i < check->fault_count; i++)
        tell_line(fixture_fault_line(&check->faults[i], arena));
    size_t files = files_at_fault(check);
    (void)fprintf(stderr, "%zu %s in %zu %s%s\n", check->fault_count,
                  plural(check->fault_count, "fault", "faults"), files, plural(files, "file", "files"),
                  check->has_more ? ", and more" : "");
}

static bool tell_none(const struct fixture_check *check)
{
    if (printf("%zu %s, %zu %s: as they should be\n", check->file_count,
               plural(check->file_count, "file", "files"), check->entry_count,
               plural(check->entry_count, "entry", "entries")) > 0 &&
        fflush(stdout) == 0)
        return true;
    perror("crmock check");
    return false;
}

/* What a start reads next. */
static bool has_metadata(struct store *store)
{
    struct metadata *metadata = metadata_load(store);
    if (metadata == NULL)
        (void)fprintf(stderr, "crmock check: the metadata cannot be read (the log says why)\n");
    else
        metadata_free(metadata);
    return metadata != NULL;
}

static bool check(const char *folder, struct store *store, struct arena *arena)
{
    struct fixture_check check;
    struct fixture_source source = fixture_source_at(clock_machine_milliseconds());
    source.folder = folder;
    if (fixtures_check(store, &source, &fixture_rules, arena, &check))
        return has_metadata(store) && tell_none(&check);
    tell_faults(&check, arena);
    return false;
}

int check_fixtures(struct options *options, struct arena *arena)
{
    struct log_sink sink;
    log_sink_open(&sink, STDERR_FILENO);
    const struct log log = {.sink = &sink, .level = LOG_ERROR};
    const struct store_options in_memory = {.log = &log};
    const char *reason;
    bool is_new, is_fine = false;
    struct store *store = store_open(&in_memory, arena, &is_new, &reason);
    if (store == NULL)
        (void)fprintf(stderr, "crmock check: %s\n", reason);
    else
        is_fine = check(options->argument, store, arena);
    store_close(store);
    log_sink_close(&sink);
    return is_fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
