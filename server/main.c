/* Starts one crmock and waits for a signal to stop it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "options.h"

/* SIGINT and SIGTERM are taken by sigwait: blocked before any thread is made, they reach nobody else.
 */
static void hold_back_signals(sigset_t *stopping)
{
    (void)sigemptyset(stopping);
    (void)sigaddset(stopping, SIGINT);
    (void)sigaddset(stopping, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, stopping, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
    struct app_options options;
    enum options_outcome outcome = options_read(argc, argv, &options);
    if (outcome != OPTIONS_READ)
        return outcome == OPTIONS_TOLD ? EXIT_SUCCESS : EXIT_FAILURE;
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
    int signal_number;
    (void)sigwait(&stopping, &signal_number);
    log_event(&options.log, LOG_INFO, "stopping signal=%d", signal_number);
    app_stop(app);
    arena_clear(&arena);
    return EXIT_SUCCESS;
}
