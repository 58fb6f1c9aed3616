/* What the service told, as fixtures that load as they are (docs/fixtures.md). */
#ifndef CRMOCK_IMPORT_CONVERT_H
#define CRMOCK_IMPORT_CONVERT_H

#include "base/json.h"
#include "import/documents.h"
#include "import/losses.h"

struct import_file {
    const char *name; /* "Deals.json", "org.json" */
    cJSON *json;
};

/* One org's, in an order that is the same each time. */
struct import_files {
    struct import_file *list;
    size_t count;
};

/* Whether to give up, which is asked between steps that take long. */
struct import_stop {
    bool (*is_stopping)(void *context); /* NULL: never */
    void *context;
};

MUSTCHECK static inline bool import_is_stopping(const struct import_stop *stop)
{
    return stop->is_stopping != NULL && stop->is_stopping(stop->context);
}

/* Makes files of the documents, whatever is in them: what fixtures cannot have is left out and noted.
 * Ids are kept. False, and no files, when there is no org in them (nobody who could own a record), when
 * the store that the files are held against fails, or when it is to give up; *reason is static or
 * arena-owned. Names are the arena's, the trees are ended by import_files_clear. */
MUSTCHECK bool import_convert(const struct import_documents *documents, const struct import_stop *stop,
                              struct arena *arena, struct import_files *files,
                              struct import_losses *losses, const char **reason);
void import_files_clear(struct import_files *files);

#endif
