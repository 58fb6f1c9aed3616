/* Fixtures as an import prints them. */
#include <string.h>

#include "base/json.h"
#include "import/losses.h"
#include "import/print.h"
#include "remote/inside.h"
#include "unit.h"

static const struct {
    const char *document, *printed;
} documents[] = {
    {"{}", "{}\n"},
    {"{\"org\":{\"name\":\"Zylker\",\"id\":12345678901234567890}}",
     "{\n  \"org\": {\"name\": \"Zylker\", \"id\": 12345678901234567890}\n}\n"},
    {"{\"roles\":[{\"id\":\"1\",\"n\":1.50},{\"id\":\"2\",\"none\":[],\"no\":{}}],\"views\":[]}",
     "{\n  \"roles\": [\n    {\"id\": \"1\", \"n\": 1.50},\n    {\"id\": \"2\", \"none\": [], \"no\": "
     "{}}\n"
     "  ],\n  \"views\": []\n}\n"},
    {"{\"texts\":[\"a\\\"b\\\\c\\n\\u0001\",\"\\u00e4/\",null,true]}",
     "{\n  \"texts\": [\n    \"a\\\"b\\\\c\\n\\u0001\",\n    \"\xc3\xa4/\",\n    null,\n    true\n  "
     "]\n}\n"},
    {"{\"modules\":[{\"api_name\":\"Deals\",\"fields\":[{\"api_name\":\"Name_that_is_long_enough_for_a_"
     "line\"},"
     "{\"api_name\":\"Another_name_that_is_long_enough\"},{\"api_name\":\"And_one_more_name_that_is_"
     "long\"}]}]}",
     "{\n  \"modules\": [\n    {\n      \"api_name\": \"Deals\",\n      \"fields\": [\n"
     "        {\"api_name\": \"Name_that_is_long_enough_for_a_line\"},\n"
     "        {\"api_name\": \"Another_name_that_is_long_enough\"},\n"
     "        {\"api_name\": \"And_one_more_name_that_is_long\"}\n      ]\n    }\n  ]\n}\n"},
};

START_TEST(printed)
{
    struct arena arena = {.blocks = NULL};
    const char *text = documents[_i].document;
    cJSON *tree = json_parse(text, strlen(text), NULL);
    ck_assert_ptr_nonnull(tree);
    const char *told = import_print(&arena, tree);
    ck_assert_str_eq(told, documents[_i].printed);
    cJSON *again = json_parse(told, strlen(told), NULL);
    ck_assert(json_equal(tree, again));
    cJSON_Delete(again);
    cJSON_Delete(tree);
    arena_clear(&arena);
}
END_TEST

START_TEST(lost)
{
    struct arena arena = {.blocks = NULL};
    struct import_losses losses = {.arena = &arena};
    char where[] = "Deals";
    for (int i = 0; i < 100; i++)
        import_lose(&losses, where, "%d of them", i);
    where[0] = 'd';
    ck_assert_uint_eq(losses.count, 100);
    ck_assert_str_eq(losses.list[0].where, "Deals");
    ck_assert_str_eq(losses.list[99].what, "99 of them");
    arena_clear(&arena);
}
END_TEST

/* As long as the service counts calls at its token endpoint. */
START_TEST(who_is_throttled_at_the_token_endpoint_waits_it_out)
{
    const struct remote_options options = {.retry = 0};
    int64_t all = 0, length;
    for (unsigned waits = 0;
         (length = remote_wait_length(&options, TROUBLE_TOKENS_THROTTLED, waits)) > 0; waits++)
        all += length;
    ck_assert_int_gt(all, INT64_C(600000));
}
END_TEST

START_TEST(others_come_again_at_different_times)
{
    enum { THIRD = 2, TIMES = 50 };
    const struct remote_options options = {.retry = 1000};
    int64_t shortest = INT64_MAX, longest = 0;
    for (int i = 0; i < TIMES; i++) {
        int64_t length = remote_wait_length(&options, TROUBLE_THROTTLED, THIRD);
        shortest = length < shortest ? length : shortest;
        longest = length > longest ? length : longest;
    }
    ck_assert(shortest >= 2000 && shortest < longest && longest <= 4000);
}
END_TEST

Suite *import_suite(void)
{
    Suite *suite = suite_create("import");
    TCase *tests = tcase_create("files");
    tcase_add_loop_test(tests, printed, 0, COUNT(documents));
    tcase_add_test(tests, lost);
    tcase_add_test(tests, who_is_throttled_at_the_token_endpoint_waits_it_out);
    tcase_add_test(tests, others_come_again_at_different_times);
    suite_add_tcase(suite, tests);
    return suite;
}
