/* libcurl lives here and nowhere else. Any thread may post. */
#ifndef CRMOCK_WEBHOOK_CLIENT_H
#define CRMOCK_WEBHOOK_CLIENT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/attrs.h"

struct webhook_client;

/* Loads libcurl; NULL with a reason (arena-owned) where there is none. It is loaded at run time, for it
 * brings libraries that take more memory and time at the start than all of crmock, and most have no
 * webhooks. */
MUSTCHECK struct webhook_client *webhook_client_new(struct arena *arena, const char **reason);
void webhook_client_free(struct webhook_client *client); /* NULL is allowed */

/* Posts JSON. *status is that of the answer, which is not read further; 0 with a reason (arena-owned)
 * when there is none within `timeout` milliseconds, or when `is_stopping(context)`, asked about once a
 * second, ends the wait. */
void webhook_client_post(struct webhook_client *client, const char *url, const char *body, long timeout,
                         bool (*is_stopping)(void *context), void *context, struct arena *arena,
                         long *status, const char **reason);

#endif
