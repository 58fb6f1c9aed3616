/* Inside the import room: what is asked of the service, several at once, page by page. */
#ifndef CRMOCK_IMPORT_ASK_H
#define CRMOCK_IMPORT_ASK_H

#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attrs.h"
#include "import/state.h"
#include "remote/remote.h"

enum { ASK_PER_PAGE = 200, REFUSAL_SIZE = 300 };

enum ask_pages { PAGES_ONE, PAGES_BY_NUMBER, PAGES_BY_TOKEN };

/* One member of an answer, or of all pages of one. */
struct ask {
    const char *target; /* behind /crm/v8/; NULL: what is told has no name or id to ask by, so it is
                         * refused */
    const char *member;
    enum ask_pages pages;
    size_t most;      /* entries; 0: all */
    size_t *awaited;  /* how many asks its module waits for; NULL: no module does */
    bool has_records; /* they are counted as such */
    bool is_sparse;   /* members that are null are dropped, but those of the first entry: it shows which
                       * of   them are told at all. Records of large modules have hundreds. */

    /* What came of it. */
    cJSON *found;               /* owned by who asked; NULL: refused, or none where all has failed */
    bool has_more;              /* than `most` */
    char refusal[REFUSAL_SIZE]; /* "403 NO_PERMISSION"; "": it was not refused. With `found`: why no
                                 * more pages were asked for */
};

struct asker {
    struct remote *remote;
    struct import_state *state; /* NULL: nothing is kept yet */
    struct arena *arena;
    const char *url; /* of the source, for reasons */
    bool tells;      /* how far it is, on stderr */

    pthread_mutex_t mutex; /* guards what follows */
    const char *reason;    /* why all has failed (arena-owned); NULL: it has not */
    size_t modules, records;
};

/* Asks all of a list. False when one has failed for good, with asker->reason; then none has found
 * anything. What the service refuses is no failure. */
MUSTCHECK bool ask_all(struct asker *asker, struct ask *list, size_t count);
MUSTCHECK cJSON *ask_take(struct ask *ask); /* what it found, which is the caller's then; may be NULL */

void ask_drop_nulls(cJSON *object); /* NULL is allowed */

/* Tells how far it is, where it tells; and clears that line. */
void asker_tell(struct asker *asker);
void asker_end(const struct asker *asker);

#endif
