/* The command line and its environment variables: one table of all commands. */
#ifndef CRMOCK_OPTIONS_H
#define CRMOCK_OPTIONS_H

#include "app.h"
#include "base/json.h"
#include "import/import.h"
#include "parity/parity.h"

enum options_outcome {
    OPTIONS_READ,
    OPTIONS_TOLD, /* --help and the like: printed, there is nothing more to do */
    OPTIONS_WRONG /* a message says what */
};

/* What a command is told. */
struct options {
    struct app_options app;       /* of serve; others take some of them */
    const char *argument;         /* behind the options, of a command that takes one */
    const char *health_url;       /* of health; NULL: by the app's address */
    struct remote_options remote; /* of import and parity */
    struct import_options import;
    struct parity_options parity;
};

/* What crmock is asked to do: serve, when it is not said. */
struct command {
    const char *name, *title; /* "ca", "crmock ca" */
    const char *argument;     /* behind its options, as "DIR"; "[DIR]": or none; NULL: it takes none */
    const char *says;         /* what it does */
    int wrong;                /* its exit status when an option is */
    /* Does it, to an exit status, and says on stderr what went wrong. The arena lives longer. */
    int (*run)(struct options *options, struct arena *arena);
};

#define COMMAND_SERVE "serve"

/* Fills *options from a command's arguments (behind argv[0]) and, for what they leave out, from the
 * environment; what the command does not take has its default. Texts are borrowed from argv and the
 * environment. */
MUSTCHECK enum options_outcome options_read(const struct command *command, int argc, char **argv,
                                            struct options *options);

/* By name, what each option of serve is set to; secrets are masked. Owned by the caller. */
MUSTCHECK cJSON *options_told(const struct app_options *app);

#endif
