/* The command line and its environment variables: one table. */
#ifndef CRMOCK_OPTIONS_H
#define CRMOCK_OPTIONS_H

#include "app.h"
#include "base/json.h"

enum options_outcome {
    OPTIONS_READ,
    OPTIONS_TOLD, /* --help and the like: printed, there is nothing more to do */
    OPTIONS_WRONG /* a message says what */
};

/* Fills *options from the arguments and, for what they leave out, from the environment. Texts are
 * borrowed from argv and the environment. */
MUSTCHECK enum options_outcome options_read(int argc, char **argv, struct app_options *options);

/* By name, what each is set to; secrets are masked. Owned by the caller. */
MUSTCHECK cJSON *options_told(const struct app_options *options);

#endif
