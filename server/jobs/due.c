#include "jobs/due.h"

#include <stdlib.h>

#include "base/arena.h"
#include "jobs/inside.h"

static void put(struct due *due, size_t place, struct worker *worker)
{
    due->heap[place] = worker;
    worker->place = place;
}

/* Puts a worker at the place, or above it, where none that is due later stands over it. */
static void rise(struct due *due, size_t place, struct worker *worker)
{
    while (place > 0 && worker->due < due->heap[(place - 1) / 2]->due) {
        put(due, place, due->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(due, place, worker);
}

/* Frees a place for a worker to rise from, by moving up the earlier one of the two below it, and so on:
 * the last place of a branch, above which all are due in order. */
static size_t sink_gap(struct due *due, size_t place)
{
    for (size_t below = 2 * place + 1; below < due->count; below = 2 * place + 1) {
        if (below + 1 < due->count && due->heap[below + 1]->due < due->heap[below]->due)
            below++;
        put(due, place, due->heap[below]);
        place = below;
    }
    return place;
}

void due_add(struct due *due, struct worker *worker)
{
    if (due->count == due->room) {
        due->room = due->room > 0 ? 2 * due->room : 8;
        due->heap = must_realloc(due->heap, due->room * sizeof(struct worker *));
    }
    rise(due, due->count++, worker);
}

void due_remove(struct due *due, struct worker *worker)
{
    struct worker *last = due->heap[--due->count];
    if (last != worker)
        rise(due, sink_gap(due, worker->place), last);
}

struct worker *due_first(const struct due *due)
{
    return due->count > 0 ? due->heap[0] : NULL;
}

void due_clear(struct due *due)
{
    free(due->heap);
    *due = (struct due){.heap = NULL};
}
