/* A client for the tests: one request, one answer, over a connection of its own. */
#ifndef CRMOCK_UNIT_CLIENT_H
#define CRMOCK_UNIT_CLIENT_H

#include "base/arena.h"

/* Sends the bytes to a base URL (http://127.0.0.1:PORT), reads until the server closes. The answer,
 * headers and all, is arena-owned. */
const char *client_exchange(const char *url, const char *request, struct arena *arena);
/* A whole request with a token and "Connection: close". */
const char *client_request(struct arena *arena, const char *method, const char *path, const char *body);

#endif
