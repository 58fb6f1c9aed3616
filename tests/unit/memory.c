/* Stores in memory, which begin with images. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/db.h"
#include "store/memory.h"
#include "unit.h"

static struct test_store test;
static struct image *made; /* what the test's store had at first */

static void open_test(void)
{
    test_store_open(&test);
    store_release(test.db);
    made = store_image(test.store);
    ck_assert_ptr_nonnull(made);
    test.db = store_acquire(test.store);
}

static void close_test(void)
{
    image_free(made);
    test_store_close(&test);
}

static struct store *open_world(struct image *image)
{
    const struct store_options options = {.image = image, .log = &quiet_log};
    const char *reason = "";
    bool is_new = true;
    struct store *store = store_open(&options, &test.arena, &is_new, &reason);
    ck_assert_msg(store != NULL && !is_new, "%s", reason);
    return store;
}

static const struct sql sums = {
    "SELECT count(*), total(id), total(length(fields)) || ' ' || max(fields) FROM record"};

/* What tells the records of one store from those of another. */
static const char *sum_in(struct db *db)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &sums, "");
    ck_assert(row != NULL && db_step(db, row) == STORE_OK);
    return arena_printf(&test.arena, "%lld %s %s", (long long)sqlite3_column_int64(row, 0),
                        sqlite3_column_text(row, 1), sqlite3_column_text(row, 2));
}

static const char *sum_of(struct store *store)
{
    struct db *db = store_acquire(store);
    ck_assert_ptr_nonnull(db);
    const char *sum = sum_in(db);
    store_release(db);
    return sum;
}

static const struct sql change = {
    "UPDATE record SET fields = '{\"z\":' || ?1 || '}' WHERE id % ?2 = 0"};
static const struct sql empty = {"DELETE FROM record"};

static void run_in(struct store *store, const struct sql *sql, int64_t value, int64_t every)
{
    struct db *db = store_acquire(store);
    ck_assert_ptr_nonnull(db);
    ck_assert_int_eq(store_begin(db, STORE_REQUEST), STORE_OK);
    ck_assert_int_eq(db_run(db, sql, value != 0 ? "ii" : "", value, every), STORE_OK);
    ck_assert_int_eq(store_commit(db), STORE_OK);
    store_release(db);
}

START_TEST(what_one_changes_no_other_sees)
{
    struct store *one = open_world(made), *other = open_world(made);
    const char *before = sum_in(test.db);
    ck_assert_str_eq(sum_of(one), before);
    run_in(one, &change, 1, 7);
    ck_assert_str_ne(sum_of(one), before);
    ck_assert_str_eq(sum_of(other), before);
    ck_assert_str_eq(sum_in(test.db), before);
    store_close(one);
    ck_assert_str_eq(sum_of(other), before);
    store_close(other);
}
END_TEST

START_TEST(an_image_is_what_the_store_had_then)
{
    static const struct sql *const changes[] = {&change, &empty};
    struct store *store = open_world(made);
    for (size_t i = 0; i < COUNT(changes); i++) {
        run_in(store, changes[i], changes[i] == &change ? 5 : 0, 3);
        const char *then = sum_of(store);
        struct image *image = store_image(store);
        ck_assert_ptr_nonnull(image);
        ck_assert_uint_gt(image_own_bytes(image), 0);
        run_in(store, &change, 9, 1);
        struct store *again = open_world(image);
        ck_assert_str_eq(sum_of(again), then);
        run_in(again, &empty, 0, 0);
        ck_assert(store_restart(again, image));
        ck_assert_str_eq(sum_of(again), then);
        store_close(again);
        ck_assert(store_restart(store, made));
        ck_assert_str_eq(sum_of(store), sum_in(test.db));
        image_free(image);
    }
    store_close(store);
}
END_TEST

START_TEST(an_image_takes_what_was_changed_only)
{
    struct store *store = open_world(made);
    struct image *same = store_image(store);
    ck_assert_uint_le(image_own_bytes(same), 4096); /* the head, at the most */
    run_in(store, &change, 1, INT64_C(554023000000700001));
    struct image *changed = store_image(store);
    ck_assert_uint_gt(image_own_bytes(changed), image_own_bytes(same));
    ck_assert_uint_le(image_own_bytes(changed), 1 << 16);
    image_free(same);
    image_free(changed);
    store_close(store);
}
END_TEST

/* What is let go of is what the image has. */
START_TEST(a_store_that_rests_has_what_it_had)
{
    struct store *store = open_world(made);
    const char *before = sum_of(store);
    store_rest(store);
    ck_assert_str_eq(sum_of(store), before);
    run_in(store, &change, 1, 3);
    const char *after = sum_of(store);
    store_rest(store);
    ck_assert_str_eq(sum_of(store), after);
    ck_assert_str_ne(before, after);
    store_close(store);
}
END_TEST

/* As when the times of a load are dated: those that begin with it would each have all of it. */
START_TEST(an_image_of_much_that_was_changed_is_shared_by_itself)
{
    struct store *store = open_world(made);
    run_in(store, &change, 1, 2);
    struct image *much = store_image(store), *again = store_image(store);
    ck_assert_uint_gt(image_own_bytes(much), 1 << 20);
    ck_assert_uint_le(image_own_bytes(again), 4096);
    struct store *other = open_world(much);
    ck_assert_str_eq(sum_of(other), sum_of(store));
    run_in(other, &change, 7, 3);
    ck_assert_str_ne(sum_of(other), sum_of(store));
    image_free(much);
    ck_assert(store_restart(store, again));
    ck_assert_str_ne(sum_of(other), sum_of(store));
    image_free(again);
    store_close(other);
    store_close(store);
}
END_TEST

/* SQLite sees a store that has no more room as a disk that is full. */
START_TEST(a_store_grows_to_its_room_and_says_when_it_is_full)
{
    static const struct sql grow = {"UPDATE record SET fields = zeroblob(?1) || '' WHERE id = ?2"};
    static const struct sql one = {"SELECT min(id) FROM record"};
    struct store *store = open_world(made);
    struct db *db = store_acquire(store);
    sqlite3_stmt *row = db_query(db, &one, "");
    ck_assert(row != NULL && db_step(db, row) == STORE_OK);
    int64_t id = sqlite3_column_int64(row, 0);
    db_done(&row);
    ck_assert_int_eq(store_begin(db, STORE_REQUEST), STORE_OK);
    ck_assert_int_eq(db_run(db, &grow, "ii", INT64_C(20000000), id), STORE_OK);
    ck_assert_int_eq(store_commit(db), STORE_OK);
    store_release(db);
    struct image *image = store_image(store);
    ck_assert_uint_ge(image_own_bytes(image), 20000000);
    image_free(image);
    db = store_acquire(store);
    ck_assert_int_eq(store_begin(db, STORE_REQUEST), STORE_OK);
    enum store_status status = STORE_OK;
    static const struct sql more = {"INSERT INTO oauth_client (id, secret, loopback) VALUES"
                                    " (hex(randomblob(8)), zeroblob(?1) || '', 1)"};
    for (int i = 0; i < 12 && status == STORE_OK; i++)
        status = db_run(db, &more, "i", INT64_C(100000000));
    ck_assert_int_eq(status, STORE_FAILED);
    ck_assert_ptr_nonnull(strstr(store_trouble(store, db, &test.arena), "full"));
    store_rollback(db);
    store_release(db);
    ck_assert_int_eq(strncmp(sum_of(store), sum_in(test.db), 6), 0);
    store_close(store);
}
END_TEST

struct turns {
    struct store *store;
    pthread_mutex_t mutex;
    unsigned inside, most, done;
};

static void *take_turns(void *argument)
{
    struct turns *turns = argument;
    for (int i = 0; i < 200; i++) {
        struct db *db = store_acquire(turns->store);
        ck_assert_ptr_nonnull(db);
        (void)pthread_mutex_lock(&turns->mutex);
        turns->inside++;
        turns->most = turns->inside > turns->most ? turns->inside : turns->most;
        (void)pthread_mutex_unlock(&turns->mutex);
        ck_assert_int_eq(store_check(db), STORE_OK);
        (void)pthread_mutex_lock(&turns->mutex);
        turns->inside--;
        turns->done++;
        (void)pthread_mutex_unlock(&turns->mutex);
        store_release(db);
    }
    return NULL;
}

START_TEST(one_has_the_connection_at_a_time)
{
    enum { THREADS = 8 };
    struct turns turns = {.store = open_world(made), .mutex = PTHREAD_MUTEX_INITIALIZER};
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, take_turns, &turns), 0);
    for (size_t i = 0; i < 20; i++) { /* meanwhile it begins again and again */
        struct image *image = store_image(turns.store);
        ck_assert(store_restart(turns.store, image));
        image_free(image);
    }
    for (size_t i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    ck_assert_uint_eq(turns.most, 1);
    ck_assert_uint_eq(turns.done, (size_t)THREADS * 200);
    store_close(turns.store);
}
END_TEST

TCase *memory_tests(void)
{
    TCase *memory = tcase_create("memory");
    tcase_set_timeout(memory, 300);
    tcase_add_unchecked_fixture(memory, open_test, close_test);
    tcase_add_test(memory, what_one_changes_no_other_sees);
    tcase_add_test(memory, an_image_is_what_the_store_had_then);
    tcase_add_test(memory, an_image_takes_what_was_changed_only);
    tcase_add_test(memory, an_image_of_much_that_was_changed_is_shared_by_itself);
    tcase_add_test(memory, a_store_that_rests_has_what_it_had);
    tcase_add_test(memory, a_store_grows_to_its_room_and_says_when_it_is_full);
    tcase_add_test(memory, one_has_the_connection_at_a_time);
    return memory;
}
