/* An org of the service as a folder of fixtures. */
#ifndef CRMOCK_IMPORT_IMPORT_H
#define CRMOCK_IMPORT_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "remote/remote.h"

struct import_options {
    const char *folder;  /* where the fixtures go */
    const char *modules; /* API names, with commas between; NULL: all */
    unsigned records;    /* of a module, at most */
    bool is_anonymous;   /* names, addresses, phones and free text are replaced */
    bool tells;          /* how far it is, on stderr */
};

struct import_sums {
    size_t modules, records;
    unsigned calls;
};

/* Reads an org, and writes it as fixtures. False with a reason (arena-owned): then the folder has
 * nothing new in it but, for the next run, what was got until then (import/state.h), and *is_kept says
 * whether that is something. What was there by other hands is left alone in either case. */
MUSTCHECK bool import_run(const struct import_options *options, const struct remote_options *source,
                          struct arena *arena, struct import_sums *sums, bool *is_kept,
                          const char **reason);

#endif
