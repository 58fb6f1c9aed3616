/* What another crmock, or the service, answers to the requests of the gallery, beside what crmock does.
 */
#ifndef CRMOCK_PARITY_PARITY_H
#define CRMOCK_PARITY_PARITY_H

#include <stdbool.h>
#include <stdio.h>

#include "remote/remote.h"

struct parity_options {
    const char *module, *record, *view; /* to ask with; NULL: what is found there */
    bool writes;                        /* also requests that change something */
    bool is_json;                       /* the table as JSON */
    const char *report;                 /* a file for others to read; NULL: none */
};

/* Everything is borrowed. */
struct parity {
    struct parity_options options;
    struct remote_options remote; /* whom to compare with */
    const char *own;              /* base URL of a crmock with the default org */
    FILE *out, *progress;         /* the table or its JSON; a line for people, and failures */
    /* Waits so many milliseconds, 0 for none. True: give up, which it says from then on. */
    bool (*rest)(void *context, long milliseconds);
    void *context;
};

enum parity_outcome { PARITY_SAME, PARITY_DIFFERS, PARITY_UNASKED };

/* Asks both, one call at a time, and tells what differs. PARITY_UNASKED with a reason (arena-owned):
 * nobody could be asked, or not to the end, and nothing is told; or what was found cannot be written.
 * The report is written whole or not at all. What it has changed there has its value again, or a line
 * says what has not. */
MUSTCHECK enum parity_outcome parity_run(const struct parity *parity, struct arena *arena,
                                         const char **reason);

#endif
