#include <pthread.h>
#include <stdlib.h>

#include "traffic/entry.h"

enum { ROOM_AT_FIRST = 16 /* a power of two */, VISITED_AT_ONCE = 64 };

/* Entry `id` stands at the place id modulo room, a power of two. Memory that is given back is given
 * back without the lock: nobody who writes waits for that. */
struct journal {
    size_t most;
    atomic_uint clears; /* changed under the lock */
    struct bell bell;
    pthread_mutex_t mutex; /* guards what follows */
    struct entry **ring;
    size_t room, bytes;
    int64_t first, next; /* ids that are there: from first to below next */
};

struct journal *journal_new(size_t most)
{
    struct journal *journal = must_alloc(sizeof *journal);
    *journal = (struct journal){.most = most, .first = 1, .next = 1};
    bell_init(&journal->bell);
    (void)pthread_mutex_init(&journal->mutex, NULL);
    return journal;
}

static void free_all(struct entry *fallen)
{
    while (fallen != NULL) {
        struct entry *behind = fallen->behind;
        entry_free(fallen);
        fallen = behind;
    }
}

void journal_free(struct journal *journal)
{
    if (journal == NULL)
        return;
    journal_clear(journal);
    bell_clear(&journal->bell);
    (void)pthread_mutex_destroy(&journal->mutex);
    free(journal);
}

bool journal_keeps(const struct journal *journal)
{
    return journal->most > 0;
}

struct bell *journal_bell(struct journal *journal)
{
    return &journal->bell;
}

static struct entry **place_of(struct journal *journal, int64_t id)
{
    return &journal->ring[(size_t)id & (journal->room - 1)];
}

/* Takes the oldest out, and puts it in front of those that have fallen out. */
static struct entry *take_oldest(struct journal *journal, struct entry *fallen)
{
    struct entry *oldest = *place_of(journal, journal->first++);
    journal->bytes -= oldest->size;
    oldest->behind = fallen;
    return oldest;
}

static struct entry *make_fit(struct journal *journal, struct entry *fallen)
{
    while (journal->bytes > JOURNAL_BYTES || (size_t)(journal->next - journal->first) > journal->most)
        fallen = take_oldest(journal, fallen);
    return fallen;
}

/* Room for one more. */
static void grow(struct journal *journal)
{
    if ((size_t)(journal->next - journal->first) < journal->room)
        return;
    struct journal larger = *journal;
    larger.room = journal->room > 0 ? 2 * journal->room : ROOM_AT_FIRST;
    larger.ring = must_alloc(larger.room * sizeof(struct entry *));
    for (int64_t id = journal->first; id < journal->next; id++)
        *place_of(&larger, id) = *place_of(journal, id);
    free(journal->ring);
    journal->ring = larger.ring;
    journal->room = larger.room;
}

/* The next entry. Those that fall out for it. */
static struct entry *append(struct journal *journal, struct entry *entry)
{
    if (entry->note.clears != atomic_load(&journal->clears))
        return NULL;
    entry->id = journal->next;
    if (!journal_keeps(journal)) {
        journal->next++;
        journal->first++;
        return NULL;
    }
    grow(journal);
    *place_of(journal, journal->next++) = entry_share(entry);
    journal->bytes += entry->size;
    return make_fit(journal, NULL);
}

/* In the place of one that is there. */
static struct entry *replace(struct journal *journal, struct entry *entry)
{
    if (entry->id < journal->first || entry->id >= journal->next)
        return NULL;
    struct entry **place = place_of(journal, entry->id), *former = *place;
    *place = entry_share(entry);
    journal->bytes += entry->size;
    journal->bytes -= former->size;
    former->behind = NULL;
    return make_fit(journal, former);
}

static void keep(struct journal *journal, struct entry *entry)
{
    (void)pthread_mutex_lock(&journal->mutex);
    struct entry *fallen = entry->id != 0 ? replace(journal, entry) : append(journal, entry);
    (void)pthread_mutex_unlock(&journal->mutex);
    free_all(fallen);
    bell_ring(&journal->bell);
}

struct entry *journal_write(struct journal *journal, const struct note *note, int64_t id)
{
    struct entry *entry = entry_new(note, false);
    entry->id = id;
    keep(journal, entry);
    return entry;
}

int64_t journal_reserve(struct journal *journal, const struct note *note)
{
    struct entry *entry = entry_new(note, true);
    keep(journal, entry);
    int64_t id = entry->id;
    entry_free(entry);
    return id;
}

void journal_clear(struct journal *journal)
{
    struct entry *fallen = NULL;
    (void)pthread_mutex_lock(&journal->mutex);
    (void)atomic_fetch_add(&journal->clears, 1);
    while (journal->first < journal->next)
        fallen = take_oldest(journal, fallen);
    struct entry **ring = journal->ring;
    journal->ring = NULL;
    journal->room = 0;
    (void)pthread_mutex_unlock(&journal->mutex);
    free(ring);
    free_all(fallen);
    bell_ring(&journal->bell);
}

unsigned journal_clears(const struct journal *journal)
{
    return atomic_load_explicit(&journal->clears, memory_order_relaxed);
}

int64_t journal_oldest(struct journal *journal)
{
    (void)pthread_mutex_lock(&journal->mutex);
    int64_t id = journal->first;
    (void)pthread_mutex_unlock(&journal->mutex);
    return id;
}

static int64_t least(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

/* Shares up to VISITED_AT_ONCE of the range, and takes them off it. */
static size_t take_some(struct journal *journal, struct journal_range *range, struct entry **some)
{
    size_t count = 0;
    (void)pthread_mutex_lock(&journal->mutex);
    int64_t low = least(range->since, journal->next - 1) + 1;
    int64_t high = range->before > 0 ? least(range->before, journal->next) : journal->next;
    if (low < journal->first)
        low = journal->first;
    for (; low < high && count < VISITED_AT_ONCE; count++)
        some[count] = entry_share(*place_of(journal, range->oldest_first ? low++ : --high));
    (void)pthread_mutex_unlock(&journal->mutex);
    if (range->oldest_first)
        range->since = low - 1;
    else
        range->before = high;
    return count;
}

struct entry *journal_find(struct journal *journal, int64_t id)
{
    struct entry *entry = NULL;
    (void)pthread_mutex_lock(&journal->mutex);
    if (id >= journal->first && id < journal->next)
        entry = entry_share(*place_of(journal, id));
    (void)pthread_mutex_unlock(&journal->mutex);
    return entry;
}

void journal_each(struct journal *journal, const struct journal_range *range, entry_visit_fn *visit,
                  void *context)
{
    struct journal_range rest = *range;
    struct entry *some[VISITED_AT_ONCE];
    bool goes_on = true;
    for (size_t count = 1; count > 0 && goes_on;) {
        count = take_some(journal, &rest, some);
        for (size_t i = 0; i < count; i++) {
            goes_on = goes_on && visit(context, some[i]);
            entry_free(some[i]);
        }
    }
}
