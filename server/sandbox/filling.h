/* What stores are filled with: fixtures, or the copy of what they made before. */
#ifndef CRMOCK_SANDBOX_FILLING_H
#define CRMOCK_SANDBOX_FILLING_H

#include "base/clock.h"
#include "sandbox/scene.h"

struct filling {
    const char *folder;   /* of fixtures; NULL: those in the binary */
    const char *built_in; /* of those that one alone; NULL: all */
    const char *cache;    /* folder of snapshots; NULL: the user's */
    bool uses_cache;
    const struct log *log;
};

/* A store that has been filled, and what is left to do. */
struct filled {
    struct metadata *metadata; /* owned by the caller; NULL: could not be read */
    const char *snapshot;      /* where its snapshot belongs; NULL: nowhere. Arena-owned */
    const char *snapshot_copy; /* where it is until it is published; NULL: there is none to publish */
};

/* Fills a new store by a copy of what the same fixtures made before, or by the fixtures, and makes a
 * copy then; reads its metadata. False with a reason (arena-owned). */
MUSTCHECK bool filling_fill(const struct filling *filling, struct store *store,
                            const struct clock *clock, struct arena *arena, struct filled *filled,
                            const char **reason);
/* How many more faults than the one that was the reason the fixtures have: a line for a person, who is
 * sent to the check that tells all. NULL: there are no others. It takes as long as a load. Arena-owned.
 */
MUSTCHECK const char *filling_other_faults(const struct filling *filling, const struct clock *clock,
                                           struct arena *arena);
/* Publishes the copy, if there is one: it takes a while. */
void filling_publish(struct filled *filled);
/* True when the store was filled from other fixtures than these. */
MUSTCHECK bool filling_is_other(const struct filling *filling, struct store *store);

/* What sandboxes begin with, by a word: each is filled when it is first asked for. Any thread may ask.
 */
struct seeds;

/* The words: "default", "enterprise", "professional", "free"; ended by NULL. */
extern const char *const seed_words[];

MUSTCHECK struct seeds *seeds_new(const struct filling *filling, const struct clock *clock);
/* NULL is allowed. */
void seeds_free(struct seeds *seeds);
/* Says what main was filled with, which need not be filled again then. Both are shared. */
void seeds_know(struct seeds *seeds, struct image *image, struct metadata *metadata);
/* What the word (NULL: what main was filled from) stands for: *image and *metadata are owned by the
 * caller. False with a reason (arena-owned). */
MUSTCHECK bool seeds_get(struct seeds *seeds, const char *word, struct arena *arena,
                         struct image **image, struct metadata **metadata, const char **reason);

#endif
