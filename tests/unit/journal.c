/* The journal: what it keeps, in which order, and for how long. */
#include <glib.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "traffic/journal.h"
#include "unit.h"

static struct arena arena;

static void open_test(void)
{
    arena = (struct arena){.blocks = NULL};
}

static void close_test(void)
{
    arena_clear(&arena);
}

/* A note of a request for a path. */
static struct note note_of(const char *path)
{
    return (struct note){.seen = {.method = "GET", .path = path, .status = 200}, .sandbox = "main"};
}

static int64_t write_one(struct journal *journal, const char *path)
{
    struct note note = note_of(path);
    note.clears = journal_clears(journal);
    struct entry *entry = journal_write(journal, &note, 0);
    int64_t id = entry_id(entry);
    entry_free(entry);
    return id;
}

static bool add_told(void *context, struct entry *entry)
{
    GString *text = context;
    const struct seen seen = entry_seen(entry);
    g_string_append_printf(text, "%s%lld%s", text->len > 0 ? " " : "", (long long)entry_id(entry),
                           seen.path);
    return text->len < 1000;
}

/* Ids and paths of a range, "2/b 1/a". Arena-owned. */
static const char *told_range(struct journal *journal, struct journal_range range)
{
    GString *text = g_string_new(NULL);
    journal_each(journal, &range, add_told, text);
    const char *copy = arena_strdup(&arena, text->str);
    (void)g_string_free(text, true);
    return copy;
}

static const char *told(struct journal *journal)
{
    return told_range(journal, (struct journal_range){.since = 0});
}

START_TEST(the_newest_are_kept)
{
    struct journal *journal = journal_new(3);
    ck_assert(journal_keeps(journal));
    ck_assert_str_eq(told(journal), "");
    ck_assert_int_eq(journal_oldest(journal), 1);
    ck_assert_int_eq(write_one(journal, "/a"), 1);
    ck_assert_int_eq(write_one(journal, "/b"), 2);
    ck_assert_str_eq(told(journal), "2/b 1/a");
    ck_assert_int_eq(write_one(journal, "/c"), 3);
    ck_assert_int_eq(write_one(journal, "/d"), 4);
    ck_assert_str_eq(told(journal), "4/d 3/c 2/b");
    ck_assert_int_eq(journal_oldest(journal), 2);
    ck_assert_ptr_null(journal_find(journal, 1));
    ck_assert_ptr_null(journal_find(journal, 5));
    ck_assert_ptr_null(journal_find(journal, 0));
    ck_assert_ptr_null(journal_find(journal, INT64_MAX));
    struct entry *entry = journal_find(journal, 3);
    ck_assert_int_eq(entry_id(entry), 3);
    journal_clear(journal);
    ck_assert_str_eq(told(journal), "");
    ck_assert_str_eq(entry_seen(entry).path, "/c"); /* whoever has it, has it */
    entry_free(entry);
    ck_assert_int_eq(write_one(journal, "/e"), 5);
    ck_assert_str_eq(told(journal), "5/e");
    journal_free(journal);
}
END_TEST

START_TEST(none_are_kept_of_none)
{
    struct journal *journal = journal_new(0);
    const struct note note = note_of("/a");
    ck_assert(!journal_keeps(journal));
    struct entry *entry = journal_write(journal, &note, journal_reserve(journal, &note));
    ck_assert_int_eq(entry_id(entry), 1);
    ck_assert_str_eq(entry_seen(entry).path, "/a");
    entry_free(entry);
    ck_assert_int_eq(write_one(journal, "/b"), 2);
    ck_assert_str_eq(told(journal), "");
    journal_free(journal);
    journal_free(NULL);
}
END_TEST

START_TEST(ranges)
{
    static const struct {
        struct journal_range range;
        const char *told;
    } cases[] = {
        {{.before = 4}, "3/x 2/x"},
        {{.before = 2}, ""},
        {{.before = 100}, "6/x 5/x 4/x 3/x 2/x"},
        {{.since = 4}, "6/x 5/x"},
        {{.since = 6}, ""},
        {{.since = INT64_MAX}, ""},
        {{.since = 1, .oldest_first = true}, "2/x 3/x 4/x 5/x 6/x"},
        {{.since = 4, .oldest_first = true}, "5/x 6/x"},
        {{.since = 2, .before = 5}, "4/x 3/x"},
        {{.since = 2, .before = 5, .oldest_first = true}, "3/x 4/x"},
        {{.since = 5, .before = 2}, ""},
    };
    struct journal *journal = journal_new(5);
    for (int i = 0; i < 6; i++)
        (void)write_one(journal, "/x");
    for (size_t i = 0; i < COUNT(cases); i++)
        ck_assert_str_eq(told_range(journal, cases[i].range), cases[i].told);
    journal_free(journal);
}
END_TEST

static bool count_one(void *context, struct entry *entry)
{
    (void)entry;
    ++*(size_t *)context;
    return true;
}

static size_t count_of(struct journal *journal)
{
    const struct journal_range all = {.since = 0};
    size_t count = 0;
    journal_each(journal, &all, count_one, &count);
    return count;
}

/* A byte more than is kept, and what goes with it. */
START_TEST(bytes_are_bounded_and_bodies_cut)
{
    static char body[JOURNAL_BODY_MAX + 2];
    struct journal *journal = journal_new(100000);
    memset(body, 'x', JOURNAL_BODY_MAX + 1);
    struct note note = note_of("/a");
    note.seen.body = note.answer = body;
    note.seen.body_length = JOURNAL_BODY_MAX;
    note.answer_length = JOURNAL_BODY_MAX + 1;
    for (int i = 0; i < 40; i++) {
        struct entry *entry = journal_write(journal, &note, 0);
        ck_assert(!entry_is_cut(entry));
        ck_assert_uint_eq(entry_seen(entry).body_length, JOURNAL_BODY_MAX);
        entry_free(entry);
    }
    ck_assert_uint_eq(count_of(journal), JOURNAL_BYTES / (2 * JOURNAL_BODY_MAX) - 1);
    note.seen.body_length++;
    struct entry *entry = journal_write(journal, &note, 0);
    ck_assert(entry_is_cut(entry));
    ck_assert_uint_eq(entry_seen(entry).body_length, JOURNAL_BODY_MAX);
    entry_free(entry);
    for (int i = 0; i < 20000; i++)
        (void)write_one(journal, "/b");
    ck_assert_uint_gt(count_of(journal), JOURNAL_BYTES / 512);
    ck_assert_uint_lt(count_of(journal), 20000);
    journal_free(journal);
}
END_TEST

/* All parts as large as they get: one entry never takes all that there is. */
START_TEST(each_part_is_bounded)
{
    enum { PAIRS = 5000 };
    static const size_t size = (size_t)3 * JOURNAL_BODY_MAX;
    static struct pair pairs[PAIRS];
    char *text = arena_alloc(&arena, size);
    for (size_t i = 0; i + 3 < size; i++)
        text[i] = "\u20ac"[i % 3];
    for (size_t i = 0; i < PAIRS; i++)
        pairs[i] = (struct pair){.name = "a", .value = "b"};
    pairs[10].value = "c";
    struct journal *journal = journal_new(10);
    struct note note = note_of(text);
    note.hint = note.seen.token = note.seen.user = note.seen.module = text;
    note.seen.body = text;
    note.seen.body_length = note.answer_length = size;
    note.answer = text;
    note.seen.query = note.seen.form = (struct pairs){.list = pairs, .count = PAIRS};
    note.seen.headers = (struct pairs){.list = pairs, .count = 11};
    for (int i = 0; i < 3; i++)
        entry_free(journal_write(journal, &note, 0));
    ck_assert_uint_eq(count_of(journal), 3);
    struct entry *entry = journal_find(journal, 3);
    const struct seen seen = entry_seen(entry);
    const size_t cut = JOURNAL_BODY_MAX % 3; /* of a character of three bytes, which is left out */
    ck_assert_uint_eq(strlen(seen.path), JOURNAL_BODY_MAX - cut);
    ck_assert_uint_gt(seen.query.count, 1000);
    ck_assert_uint_lt(seen.query.count, PAIRS);
    ck_assert_uint_eq(seen.query.count, seen.form.count);
    ck_assert_uint_eq(seen.headers.count, 11);
    ck_assert_str_eq(seen.headers.list[10].value, "c");
    ck_assert_str_eq(seen.query.list[seen.query.count - 1].value, "b");
    entry_free(entry);
    journal_free(journal);
}
END_TEST

static unsigned status_of(struct journal *journal, int64_t id, bool *is_open)
{
    struct entry *entry = journal_find(journal, id);
    ck_assert_ptr_nonnull(entry);
    unsigned status = entry_seen(entry).status;
    *is_open = entry_is_open(entry);
    entry_free(entry);
    return status;
}

START_TEST(a_place_is_reserved)
{
    struct journal *journal = journal_new(3);
    struct note note = note_of("/late");
    bool is_open;
    note.seen.status = 0;
    int64_t id = journal_reserve(journal, &note);
    (void)write_one(journal, "/b");
    ck_assert_uint_eq(status_of(journal, id, &is_open), 0);
    ck_assert(is_open);
    note.seen.status = 202;
    struct entry *entry = journal_write(journal, &note, id);
    ck_assert_int_eq(entry_id(entry), id);
    entry_free(entry);
    ck_assert_uint_eq(status_of(journal, id, &is_open), 202);
    ck_assert(!is_open);
    ck_assert_str_eq(told(journal), "2/b 1/late");
    /* one that has fallen out comes not back, nor one that was forgotten */
    id = journal_reserve(journal, &note);
    for (int i = 0; i < 3; i++)
        (void)write_one(journal, "/c");
    entry_free(journal_write(journal, &note, id));
    ck_assert_str_eq(told(journal), "6/c 5/c 4/c");
    id = journal_reserve(journal, &note);
    journal_clear(journal);
    entry_free(journal_write(journal, &note, id));
    ck_assert_str_eq(told(journal), "");
    (void)write_one(journal, "/d");
    entry_free(journal_write(journal, &note, id));
    ck_assert_str_eq(told(journal), "8/d");
    /* nor one that came before, and had no place */
    entry = journal_write(journal, &note, 0);
    ck_assert_int_eq(entry_id(entry), 0);
    entry_free(entry);
    ck_assert_str_eq(told(journal), "8/d");
    journal_free(journal);
}
END_TEST

/* A larger one in the place of another makes older ones fall out, itself included. */
START_TEST(what_is_written_again_may_take_more)
{
    static char body[JOURNAL_BODY_MAX];
    struct journal *journal = journal_new(1000);
    struct note small = note_of("/a"), large = small;
    large.seen.body = large.answer = body;
    large.seen.body_length = large.answer_length = JOURNAL_BODY_MAX;
    int64_t first = journal_reserve(journal, &small), last = 0;
    for (int i = 0; i < JOURNAL_BYTES / (2 * JOURNAL_BODY_MAX) - 1; i++) {
        last = journal_reserve(journal, &small);
        entry_free(journal_write(journal, &large, last));
    }
    ck_assert_int_eq(journal_oldest(journal), first);
    entry_free(journal_write(journal, &large, first));
    ck_assert_int_eq(journal_oldest(journal), first + 1);
    entry_free(journal_write(journal, &large, last));
    ck_assert_int_eq(journal_oldest(journal), first + 1);
    journal_free(journal);
}
END_TEST

enum { WRITERS = 4, WRITTEN = 3000 };

struct crowd {
    struct journal *journal;
    atomic_int writing;
    atomic_uint faults, written;
};

static void *write_many(void *argument)
{
    struct crowd *crowd = argument;
    struct note note = note_of("/a");
    int64_t last = 0;
    for (int i = 0; i < WRITTEN; i++) {
        note.clears = journal_clears(crowd->journal);
        int64_t id = i % 7 == 0 ? journal_reserve(crowd->journal, &note) : 0;
        struct entry *entry = journal_write(crowd->journal, &note, id);
        id = entry_id(entry); /* 0: all was forgotten in between */
        crowd->faults += id != 0 && id <= last;
        crowd->written += id != 0;
        last = id != 0 ? id : last;
        entry_free(entry);
        if (i % 1000 == 999)
            journal_clear(crowd->journal);
    }
    crowd->writing--;
    return NULL;
}

struct order {
    int64_t last;
    size_t faults;
};

static bool see_order(void *context, struct entry *entry)
{
    struct order *order = context;
    order->faults += entry_id(entry) >= order->last || strcmp(entry_seen(entry).path, "/a") != 0;
    order->last = entry_id(entry);
    return true;
}

static void *read_many(void *argument)
{
    struct crowd *crowd = argument;
    const struct journal_range all = {.since = 0};
    while (crowd->writing > 0) {
        struct order order = {.last = INT64_MAX};
        journal_each(crowd->journal, &all, see_order, &order);
        crowd->faults += (unsigned)order.faults;
    }
    return NULL;
}

START_TEST(many_write_and_read_at_once)
{
    struct crowd crowd = {.journal = journal_new(200), .writing = WRITERS};
    pthread_t threads[WRITERS + 1];
    for (int i = 0; i <= WRITERS; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, i < WRITERS ? write_many : read_many, &crowd), 0);
    for (int i = 0; i <= WRITERS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_uint_eq(crowd.faults, 0);
    ck_assert_int_eq(write_one(crowd.journal, "/a"), crowd.written + 1);
    journal_free(crowd.journal);
}
END_TEST

struct woken {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int steps;
};

static int64_t note_step(void *context)
{
    struct woken *woken = context;
    (void)pthread_mutex_lock(&woken->mutex);
    woken->steps++;
    (void)pthread_cond_signal(&woken->changed);
    (void)pthread_mutex_unlock(&woken->mutex);
    return WORKER_IDLE;
}

static void wait_for(struct woken *woken, int steps)
{
    (void)pthread_mutex_lock(&woken->mutex);
    while (woken->steps < steps)
        (void)pthread_cond_wait(&woken->changed, &woken->mutex);
    (void)pthread_mutex_unlock(&woken->mutex);
}

START_TEST(whoever_waits_is_woken)
{
    struct woken woken = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct pool *pool = pool_new(1);
    struct journal *journal = journal_new(10);
    struct worker *worker = worker_new(pool, note_step, &woken);
    const struct note note = note_of("/a");
    bell_add(journal_bell(journal), worker);
    (void)write_one(journal, "/a");
    wait_for(&woken, 1);
    int64_t id = journal_reserve(journal, &note);
    wait_for(&woken, 2);
    entry_free(journal_write(journal, &note, id));
    wait_for(&woken, 3);
    journal_clear(journal);
    wait_for(&woken, 4);
    bell_remove(journal_bell(journal), worker);
    (void)write_one(journal, "/a");
    worker_free(worker);
    ck_assert_int_eq(woken.steps, 4);
    journal_free(journal);
    pool_free(pool);
}
END_TEST

TCase *journal_tests(void)
{
    TCase *tests = tcase_create("journal");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, open_test, close_test);
    tcase_add_test(tests, the_newest_are_kept);
    tcase_add_test(tests, none_are_kept_of_none);
    tcase_add_test(tests, ranges);
    tcase_add_test(tests, bytes_are_bounded_and_bodies_cut);
    tcase_add_test(tests, each_part_is_bounded);
    tcase_add_test(tests, a_place_is_reserved);
    tcase_add_test(tests, what_is_written_again_may_take_more);
    tcase_add_test(tests, many_write_and_read_at_once);
    tcase_add_test(tests, whoever_waits_is_woken);
    return tests;
}
