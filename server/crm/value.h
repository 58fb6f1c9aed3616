/* What a field takes as its value: one rule a data type. */
#ifndef CRMOCK_CRM_VALUE_H
#define CRMOCK_CRM_VALUE_H

#include "base/json.h"
#include "crm/error.h"
#include "store/org.h"

/* Why a value does not fit its field. */
struct value_fault {
    const char *expected_data_type; /* the JSON or data type asked for; NULL: the type is right */
    int64_t maximum_length;         /* 0: the length is right */
    const char *found;              /* for people: what is wrong with it; arena-owned or static */
    size_t member;                  /* of a list: the faulty member, from 1; 0: the list itself */
};

/* True when the field takes the value. null fits every field that is not system mandatory (D6). */
MUSTCHECK bool value_fits(const struct field *field, const cJSON *value, struct arena *arena,
                          struct value_fault *fault);

/* True when a record must have a value of the field (NULL: it has none) and lacks it. */
MUSTCHECK bool value_missing(const struct field *field, const cJSON *value);

/* The values of `current` and after them those of `added` that are new, each once (over_write false):
 * multi-select picklists' values as JSON text, the result arena-owned. `current` may be "null". */
MUSTCHECK const char *multiselect_add(const char *current, const char *added, struct arena *arena);

#endif
