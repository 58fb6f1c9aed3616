#include "signals.h"

#include <stddef.h>

void signals_hold(sigset_t *stopping)
{
    (void)sigemptyset(stopping);
    (void)sigaddset(stopping, SIGINT);
    (void)sigaddset(stopping, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, stopping, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}
