/* Bodies that are given out slowly, or not to their ends. */
#include <pthread.h>
#include <string.h>

#include "traffic/drip.h"
#include "unit.h"

/* Who reads: woken by the drip. */
struct reader {
    struct waker waker; /* first: what the drip wakes */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned wakes, ends;
    bool is_cut;
    struct pool *pool;
    struct arena arena;
    char got[64];
};

static void change(struct reader *reader, unsigned *number)
{
    (void)pthread_mutex_lock(&reader->mutex);
    (*number)++;
    (void)pthread_cond_broadcast(&reader->changed);
    (void)pthread_mutex_unlock(&reader->mutex);
}

static void wake(struct waker *waker)
{
    struct reader *reader = (struct reader *)waker;
    change(reader, &reader->wakes);
}

static struct worker *new_worker(void *context, worker_step *step, void *of)
{
    const struct reader *reader = context;
    return reader->pool != NULL ? worker_new(reader->pool, step, of) : NULL;
}

static bool is_cut(void *context)
{
    struct reader *reader = context;
    (void)pthread_mutex_lock(&reader->mutex);
    bool is = reader->is_cut;
    (void)pthread_mutex_unlock(&reader->mutex);
    return is;
}

static void end(void *context)
{
    struct reader *reader = context;
    change(reader, &reader->ends);
}

static struct reader *open_reader(struct reader *reader)
{
    *reader = (struct reader){.waker = {.wake = wake}, .pool = pool_new(2)};
    (void)pthread_mutex_init(&reader->mutex, NULL);
    (void)pthread_cond_init(&reader->changed, NULL);
    return reader;
}

static void close_reader(struct reader *reader)
{
    pool_free(reader->pool);
    ck_assert_uint_eq(reader->ends, 1);
    (void)pthread_cond_destroy(&reader->changed);
    (void)pthread_mutex_destroy(&reader->mutex);
    arena_clear(&reader->arena);
}

static const struct source *drip(struct reader *reader, size_t most, size_t bytes, int64_t every)
{
    const struct drip_plan plan = {.body = "abcdefgh",
                                   .most = most,
                                   .bytes = bytes,
                                   .every = every,
                                   .new_worker = new_worker,
                                   .is_cut = is_cut,
                                   .end = end,
                                   .context = reader};
    return drip_new(&plan, &reader->arena);
}

static unsigned wakes_of(struct reader *reader)
{
    (void)pthread_mutex_lock(&reader->mutex);
    unsigned wakes = reader->wakes;
    (void)pthread_mutex_unlock(&reader->mutex);
    return wakes;
}

/* Reads until there is no more, or `most` bytes; what the last read said. */
static ptrdiff_t read_up_to(struct reader *reader, const struct source *source, size_t most)
{
    ptrdiff_t count = 0;
    size_t length = 0;
    while (length < most) {
        unsigned wakes = wakes_of(reader);
        count = source->read(source->context, &reader->waker, reader->got + length, 8);
        if (count < 0)
            return count;
        length += (size_t)count;
        (void)pthread_mutex_lock(&reader->mutex);
        while (count == 0 && reader->wakes == wakes)
            (void)pthread_cond_wait(&reader->changed, &reader->mutex);
        (void)pthread_mutex_unlock(&reader->mutex);
    }
    return count;
}

START_TEST(a_body_is_cut_at_once)
{
    struct reader reader;
    const struct source *source = drip(open_reader(&reader), 3, 0, 0);
    ck_assert_int_eq(read_up_to(&reader, source, 8), SOURCE_BREAKS);
    ck_assert_str_eq(reader.got, "abc");
    source->end(source->context);
    close_reader(&reader);
}
END_TEST

static const struct {
    size_t most, bytes;
    const char *got;
} drips[] = {{8, 1, "abcdefgh"}, {8, 3, "abcdefgh"}, {8, 100, "abcdefgh"}, {5, 2, "abcde"}};

START_TEST(a_body_drips)
{
    struct reader reader;
    const struct source *source = drip(open_reader(&reader), drips[_i].most, drips[_i].bytes, 1);
    ck_assert(source->has_length);
    if (drips[_i].most < 8)
        ck_assert_int_eq(read_up_to(&reader, source, 8), SOURCE_BREAKS);
    else
        ck_assert_int_gt(read_up_to(&reader, source, 8), 0);
    ck_assert_str_eq(reader.got, drips[_i].got);
    source->end(source->context);
    close_reader(&reader);
}
END_TEST

/* Cut by its sandbox, or by the end of the pool, in the middle of a long pause, or unread. */
START_TEST(a_drip_is_cut)
{
    struct reader reader;
    const struct source *source = drip(open_reader(&reader), 8, 1, 600000);
    if (_i < 2)
        ck_assert_int_eq(read_up_to(&reader, source, 1), 1);
    if (_i == 0) {
        (void)pthread_mutex_lock(&reader.mutex);
        reader.is_cut = true;
        (void)pthread_mutex_unlock(&reader.mutex);
    } else {
        pool_free(reader.pool);
        reader.pool = NULL;
    }
    char rest[8];
    if (_i < 2) {
        (void)pthread_mutex_lock(&reader.mutex);
        while (reader.wakes == 0)
            (void)pthread_cond_wait(&reader.changed, &reader.mutex);
        (void)pthread_mutex_unlock(&reader.mutex);
        ck_assert_int_eq(source->read(source->context, &reader.waker, rest, 8), SOURCE_BREAKS);
    }
    source->end(source->context);
    close_reader(&reader);
}
END_TEST

START_TEST(without_a_worker_nothing_drips)
{
    struct reader reader;
    pool_free(open_reader(&reader)->pool);
    reader.pool = NULL;
    ck_assert_ptr_null(drip(&reader, 8, 1, 1));
    reader.ends = 1; /* of none */
    close_reader(&reader);
}
END_TEST

TCase *drip_tests(void)
{
    TCase *tests = tcase_create("drip");
    tcase_add_test(tests, a_body_is_cut_at_once);
    tcase_add_loop_test(tests, a_body_drips, 0, COUNT(drips));
    tcase_add_loop_test(tests, a_drip_is_cut, 0, 3);
    tcase_add_test(tests, without_a_worker_nothing_drips);
    return tests;
}
