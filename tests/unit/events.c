#include "traffic/events.h"

#include <glib.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static const struct events_timing never = {.comment = 1000000, .keep = 1000000};

static struct pool *pool;
static struct events *events;

static void set_up(void)
{
    pool = pool_new(2);
    ck_assert_ptr_nonnull(pool);
}

static void tear_down(void)
{
    events_free(events);
    events = NULL;
    pool_free(pool);
}

/* Somebody who reads, and waits until he is woken. */
struct reader {
    struct waker waker;
    struct source source;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_woken;
};

static void wake(struct waker *waker)
{
    struct reader *reader = (struct reader *)waker;
    (void)pthread_mutex_lock(&reader->mutex);
    reader->is_woken = true;
    (void)pthread_cond_signal(&reader->changed);
    (void)pthread_mutex_unlock(&reader->mutex);
}

static void begin(struct reader *reader, int64_t last_id)
{
    *reader = (struct reader){.waker = {.wake = wake},
                              .mutex = PTHREAD_MUTEX_INITIALIZER,
                              .changed = PTHREAD_COND_INITIALIZER};
    events_listen(events, last_id, &reader->source);
}

static void end(struct reader *reader)
{
    reader->source.end(reader->source.context);
}

static ptrdiff_t piece(struct reader *reader, char *buffer, size_t size)
{
    return reader->source.read(reader->source.context, &reader->waker, buffer, size);
}

/* Waits until it is woken, if it must. */
static ptrdiff_t next(struct reader *reader, char *buffer, size_t size)
{
    ptrdiff_t count;
    while ((count = piece(reader, buffer, size)) == SOURCE_RESTS) {
        (void)pthread_mutex_lock(&reader->mutex);
        while (!reader->is_woken)
            (void)pthread_cond_wait(&reader->changed, &reader->mutex);
        reader->is_woken = false;
        (void)pthread_mutex_unlock(&reader->mutex);
    }
    return count;
}

/* All that there is now, in pieces of that size; *end is what comes instead of more. */
static const char *whole(struct reader *reader, size_t size, ptrdiff_t *last)
{
    static char text[EVENTS_BYTES * 4];
    size_t length = 0;
    while ((*last = piece(reader, text + length, size)) > 0)
        length += (size_t)*last;
    text[length] = '\0';
    return text;
}

#define ASSERT_GETS(reader, wanted)                                                                    \
    do {                                                                                               \
        ptrdiff_t last_;                                                                               \
        ck_assert_str_eq(whole(reader, 100, &last_), wanted);                                          \
        ck_assert_int_eq(last_, SOURCE_RESTS);                                                         \
    } while (0)

/* The id in the text's last event, and 0 when there is none. */
static int64_t last_id_in(const char *text)
{
    const char *at = g_strrstr(text, "id: ");
    return at != NULL ? strtoll(at + 4, NULL, 10) : 0;
}

static const char *event(struct arena *arena, int64_t id, const char *kind, const char *json)
{
    return arena_printf(arena, "id: %" PRId64 "\nevent: %s\ndata: %s\n\n", id, kind, json);
}

/* Tells one, and reads its id. */
static int64_t tell_one(struct reader *reader)
{
    ptrdiff_t last;
    events_tell(events, "clock", "{}");
    return last_id_in(whole(reader, 1000, &last));
}

START_TEST(nothing_is_told_without_a_listener)
{
    events = events_new(pool, &never);
    ck_assert(!events_are_heard(events));
    ck_assert_int_eq(events_silence(events), INT64_MAX);
    events_tell(events, "clock", "{}");
    struct reader reader;
    begin(&reader, 0);
    ck_assert(events_are_heard(events));
    ck_assert_int_eq(events_silence(events), 0);
    ASSERT_GETS(&reader, ": events\n\n");
    end(&reader);
    ck_assert_int_lt(events_silence(events), 1000000);
    ck_assert(events_are_heard(events));
}
END_TEST

START_TEST(an_event_has_an_id_a_kind_and_one_line)
{
    struct arena arena = {.blocks = NULL};
    events = events_new(pool, &never);
    struct reader reader;
    begin(&reader, 0);
    ASSERT_GETS(&reader, ": events\n\n");
    int64_t id = tell_one(&reader);
    ck_assert_int_gt(id, 0);
    events_tell(events, "job", "{\"id\":\"1\",\r\n\"of\": [\n]}");
    events_tell(events, "clock", "{\"now\":\"\\n\"}");
    const char *wanted =
        arena_printf(&arena, "%s%s", event(&arena, id + 1, "job", "{\"id\":\"1\",  \"of\": [ ]}"),
                     event(&arena, id + 2, "clock", "{\"now\":\"\\n\"}"));
    ptrdiff_t last;
    ck_assert_str_eq(whole(&reader, 1, &last), wanted);
    ck_assert_int_eq(last, SOURCE_RESTS);
    end(&reader);
    arena_clear(&arena);
}
END_TEST

START_TEST(a_listener_resumes_behind_the_last_that_it_got)
{
    struct arena arena = {.blocks = NULL};
    events = events_new(pool, &never);
    struct reader reader;
    begin(&reader, 0);
    int64_t first = tell_one(&reader);
    end(&reader);
    events_tell(events, "job", "{\"n\":1}");
    events_tell(events, "job", "{\"n\":2}");
    const char *both = arena_printf(&arena, "%s%s", event(&arena, first + 1, "job", "{\"n\":1}"),
                                    event(&arena, first + 2, "job", "{\"n\":2}"));
    begin(&reader, first);
    ASSERT_GETS(&reader, arena_printf(&arena, ": events\n\n%s", both));
    end(&reader);
    begin(&reader, first + 2);
    ASSERT_GETS(&reader, ": events\n\n");
    end(&reader);
    /* One that is none of theirs, before them and behind: all that there is. */
    const char *all = arena_printf(&arena, ": events before %" PRId64 " are lost\n\n%s%s", first,
                                   event(&arena, first, "clock", "{}"), both);
    for (int64_t other = first - 2; other <= first + 3; other += 5) {
        begin(&reader, other);
        ASSERT_GETS(&reader, all);
        end(&reader);
    }
    arena_clear(&arena);
}
END_TEST

START_TEST(what_is_kept_is_bounded_and_a_slow_listener_is_dropped)
{
    struct arena arena = {.blocks = NULL};
    events = events_new(pool, &never);
    struct reader slow, fast;
    ptrdiff_t last;
    char byte;
    begin(&fast, 0);
    int64_t first = tell_one(&fast);
    begin(&slow, 0);
    ck_assert_str_eq(whole(&slow, 1000, &last), ": events\n\n");
    events_tell(events, "clock", "{}");
    while (piece(&slow, &byte, 1) > 0 && byte != ':')
        ; /* in the midst of one */
    for (unsigned i = 0; i < EVENTS_MAX - 1; i++)
        events_tell(events, "clock", "{}");
    ck_assert_int_eq(piece(&slow, &byte, 1), 1);
    events_tell(events, "clock", "{}");
    ck_assert_int_eq(piece(&slow, &byte, 1), SOURCE_BREAKS);
    end(&slow);
    ck_assert_int_eq(piece(&fast, &byte, 1), SOURCE_BREAKS);
    end(&fast);
    begin(&slow, first);
    const char *text = whole(&slow, 1000, &last);
    const char *lost = arena_printf(&arena, ": events before %" PRId64 " are lost\n\nid: %" PRId64 "\n",
                                    first + 2, first + 2);
    ck_assert_msg(strncmp(text, lost, strlen(lost)) == 0, "%.100s", text);
    ck_assert_int_eq(last_id_in(text), first + 1 + EVENTS_MAX);
    end(&slow);
    arena_clear(&arena);
}
END_TEST

START_TEST(what_is_kept_is_bounded_in_bytes_but_for_the_newest)
{
    struct arena arena = {.blocks = NULL};
    events = events_new(pool, &never);
    struct reader reader, other;
    ptrdiff_t last;
    enum { HALF = EVENTS_BYTES / 2 };
    char *half = arena_alloc(&arena, HALF + 1), *huge = arena_alloc(&arena, EVENTS_BYTES + 1);
    memset(half, '1', HALF);
    memset(huge, '2', EVENTS_BYTES);
    begin(&reader, 0);
    int64_t first = tell_one(&reader);
    events_tell(events, "request", half);
    events_tell(events, "request", half);
    ck_assert_int_eq(piece(&reader, &(char){0}, 1), SOURCE_BREAKS);
    end(&reader);
    begin(&reader, first + 1);
    ck_assert_int_eq(last_id_in(whole(&reader, 1000, &last)), first + 2);
    events_tell(events, "request", huge);
    ck_assert_uint_gt(strlen(whole(&reader, 1000, &last)), EVENTS_BYTES);
    ck_assert_int_eq(last, SOURCE_RESTS);
    begin(&other, first);
    const char *lost = arena_printf(&arena, ": events before %" PRId64 " are lost\n\n", first + 3);
    ck_assert_int_eq(strncmp(whole(&other, 1000, &last), lost, strlen(lost)), 0);
    end(&other);
    end(&reader);
    arena_clear(&arena);
}
END_TEST

START_TEST(comments_come_between_events)
{
    const struct events_timing often = {.comment = 1, .keep = 1000000};
    events = events_new(pool, &often);
    struct reader one, other;
    char text[20] = "";
    begin(&one, 0);
    begin(&other, 0);
    ck_assert_int_eq(next(&one, text, sizeof text), 10);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(next(&one, text, sizeof text), 3);
        ck_assert_int_eq(strncmp(text, ":\n\n", 3), 0);
    }
    /* Not in the midst of one. */
    events_tell(events, "clock", "{\"now\":\"2026-01-31T09:30:00Z\"}");
    ck_assert_int_eq(next(&other, text, 10), 10);
    ck_assert_int_eq(strncmp(text, ": events\n\n", 10), 0);
    GString *all = g_string_new(NULL);
    while (strstr(all->str, "\n\n:\n\n") == NULL)
        g_string_append_len(all, text, next(&other, text, 7));
    ck_assert_msg(g_regex_match_simple("^(:\n\n)?id: [0-9]+\nevent: clock\ndata: {[^\n]*}\n\n(:\n\n)+$",
                                       all->str, 0, 0),
                  "%s", all->str);
    g_string_free(all, TRUE);
    end(&one);
    end(&other);
}
END_TEST

static void count_one(void *context)
{
    atomic_fetch_add((atomic_uint *)context, 1);
}

START_TEST(all_is_forgotten_a_while_after_the_last_has_left)
{
    struct arena arena = {.blocks = NULL};
    const struct events_timing soon = {.comment = 1, .keep = 1};
    events = events_new(pool, &soon);
    atomic_uint freed = 0;
    struct attendant attendant = {.free = count_one, .context = &freed};
    struct reader reader;
    begin(&reader, 0);
    ck_assert(!events_are_attended(events));
    events_attend(events, &attendant);
    ck_assert(events_are_attended(events));
    events_attend(events, &attendant); /* one is enough */
    ck_assert_uint_eq(atomic_load(&freed), 1);
    int64_t last = tell_one(&reader);
    end(&reader);
    while (atomic_load(&freed) < 2)
        g_usleep(1000);
    ck_assert(!events_are_heard(events));
    ck_assert(!events_are_attended(events));
    events_tell(events, "clock", "{}");
    begin(&reader, last);
    const char *lost = arena_printf(&arena, ": events before %" PRId64 " are lost\n\n", last + 2);
    char text[100] = "";
    ck_assert_int_eq(next(&reader, text, sizeof text), (ptrdiff_t)strlen(lost));
    ck_assert_str_eq(text, lost);
    events_attend(events, &attendant);
    events_close(events);
    ck_assert_uint_eq(atomic_load(&freed), 3);
    end(&reader);
    arena_clear(&arena);
}
END_TEST

START_TEST(a_listener_gets_what_has_been_and_then_the_end)
{
    events = events_new(pool, &never);
    atomic_uint freed = 0;
    const struct attendant attendant = {.free = count_one, .context = &freed};
    struct reader resting, late;
    char text[200] = "";
    begin(&resting, 0);
    ASSERT_GETS(&resting, ": events\n\n");
    events_tell(events, "sandbox", "{}");
    events_close(events);
    events_tell(events, "sandbox", "{}");
    ck_assert(!events_are_heard(events));
    begin(&late, 0);
    events_attend(events, &attendant);
    ck_assert_uint_eq(atomic_load(&freed), 1);
    events_free(events);
    events = NULL; /* listeners outlive it */
    ck_assert_int_gt(next(&resting, text, sizeof text), 0);
    ck_assert_int_eq(next(&resting, text, sizeof text), SOURCE_ENDS);
    ck_assert_int_eq(next(&late, text, sizeof text), (ptrdiff_t)strlen(": events\n\n"));
    ck_assert_int_eq(next(&late, text, sizeof text), SOURCE_ENDS);
    end(&resting);
    end(&late);
}
END_TEST

enum { THREADS = 4, EACH = 2000 };

static void *tell_many(void *context)
{
    (void)context;
    for (unsigned i = 0; i < EACH; i++)
        events_tell(events, "request", "{\"id\":\"1\"}");
    return NULL;
}

/* Listens, leaves now and then or is dropped, and resumes, to the end. Says whether ids went up: Check
 * is for one thread alone. */
static void *hear_many(void *context)
{
    bool *go_up = context;
    char text[4096];
    int64_t last = 0;
    *go_up = true;
    for (;;) {
        struct reader reader;
        ptrdiff_t count;
        GString *all = g_string_new(NULL);
        begin(&reader, last);
        while ((count = next(&reader, text, sizeof text)) > 0 && all->len < 20000)
            g_string_append_len(all, text, count);
        end(&reader);
        for (const char *at = all->str; (at = strstr(at, "\n\nid: ")) != NULL;) {
            at += strlen("\n\nid: ");
            int64_t id = strtoll(at, NULL, 10);
            if (strstr(at, "\n\n") == NULL)
                break;
            *go_up = *go_up && id > last;
            last = id;
        }
        g_string_free(all, TRUE);
        if (count == SOURCE_ENDS)
            return NULL;
    }
}

START_TEST(many_tell_and_many_listen)
{
    const struct events_timing often = {.comment = 1, .keep = 0};
    events = events_new(pool, &often);
    pthread_t tellers[THREADS], listeners[THREADS];
    bool go_up[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&listeners[i], NULL, hear_many, &go_up[i]), 0);
        ck_assert_int_eq(pthread_create(&tellers[i], NULL, tell_many, NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        (void)pthread_join(tellers[i], NULL);
    events_close(events);
    for (size_t i = 0; i < THREADS; i++) {
        (void)pthread_join(listeners[i], NULL);
        ck_assert(go_up[i]);
    }
}
END_TEST

TCase *events_tests(void)
{
    TCase *tests = tcase_create("events");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, nothing_is_told_without_a_listener);
    tcase_add_test(tests, an_event_has_an_id_a_kind_and_one_line);
    tcase_add_test(tests, a_listener_resumes_behind_the_last_that_it_got);
    tcase_add_test(tests, what_is_kept_is_bounded_and_a_slow_listener_is_dropped);
    tcase_add_test(tests, what_is_kept_is_bounded_in_bytes_but_for_the_newest);
    tcase_add_test(tests, comments_come_between_events);
    tcase_add_test(tests, all_is_forgotten_a_while_after_the_last_has_left);
    tcase_add_test(tests, a_listener_gets_what_has_been_and_then_the_end);
    tcase_add_test(tests, many_tell_and_many_listen);
    return tests;
}
