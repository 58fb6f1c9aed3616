/* The journal: the newest requests of a sandbox as they came, and how they were answered. A ring,
 * bounded in number and bytes. Any thread may use it. */
#ifndef CRMOCK_TRAFFIC_JOURNAL_H
#define CRMOCK_TRAFFIC_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attrs.h"
#include "traffic/seen.h"

struct journal;
struct entry; /* immutable, counted */

/* What is written of a request; all is copied. Of `seen`, `json` is not looked at. */
struct note {
    struct seen seen;    /* status 0: no answer was sent */
    const char *sandbox; /* whose credentials have a form of their own outside */
    const char *hint;    /* or NULL */
    const char *answer;  /* the body; not ended by a zero byte */
    size_t answer_length;
    int64_t time;             /* when it came: microseconds of the machine's clock (since 1970) */
    int64_t duration;         /* microseconds until it was answered */
    int64_t job_id, fault_id; /* 0: none */
};

enum { JOURNAL_BYTES = 2 << 20, JOURNAL_BODY_MAX = 64 << 10 };

/* Keeps the newest `most` entries, in JOURNAL_BYTES. */
MUSTCHECK struct journal *journal_new(size_t most);
/* NULL is allowed. */
void journal_free(struct journal *journal);
/* Whether it keeps anything: --journal 0 does not. */
MUSTCHECK bool journal_keeps(const struct journal *journal);

/* Writes an entry, whose id is the next, or `id` when that is one of journal_reserve's. The caller is
 * one of its owners: entry_free. Never NULL. */
struct entry *journal_write(struct journal *journal, const struct note *note, int64_t id);
/* Keeps the place of a request that is put off, so that those that come later stand behind it: it is
 * in the journal with what `note` says, and is written again with its answer. Its id. */
MUSTCHECK int64_t journal_reserve(struct journal *journal, const struct note *note);
/* Forgets all; what is under way then is not written. Ids go on. */
void journal_clear(struct journal *journal);

void entry_free(struct entry *entry);
MUSTCHECK int64_t entry_id(const struct entry *entry);
/* What it was, for matches: borrowed from the entry, or the arena's; json is read when asked for. */
void entry_see(const struct entry *entry, bool reads_json, struct arena *arena, struct seen *seen);

/* Entries by their ids: newest first, of those below `before` (0: all); or oldest first, of those above
 * `since`. At most `most`; each is the caller's to free; the list is arena-owned. `fits` picks them
 * (NULL: all). *more: there are others. */
typedef bool entry_fits_fn(void *context, const struct entry *entry);
MUSTCHECK struct entry **journal_list(struct journal *journal, int64_t before, int64_t since,
                                      size_t most, entry_fits_fn *fits, void *context,
                                      struct arena *arena, size_t *count, bool *more);
/* That of an id, the caller's to free; NULL: there is none (any more). */
MUSTCHECK struct entry *journal_find(struct journal *journal, int64_t id);

/* As the control API tells it (section 8), with secrets masked. Owned by the caller; texts are the
 * arena's or the entry's. */
MUSTCHECK cJSON *entry_json(const struct entry *entry, struct arena *arena);
/* A command line that sends it again to the server at `url` (with the sandbox's prefix, if any). */
MUSTCHECK const char *entry_curl(const struct entry *entry, const char *url, struct arena *arena);

#endif
