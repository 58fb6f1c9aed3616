/* Texts that stand for others: their shapes, and that no two become one. */
#include <glib.h>
#include <string.h>

#include "base/utf8.h"
#include "import/pseudonym.h"
#include "unit.h"

/* Texts of each kind, and what has to come of them. */
static const struct {
    enum pseudonym_kind kind;
    const char *original, *pattern;
} shapes[] = {
    {PSEUDONYM_TEXT, "Acme Industries Ltd.", "^[A-Z][a-z]{3} [A-Z][a-z]{9} [A-Z][a-z]{2}\\.$"},
    {PSEUDONYM_TEXT, "line\n\tline\r\n  LINE", "^[a-z]{4}\\n\\t[a-z]{4}\\r\\n  [A-Z]{4}$"},
    {PSEUDONYM_TEXT, "Ünïcødé Straße", "^[A-Z][a-z]{6} [A-Z][a-z]{5}$"},
    {PSEUDONYM_TEXT, "株式会社 テスト", "^[a-z]{4} [a-z]{3}$"},
    {PSEUDONYM_TEXT, "٣٤٥ don’t 😀", "^[0-9]{3} [a-z]{5} [a-z]$"},
    {PSEUDONYM_TEXT, "e\u0301te\u0301\u00a0x", "^[a-z]{5}\u00a0[a-z]$"},
    {PSEUDONYM_TEXT, "INV-2023/00042", "^[A-Z]{3}-[0-9]{4}/[0-9]{5}$"},
    {PSEUDONYM_TEXT, "-- ?! --", "^-- \\?! --$"},
    {PSEUDONYM_TEXT, "write to bob@acme.com", "^[a-z]{5} [a-z]{2} [a-z]{3}@[a-z]{4}\\.[a-z]{3}$"},
    {PSEUDONYM_TEXT, "+44 (20) 7946-0958x12", "^\\+\\d\\d \\(\\d\\d\\) \\d{4}-\\d{4}[a-z]\\d\\d$"},
    {PSEUDONYM_TEXT, "bob.smith@acme.com", "^[a-z]{3}\\.[a-z]{5}@[a-z]{3}\\.test$"},
    {PSEUDONYM_TEXT, "www.acme.com", "^www\\.[a-z]{3}\\.test$"},
    {PSEUDONYM_TEXT, "not a http://url.com", "^[a-z]{3} [a-z] [a-z]{4}://[a-z]{3}\\.[a-z]{3}$"},
    {PSEUDONYM_EMAIL, "Bob42@mail.acme.co.uk", "^[A-Z][a-z]{2}\\d\\d@[a-z]{7}\\.example$"},
    {PSEUDONYM_EMAIL, "bob@acme-corp.de", "^[a-z]{3}@[a-z]{4}\\.example$"},
    {PSEUDONYM_EMAIL, "bobby@x.co", "^[a-z]{3}@[a-z]\\.test$"},
    {PSEUDONYM_EMAIL, "b.b@x.co", "^[a-z]@[a-z]\\.test$"},
    {PSEUDONYM_EMAIL, "b@x.co", "^[a-z]@[a-z]\\.test$"},
    {PSEUDONYM_EMAIL, "no email", "^[a-z]{2} [a-z]{5}$"},
    {PSEUDONYM_EMAIL, "jürgen@müller.de", "^[a-z]{6}@[a-z]{4}\\.test$"},
    {PSEUDONYM_WEBSITE, "https://acme.com", "^https://[a-z]{3}\\.test$"},
    {PSEUDONYM_WEBSITE, "HTTP://WWW.Acme.com:8443/a%20b?x=Bob#1",
     "^HTTP://WWW\\.[a-z]{3}\\.test:8443/[a-z][a-z]\\d\\d[a-z]\\?[a-z]=[A-Z][a-z]{2}#\\d$"},
    {PSEUDONYM_WEBSITE, "acme.example.org/x", "^[a-z]{8}\\.example/[a-z]$"},
    {PSEUDONYM_WEBSITE, "www.com", "^[a-z]{2}\\.test$"},
    {PSEUDONYM_WEBSITE, "t.co/@bob", "^[a-z]\\.test/@[a-z]{3}$"},
    {PSEUDONYM_WEBSITE, "no site", "^[a-z]{2} [a-z]{4}$"},
    {PSEUDONYM_MARKUP, "<p>Hello <B>Bob</B>&nbsp;&amp; co</p>",
     "^<p>[A-Z][a-z]{4} <B>[A-Z][a-z]{2}</B>&nbsp;&amp; [a-z]{2}</p>$"},
    {PSEUDONYM_MARKUP, "<a href=\"mailto:bob\" data-x='Ann'>x</a><br/>",
     "^<a href=\"[a-z]{6}:[a-z]{3}\" [a-z]{4}-[a-z]='[A-Z][a-z]{2}'>[a-z]</a><br/>$"},
    {PSEUDONYM_MARKUP, "5 < 6 &Bob; <Bob> <bobby",
     "^\\d < \\d &[A-Z][a-z]{2}; <[A-Z][a-z]{2}> <[a-z]{5}$"},
    {PSEUDONYM_MARKUP, "<b Bob='a>b'>a</b>", "^<b [A-Z][a-z]{2}='[a-z]>[a-z]'>[a-z]</b>$"},
};

START_TEST(a_pseudonym_has_the_shape_of_its_original)
{
    struct pseudonyms *pseudonyms = pseudonyms_new("seed");
    for (size_t i = 0; i < COUNT(shapes); i++)
        pseudonyms_tell(pseudonyms, shapes[i].original, shapes[i].kind);
    for (size_t i = 0; i < COUNT(shapes); i++) {
        const char *original = shapes[i].original;
        bool is_longer;
        const char *text = pseudonym_of(pseudonyms, original, &is_longer);
        ck_assert_msg(text != NULL && g_regex_match_simple(shapes[i].pattern, text, 0, 0), "%s: %s",
                      original, text);
        ck_assert_msg(is_longer == (utf8_length(text) != utf8_length(original)), "%s: %s", original,
                      text);
    }
    bool unused;
    ck_assert_ptr_null(pseudonym_of(pseudonyms, "never told", &unused));
    pseudonyms_free(pseudonyms);
}
END_TEST

START_TEST(the_strictest_kind_of_a_text_counts)
{
    struct pseudonyms *pseudonyms = pseudonyms_new("seed");
    bool is_longer;
    pseudonyms_tell(pseudonyms, "acme.com", PSEUDONYM_TEXT);
    pseudonyms_tell(pseudonyms, "acme.com", PSEUDONYM_WEBSITE);
    pseudonyms_tell(pseudonyms, "acme.com", PSEUDONYM_MARKUP);
    ck_assert(g_str_has_suffix(pseudonym_of(pseudonyms, "acme.com", &is_longer), ".test"));
    pseudonyms_free(pseudonyms);
}
END_TEST

/* Originals that leave little room: each has its number in it as three digits, or as the letter that is
 * so far behind the first. */
static const struct {
    const char *front, *back;
    int count;
    gunichar first; /* 0: digits */
    enum pseudonym_kind kind;
    bool keeps_length;
} crowds[] = {
    {"", "", 'z' - 'A' + 1, 'A', PSEUDONYM_TEXT, true},
    {"", "", 1000, 0x4E00, PSEUDONYM_TEXT, true},
    {"株", "", 1000, 0x4E00, PSEUDONYM_TEXT, true},
    {"<b>", "</b>", 100, 0x4E00, PSEUDONYM_MARKUP, true},
    {"", "", 1000, 0, PSEUDONYM_TEXT, true},
    {"T-", "", 1000, 0, PSEUDONYM_TEXT, true},
    {"", "@b.co", 1000, 0x4E00, PSEUDONYM_EMAIL, false},
    {"", ".com", 1000, 0x4E00, PSEUDONYM_WEBSITE, false},
    {"a.co/", "", 100, 0x4E00, PSEUDONYM_WEBSITE, false},
};

static char *one_of_crowd(size_t crowd, int number)
{
    char letter[8] = "", digits[8];
    g_snprintf(digits, sizeof digits, "%03d", number);
    letter[g_unichar_to_utf8(crowds[crowd].first + (gunichar)number, letter)] = '\0';
    return g_strconcat(crowds[crowd].front, crowds[crowd].first != 0 ? letter : digits,
                       crowds[crowd].back, NULL);
}

START_TEST(two_never_become_one)
{
    struct pseudonyms *pseudonyms = pseudonyms_new("seed");
    GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    size_t crowd = (size_t)_i;
    for (int i = 0; i < crowds[crowd].count; i++) {
        char *original = one_of_crowd(crowd, i);
        pseudonyms_tell(pseudonyms, original, crowds[crowd].kind);
        g_free(original);
    }
    for (int i = 0; i < crowds[crowd].count; i++) {
        char *original = one_of_crowd(crowd, i);
        bool is_longer;
        const char *text = pseudonym_of(pseudonyms, original, &is_longer);
        ck_assert_msg(g_hash_table_add(seen, g_ascii_strdown(text, -1)), "%s: %s", original, text);
        ck_assert_msg(!is_longer || !crowds[crowd].keeps_length, "%s: %s", original, text);
        ck_assert_str_eq(text, pseudonym_of(pseudonyms, original, &is_longer));
        g_free(original);
    }
    g_hash_table_destroy(seen);
    pseudonyms_free(pseudonyms);
}
END_TEST

/* Of one letter each: there are not so many that are told apart by one. */
START_TEST(a_domain_is_the_same_in_each_email)
{
    enum { EMAILS = 52, HALF = 26 };
    struct pseudonyms *pseudonyms = pseudonyms_new("seed");
    char emails[EMAILS][16], domain[16] = "";
    bool is_longer;
    for (int i = 0; i < EMAILS; i++) {
        g_snprintf(emails[i], sizeof emails[i], "%c@%s", 'a' + i % HALF, i < HALF ? "b.co" : "B.CO");
        pseudonyms_tell(pseudonyms, emails[i], PSEUDONYM_EMAIL);
    }
    for (int i = 0; i < EMAILS; i++) {
        const char *made = strchr(pseudonym_of(pseudonyms, emails[i], &is_longer), '@');
        if (i == 0)
            g_strlcpy(domain, made, sizeof domain);
        ck_assert_str_eq(made, domain);
    }
    pseudonyms_free(pseudonyms);
}
END_TEST

/* Of so many words as made-up ones are, every third is an original. */
START_TEST(a_word_never_becomes_an_original)
{
    static const char vowels[] = "aeiou", consonants[] = "bdfghklmnprstvz";
    enum { WORDS = 15 * 5 * 15 * 5, THIRD = 3 };
    struct pseudonyms *pseudonyms = pseudonyms_new("seed");
    GHashTable *words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; i < WORDS; i += THIRD) {
        char *word = g_strdup_printf("%c%c%c%c", consonants[i % 15], vowels[i / 15 % 5],
                                     consonants[i / 75 % 15], vowels[i / 1125]);
        g_ptr_array_add(texts, g_strdup_printf("%c%s, 1", g_ascii_toupper(word[0]), word + 1));
        g_hash_table_add(words, word);
    }
    for (guint i = 0; i < texts->len; i++)
        pseudonyms_tell(pseudonyms, texts->pdata[i], PSEUDONYM_TEXT);
    for (guint i = 0; i < texts->len; i++) {
        bool is_longer;
        char *text = g_ascii_strdown(pseudonym_of(pseudonyms, texts->pdata[i], &is_longer), 4);
        ck_assert_msg(!g_hash_table_contains(words, text), "%s: %s", (char *)texts->pdata[i], text);
        g_free(text);
    }
    g_ptr_array_free(texts, TRUE);
    g_hash_table_destroy(words);
    pseudonyms_free(pseudonyms);
}
END_TEST

TCase *pseudonyms_tests(void)
{
    TCase *tests = tcase_create("pseudonyms");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, a_pseudonym_has_the_shape_of_its_original);
    tcase_add_test(tests, the_strictest_kind_of_a_text_counts);
    tcase_add_test(tests, a_domain_is_the_same_in_each_email);
    tcase_add_test(tests, a_word_never_becomes_an_original);
    return tests;
}

TCase *crowds_tests(void)
{
    TCase *tests = tcase_create("crowds");
    tcase_set_timeout(tests, 120);
    tcase_set_tags(tests, LONG_TESTS);
    tcase_add_loop_test(tests, two_never_become_one, 0, COUNT(crowds));
    return tests;
}
