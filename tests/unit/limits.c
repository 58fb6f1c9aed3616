#include <string.h>

#include "api/api.h"
#include "base/rolling.h"
#include "crm/limits.h"
#include "unit.h"

enum { NOW = 1614334436, HOUR = 3600 };

static const struct org mine = {.id = 1, .edition = "enterprise"}, other = {.id = 2, .edition = "free"};

static struct limits *limits;

static void open_limits(void)
{
    const struct limits_policy policy = {.credits = {LIMIT_NUMBER, 4},
                                         .concurrency = {LIMIT_NUMBER, 2},
                                         .tokens = 3,
                                         .token_seconds = 600};
    limits = limits_new(&policy, NULL);
}

static void close_limits(void)
{
    limits_free(limits);
}

START_TEST(a_while_rolls_by_the_second)
{
    struct rolling rolling = {.seconds = NULL};
    ck_assert_int_eq(rolling_count(&rolling, NOW, 60), 0);
    ck_assert_int_eq(rolling_falls_to(&rolling, 0, 60), INT64_MIN);
    rolling_add(&rolling, NOW, 3);
    rolling_add(&rolling, NOW, 1);
    rolling_add(&rolling, NOW + 10, 2);
    ck_assert_uint_eq(rolling.seconds->len, 2);
    ck_assert_int_eq(rolling_count(&rolling, NOW + 59, 60), 6);
    ck_assert_int_eq(rolling_falls_to(&rolling, 6, 60), INT64_MIN);
    ck_assert_int_eq(rolling_falls_to(&rolling, 5, 60), NOW + 60);
    ck_assert_int_eq(rolling_falls_to(&rolling, 2, 60), NOW + 60);
    ck_assert_int_eq(rolling_falls_to(&rolling, 1, 60), NOW + 70);
    ck_assert_int_eq(rolling_count(&rolling, NOW + 60, 60), 2);
    ck_assert_int_eq(rolling_count(&rolling, NOW + 70, 60), 0);
    ck_assert_uint_eq(rolling.seconds->len, 0);
    rolling_clear(&rolling);
    rolling_clear(&rolling);
}
END_TEST

START_TEST(a_clock_that_is_set_back_takes_along_what_was_counted)
{
    struct rolling rolling = {.seconds = NULL};
    rolling_add(&rolling, NOW, 1);
    rolling_add(&rolling, NOW + 20, 2);
    rolling_add(&rolling, NOW + 40, 4);
    ck_assert_int_eq(rolling_count(&rolling, NOW + 20, 60), 7);
    ck_assert_uint_eq(rolling.seconds->len, 2);
    ck_assert_int_eq(rolling_count(&rolling, NOW + 79, 60), 6);
    ck_assert_int_eq(rolling_count(&rolling, NOW + 80, 60), 0);
    rolling_add(&rolling, NOW + 80, 5);
    ck_assert_int_eq(rolling_count(&rolling, NOW - 1000000, 60), 5);
    ck_assert_int_eq(rolling_falls_to(&rolling, 0, 60), NOW - 1000000 + 60);
    ck_assert_int_eq(rolling_count(&rolling, NOW - 1000000 + 60, 60), 0);
    rolling_clear(&rolling);
}
END_TEST

START_TEST(a_while_takes_no_more_memory_than_its_seconds)
{
    struct rolling rolling = {.seconds = NULL};
    for (int64_t second = 0; second < 10000; second++)
        for (int i = 0; i < 3; i++) {
            ck_assert_int_le(rolling_count(&rolling, second, 60), 180);
            rolling_add(&rolling, second, 1);
            ck_assert_uint_le(rolling.seconds->len, 60);
        }
    ck_assert_int_eq(rolling_count(&rolling, 9999, 60), 180);
    rolling_clear(&rolling);
}
END_TEST

/* A clock that stands there. */
#define AT(second) (&(const struct clock){.stands = true, .seconds = (second)})

/* Takes one; what remains, or -1. */
static int64_t spend(const struct org *org, int64_t now)
{
    struct limits_credits credits;
    bool is_taken = limits_spend(limits, org, 1, AT(now), &credits);
    ck_assert(credits.are_limited);
    return is_taken ? credits.remaining : -1;
}

START_TEST(credits_are_free_again_a_day_later)
{
    struct limits_credits credits;
    ck_assert_int_eq(spend(&mine, NOW), 3);
    ck_assert_int_eq(spend(&mine, NOW + HOUR), 2);
    ck_assert(limits_spend(limits, &mine, 0, AT(NOW + HOUR), &credits) && credits.remaining == 2);
    ck_assert_int_eq(credits.free_at, INT64_MIN);
    ck_assert(!limits_spend(limits, &mine, 3, AT(NOW + HOUR), &credits) && credits.remaining == 2);
    ck_assert_int_eq(spend(&mine, NOW + HOUR), 1);
    ck_assert_int_eq(spend(&mine, NOW + HOUR), 0);
    ck_assert(!limits_spend(limits, &mine, 1, AT(NOW + LIMITS_DAY - 1), &credits));
    ck_assert_int_eq(credits.free_at, NOW + LIMITS_DAY);
    ck_assert(credits.most == 4 && credits.remaining == 0);
    ck_assert_int_eq(spend(&mine, NOW + LIMITS_DAY), 0);
    ck_assert_int_eq(spend(&mine, NOW + LIMITS_DAY), -1);
    ck_assert_int_eq(spend(&mine, NOW + LIMITS_DAY + HOUR), 2);
}
END_TEST

START_TEST(orgs_do_not_share)
{
    enum { ORGS = 2000 };
    struct org many = {.edition = "standard"};
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(spend(&mine, NOW), 3 - i);
    ck_assert_int_eq(spend(&mine, NOW), -1);
    ck_assert_int_eq(spend(&other, NOW), 3);
    for (many.id = 3; many.id < ORGS; many.id++)
        ck_assert_int_eq(spend(&many, NOW), 3);
    ck_assert_int_eq(spend(&mine, NOW), -1);
    ck_assert_int_eq(spend(&other, NOW), 2);
}
END_TEST

START_TEST(a_policy_that_is_exchanged_keeps_what_is_counted)
{
    struct limits_policy policy = limits_tell(limits);
    struct limits_credits credits;
    for (int i = 0; i < 4; i++)
        (void)spend(&mine, NOW);
    policy.credits.number = 6;
    limits_set(limits, &policy);
    ck_assert_int_eq(spend(&mine, NOW), 1);
    policy.credits.number = 2;
    limits_set(limits, &policy);
    ck_assert(!limits_spend(limits, &mine, 0, AT(NOW), &credits) && credits.remaining == 0);
    ck_assert_int_eq(credits.free_at, NOW + LIMITS_DAY);
    policy.credits = (struct limit){.kind = LIMIT_NONE};
    limits_set(limits, &policy);
    ck_assert(limits_spend(limits, &mine, 1, AT(NOW), &credits) && !credits.are_limited);
    limits_reset(limits);
    ck_assert_int_eq(spend(&mine, NOW), 3);
    limits_reset(limits);
    ck_assert_int_eq(spend(&mine, NOW), 3);
}
END_TEST

START_TEST(no_credits_are_never_free)
{
    struct limits_policy policy = {.credits = {.kind = LIMIT_NUMBER}};
    struct limits_credits credits;
    limits_set(limits, &policy);
    ck_assert(!limits_spend(limits, &mine, 1, AT(NOW), &credits));
    ck_assert(credits.most == 0 && credits.remaining == 0 && credits.free_at == INT64_MAX);
}
END_TEST

static const struct {
    const char *edition;
    int64_t credits, concurrency;
} editions[] = {
    {"free", 5000, 5},           {"Free", 5000, 5},         {"standard", 50000, 10},
    {"professional", 50000, 15}, {"enterprise", 50000, 20}, {"ultimate", 50000, 25},
    {"of my own", 50000, 20},    {"", 50000, 20},
};

START_TEST(editions_have_their_own)
{
    const struct org org = {.id = 7, .edition = editions[_i].edition};
    const struct limits_policy policy = limits_of_preset(LIMITS_SERVICE);
    struct limits_credits credits;
    struct limits_pass pass;
    limits_set(limits, &policy);
    ck_assert(limits_spend(limits, &org, 1, AT(NOW), &credits));
    ck_assert_int_eq(credits.most, editions[_i].credits);
    ck_assert_int_eq(limits_concurrency(limits, &org), editions[_i].concurrency);
    for (int64_t i = 0; i < editions[_i].concurrency; i++)
        ck_assert(limits_enter(limits, &org, &pass));
    ck_assert(!limits_enter(limits, &org, &pass));
    ck_assert(policy.tokens == 10 && policy.token_seconds == 600 && policy.latency == LATENCY_NONE);
}
END_TEST

START_TEST(calls_are_under_way_until_they_end)
{
    struct limits_pass passes[2], more;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT(passes); i++)
            ck_assert(limits_enter(limits, &mine, &passes[i]));
        ck_assert(!limits_enter(limits, &mine, &more));
        limits_leave(limits, &more); /* was not counted */
        ck_assert(!limits_enter(limits, &mine, &more));
        ck_assert(limits_enter(limits, &other, &more));
        limits_leave(limits, &more);
        limits_reset(limits); /* they still are */
        ck_assert(!limits_enter(limits, &mine, &more));
        for (size_t i = 0; i < COUNT(passes); i++) {
            limits_leave(limits, &passes[i]);
            limits_leave(limits, &passes[i]); /* a second time does nothing */
        }
    }
}
END_TEST

START_TEST(calls_that_were_not_limited_do_not_count)
{
    const struct limits_policy off = limits_of_preset(LIMITS_OFF);
    struct limits_pass uncounted, counted, more;
    ck_assert(limits_enter(limits, &mine, &counted));
    limits_set(limits, &off);
    ck_assert_int_eq(limits_concurrency(limits, &mine), -1);
    ck_assert(limits_enter(limits, &mine, &uncounted) && !uncounted.is_counted);
    limits_reset(limits);
    ck_assert_int_eq(limits_concurrency(limits, &mine), 2);
    limits_leave(limits, &uncounted);
    ck_assert(limits_enter(limits, &mine, &more));
    ck_assert(!limits_enter(limits, &mine, &uncounted));
    limits_leave(limits, &counted);
    ck_assert(limits_enter(limits, &mine, &counted));
}
END_TEST

START_TEST(F12_a_refresh_token_gives_so_many)
{
    struct limits_tokens tokens;
    ck_assert(limits_issue(limits, "a", AT(NOW), &tokens));
    ck_assert(limits_issue(limits, "a", AT(NOW + 100), &tokens));
    ck_assert(limits_issue(limits, "a", AT(NOW + 100), &tokens));
    ck_assert(!limits_issue(limits, "a", AT(NOW + 599), &tokens));
    ck_assert(tokens.most == 3 && tokens.seconds == 600 && tokens.free_at == NOW + 600);
    ck_assert(limits_issue(limits, "b", AT(NOW + 599), &tokens));
    ck_assert(limits_issue(limits, "a", AT(NOW + 600), &tokens));
    ck_assert(!limits_issue(limits, "a", AT(NOW + 699), &tokens));
    ck_assert_int_eq(tokens.free_at, NOW + 700);
    ck_assert(!limits_issue(limits, "a", AT(NOW), &tokens)); /* set back */
    ck_assert_int_eq(tokens.free_at, NOW + 600);
    ck_assert(limits_issue(limits, "a", AT(NOW + 600), &tokens));
    limits_reset(limits);
    for (int i = 0; i < 3; i++)
        ck_assert(limits_issue(limits, "a", AT(NOW + 600), &tokens));
}
END_TEST

START_TEST(many_refresh_tokens_are_counted_each)
{
    enum { MANY = 3000 };
    struct limits_tokens tokens;
    struct arena arena = {.blocks = NULL};
    for (int i = 0; i < MANY; i++) /* the first are forgotten before the last come */
        for (int k = 0; k < 4; k++)
            ck_assert(limits_issue(limits, arena_printf(&arena, "%d", i), AT(NOW + i), &tokens) ==
                      (k < 3));
    ck_assert(!limits_issue(limits, "2999", AT(NOW + MANY), &tokens));
    ck_assert(!limits_issue(limits, "2500", AT(NOW + MANY), &tokens));
    ck_assert(limits_issue(limits, "2400", AT(NOW + MANY), &tokens));
    ck_assert(limits_issue(limits, "0", AT(NOW + MANY), &tokens));
    arena_clear(&arena);
}
END_TEST

START_TEST(latency_is_fixed_or_anything_in_a_range)
{
    enum { LEAST = 3, MOST = 7 };
    struct limits_policy policy = {.latency = LATENCY_FIXED, .latency_least = 5, .latency_most = 5};
    bool seen[MOST + 1] = {false};
    ck_assert_uint_eq(limits_latency(limits), 0);
    limits_set(limits, &policy);
    ck_assert_uint_eq(limits_latency(limits), 5);
    policy =
        (struct limits_policy){.latency = LATENCY_RANGE, .latency_least = LEAST, .latency_most = MOST};
    limits_set(limits, &policy);
    for (int i = 0; i < 10000; i++) {
        unsigned milliseconds = limits_latency(limits);
        ck_assert(milliseconds >= LEAST && milliseconds <= MOST);
        seen[milliseconds] = true;
    }
    for (unsigned i = LEAST; i <= MOST; i++)
        ck_assert(seen[i]);
}
END_TEST

START_TEST(without_limits_all_is_let_through)
{
    struct limits_credits credits;
    struct limits_pass pass;
    struct limits_tokens tokens;
    ck_assert(limits_spend(NULL, &mine, 1, AT(NOW), &credits) && !credits.are_limited);
    ck_assert(limits_enter(NULL, &mine, &pass));
    limits_leave(NULL, &pass);
    ck_assert(limits_issue(NULL, "a", AT(NOW), &tokens));
    ck_assert_int_eq(limits_concurrency(NULL, &mine), -1);
    ck_assert_uint_eq(limits_latency(NULL), 0);
    limits_free(NULL);
}
END_TEST

static const char *no_parameter(const struct request *request, const char *name)
{
    (void)request;
    (void)name;
    return NULL;
}

/* Who asks for the first org, and what is answered. */
static struct response ask(const struct api *api, bool is_beyond, struct arena *arena)
{
    const struct request request = {.method = "GET",
                                    .path = "/crm/v8/org",
                                    .prefix = "",
                                    .authorization = "Bearer 1000.crmock.admin",
                                    .body = "",
                                    .is_beyond = is_beyond,
                                    .query = no_parameter,
                                    .form = no_parameter};
    struct response response = {.status = 0, .body = ""};
    api_respond((void *)api, &request, arena, &response);
    return response;
}

START_TEST(a_call_beyond_the_others_is_refused_and_costs_nothing)
{
    struct test_store test;
    test_store_open(&test);
    test_store_lend(&test);
    const struct clock clock = {.stands = true, .seconds = NOW};
    const struct crm crm = {.store = test.store,
                            .orgs = &test.orgs,
                            .clock = &clock,
                            .log = &quiet_log,
                            .budget = {.milliseconds = 60000, .steps = 1000000000},
                            .limits = limits};
    const struct api api = {.crm = &crm, .sandbox = MAIN_SANDBOX};
    for (int i = 0; i < 3; i++) {
        struct response beyond = ask(&api, true, &test.arena);
        ck_assert_uint_eq(beyond.status, 429);
        ck_assert_str_eq(beyond.rule, "P17");
        ck_assert_ptr_nonnull(strstr(beyond.hint, "(Zylker) had as many calls under way as its limits"
                                                  " allow (2)"));
        ck_assert_ptr_null(beyond.headers);
    }
    for (int i = 3; i >= 0; i--) {
        struct response response = ask(&api, false, &test.arena);
        ck_assert_uint_eq(response.status, 200);
        ck_assert((response.headers != NULL) == (i <= 2));
    }
    struct response beyond = ask(&api, true, &test.arena);
    ck_assert(beyond.status == 429 && strstr(beyond.hint, "under way") != NULL);
    ck_assert_str_eq(beyond.headers[0].name, "X-API-CREDITS-REMAINING");
    ck_assert_str_eq(beyond.headers[0].value, "0");
    ck_assert_ptr_null(beyond.headers[1].name);
    test_store_close(&test);
}
END_TEST

enum { THREADS = 4, CALLS = 2000, PLACES = 500 };

/* Spends, enters and leaves, while another exchanges the policy for the same. */
static gpointer call_often(gpointer spent)
{
    struct limits_credits credits;
    struct limits_pass pass;
    for (int i = 0; i < CALLS; i++) {
        if (limits_enter(limits, &mine, &pass) && limits_spend(limits, &mine, 1, AT(NOW), &credits))
            (*(int *)spent)++;
        limits_leave(limits, &pass);
    }
    return NULL;
}

START_TEST(many_threads_spend_what_there_is)
{
    const struct limits_policy policy = {.credits = {LIMIT_NUMBER, PLACES},
                                         .concurrency = {LIMIT_NUMBER, THREADS}};
    GThread *threads[THREADS];
    int spent[THREADS] = {0}, all = 0;
    limits_set(limits, &policy);
    for (size_t i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("calls", call_often, &spent[i]);
    for (int i = 0; i < CALLS; i++)
        limits_set(limits, &policy);
    for (size_t i = 0; i < THREADS; i++) {
        (void)g_thread_join(threads[i]);
        all += spent[i];
    }
    ck_assert_int_eq(all, PLACES);
}
END_TEST

TCase *limits_tests(void)
{
    TCase *tests = tcase_create("limits");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, open_limits, close_limits);
    tcase_add_test(tests, a_while_rolls_by_the_second);
    tcase_add_test(tests, a_clock_that_is_set_back_takes_along_what_was_counted);
    tcase_add_test(tests, a_while_takes_no_more_memory_than_its_seconds);
    tcase_add_test(tests, credits_are_free_again_a_day_later);
    tcase_add_test(tests, orgs_do_not_share);
    tcase_add_test(tests, a_policy_that_is_exchanged_keeps_what_is_counted);
    tcase_add_test(tests, no_credits_are_never_free);
    tcase_add_loop_test(tests, editions_have_their_own, 0, COUNT(editions));
    tcase_add_test(tests, calls_are_under_way_until_they_end);
    tcase_add_test(tests, calls_that_were_not_limited_do_not_count);
    tcase_add_test(tests, F12_a_refresh_token_gives_so_many);
    tcase_add_test(tests, many_refresh_tokens_are_counted_each);
    tcase_add_test(tests, latency_is_fixed_or_anything_in_a_range);
    tcase_add_test(tests, without_limits_all_is_let_through);
    tcase_add_test(tests, a_call_beyond_the_others_is_refused_and_costs_nothing);
    tcase_add_test(tests, many_threads_spend_what_there_is);
    return tests;
}
