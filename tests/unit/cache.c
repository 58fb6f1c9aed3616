/* A cache that several threads use at once. */
#include "store/cache.h"

#include <pthread.h>
#include <string.h>

#include "unit.h"

enum { THREADS = 4, TURNS = 5000, NAMES = 3 };

/* Finds and keeps by turns, and forgets now and then: what is found is whole, and of that name. */
static void *use(void *context)
{
    struct cache *cache = context;
    for (int turn = 0; turn < TURNS; turn++) {
        struct arena arena = {.blocks = NULL};
        const char *name = arena_printf(&arena, "name %d", turn % NAMES);
        unsigned age;
        const char *found = cache_find(cache, name, &arena, &age);
        if (found == NULL)
            cache_keep(cache, name, name, strlen(name) + 1, age);
        else
            ck_assert_str_eq(found, name);
        if (turn % 7 == 0)
            cache_forget(cache);
        arena_clear(&arena);
    }
    return NULL;
}

START_TEST(threads_share_a_cache)
{
    struct cache *cache = cache_new();
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, use, cache), 0);
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    cache_free(cache);
}
END_TEST

TCase *cache_tests(void)
{
    TCase *tests = tcase_create("cache");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, threads_share_a_cache);
    return tests;
}
