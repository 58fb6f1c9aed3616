/* The workers that pause, by when their pauses end: a binary heap, which adds and removes in O(log n).
 * Not thread-safe. */
#ifndef CRMOCK_JOBS_DUE_H
#define CRMOCK_JOBS_DUE_H

#include <stddef.h>

#include "base/attrs.h"

struct worker;

/* Zero it. */
struct due {
    struct worker **heap; /* borrowed */
    size_t count, room;
};

/* Adds a worker that is not in it, by its `due`, which then must not change. */
void due_add(struct due *due, struct worker *worker);
/* Removes a worker that is in it. */
void due_remove(struct due *due, struct worker *worker);
/* The worker of which the pause ends first; NULL when there is none. */
MUSTCHECK struct worker *due_first(const struct due *due);
/* Gives its memory back. */
void due_clear(struct due *due);

#endif
