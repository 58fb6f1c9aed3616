/* Inside the parity room only: cases as they are told. */
#ifndef CRMOCK_PARITY_TELLING_H
#define CRMOCK_PARITY_TELLING_H

#include "parity/side.h"

/* A case: {"row", "what", "version", "request", "result", "crmock", "theirs", "differences"}. `own` and
 * `theirs` become its members; `differences` as well. Owned by the caller. */
MUSTCHECK cJSON *telling_case(const struct parity_case *asked, const char *version, cJSON *own,
                              cJSON *theirs, cJSON *differences);
/* One that was not asked, and why. */
MUSTCHECK cJSON *telling_unasked(const struct parity_case *asked, const char *version, const char *why);
/* Adds how many of the document's "cases" have which result. */
void telling_count(cJSON *document);
/* The document as a table. */
void telling_table(const cJSON *document, FILE *out, struct arena *arena);

#endif
