/* Inside the parity room only: what two answers have otherwise. */
#ifndef CRMOCK_PARITY_DIFFERENCE_H
#define CRMOCK_PARITY_DIFFERENCE_H

#include "base/json.h"

/* Of two answers as side_told tells them: an array of {"part", "crmock", "theirs"}, empty where they
 * are the same; a part is a path, "details.json_path", and null what is not there. Owned by the caller.
 */
MUSTCHECK cJSON *difference_of(cJSON *own, cJSON *theirs, struct arena *arena);

#endif
