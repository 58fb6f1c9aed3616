/* The command parity: asks another crmock, or the service, and one's own, which lives as long as that
 * takes. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "signals.h"

enum { EXIT_DIFFERS = 1, MILLISECONDS = 1000, NANOSECONDS = 1000000, PATIENCE_MS = 3600000 };

struct stopping {
    sigset_t signals;
    bool has_come;
};

static bool rest(void *context, long milliseconds)
{
    struct stopping *stopping = context;
    const struct timespec patience = {.tv_sec = milliseconds / MILLISECONDS,
                                      .tv_nsec = milliseconds % MILLISECONDS * NANOSECONDS};
    if (!stopping->has_come)
        stopping->has_come = sigtimedwait(&stopping->signals, NULL, &patience) > 0;
    return stopping->has_come;
}

/* In memory, on a port of its own, with the default org: nobody else finds it. */
static struct app_options own_options(const struct options *options, const struct log_sink *sink)
{
    struct app_options own = options->app;
    own.log.level = LOG_ERROR;
    own.log.sink = (struct log_sink *)sink;
    own.http.port = 0;
    own.http.threads = 1;
    own.control.is_on = false;
    own.budget.milliseconds = PATIENCE_MS; /* a busy machine is no difference */
    return own;
}

static enum parity_outcome run(const struct options *options, struct stopping *stopping,
                               struct arena *arena, const char **reason)
{
    struct log_sink sink;
    log_sink_open(&sink, STDERR_FILENO);
    const struct app_options own = own_options(options, &sink);
    struct app *app = app_start(&own, arena, reason);
    if (app == NULL)
        return PARITY_UNASKED;
    app_settle(app);
    const struct parity parity = {.options = options->parity,
                                  .remote = options->remote,
                                  .own = app_url(app),
                                  .out = stdout,
                                  .progress = stderr,
                                  .rest = rest,
                                  .context = stopping};
    enum parity_outcome outcome = parity_run(&parity, arena, reason);
    app_stop(app);
    return outcome;
}

int compare_answers(struct options *options, struct arena *arena)
{
    struct stopping stopping = {.has_come = false};
    signals_hold(&stopping.signals);
    const char *reason = NULL;
    enum parity_outcome outcome = run(options, &stopping, arena, &reason);
    if (outcome == PARITY_UNASKED)
        (void)fprintf(stderr, "crmock parity: %s\n", reason);
    return outcome == PARITY_SAME      ? EXIT_SUCCESS
           : outcome == PARITY_DIFFERS ? EXIT_DIFFERS
                                       : EXIT_UNASKED;
}
