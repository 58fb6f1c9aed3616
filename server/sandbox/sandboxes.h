/* All sandboxes of a process, by their ids. */
#ifndef CRMOCK_SANDBOX_SANDBOXES_H
#define CRMOCK_SANDBOX_SANDBOXES_H

#include "fixture/fixture.h"
#include "sandbox/filling.h"
#include "sandbox/making.h"
#include "sandbox/sandbox.h"

struct sandboxes;

struct sandboxes_options {
    struct household household;  /* its pool and dispatch must outlive the sandboxes */
    struct filling filling;      /* what main is filled from */
    struct manner manner;        /* main's, and of those that are made without another */
    struct limits_policy limits; /* likewise */
    unsigned most;               /* that may be alive beside main */
    int64_t records_max;         /* that fixtures generate in one */
    /* Called with each that is dropped while the others go on, before it is closed. NULL: nothing. */
    void (*note_drop)(void *context, struct sandbox *sandbox);
    void *note_context;
};

/* Those that go unused, and are not listened to, for longer than they may are dropped in the
 * background, and what idle ones can do without is given back. With main, which is of that store:
 * filled, with its metadata; *filled is then the caller's to publish. The store is owned by main,
 * whatever comes of it. A store that was kept (is_new is false) has no made state. NULL with a reason
 * (arena-owned). */
MUSTCHECK struct sandboxes *sandboxes_new(const struct sandboxes_options *options, struct store *store,
                                          bool is_new, struct metadata *metadata, struct arena *arena,
                                          const char **reason);
/* Closes them all, when nobody asks any more. NULL is allowed. */
void sandboxes_free(struct sandboxes *sandboxes);

/* main, which is always there. Borrowed. */
struct sandbox *sandboxes_main(const struct sandboxes *sandboxes);
/* The living one whose id begins `text` and is that long; NULL: there is none. One of its owners is the
 * caller then. Never waits. */
MUSTCHECK struct sandbox *sandboxes_find(struct sandboxes *sandboxes, const char *text, size_t length);
/* How many records fixtures may bring one to. */
MUSTCHECK int64_t sandboxes_records_max(const struct sandboxes *sandboxes);
MUSTCHECK size_t sandboxes_count(struct sandboxes *sandboxes);
/* Those with an id behind `after` ("": all), in the order of their ids; `most` at the most. Each is the
 * caller's to free; the list is arena-owned. *more: there are others behind. */
MUSTCHECK struct sandbox **sandboxes_list(struct sandboxes *sandboxes, const char *after, size_t most,
                                          struct arena *arena, size_t *count, bool *more);

/* Makes one: *sandbox is found by its id from now on; the caller is one of its owners. Takes some
 * milliseconds. */
MUSTCHECK enum making_fault sandboxes_make(struct sandboxes *sandboxes, const struct sandbox_wish *wish,
                                           struct arena *arena, struct sandbox **sandbox,
                                           struct making_trouble *trouble);
/* Ends the events of them all: who listens hears no more. */
void sandboxes_end_events(struct sandboxes *sandboxes);

/* Closes it, and waits for what is under way in it. False when there was none of that id. Never main.
 */
bool sandboxes_drop(struct sandboxes *sandboxes, const char *id);

#endif
