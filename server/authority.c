/* The command ca: the certificate that clients have to trust. */
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"

int print_authority(struct options *options, struct arena *arena)
{
    struct identity_options *wanted = &options->app.identity;
    struct identity identity;
    const char *reason;
    wanted->now = time_seconds(clock_machine_milliseconds());
    if (!identity_authority(wanted, arena, &identity, &reason)) {
        (void)fprintf(stderr, "crmock ca: %s\n", reason);
        return EXIT_FAILURE;
    }
    if (identity.made_in != NULL)
        (void)fprintf(stderr, "crmock ca: a new authority was made in %s\n", identity.made_in);
    if (fputs(identity.authority, stdout) != EOF && fflush(stdout) == 0)
        return EXIT_SUCCESS;
    perror("crmock ca");
    return EXIT_FAILURE;
}
