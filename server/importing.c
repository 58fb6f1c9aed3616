/* The command import: an org of the service as a folder of fixtures. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "signals.h"

static bool is_signalled(void *context)
{
    sigset_t pending;
    (void)context;
    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1);
}

/* The options that it cannot do without. */
static const char *missing(const struct options *options)
{
    return options->remote.url == NULL      ? "--from URL"
           : options->import.folder == NULL ? "--out DIR"
                                            : NULL;
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

int import_org(struct options *options, struct arena *arena)
{
    struct import_sums sums;
    sigset_t stopping; /* looked for as long as it goes on: nothing is left half done */
    const char *reason = NULL;
    bool is_kept;
    if (missing(options) != NULL) {
        (void)fprintf(stderr, "crmock import: expected %s\n", missing(options));
        return EXIT_FAILURE;
    }
    options->remote.is_stopping = is_signalled;
    options->import.tells = isatty(STDERR_FILENO) == 1;
    signals_hold(&stopping);
    if (import_run(&options->import, &options->remote, arena, &sums, &is_kept, &reason)) {
        (void)fprintf(stderr, "imported %zu module%s, %zu record%s, %u calls\n", sums.modules,
                      plural(sums.modules), sums.records, plural(sums.records), sums.calls);
        return EXIT_SUCCESS;
    }
    (void)fprintf(stderr, "crmock import: %s%s\n", reason,
                  is_kept ? " (what was read is kept: the next run goes on with it)" : "");
    return EXIT_FAILURE;
}
