/* Signals that ask crmock to end. */
#ifndef CRMOCK_SIGNALS_H
#define CRMOCK_SIGNALS_H

#include <signal.h>

/* Holds SIGINT and SIGTERM back: they stay pending, and *stopping is what to wait for or to look at.
 * Before any thread is made, so that they reach nobody else and interrupt nothing. A broken pipe is
 * told to who writes. */
void signals_hold(sigset_t *stopping);

#endif
