/* The OpenAPI document of what crmock accepts and answers. */
#ifndef CRMOCK_API_OPENAPI_H
#define CRMOCK_API_OPENAPI_H

#include "base/arena.h"

/* JSON text, made from server/api/openapi.json, the error catalogue and the versions; arena-owned. */
MUSTCHECK const char *openapi_document(struct arena *arena);

#endif
