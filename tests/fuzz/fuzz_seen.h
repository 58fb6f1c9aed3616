/* Requests as inputs of the fuzz targets describe them. */
#ifndef CRMOCK_FUZZ_SEEN_H
#define CRMOCK_FUZZ_SEEN_H

#include "base/arena.h"
#include "traffic/seen.h"

/* {"method", "path", "query": {...}, "body" or "text", ...}, as far as it is there. Borrows from the
 * JSON, and the arena. */
struct seen fuzz_seen(cJSON *request, struct arena *arena);

#endif
