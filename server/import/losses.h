/* What could not be kept, for import.md. Not thread-safe. */
#ifndef CRMOCK_IMPORT_LOSSES_H
#define CRMOCK_IMPORT_LOSSES_H

#include <stddef.h>

#include "base/arena.h"
#include "base/attrs.h"

struct import_loss {
    const char *where; /* "Deals.Shoe_Size" */
    const char *what;  /* "formula: kept as text" */
};

/* Set `arena`, which owns the list and its texts; zero the rest. */
struct import_losses {
    struct import_loss *list;
    size_t count, room;
    struct arena *arena;
};

/* Adds one. `where` is copied. */
void import_lose(struct import_losses *losses, const char *where, const char *format, ...) PRINTF(3, 4);

#endif
