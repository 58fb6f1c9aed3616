/* How many of something fell into a while that ends now: a count for each second that had one, so that
 * it never takes more memory than the while has seconds. Times are seconds since 1970, by whatever
 * clock. One that is set back takes along what was counted ahead of it: that counts as of now, for what
 * has been used is not given back by it, and waits no longer than the while. Not thread-safe. */
#ifndef CRMOCK_BASE_ROLLING_H
#define CRMOCK_BASE_ROLLING_H

#include <glib.h>
#include <stdint.h>

#include "base/attrs.h"

/* Zeroed: nothing has been counted. */
struct rolling {
    GArray *seconds; /* of struct rolling_second, in their order; NULL: none */
    int64_t total;
};

void rolling_clear(struct rolling *rolling);
/* How many fell into the `length` seconds that end now. What is older is forgotten. */
MUSTCHECK int64_t rolling_count(struct rolling *rolling, int64_t now, int64_t length);
/* Counts some more, as of now. After rolling_count at the same time. */
void rolling_add(struct rolling *rolling, int64_t now, int64_t number);
/* The second at which no more than `most` of those that are counted are within the while; INT64_MIN: it
 * is so already. */
MUSTCHECK int64_t rolling_falls_to(const struct rolling *rolling, int64_t most, int64_t length);

#endif
