/* The command serve: starts one crmock and waits for a signal to stop it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "commands.h"
#include "signals.h"

/* Reads and drops what standard input has. True at its end. */
static bool has_stdin_ended(void)
{
    char bytes[4096];
    ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
    return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}

/* Returns what came, for the log: a signal, or the end of standard input where that is asked for. */
static const char *wait_for_end(const sigset_t *stopping, bool with_stdin)
{
    int signals = signalfd(-1, stopping, SFD_CLOEXEC);
    struct pollfd awaited[] = {{.fd = signals, .events = POLLIN},
                               {.fd = with_stdin ? STDIN_FILENO : -1, .events = POLLIN}};
    const char *what = NULL;
    while (what == NULL && poll(awaited, COUNT(awaited), -1) != 0) {
        struct signalfd_siginfo signal;
        if (awaited[0].revents != 0 && read(signals, &signal, sizeof signal) == sizeof signal)
            what = signal.ssi_signo == SIGINT ? "signal=2" : "signal=15";
        else if (awaited[1].revents != 0 && has_stdin_ended())
            what = "stdin=closed";
    }
    (void)close(signals);
    return what;
}

/* A line for each address, the first as it always was: others read it. */
static void tell_ready(const struct app *app)
{
    (void)printf("crmock listening on %s\n", app_url(app));
    if (app_tls_url(app) != NULL)
        (void)printf("crmock listening on %s\n", app_tls_url(app));
    if (app_proxy_url(app) != NULL)
        (void)printf("crmock proxying on %s\n", app_proxy_url(app));
    (void)fflush(stdout);
}

int serve(struct options *options, struct arena *arena)
{
    struct log_sink sink;
    log_sink_open(&sink, STDERR_FILENO);
    const struct log *log = &options->app.log;
    options->app.log.sink = &sink;
    sigset_t stopping;
    signals_hold(&stopping);
    const char *reason = NULL;
    struct app *app = app_start(&options->app, arena, &reason);
    if (app == NULL) {
        (void)fprintf(stderr, "crmock: %s\n", reason);
        return EXIT_FAILURE;
    }
    tell_ready(app);
    app_settle(app);
    log_event(log, LOG_INFO, "stopping %s", wait_for_end(&stopping, options->app.exit_with_stdin));
    app_stop(app);
    return EXIT_SUCCESS;
}
