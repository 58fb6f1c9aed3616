/* The command line and its environment variables: one table. */
#ifndef CRMOCK_OPTIONS_H
#define CRMOCK_OPTIONS_H

#include "app.h"

/* Fills *options from the arguments and, for what they leave out, from the environment. Ends the
 * process for --help and --version (status 0) and for a wrong value (a message and status 1).
 * Texts are borrowed from argv and the environment. */
void options_read(int argc, char **argv, struct app_options *options);

#endif
