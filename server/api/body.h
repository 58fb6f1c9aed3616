/* Inside the api room: bodies, read and checked for their shape (E31, E32). */
#ifndef CRMOCK_API_BODY_H
#define CRMOCK_API_BODY_H

#include "api/call.h"
#include "base/json.h"
#include "crm/mass_update.h"

/* Parses the body, which must be an object (E31). *body is owned by the caller (cJSON_Delete). */
MUSTCHECK enum error body_parse(struct call *call, cJSON **body);
/* Parses {"data": [1 to `most` objects]}, of a call that writes records. *data is borrowed from *body,
 * which is owned by the caller. */
MUSTCHECK enum error body_read_data(struct call *call, size_t most, cJSON **body, const cJSON **data);
/* Parses a mass update. *body is owned by the caller (cJSON_Delete); *update borrows from it. */
MUSTCHECK enum error body_read(struct call *call, cJSON **body, struct mass_update *update);

/* The order, for documentation. */
extern const struct rules body_order;

#endif
