/* Inside the api room: what a user's profile must allow before the endpoint is asked. */
#ifndef CRMOCK_API_PERMIT_H
#define CRMOCK_API_PERMIT_H

#include "api/call.h"

call_fn permit_read;  /* reading the module's records: G4 */
call_fn permit_write; /* writing them: P3 */

#endif
