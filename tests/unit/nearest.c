#include <string.h>

#include "base/nearest.h"
#include "unit.h"

static const struct {
    const char *text, *list[8], *nearest[4];
} meant[] = {
    {"Trade Shw", {"Advertisement", "Cold Call", "Trade Show"}, {"Trade Show"}},
    {"trade show", {"Cold Call", "Trade Show"}, {"Trade Show"}},
    {"Show", {"Cold Call", "Trade Show"}, {"Trade Show"}},
    {"Cht", {"Web", "Chat", "Cold"}, {"Chat"}},
    {"Caht", {"Web", "Cah", "Chat"}, {"Cah", "Chat"}},
    {"Won", {"Closed Won", "Open", "Wen"}, {"Closed Won", "Wen"}},
    {"Lead", {"Leads", "Deals", "Load", "Leas", "Head"}, {"Leads", "Load", "Leas"}},
    {"Straße", {"STRASSE", "Gasse"}, {"STRASSE"}},
    {"été", {"ete", "ÉTÉ", "hiver"}, {"ÉTÉ"}},
    {"x", {"y", "X"}, {"X"}},
    {"", {"y", "yes"}, {NULL}},
    {"Leads", {NULL}, {NULL}},
    {"Shoe size", {"Advertisement", "Cold Call"}, {NULL}},
};

START_TEST(a_mistyped_text_finds_what_was_meant)
{
    const char *list[COUNT(meant[0].list)];
    size_t count = 0, near = 0;
    for (; meant[_i].list[count] != NULL; count++)
        list[count] = meant[_i].list[count];
    for (; meant[_i].nearest[near] != NULL; near++) {
    }
    ck_assert_uint_eq(nearest_first(list, count, meant[_i].text), near);
    for (size_t i = 0; i < near; i++)
        ck_assert_str_eq(list[i], meant[_i].nearest[i]);
}
END_TEST

/* Whatever is put first, all stay in the list, and the rest in its order. */
START_TEST(nothing_gets_lost)
{
    const char *list[] = {"a1", "Leaf", "b2", "Deal", "c3", "Lead", "d4", "Leas", "e5"};
    const char *expected[] = {"Lead", "Leaf", "Leas", "a1", "b2", "Deal", "c3", "d4", "e5"};
    ck_assert_uint_eq(nearest_first(list, COUNT(list), "lead"), 3);
    for (size_t i = 0; i < COUNT(list); i++)
        ck_assert_str_eq(list[i], expected[i]);
}
END_TEST

/* A refusal costs no more for a picklist without an end. */
START_TEST(of_many_long_texts_the_first_are_compared)
{
    enum { MANY = 1000, LENGTH = 64 };
    char text[LENGTH + 1], near[LENGTH + 1], other[LENGTH + 1];
    const char *list[MANY];
    memset(text, 'a', LENGTH);
    memset(near, 'a', LENGTH);
    memset(other, 'b', LENGTH);
    text[LENGTH] = near[LENGTH] = other[LENGTH] = '\0';
    near[LENGTH - 1] = 'b';
    for (size_t i = 0; i < MANY; i++)
        list[i] = other;
    list[10] = near;
    ck_assert_uint_eq(nearest_first(list, MANY, text), 1);
    ck_assert_ptr_eq(list[0], near);
    list[0] = other;
    list[MANY - 1] = near;
    ck_assert_uint_eq(nearest_first(list, MANY, text), 0);
}
END_TEST

/* Letters beyond those that are looked at, on both sides. */
START_TEST(long_texts_are_compared_by_their_first_letters)
{
    char one[400], other[400];
    memset(one, 'a', sizeof one - 1);
    memset(other, 'a', sizeof other - 1);
    one[sizeof one - 1] = other[sizeof other - 1] = '\0';
    other[0] = 'b';
    other[sizeof other - 2] = 'c';
    const char *list[] = {"b", other};
    ck_assert_uint_eq(nearest_first(list, 2, one), 1);
    ck_assert_ptr_eq(list[0], other);
}
END_TEST

START_TEST(a_list_is_told_as_far_as_there_is_room)
{
    struct arena arena = {.blocks = NULL};
    const char *few[] = {"A", "B", "C"}, *many[100];
    char wide[301];
    memset(wide, 'x', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    ck_assert_str_eq(listed(few, 0, 7, &arena), "none");
    ck_assert_str_eq(listed(few, 1, 0, &arena), "A");
    ck_assert_str_eq(listed(few, 3, 7, &arena), "A, B, C");
    ck_assert_str_eq(listed(few, 3, 6, &arena), "A, ...");
    ck_assert_str_eq(listed(few, 3, 0, &arena), "A, ...");
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = "12345678";
    const char *told = listed(many, COUNT(many), 200, &arena), tail[] = "12345678, ...";
    ck_assert_uint_eq(strlen(told), 193); /* 19 of them: with another it would be 203 */
    ck_assert_str_eq(told + strlen(told) - strlen(tail), tail);
    ck_assert_uint_eq(strlen(listed(many, COUNT(many), 203, &arena)), 203);
    many[0] = wide;
    ck_assert_uint_eq(strlen(listed(many, 1, 200, &arena)), 300);
    ck_assert_uint_eq(strlen(listed(many, 2, 200, &arena)), 300 + strlen(", ..."));
    arena_clear(&arena);
}
END_TEST

TCase *nearest_tests(void)
{
    TCase *tests = tcase_create("nearest");
    tcase_add_loop_test(tests, a_mistyped_text_finds_what_was_meant, 0, COUNT(meant));
    tcase_add_test(tests, nothing_gets_lost);
    tcase_add_test(tests, of_many_long_texts_the_first_are_compared);
    tcase_add_test(tests, long_texts_are_compared_by_their_first_letters);
    tcase_add_test(tests, a_list_is_told_as_far_as_there_is_room);
    return tests;
}
