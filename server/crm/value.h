/* What a field takes as its value: one rule a data type. */
#ifndef CRMOCK_CRM_VALUE_H
#define CRMOCK_CRM_VALUE_H

#include "base/json.h"
#include "crm/error.h"
#include "store/org.h"

/* True when the field takes the value. null fits every field that is not system mandatory (D6). False:
 * why (F2) and a hint are added to *fault, and to its json_path the member that is at fault. */
MUSTCHECK bool value_fits(const struct field *field, const cJSON *value, struct arena *arena,
                          struct fault *fault);

/* What a record keeps of a value that fits, where that is not the value as it is: a reference as an
 * object (F8), a time with the offset that it has in the zone (F5). Owned by the caller; NULL: as it
 * is. */
MUSTCHECK cJSON *value_kept(const struct field *field, const cJSON *value, const struct zone *zone);

/* The id in a reference to a record or user, which is an object with it or the id itself (F8); NULL:
 * the object has none. Borrowed. */
MUSTCHECK const cJSON *reference_id(const cJSON *value);

/* True when a record must have a value of the field (NULL: it has none) and lacks it. */
MUSTCHECK bool value_missing(const struct field *field, const cJSON *value);

/* The values of `current` and after them those of `added` that are new, each once (over_write false):
 * multi-select picklists' values as JSON text, the result arena-owned. `current` may be "null". */
MUSTCHECK const char *multiselect_add(const char *current, const char *added, struct arena *arena);

#endif
