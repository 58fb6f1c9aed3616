/* Starts one crmock and waits for a signal to stop it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "options.h"

/* SIGINT and SIGTERM are taken by wait_for_end: blocked before any thread is made, they reach nobody
 * else. */
static void hold_back_signals(sigset_t *stopping)
{
    (void)sigemptyset(stopping);
    (void)sigaddset(stopping, SIGINT);
    (void)sigaddset(stopping, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, stopping, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

/* A number that is free would be given to the next file that is opened, the store, say: what is meant
 * for stderr would be written there. */
static void hold_standard_files(void)
{
    int file;
    do
        file = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (file >= 0 && file <= STDERR_FILENO);
    if (file >= 0)
        (void)close(file);
}

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

int main(int argc, char **argv)
{
    struct app_options options;
    hold_standard_files();
    enum options_outcome outcome = options_read(argc, argv, &options);
    if (outcome != OPTIONS_READ)
        return outcome == OPTIONS_TOLD ? EXIT_SUCCESS : EXIT_FAILURE;
    struct log_sink sink;
    log_sink_open(&sink, STDERR_FILENO);
    options.log.sink = &sink;
    sigset_t stopping;
    hold_back_signals(&stopping);
    struct arena arena = {.blocks = NULL};
    const char *reason = NULL;
    struct app *app = app_start(&options, &arena, &reason);
    if (app == NULL) {
        (void)fprintf(stderr, "crmock: %s\n", reason);
        arena_clear(&arena);
        return EXIT_FAILURE;
    }
    (void)printf("crmock listening on %s\n", app_url(app));
    (void)fflush(stdout);
    app_settle(app);
    log_event(&options.log, LOG_INFO, "stopping %s", wait_for_end(&stopping, options.exit_with_stdin));
    app_stop(app);
    arena_clear(&arena);
    return EXIT_SUCCESS;
}
