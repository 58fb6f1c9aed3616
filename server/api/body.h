/* Inside the api room: the body of a mass update, read and checked for its shape (E31, E32). */
#ifndef CRMOCK_API_BODY_H
#define CRMOCK_API_BODY_H

#include "api/call.h"
#include "base/json.h"
#include "crm/mass_update.h"

/* Parses the body. *body is owned by the caller (cJSON_Delete); *update borrows from it. */
MUSTCHECK enum error body_read(struct call *call, cJSON **body, struct mass_update *update);

/* The order, for documentation. */
extern const struct rules body_order;

#endif
