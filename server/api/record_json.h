/* Inside the api room: records as JSON. */
#ifndef CRMOCK_API_RECORD_JSON_H
#define CRMOCK_API_RECORD_JSON_H

#include "api/call.h"
#include "store/record_data.h"

/* The record with the fields that the user sees: those named in `wanted` (separated by commas) and
 * the keys that tell its state among them, or all when that is NULL. Owned by the caller. */
MUSTCHECK cJSON *record_json(struct call *call, const struct record_data *data, const char *wanted);

/* The names of the keys that tell its state, as a list; owned by the caller. */
MUSTCHECK cJSON *record_state_names(void);

/* True for one of the names in a list that commas separate. */
MUSTCHECK bool is_listed(const char *list, const char *name);
/* What a record is called where others refer to it: its first and last name, or the first field that it
 * must have. Arena-owned. */
MUSTCHECK const char *record_name(struct arena *arena, const struct record_data *data);

#endif
