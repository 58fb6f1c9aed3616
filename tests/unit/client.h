/* A client for the tests: over a connection of its own one request and one answer, or piece by piece.
 */
#ifndef CRMOCK_UNIT_CLIENT_H
#define CRMOCK_UNIT_CLIENT_H

#include "base/arena.h"

/* Sends the bytes to a base URL (http://127.0.0.1:PORT), reads until the server closes. The answer,
 * headers and all, is arena-owned. */
const char *client_exchange(const char *url, const char *request, struct arena *arena);
/* A whole request with a token and "Connection: close". */
const char *client_request(struct arena *arena, const char *method, const char *path, const char *body);
/* A connection to a base URL; the caller closes it. */
int client_connect(const char *url);
void client_send(int connection, const char *text);
void client_send_bytes(int connection, const char *bytes, size_t length);
/* Reads until `text` has come, or (always when it is NULL) until the server closes. What was read is
 * arena-owned. */
const char *client_receive(int connection, const char *text, struct arena *arena);
/* Waits for so many bytes or, when there are less, for the end, which must be no reset. */
const char *client_receive_bytes(int connection, size_t length, struct arena *arena);
/* The same for all that comes until the end, 4096 bytes at most. */
const char *client_receive_all(int connection, struct arena *arena);

#endif
