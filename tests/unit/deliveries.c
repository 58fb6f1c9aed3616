/* Calls of webhooks in the store: what waits, what is listed, and what came of a try. */
#include "store/db.h"
#include "store/delivery.h"
#include "unit.h"

#define URL "http://127.0.0.1:9/"
enum { RULE = 4711, RECORD = 12, NOW = 1000 };

static struct test_store test;

static void open_test(void)
{
    test_store_open(&test);
    const char *rule = arena_printf(&test.arena,
                                    "INSERT INTO automation_rule (id, module_id, kind, name)"
                                    " SELECT %d, id, 'workflow', 'Tell' FROM module"
                                    " WHERE api_name = 'Activities' LIMIT 1",
                                    RULE);
    ck_assert_int_eq(db_script(test.db, rule), STORE_OK);
}

static void close_test(void)
{
    test_store_close(&test);
}

static void add(const char *body)
{
    const struct record record = {.id = RECORD, .module = org_module(test.org, "Tasks")};
    ck_assert_int_eq(delivery_add(test.db, RULE, &record, URL, body, NOW), STORE_OK);
}

static struct delivery next(void)
{
    struct delivery delivery;
    ck_assert_int_eq(delivery_next(test.db, URL, &test.arena, &delivery), STORE_OK);
    return delivery;
}

static struct delivery_list list(int64_t after, size_t limit)
{
    struct delivery_list listed;
    ck_assert_int_eq(deliveries_list(test.db, after, limit, &test.arena, &listed), STORE_OK);
    return listed;
}

/* What came of a try. */
static void end(struct delivery tried, enum delivery_status status)
{
    tried.status = status;
    tried.tries++;
    tried.due += 500;
    tried.http_status = status == DELIVERY_DELIVERED ? 200 : 0;
    tried.reason = status == DELIVERY_DELIVERED ? NULL : "no answer";
    ck_assert_int_eq(delivery_write(test.db, &tried), STORE_OK);
}

START_TEST(deliveries_are_listed_as_they_are)
{
    add("{\"n\":1}");
    add("{\"n\":2}");
    end(next(), DELIVERY_WAITING);
    end(next(), DELIVERY_DELIVERED);
    const struct delivery_list all = list(0, 10);
    ck_assert_uint_eq(all.count, 2);
    const struct delivery *first = &all.deliveries[0], *second = &all.deliveries[1];
    ck_assert_str_eq(first->rule, "Tell");
    ck_assert_str_eq(first->module, "Tasks"); /* the record's, not the rule's */
    ck_assert_int_eq(first->record_id, RECORD);
    ck_assert_str_eq(first->url, URL);
    ck_assert_str_eq(first->body, "{\"n\":1}");
    ck_assert_int_eq(first->status, DELIVERY_WAITING);
    ck_assert_int_eq(first->tries, 1);
    ck_assert_int_eq(first->created, NOW);
    ck_assert_int_eq(first->due, NOW + 500);
    ck_assert_int_eq(first->http_status, 0);
    ck_assert_str_eq(first->reason, "no answer");
    ck_assert_int_eq(second->status, DELIVERY_DELIVERED);
    ck_assert_int_eq(second->http_status, 200);
    ck_assert_ptr_null(second->reason);
    ck_assert_uint_eq(list(0, 1).count, 1);
    ck_assert_int_eq(list(first->id, 1).deliveries[0].id, second->id);
    ck_assert_uint_eq(list(second->id, 10).count, 0);
}
END_TEST

START_TEST(one_waits_until_it_has_ended)
{
    static const enum delivery_status ends[] = {DELIVERY_DELIVERED, DELIVERY_GIVEN_UP};
    ck_assert_int_eq(deliveries_wait(test.db), STORE_NOT_FOUND);
    add("{}");
    ck_assert_int_eq(deliveries_wait(test.db), STORE_OK);
    end(next(), DELIVERY_WAITING);
    ck_assert_int_eq(deliveries_wait(test.db), STORE_OK);
    end(next(), ends[_i]);
    ck_assert_int_eq(deliveries_wait(test.db), STORE_NOT_FOUND);
}
END_TEST

START_TEST(what_is_dropped_does_not_come_back)
{
    add("{\"n\":1}");
    const struct delivery tried = next();
    ck_assert_int_eq(deliveries_drop(test.db), STORE_OK);
    ck_assert_int_eq(deliveries_wait(test.db), STORE_NOT_FOUND);
    end(tried, DELIVERY_DELIVERED);
    ck_assert_uint_eq(list(0, 10).count, 0);
    add("{\"n\":2}");
    end(tried, DELIVERY_DELIVERED);
    const struct delivery later = next();
    ck_assert_int_gt(later.id, tried.id);
    ck_assert_str_eq(later.body, "{\"n\":2}");
}
END_TEST

/* A store that begins again gives its ids again. */
START_TEST(a_try_is_written_to_its_own_delivery_alone)
{
    add("{}");
    const struct delivery tried = next();
    struct delivery earlier = tried, later = tried;
    earlier.created--;
    later.tries++;
    end(earlier, DELIVERY_DELIVERED);
    end(later, DELIVERY_DELIVERED);
    ck_assert_int_eq(next().tries, 0);
    end(tried, DELIVERY_DELIVERED);
    ck_assert_int_eq(deliveries_wait(test.db), STORE_NOT_FOUND);
}
END_TEST

START_TEST(those_that_wait_are_shortened)
{
    add("{}");
    ck_assert_int_eq(deliveries_shorten(test.db, 300), STORE_OK);
    const struct delivery one = next();
    ck_assert_int_eq(one.due, NOW - 300);
    ck_assert_int_eq(one.created, NOW);
    end(one, DELIVERY_DELIVERED);
    ck_assert_int_eq(deliveries_shorten(test.db, 300), STORE_OK);
    ck_assert_int_eq(list(0, 1).deliveries[0].due, NOW + 200);
}
END_TEST

TCase *deliveries_tests(void)
{
    TCase *tests = tcase_create("deliveries");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, open_test, close_test);
    tcase_add_test(tests, deliveries_are_listed_as_they_are);
    tcase_add_loop_test(tests, one_waits_until_it_has_ended, 0, 2);
    tcase_add_test(tests, what_is_dropped_does_not_come_back);
    tcase_add_test(tests, a_try_is_written_to_its_own_delivery_alone);
    tcase_add_test(tests, those_that_wait_are_shortened);
    return tests;
}
