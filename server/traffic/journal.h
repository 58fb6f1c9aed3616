/* The journal: the newest requests of a sandbox as they came, and how they were answered (section 8 of
 * the control API). A ring, bounded in number and bytes. Any thread may use it. */
#ifndef CRMOCK_TRAFFIC_JOURNAL_H
#define CRMOCK_TRAFFIC_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attrs.h"
#include "base/json.h"
#include "jobs/bell.h"
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
    unsigned clears;          /* journal_clears when it came */
};

/* Bytes that all entries take together; and those that are kept of a body, an answer, any other text,
 * and of query, headers and form, of which those names and values are left out that come behind so
 * many. So an entry alone never takes all. */
enum { JOURNAL_BYTES = 2 << 20, JOURNAL_BODY_MAX = 64 << 10 };

/* Keeps the newest `most` entries, in JOURNAL_BYTES. */
MUSTCHECK struct journal *journal_new(size_t most);
/* NULL is allowed. */
void journal_free(struct journal *journal);
/* Whether it keeps anything: --journal 0 does not. */
MUSTCHECK bool journal_keeps(const struct journal *journal);

/* Writes an entry, whose id is the next, or `id` when that is one of journal_reserve's. Of what has
 * fallen out meanwhile, or was forgotten, nothing is kept, and its id is 0 unless it had one. The
 * caller is one of its owners: entry_free. Never NULL. */
struct entry *journal_write(struct journal *journal, const struct note *note, int64_t id);
/* Keeps the place of a request that is put off, so that those that come later stand behind it: it is
 * in the journal with what `note` says, and is written again with its answer. Its id. */
MUSTCHECK int64_t journal_reserve(struct journal *journal, const struct note *note);
/* Forgets all, and what came before and is written after it. Ids go on. */
void journal_clear(struct journal *journal);
/* How often all was forgotten. */
MUSTCHECK unsigned journal_clears(const struct journal *journal);
/* Rung when an entry has been written, and when all have been forgotten. It lasts as long as the
 * journal. */
struct bell *journal_bell(struct journal *journal);

/* The id of the oldest entry that there is, or of the next. */
MUSTCHECK int64_t journal_oldest(struct journal *journal);
/* That of an id, the caller's to free; NULL: there is none (any more). */
MUSTCHECK struct entry *journal_find(struct journal *journal, int64_t id);

/* Entries by their ids: of those between these, and not these themselves (before 0: without an end). */
struct journal_range {
    int64_t since, before;
    bool oldest_first; /* else newest first */
};
/* False: no more. The entry is borrowed; it may take its time. */
typedef bool entry_visit_fn(void *context, struct entry *entry);
/* Those that are there when their turn comes: nobody who writes waits for it. */
void journal_each(struct journal *journal, const struct journal_range *range, entry_visit_fn *visit,
                  void *context);

struct entry *entry_share(struct entry *entry);
/* NULL is allowed. */
void entry_free(struct entry *entry);
MUSTCHECK int64_t entry_id(const struct entry *entry);
/* True while its answer is to come: it will be written again. */
MUSTCHECK bool entry_is_open(const struct entry *entry);
/* True when a part of the request's body is not kept. */
MUSTCHECK bool entry_is_cut(const struct entry *entry);
/* What it was, for matches: borrowed from the entry, and as it was sent, secrets and all. `json` is
 * entry_body's affair. */
MUSTCHECK struct seen entry_seen(const struct entry *entry);
/* The JSON of its body; NULL when it has none, is no JSON, or was cut. Owned by the caller. */
MUSTCHECK cJSON *entry_body(const struct entry *entry);
/* The same of its answer. */
MUSTCHECK cJSON *entry_answer(const struct entry *entry);

/* As the control API tells it (section 8), with secrets masked. Owned by the caller; texts are the
 * arena's or the entry's. */
MUSTCHECK cJSON *entry_json(const struct entry *entry, struct arena *arena);
/* A command line of the shell that sends it again to the server at `url` (with the sandbox's prefix, if
 * any), with the access token as "$TOKEN", and other secrets masked. Its length is in *length: it has
 * the bytes that the body has. Arena-owned. Of one that is not cut. */
MUSTCHECK const char *entry_curl(const struct entry *entry, const char *url, struct arena *arena,
                                 size_t *length);

#endif
