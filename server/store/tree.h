/* Inside the store room only: tables as SQLite lays them out in its pages (its "Database File Format"),
 * to tell quickly where two images cannot differ. */
#ifndef CRMOCK_STORE_TREE_H
#define CRMOCK_STORE_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "store/memory.h"

/* A table in an image: the number of its first page, as sqlite_schema has it. */
struct tree {
    const struct image *image;
    uint32_t root;
};

/* A growing list of ids; end it with free(list->ids). */
struct id_list {
    int64_t *ids;
    size_t count, room;
};
void id_list_add(struct id_list *list, int64_t id);

/* Adds the ids of the rows that stand in pages which are not the same in both: every row that differs
 * is among them, some once from either side. The table has an INTEGER PRIMARY KEY. False when the pages
 * are not laid out as they should be. */
MUSTCHECK bool trees_differing_ids(const struct tree *one, const struct tree *other,
                                   struct id_list *ids);
/* Whether all pages are the same in both; so are the rows then. For a table WITHOUT ROWID whose rows
 * fit their pages. False in the return value as above. */
MUSTCHECK bool trees_are_same(const struct tree *one, const struct tree *other, bool *same);

#endif
