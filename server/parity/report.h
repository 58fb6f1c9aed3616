/* Inside the parity room only: what may be shown to others. */
#ifndef CRMOCK_PARITY_REPORT_H
#define CRMOCK_PARITY_REPORT_H

#include "parity/side.h"

/* What theirs says besides what crmock does is replaced, the same word always by the same one. */
struct report {
    const struct side *theirs;
    const char **words; /* arena-owned, as are they */
    size_t count, room;
};

/* A case for the report, of two answers that side_told has hidden. Owned by the caller. */
MUSTCHECK cJSON *report_case(struct report *report, const struct parity_case *asked,
                             const char *version, cJSON *own, cJSON *theirs);
/* Why the file could not be put there; NULL: it could. */
MUSTCHECK const char *report_trouble(const char *path, struct arena *arena);
/* Puts a document into it, whole, in the place of what had its name. NULL, or why not; then nothing has
 * changed. */
MUSTCHECK const char *report_write(const char *path, cJSON *document, struct arena *arena);

#endif
