/* One isolated world: a store of its own, and all that works on it. The first is `main`, which is as
 * old as the process. */
#ifndef CRMOCK_SANDBOX_SANDBOX_H
#define CRMOCK_SANDBOX_SANDBOX_H

#include "crm/limits.h"
#include "sandbox/scene.h"
#include "traffic/faults.h"
#include "traffic/journal.h"

enum { SANDBOX_ID_SIZE = 33 };

struct sandbox;

/* One that nobody can enter yet. Its owners are counted: the caller is the first. */
MUSTCHECK struct sandbox *sandbox_new(const char *id, const struct household *household,
                                      const struct limits_policy *limits);
struct sandbox *sandbox_share(struct sandbox *sandbox);
/* One owner less. The last one's frees it, closed. NULL is allowed. */
void sandbox_free(struct sandbox *sandbox);

/* Borrowed. */
const char *sandbox_id(const struct sandbox *sandbox);
const struct household *sandbox_household(const struct sandbox *sandbox);

/* What is as old as it is, whatever is exchanged in it; borrowed: the limits of the service that it
 * has, what it is to do to requests, what came of them, and what is told of it to those who listen. */
struct limits *sandbox_limits(const struct sandbox *sandbox);
struct faults *sandbox_faults(struct sandbox *sandbox);
struct journal *sandbox_journal(struct sandbox *sandbox);
struct events *sandbox_events(struct sandbox *sandbox);

/* Rung when something has become of its jobs. */
struct bell *sandbox_jobs_changed(struct sandbox *sandbox);
/* Rung when something has become of its webhooks: one is to be called, was tried, or is not to be
 * called any more. */
struct bell *sandbox_webhooks_changed(struct sandbox *sandbox);

/* How often it was reset, or has been closed: what was put off before is cut short. */
MUSTCHECK unsigned sandbox_resets(const struct sandbox *sandbox);
void sandbox_note_reset(struct sandbox *sandbox);

/* What it is like now; NULL when it is closed, or not filled yet. Good until sandbox_leave, which must
 * follow in any case. Never waits. */
MUSTCHECK const struct scene *sandbox_enter(struct sandbox *sandbox, unsigned *side);
void sandbox_leave(struct sandbox *sandbox, unsigned side);

/* Changes are made one after the other: between these, `scene` stays the one that is there (NULL: it is
 * closed, and stays so). */
const struct scene *sandbox_lock(struct sandbox *sandbox);
void sandbox_unlock(struct sandbox *sandbox);
/* Puts another scene in the place of the one that is there, with the lock held, and nobody inside who
 * waits for the caller. Returns when all have left who had entered before; the former is freed. The
 * scene's jobs go on as it has them. */
void sandbox_exchange(struct sandbox *sandbox, struct scene *scene);
/* Exchanges it for none. It can be entered no more, and its events end. */
void sandbox_close(struct sandbox *sandbox);

/* What it had when it was made, for a reset; with the manner in which it was made. Under the lock. The
 * image is owned by the sandbox then; NULL: it was not made, but kept. */
struct making {
    struct image *image;
    struct metadata *metadata; /* of then; shared */
    struct manner manner;
};
void sandbox_set_making(struct sandbox *sandbox, const struct making *making);
/* Borrowed, under the lock. */
MUSTCHECK const struct making *sandbox_making(const struct sandbox *sandbox);

/* A sandbox as it was at some moment, by a name. */
struct moment {
    char *name;
    int64_t taken; /* by the machine's clock, milliseconds */
    struct making made;
};
/* All of it under the lock. The list is in the order of their names. */
MUSTCHECK const struct moment *sandbox_moment(const struct sandbox *sandbox, const char *name);
const struct moment *sandbox_moments(const struct sandbox *sandbox, size_t *count);
/* Keeps one, in place of another of that name. It owns *made then. */
void sandbox_keep_moment(struct sandbox *sandbox, const char *name, const struct making *made);
void sandbox_drop_moment(struct sandbox *sandbox, const char *name);

/* When it was last begun to put it back to how it was once, in milliseconds by the machine's clock: it
 * has other jobs since, of which those are new that were scheduled then or later. 0: never. */
MUSTCHECK int64_t sandbox_put_back(const struct sandbox *sandbox);
void sandbox_note_put_back(struct sandbox *sandbox, int64_t time);

/* When it was made, and used last, in milliseconds by the machine's clock; how many seconds it may go
 * unused (0: for ever). */
MUSTCHECK int64_t sandbox_created(const struct sandbox *sandbox);
MUSTCHECK int64_t sandbox_used(const struct sandbox *sandbox);
MUSTCHECK int64_t sandbox_ttl(const struct sandbox *sandbox);
void sandbox_set_ttl(struct sandbox *sandbox, int64_t ttl);
/* Says that it is used now. */
void sandbox_touch(struct sandbox *sandbox);

#endif
