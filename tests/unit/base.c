#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/seal.h"
#include "base/service_host.h"
#include "base/utf8.h"
#include "unit.h"

static const struct {
    const char *text;
    int64_t id; /* 0: refused */
} ids[] = {
    {"1", 1},
    {"554023000000497007", 554023000000497007},
    {"9007199254740993", 9007199254740993},
    {"9223372036854775807", INT64_MAX},
    {"9223372036854775808", 0},
    {"18446744073709551617", 0},
    {"99999999999999999999999", 0},
    {"0", 0},
    {"01", 0},
    {"-1", 0},
    {"+1", 0},
    {" 1", 0},
    {"1 ", 0},
    {"1.0", 0},
    {"1e3", 0},
    {"", 0},
    {NULL, 0},
};

START_TEST(ids_are_read_exactly)
{
    int64_t id = 0;
    ck_assert_int_eq(id_parse(ids[_i].text, &id), ids[_i].id != 0);
    ck_assert_int_eq(id, ids[_i].id);
}
END_TEST

static const char *const refused[] = {
    "",
    "{",
    "[1,]",
    "{\"a\":1,}",
    "01",
    "-",
    "1.",
    ".5",
    "1e",
    "1e+",
    "+1",
    "0x10",
    "NaN",
    "nul",
    "'a'",
    "\"\\u0000\"",
    "\"a",
    "\"\\",
    "\"\t\"",
    "\"\x7f\xff\"",
    "\xc0\x80",
    "[1] x",
    "{} {}",
    "[\"a\" 1]",
    "\"\\x\"",
    "\"\\ud800\"",
    "1 2",
    "--1",
    "1..2",
    "[1 2]",
    "{1:2}",
    "\xed\xa0\x80",
    "\"\\uzzzz\"",
    "\"\\u12\"",
    "\"\\u12g4\"",
    "\"\\ud800\\u0041\"",
    "\"\\udc00\"",
    "\"\\u",
    "[\v1]",
    "[\x01]",
    "\f1",
    "1\xc2\xa0",
    "nullx",
    "tru",
    "\"\\/\\a\"",
    "{\"a\"}",
    "{\"a\":}",
    "{,}",
    "[,]",
    "[1",
    "]",
    "-",
    "{\"a\":1 \"b\":2}",
    "\"\\",
    "\xEF\xBB",
    "\xEF\xBB\xBF",
    "00",
    "-01",
};

START_TEST(malformed_json_is_refused)
{
    struct json_place place = {0};
    cJSON *tree = json_parse(refused[_i], strlen(refused[_i]), &place);
    ck_assert_msg(tree == NULL, "%s", refused[_i]);
    ck_assert_uint_ge(place.line, 1);
    ck_assert_uint_ge(place.column, 1);
}
END_TEST

static const char *const kept[] = {
    "0",
    "-0.0",
    "9223372036854775807",
    "123456789012345678901234567890",
    "1.10",
    "1E400",
    "-2.5e-3",
    "[1,[2,{\"a\":3.0}],\"4\",5]",
    "{\"a\":\"1 \\\"2\\\" 3\",\"b\":[],\"c\":{},\"d\":null,\"e\":true}",
    "\"h\xc3\xa9 \xf0\x9f\x98\x80\"",
    "{\"-1\":[\"2\",3,{\"\\\"4\":5}],\"\\\\\":6}",
};

START_TEST(json_is_printed_as_it_was_read)
{
    struct arena arena = {.blocks = NULL};
    cJSON *tree = json_parse(kept[_i], strlen(kept[_i]), NULL);
    ck_assert_msg(tree != NULL, "%s", kept[_i]);
    ck_assert_str_eq(json_print(&arena, tree), kept[_i]);
    ck_assert_str_eq(json_print(&arena, tree), kept[_i]); /* printing changes nothing */
    cJSON_Delete(tree);
    arena_clear(&arena);
}
END_TEST

/* A body does not end with a zero byte: what stands behind it is nobody's. */
START_TEST(json_ends_where_it_ends)
{
    static const char *const texts[] = {"1", "-1.5e+3", "[1,2]", "\xEF\xBB\xBF\x37", "\xEF\xBB\xBF[1]",
                                        "0"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        size_t length = strlen(texts[i]);
        char *text = must_alloc(length);
        memcpy(text, texts[i], length);
        cJSON *tree = json_parse(text, length, NULL);
        ck_assert_ptr_nonnull(tree);
        cJSON_Delete(tree);
        free(text);
    }
}
END_TEST

START_TEST(json_faults_have_a_place)
{
    static const char text[] = "{\n  \"a\": 1,\n  \"b\": 02\n}";
    struct json_place place;
    cJSON *tree = json_parse(text, sizeof text - 1, &place);
    ck_assert_ptr_null(tree);
    ck_assert_uint_eq(place.line, 3);
    ck_assert_uint_eq(place.column, 8);
}
END_TEST

START_TEST(json_of_any_depth_is_no_danger)
{
    const size_t depth = 100000;
    char *text = must_alloc(2 * depth);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    cJSON *tree = json_parse(text, 2 * depth, NULL);
    ck_assert_ptr_null(tree);
    free(text);
}
END_TEST

START_TEST(json_from_clients_has_a_bound)
{
    static const char text[] = "[1,[2],{\"a\":3}]"; /* six values */
    struct json_place place;
    cJSON *tree = json_parse_small(text, sizeof text - 1, 6, &place);
    ck_assert_ptr_nonnull(tree);
    cJSON_Delete(tree);
    ck_assert_ptr_null(json_parse_small(text, sizeof text - 1, 5, &place));
    ck_assert(place.has_too_many);
    ck_assert_ptr_null(json_parse_small("[1", 2, 1, &place));
    ck_assert(!place.has_too_many);
}
END_TEST

START_TEST(json_kinds)
{
    static const char text[] = "[1, 1.0, 1e2, \"1\", \"\", null, true, -7]";
    static const bool integer[] = {true, false, false, false, false, false, false, true};
    static const bool blank[] = {false, false, false, false, true, true, false, false};
    cJSON *list = json_parse(text, sizeof text - 1, NULL);
    for (int i = 0; i < cJSON_GetArraySize(list); i++) {
        ck_assert_int_eq(json_is_integer(cJSON_GetArrayItem(list, i)), integer[i]);
        ck_assert_int_eq(json_is_blank(cJSON_GetArrayItem(list, i)), blank[i]);
    }
    ck_assert_str_eq(json_scalar_text(cJSON_GetArrayItem(list, 1)), "1.0");
    ck_assert_ptr_null(json_scalar_text(cJSON_GetArrayItem(list, 6)));
    ck_assert_ptr_null(json_member(list, "a"));
    ck_assert_ptr_null(json_member(NULL, "a"));
    cJSON_Delete(list);
}
END_TEST

START_TEST(whole_numbers_keep_every_digit)
{
    struct arena arena = {.blocks = NULL};
    cJSON *object = cJSON_CreateObject();
    json_add_integer(object, "lowest", INT64_MIN);
    json_add_integer(object, "beyond_a_double", 9007199254740993);
    json_add_integer(object, "none", 0);
    ck_assert_str_eq(
        json_print(&arena, object),
        "{\"lowest\":-9223372036854775808,\"beyond_a_double\":9007199254740993,\"none\":0}");
    ck_assert(json_is_integer(json_member(object, "none")));
    ck_assert_double_eq(cJSON_GetNumberValue(json_member(object, "lowest")), (double)INT64_MIN);
    cJSON_Delete(object);
    arena_clear(&arena);
}
END_TEST

static const struct {
    const char *zone;
    int64_t time;
    const char *text;
} times[] = {
    {"Asia/Kolkata", 1614754020, "2021-03-03T12:17:00+05:30"},
    {"UTC", 0, "1970-01-01T00:00:00+00:00"},
    {"America/New_York", 1615705199, "2021-03-14T01:59:59-05:00"},
    {"America/New_York", 1615705200, "2021-03-14T03:00:00-04:00"}, /* daylight saving begins */
    {"America/St_Johns", 1614754020, "2021-03-03T03:17:00-03:30"},
    {"Europe/Athens", 1635641999, "2021-10-31T03:59:59+03:00"},
    {"Europe/Athens", 1635642000, "2021-10-31T03:00:00+02:00"}, /* and ends */
    {"Asia/Kathmandu", 951782400, "2000-02-29T05:45:00+05:45"},
    {"UTC", -1, "1969-12-31T23:59:59+00:00"},
    {"UTC", -62135423999, "0001-01-03T00:00:01+00:00"},
    {"Pacific/Kiritimati", 253402127999, "9999-12-30T13:59:59+14:00"},
    {"Etc/GMT+12", 253402127999, "9999-12-29T11:59:59-12:00"},
};

START_TEST(times_are_written_with_the_zones_offset)
{
    struct zone *zone = zone_new(times[_i].zone);
    ck_assert_ptr_nonnull(zone);
    char text[TIME_TEXT_SIZE];
    zone_format(zone, times[_i].time, text);
    ck_assert_str_eq(text, times[_i].text);
    int64_t back;
    ck_assert(time_parse(text, &back));
    ck_assert_int_eq(back, times[_i].time);
    zone_free(zone);
}
END_TEST

static const struct {
    const char *text;
    bool valid;
} moments[] = {
    {"2021-03-03T12:17:00+05:30", true},  {"2021-03-03T12:17:00Z", true},
    {"2024-02-29T00:00:00-11:00", true},  {"2023-02-29T00:00:00Z", false},
    {"2021-13-01T00:00:00Z", false},      {"2021-00-01T00:00:00Z", false},
    {"2021-04-31T00:00:00Z", false},      {"2021-03-03T24:00:00Z", false},
    {"2021-03-03T12:60:00Z", false},      {"2021-03-03T12:17:00", false},
    {"2021-03-03 12:17:00Z", false},      {"2021-03-03T12:17:00.5Z", false},
    {"2021-03-03T12:17:00+5:30", false},  {"2021-03-03T12:17:00+0530", false},
    {"2021-03-03T12:17:00+25:00", false}, {"2021-03-03", false},
    {"20210303T121700Z", false},          {"", false},
    {"2021-W09-3T12:17:00Z", false},      {"2021-03-03T12:17:00Zx", false},
};

START_TEST(moments_are_of_the_calendar)
{
    int64_t time;
    ck_assert_msg(time_parse(moments[_i].text, &time) == moments[_i].valid, "%s", moments[_i].text);
}
END_TEST

/* The same moment, 2026-06-01T07:30:00Z, in every form that the service takes. */
static const struct {
    const char *text;
    unsigned form;
} forms[] = {
    {"2026-06-01T13:00:00+05:30", TIME_WITH_OFFSET},
    {"2026-06-01T07:30:00Z", TIME_WITH_OFFSET},
    {"2026-05-31T23:30:00-08:00", TIME_WITH_OFFSET},
    {"2026-06-01T07:30:00+00:00", TIME_WITH_OFFSET},
    {"2026-06-01T07:30:00+0000", TIME_SHORT_OFFSET},
    {"2026-05-31T23:30:00-0800", TIME_SHORT_OFFSET},
    {"2026-06-01T13:00:00", TIME_LOCAL},
    {"Mon, 01 Jun 2026 07:30:00 GMT", TIME_HTTP_DATE},
    {"2026-06-01T07:30:00.000Z", 0},
    {"2026-06-01 07:30:00Z", 0},
    {"2026-06-01T07:30Z", 0},
    {"2026-06-01T07:30:00+99:99", 0},
    {"2026-06-01T07:30:00+0060", 0},
    {"2026-06-01T07:30:00 +0000", 0},
    {"2026-06-01T13:00:00 ", 0},
    {"Mon, 01 Jun 2026 07:30:00", 0},
    {"", 0},
};

START_TEST(F5_F9_a_time_is_read_in_its_form_only)
{
    struct zone *zone = zone_new("Asia/Kolkata");
    for (unsigned form = TIME_WITH_OFFSET; form <= TIME_HTTP_DATE; form <<= 1) {
        int64_t time = 0;
        enum time_forms found = 0;
        bool is_read = time_read(forms[_i].text, form, zone, &time, &found);
        ck_assert_msg(is_read == (form == forms[_i].form), "%s as %u", forms[_i].text, form);
        if (is_read) {
            ck_assert_int_eq(time, 1780299000);
            ck_assert_int_eq(found, form);
        }
    }
    zone_free(zone);
}
END_TEST

START_TEST(dates_are_of_the_calendar)
{
    ck_assert(date_valid("2024-02-29"));
    ck_assert(date_valid("1999-12-31"));
    static const char *const wrong[] = {"2023-02-29", "2021-4-01",  "2021-04-31",
                                        "0000-01-01", "01-02-2003", "2021-04-01T",
                                        "",           "2021/04/01", "2021-00-10"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        ck_assert_msg(!date_valid(wrong[i]), "%s", wrong[i]);
}
END_TEST

START_TEST(zones_are_named)
{
    static const char *const wrong[] = {
        "",           "IST",           "+05:30",        "Mars/Base",     "../etc/passwd",
        "Asia/",      "/etc/passwd",   "Asia//Kolkata", "/Asia/Kolkata", "Asia/../Asia/Kolkata",
        "Asia",       "zone.tab",      "leapseconds",   "./UTC",         ":Asia/Kolkata",
        "UTC\n",      "Asia/Kolkata/", "tzdata.zi",     "+05",           "Asia/K\xc3\xb6ln",
        "EST5EDT,M3", "Asia/Kolkata "};
    static const char *const right[] = {"UTC",
                                        "Asia/Kolkata",
                                        "America/Port-au-Prince",
                                        "Etc/GMT+5",
                                        "America/Argentina/Buenos_Aires",
                                        "EST5EDT"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct zone *zone = zone_new(wrong[i]);
        ck_assert_msg(zone == NULL, "%s", wrong[i]);
    }
    for (size_t i = 0; i < COUNT(right); i++) {
        struct zone *zone = zone_new(right[i]);
        ck_assert_msg(zone != NULL, "%s", right[i]);
        zone_free(zone);
    }
}
END_TEST

static const struct {
    const char *text;
    int64_t milliseconds; /* -1: it is no duration */
} durations[] = {
    {"PT2S", 2000},
    {"PT0S", 0},
    {"PT0.5S", 500},
    {"PT1.2345S", 1234},
    {"P1DT2H3M4S", 93784000},
    {"PT90M", 5400000},
    {"P2W", 1209600000},
    {"P36500D", 3153600000000},
    {"P99999999999D", -1},
    {"P52000W", -1},
    {"PT99999999999999999999999S", -1},
    {"", -1},
    {"P", -1},
    {"PT", -1},
    {"P1DT", -1},
    {"2S", -1},
    {"P1M", -1},
    {"P1Y", -1},
    {"P2S", -1},
    {"P1W1D", -1},
    {"PT1S1S", -1},
    {"PT1S1M", -1},
    {"PT1H1", -1},
    {"PT1.5M", -1},
    {"PT1.S", -1},
    {"PT-1S", -1},
    {"-PT1S", -1},
    {"PT2S ", -1},
    {"pt2s", -1},
};

START_TEST(durations_are_read)
{
    int64_t milliseconds = -1;
    ck_assert_msg(duration_parse(durations[_i].text, &milliseconds) ==
                      (durations[_i].milliseconds >= 0),
                  "%s", durations[_i].text);
    ck_assert_int_eq(milliseconds, durations[_i].milliseconds);
}
END_TEST

START_TEST(the_clock_can_be_shifted)
{
    struct clock clock = {0};
    int64_t now = clock_now(&clock);
    clock.seconds = 86400;
    ck_assert_int_ge(clock_now(&clock), now + 86400);
    ck_assert_int_le(clock_now(&clock), now + 86400 + 60);
    ck_assert_int_ge(clock_milliseconds(&clock), (now + 86400) * 1000);
    ck_assert_int_le(clock_milliseconds(&clock), (now + 86400 + 60) * 1000);
    clock.stands = true;
    ck_assert_int_eq(clock_milliseconds(&clock), 86400000);
}
END_TEST

static const struct {
    const char *text;
    bool is_one, stands;
    int64_t seconds;
} clock_texts[] = {
    {"2021-03-03T12:17:00+05:30", true, true, 1614754020},
    {"1970-01-01T00:00:00Z", true, true, 0},
    {"+3600", true, false, 3600},
    {"-86400", true, false, -86400},
    {"+0", true, false, 0},
    {"3600", false, false, 0},
    {"+", false, false, 0},
    {"+-5", false, false, 0},
    {"+5s", false, false, 0},
    {"+ 5", false, false, 0},
    {"+3155760000", true, false, 3155760000},
    {"-3155760000", true, false, -3155760000},
    {"+3155760001", false, false, 0},
    {"-3155760001", false, false, 0},
    {"+9999999999999", false, false, 0},
    {"-99999999999999999999999", false, false, 0},
    {"2021-02-29T00:00:00Z", false, false, 0},
    {"2021-03-03", false, false, 0},
    {"9999-12-31T23:59:59Z", false, false, 0}, /* the year 10000 in Asia */
    {"9999-12-30T00:00:00Z", false, false, 0}, /* a day later, likewise */
    {"9999-12-29T23:59:59Z", true, true, 253402127999},
    {"0001-01-01T00:00:00Z", false, false, 0},
    {"0001-01-02T23:59:59Z", false, false, 0},
    {"0001-01-03T00:00:00Z", true, true, -62135424000},
    {"+3155760001", false, false, 0},
    {"", false, false, 0},
};

/* At the moment when a second begins, as well. */
START_TEST(the_clock_is_not_behind)
{
    const struct clock clock = {.stands = false};
    int64_t first = clock_machine_milliseconds() / 1000;
    for (int64_t before = first; before < first + 2;) {
        before = clock_machine_milliseconds() / 1000;
        ck_assert_int_ge(clock_now(&clock), before);
    }
}
END_TEST

START_TEST(the_clock_is_set_by_a_text)
{
    struct clock clock = {.seconds = 7};
    ck_assert(clock_set(&clock, clock_texts[_i].text) == clock_texts[_i].is_one);
    ck_assert(clock.stands == clock_texts[_i].stands);
    ck_assert_int_eq(clock.seconds, clock_texts[_i].is_one ? clock_texts[_i].seconds : 7);
    if (clock.stands)
        ck_assert_int_eq(clock_now(&clock), clock_texts[_i].seconds);
}
END_TEST

START_TEST(length_is_counted_in_characters)
{
    ck_assert_uint_eq(utf8_length(""), 0);
    ck_assert_uint_eq(utf8_length("h\xc3\xa9llo"), 5);
    ck_assert_uint_eq(utf8_length("\xf0\x9f\x98\x80"), 1);
    ck_assert(utf8_valid("\xf4\x8f\xbf\xbf", 4));
    ck_assert(!utf8_valid("\xf4\x90\x80\x80", 4));
    ck_assert(!utf8_valid("\xe2\x82", 2));
    ck_assert(!utf8_valid("a\0b", 3));
}
END_TEST

START_TEST(malformed_texts_are_repaired)
{
    struct arena arena = {.blocks = NULL};
    static const char good[] = "h\xc3\xa9";
    ck_assert_ptr_eq(utf8_repaired(&arena, good), good);
    ck_assert_str_eq(utf8_repaired(&arena, "a\xd3z"), "a\xef\xbf\xbdz");
    arena_clear(&arena);
}
END_TEST

START_TEST(lines_are_bounded_and_hold_no_control_characters)
{
    struct arena arena = {.blocks = NULL};
    static const struct {
        const char *text;
        size_t most;
        const char *line;
    } lines[] = {
        {"", 5, ""},
        {"12345", 5, "12345"},
        {"123456", 5, "12..."},
        {"a\r\nX-Evil: 1", 30, "a??X-Evil: 1"},
        {"\x7f\t", 5, "??"},
        {"\xc2\x85|", 5, "?|"},
        {"h\u00e9\U0001F600", 5, "h\u00e9\U0001F600"},
        {"\U0001F600\U0001F600\U0001F600\U0001F600\U0001F600", 5,
         "\U0001F600\U0001F600\U0001F600\U0001F600\U0001F600"},
        {"\U0001F600\U0001F600\U0001F600\U0001F600\U0001F600\U0001F600", 5, "\U0001F600\U0001F600..."},
        {"a\xd3z", 5, "a\xef\xbf\xbdz"},
    };
    for (size_t i = 0; i < COUNT(lines); i++)
        ck_assert_str_eq(utf8_line(&arena, lines[i].text, lines[i].most), lines[i].line);
    arena_clear(&arena);
}
END_TEST

START_TEST(lists_of_names_are_lines)
{
    enum { MOST = 14, NAMES = 100000 };
    struct arena arena = {.blocks = NULL};
    const char *line = utf8_line_with(&arena, "", "Deals", MOST);
    ck_assert_str_eq(line, "Deals");
    line = utf8_line_with(&arena, line, "a\r\n", MOST);
    ck_assert_str_eq(line, "Deals, a??");
    for (int i = 0; i < NAMES; i++)
        line = utf8_line_with(&arena, line, "Tasks", MOST);
    ck_assert_str_eq(line, "Deals, a??,...");
    arena_clear(&arena);
}
END_TEST

START_TEST(sealed_texts_cannot_be_altered)
{
    struct arena arena = {.blocks = NULL};
    static const char *const texts[] = {"", "a", "2 1614334436", "\u00e9\U0001F600", "~~~~>>>>"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        char *sealed = arena_strdup(&arena, seal_text(&arena, texts[i], "here"));
        ck_assert_uint_eq(
            strspn(sealed, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"),
            strlen(sealed));
        const char *opened = seal_open(&arena, sealed, "here");
        ck_assert_ptr_nonnull(opened);
        ck_assert_str_eq(opened, texts[i]);
        ck_assert_ptr_null(seal_open(&arena, sealed, "there"));
        for (size_t k = 0; sealed[k] != '\0'; k++) {
            char good = sealed[k];
            sealed[k] = good == 'A' ? 'B' : 'A';
            ck_assert_ptr_null(seal_open(&arena, sealed, "here"));
            sealed[k] = good;
        }
    }
    /* nor added to, by what decodes to nothing or to a zero byte */
    static const char *const more[] = {"=", "*", " ", "A", "AA", "AAA", "AAAA", "AHg", "AAB4eA"};
    for (size_t length = 1; length <= 3; length++) { /* so that each number of bits is left over once */
        const char *text = arena_printf(&arena, "%.*s", (int)length, "abc");
        const char *sealed = seal_text(&arena, text, "here");
        for (size_t i = 0; i < COUNT(more); i++) {
            ck_assert_ptr_null(
                seal_open(&arena, arena_printf(&arena, "%s%s", sealed, more[i]), "here"));
            ck_assert_ptr_null(
                seal_open(&arena, arena_printf(&arena, "%s%s", more[i], sealed), "here"));
        }
    }
    static const char *const others[] = {"", "x", "====", "Zm9v", "%%%%", "\xff\xfe"};
    for (size_t i = 0; i < COUNT(others); i++)
        ck_assert_ptr_null(seal_open(&arena, others[i], "here"));
    arena_clear(&arena);
}
END_TEST

START_TEST(arenas_give_zeroed_memory_of_any_size)
{
    struct arena arena = {.blocks = NULL};
    static const size_t sizes[] = {0, 1, 7, 16, 8000, 8128, 8129, 100000, 3};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        unsigned char *bytes = arena_alloc(&arena, sizes[i]);
        ck_assert_uint_eq((uintptr_t)bytes % 16, 0);
        for (size_t k = 0; k < sizes[i]; k++)
            ck_assert_int_eq(bytes[k], 0);
        memset(bytes, 0xff, sizes[i]);
    }
    ck_assert_str_eq(arena_printf(&arena, "%s-%d", "x", 5), "x-5");
    ck_assert_str_eq(arena_strndup(&arena, "abcdef", 3), "abc");
    arena_clear(&arena);
    arena_clear(&arena);
}
END_TEST

START_TEST(a_line_of_the_log_stays_a_line)
{
    int ends[2];
    char text[4096] = "";
    ck_assert_int_eq(pipe(ends), 0);
    struct log_sink sink;
    log_sink_open(&sink, ends[1]);
    const struct log log = {.sink = &sink, .level = LOG_INFO};
    char longest[3000];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    log_event(&log, LOG_INFO, "a=\"%s\"", "1\n2\r3\x1b");
    log_event(&log, LOG_DEBUG, "not said");
    log_event(&log, LOG_ERROR, "%s", longest);
    log_sink_close(&sink);
    size_t size = (size_t)read(ends[0], text, sizeof text - 1);
    (void)close(ends[0]);
    (void)close(ends[1]);
    ck_assert_ptr_nonnull(strstr(text, " info a=\"1?2?3?\"\n"));
    ck_assert_ptr_null(strstr(text, "not said"));
    ck_assert_uint_lt(size, 1200);
    ck_assert_int_eq(text[size - 1], '\n');
}
END_TEST

/* Where a log may go that nobody reads. */
enum { TO_PIPE, TO_SOCKET, TO_PIPE_UNKNOWN_TO_PROC, SINKS };

static size_t read_all(int file, char *text, size_t size)
{
    size_t length = 0;
    struct pollfd ready = {.fd = file, .events = POLLIN};
    while (poll(&ready, 1, 0) == 1 && length < size - 1)
        length += (size_t)read(file, text + length, size - 1 - length);
    text[length] = '\0';
    return length;
}

START_TEST(a_log_waits_for_nobody)
{
    int ends[2];
    struct log_sink sink;
    struct arena arena = {.blocks = NULL};
    char *text = arena_alloc(&arena, 1 << 20);
    ck_assert_int_eq(_i == TO_SOCKET ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : pipe(ends), 0);
    log_sink_open(&sink, ends[1]);
    ck_assert_int_eq(sink.is_own, _i != TO_SOCKET);
    ck_assert_int_eq(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0); /* what others share stays as it is */
    if (_i == TO_PIPE_UNKNOWN_TO_PROC) {
        log_sink_close(&sink);
        sink.file = ends[1];
        sink.may_block = true;
    }
    const struct log log = {.sink = &sink, .level = LOG_INFO};
    int lines = 0;
    while (atomic_load(&sink.dropped) < 3)
        log_event(&log, LOG_INFO, "line %d", lines++);
    ck_assert_uint_gt(read_all(ends[0], text, 1 << 20), 4096);
    log_event(&log, LOG_INFO, "line %d", lines);
    ck_assert_uint_eq(atomic_load(&sink.dropped), 0);
    (void)read_all(ends[0], text, 1 << 20);
    ck_assert_msg(strstr(text, " warning log lines dropped count=3\n") != NULL, "%s", text);
    ck_assert_ptr_nonnull(strstr(text, arena_printf(&arena, " info line %d\n", lines)));
    log_sink_close(&sink);
    (void)close(ends[0]);
    (void)close(ends[1]);
    arena_clear(&arena);
}
END_TEST

/* At every place of texts that are as long as the steps in which they are looked at, and not. */
START_TEST(utf8_is_looked_at_to_its_last_byte)
{
    enum { LONGEST = 40 };
    char text[LONGEST + 1];
    for (size_t length = 1; length <= LONGEST; length++)
        for (size_t at = 0; at < length; at++) {
            memset(text, 'a', sizeof text);
            text[at] = '\x7f';
            ck_assert(utf8_valid(text, length));
            text[at] = '\0';
            ck_assert(!utf8_valid(text, length));
            text[at] = '\x80';
            ck_assert(!utf8_valid(text, length));
            memcpy(text + at, "\xc3\xa4", 2);
            ck_assert(utf8_valid(text, length) == (at + 1 < length));
        }
}
END_TEST

static const struct {
    const char *host, *api;
    bool is_one;
} service_hosts[] = {
    {"accounts.zoho.com", "www.zohoapis.com", true},
    {"Accounts.ZOHO.eu", "www.zohoapis.eu", true},
    {"accounts.zoho.com.au", "www.zohoapis.com.au", true},
    {"accounts.zohocloud.ca", "www.zohoapis.ca", true},
    {"www.zohoapis.jp", NULL, true},
    {"zohoapis.in", NULL, true},
    {"sandbox.zohoapis.com.cn", NULL, true},
    {"developer.zohoapis.sa", NULL, true},
    {"www.zohoapis.com.", NULL, false},
    {"www.zohoapis.comx", NULL, false},
    {"ww.zohoapis.com", NULL, false},
    {"www.zohoapis.com:443", NULL, false},
    {"zoho.com", NULL, false},
    {"", NULL, false},
};

START_TEST(hosts_of_the_service_are_known)
{
    const char *host = service_hosts[_i].host, *api = service_hosts[_i].api;
    ck_assert_int_eq(service_host_is(host, strlen(host)), service_hosts[_i].is_one);
    if (api == NULL)
        ck_assert_ptr_null(service_host_api(host, strlen(host)));
    else
        ck_assert_str_eq(service_host_api(host, strlen(host)), api);
}
END_TEST

START_TEST(hosts_of_the_service_are_each_told_once)
{
    size_t count = 0;
    for (const char *host; (host = service_host(count)) != NULL; count++)
        for (size_t i = 0; i < count; i++)
            ck_assert_str_ne(service_host(i), host);
    ck_assert_uint_eq(count, 8 * 5 + 1);
    ck_assert_ptr_null(service_host(count + 1));
}
END_TEST

Suite *base_suite(void)
{
    Suite *suite = suite_create("base");
    TCase *tests = tcase_create("base");
    tcase_add_loop_test(tests, ids_are_read_exactly, 0, COUNT(ids));
    tcase_add_loop_test(tests, malformed_json_is_refused, 0, COUNT(refused));
    tcase_add_loop_test(tests, json_is_printed_as_it_was_read, 0, COUNT(kept));
    tcase_add_test(tests, json_ends_where_it_ends);
    tcase_add_test(tests, json_faults_have_a_place);
    tcase_add_test(tests, utf8_is_looked_at_to_its_last_byte);
    tcase_add_test(tests, json_from_clients_has_a_bound);
    tcase_add_test(tests, json_of_any_depth_is_no_danger);
    tcase_add_test(tests, json_kinds);
    tcase_add_test(tests, whole_numbers_keep_every_digit);
    tcase_add_loop_test(tests, times_are_written_with_the_zones_offset, 0, COUNT(times));
    tcase_add_loop_test(tests, moments_are_of_the_calendar, 0, COUNT(moments));
    tcase_add_loop_test(tests, F5_F9_a_time_is_read_in_its_form_only, 0, COUNT(forms));
    tcase_add_test(tests, dates_are_of_the_calendar);
    tcase_add_test(tests, zones_are_named);
    tcase_add_loop_test(tests, durations_are_read, 0, COUNT(durations));
    tcase_add_test(tests, the_clock_is_not_behind);
    tcase_add_test(tests, the_clock_can_be_shifted);
    tcase_add_loop_test(tests, the_clock_is_set_by_a_text, 0, COUNT(clock_texts));
    tcase_add_test(tests, length_is_counted_in_characters);
    tcase_add_test(tests, malformed_texts_are_repaired);
    tcase_add_test(tests, lines_are_bounded_and_hold_no_control_characters);
    tcase_add_test(tests, lists_of_names_are_lines);
    tcase_add_test(tests, sealed_texts_cannot_be_altered);
    tcase_add_test(tests, arenas_give_zeroed_memory_of_any_size);
    tcase_add_test(tests, a_line_of_the_log_stays_a_line);
    tcase_add_loop_test(tests, hosts_of_the_service_are_known, 0, COUNT(service_hosts));
    tcase_add_test(tests, hosts_of_the_service_are_each_told_once);
    tcase_add_loop_test(tests, a_log_waits_for_nobody, 0, SINKS);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, nearest_tests());
    return suite;
}
