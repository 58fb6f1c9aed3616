/* What is told of an entry has no secret in it, wherever that stood; and its command line says what was
 * sent. */
#include <glib.h>
#include <string.h>

#include "base/embedded.h"
#include "traffic/mask.h"
#include "unit.h"

static struct arena arena;

static void open_test(void)
{
    arena = (struct arena){.blocks = NULL};
}

static void close_test(void)
{
    arena_clear(&arena);
}

#define PAIRS(...)                                                                                     \
    {                                                                                                  \
        (const struct pair[]){__VA_ARGS__}, sizeof((struct pair[]){__VA_ARGS__}) / sizeof(struct pair) \
    }
#define BODY(text) .body = (text), .body_length = sizeof(text) - 1
#define TOKEN "1000.0123456789abcdef.fedcba9876543210"
#define CUT "1000.0123..."

static struct entry *entry_of(const struct note *note)
{
    struct journal *journal = journal_new(1);
    struct entry *entry = journal_write(journal, note, 0);
    journal_free(journal);
    return entry;
}

/* Texts that belong to no entry. */
static const struct {
    const char *text, *told;
} texts[] = {
    {"", ""},
    {"/crm/v8/Leads", "/crm/v8/Leads"},
    {"/crm/v8/" TOKEN "/x", "/crm/v8/" CUT "/x"},
    {TOKEN, CUT},
    {"Bearer" TOKEN ".", "Bearer" CUT "."},
    {"\"" TOKEN "\"", "\"" CUT "\""},
    {"1000%2E0123456789abcdef%2efedcba9876543210&", "1000%2E012...&"},
    {"1000.crmock.admin 1000.one.admin, 1000.CRMOCK 1000.one.CRMOCK.FREE",
     "1000.crmock.admin 1000.one.admin, 1000.CRMOCK 1000.one.CRMOCK.FREE"},
    {"1000%2Ecrmock%2Eadmin", "1000%2Ecrmock%2Eadmin"},
    {"1000.crmock.adminx", "1000..."},
    {"1000.50 and 1000.", "1000.50 and 1000."},
    {"?code=abc&state=1", "?code=...&state=1"},
    {"?a=1&client_secret=very+long+one&state=1", "?a=1&client_secret=ver...&state=1"},
    {"?Client-Secret=abc%20d&x", "?Client-Secret=...&x"},
    {"?client_secret=ab%26cdefgh&x=%26", "?client_secret=ab...&x=%26"},
    {"client%5Fsecret=abc", "client%5Fsecret=..."},
    {"?u=http%3A%2F%2Fa%3Fcode%3Dabc%26b%3D1&c=2", "?u=http%3A%2F%2Fa%3Fcode%3D...%26b%3D1&c=2"},
    {"<a href=\"/x?code=abc&amp;b=1\">", "<a href=\"/x?code=...&amp;b=1\">"},
    {"{\"password\" : \"a \\\"b\\\" c\", \"x\"", "{\"password\" : \"a ...\", \"x\""},
    {"{\"password\": 12}", "{\"password\": ...}"},
    {"{\\\"token\\\": \\\"abc\\\", \\\"x\\\"", "{\\\"token\\\": \\\"...\\\", \\\"x\\\""},
    {"Authorization: Zoho-oauthtoken abc\r\nX: y", "Authorization: Zoho...\r\nX: y"},
    {"the token is unknown; code: 12; next_page_token=abc; tokens=1",
     "the token is unknown; code: 12; next_page_token=abc; tokens=1"},
    {"\"code\":\"SUCCESS\"", "\"code\":\"SUCCESS\""},
    {"token_type=Bearer&code", "token_type=Bearer&code"},
    {"#access_token=abc", "#access_token=..."},
};

START_TEST(texts_are_told_without_them)
{
    ck_assert_str_eq(mask_text(texts[_i].text, &arena), texts[_i].told);
}
END_TEST

/* Parts of a request, and what is told of them by the members of the entry. */
static const struct {
    struct note note;
    const char *member, *told;
} cases[] = {
    {{.seen = {.headers = PAIRS({"authorization", "Zoho-oauthtoken " TOKEN})}},
     "headers",
     "{\"authorization\":\"Zoho-oauthtoken " CUT "\"}"},
    {{.seen = {.headers = PAIRS({"Authorization", "Zoho-oauthtoken 1000.one.admin"})}},
     "headers",
     "{\"Authorization\":\"Zoho-oauthtoken 1000.one.admin\"}"},
    {{.seen = {.headers = PAIRS({"Authorization", "Basic YTpiYmJiYmJiYmJi"})}},
     "headers",
     "{\"Authorization\":\"Basic YTpi...\"}"},
    {{.seen = {.headers = PAIRS({"Authorization", "Mine abcdefgh"})}},
     "headers",
     "{\"Authorization\":\"Min...\"}"},
    {{.seen = {.headers = PAIRS({"Authorization", "t"})}}, "headers", "{\"Authorization\":\"...\"}"},
    {{.seen = {.headers = PAIRS({"X-A", "1"}, {"x-a", "2"}, {"Cookie", "a=b"}, {"X-B", ""})}},
     "headers",
     "{\"X-A\":[\"1\",\"2\"],\"Cookie\":\"...\",\"X-B\":\"\"}"},
    {{.seen = {.headers = PAIRS({"X-Api-Key", "abc"}, {"X-Other", "abc"})}},
     "headers",
     "{\"X-Api-Key\":\"...\",\"X-Other\":\"abc\"}"},
    {{.seen = {.query = PAIRS({"code", "1"}, {"a", "1"}, {"a", "2"}, {"A", "3"}, {"a", "4"})}},
     "query",
     "{\"code\":\"...\",\"a\":[\"1\",\"2\",\"4\"],\"A\":\"3\"}"},
    {{.seen = {.query = PAIRS({"refresh_token", "1000.crmock.refresh"}, {TOKEN, TOKEN})}},
     "query",
     "{\"refresh_token\":\"1000.crmock.refresh\",\"" CUT "\":\"" CUT "\"}"},
    /* by its value, wherever it stands */
    {{.seen = {.path = "/crm/v8/abcdefghij", .query = PAIRS({"client_secret", "abcdefghij"})}},
     "path",
     "\"/crm/v8/ab...\""},
    {{.seen = {.query = PAIRS({"client_secret", "a/b c'<&\"d"}),
               BODY("a%2Fb+c%27%3C%26%22d a\\/b c'<&\\\"d a/b c&#39;&lt;&amp;&quot;d a/b c'<&\"d")}},
     "body",
     "\"a%2Fb... a\\\\/... a/b c&... a/...\""},
    {{.seen = {.headers = PAIRS({"Authorization", "Basic aWQ6c2VjcmV0c2VjcmV0"}),
               BODY("is secretsecret known?")}},
     "body",
     "\"is sec... known?\""},
    {{.seen = {.headers = PAIRS({"Authorization", "Mine abcdefghij"}), BODY("abcdefghij?")}},
     "body",
     "\"ab...?\""},
    {{.seen = {.form = PAIRS({"client_secret", "abcdefghij"})}, .hint = "abcdefghij?"},
     "hint",
     "\"ab...?\""},
    {{.seen = {.token = TOKEN}, .hint = "not " TOKEN}, "token", "\"" CUT "\""},
    {{.seen = {.token = TOKEN}, .hint = "not " TOKEN}, "hint", "\"not " CUT "\""},
    {{.seen = {.token = "mine"}}, "token", "\"...\""},
    {{.seen = {.token = "mine-all-mine"}, .hint = "mine-all-mine?"}, "hint", "\"min...?\""},
    {{.seen = {.token = "1000.crmock.admin"}}, "token", "\"1000.crmock.admin\""},
    /* JSON */
    {{.seen = {BODY(
          "{\"token\":\"abc\",\"code\":\"OK\",\"n\":12345678901234567890,\"a\":[1.50,null]}")}},
     "body",
     "{\"token\":\"...\",\"code\":\"OK\",\"n\":12345678901234567890,\"a\":[1.50,null]}"},
    {{.seen = {BODY(
          "{\"Password\":{\"x\":[\"abc\",12345678,true]},\"y\":\"12345678\",\"z\":12345678}")}},
     "body",
     "{\"Password\":{\"x\":[\"...\",\"12...\",true]},\"y\":\"12...\",\"z\":\"12...\"}"},
    {{.seen = {BODY("{\"clientSecret\":\"\\u0061bcdefgh\",\"abcdefgh\":\"xabcdefghx\"}")}},
     "body",
     "{\"clientSecret\":\"ab...\",\"ab...\":\"xab...x\"}"},
    {{.seen = {BODY("\"code=abc\"")}}, "body", "\"code=...\""},
    {{.seen = {BODY("")}}, "body", "null"},
    {{.seen = {BODY("\xff{")}}, "body", "\"\xef\xbf\xbd{\""},
    {{.seen = {.query = PAIRS({"x", "y"})},
      .answer = "{\"access_token\":\"abcdefgh\"}",
      .answer_length = 27},
     "answer",
     "{\"access_token\":\"ab...\"}"},
    {{.seen = {BODY("abcdefgh")}, .answer = "{\"access_token\":\"abcdefgh\"}", .answer_length = 27},
     "body",
     "\"ab...\""},
    {{.answer = "<html>", .answer_length = 6}, "answer", "\"<html>\""},
    /* forms */
    {{.seen = {.headers = PAIRS({"Content-Type", "application/x-www-form-urlencoded"}),
               BODY("client_secret=\"a\"b c;d&x=\"y\"&code=1")}},
     "body",
     "\"client_secret=\\\"a...&x=\\\"y\\\"&code=...\""},
    {{.seen = {BODY(
          "--b\r\nContent-Disposition: form-data; name=\"client_secret\"\r\n\r\nabc\r\n--b\r\n"
          "Content-Disposition: form-data; name=\"x\"\r\n\r\nabc\r\n--b--\r\n")}},
     "body",
     "\"--b\\r\\nContent-Disposition: form-data; "
     "name=\\\"client_secret\\\"\\r\\n\\r\\n...\\r\\n--b\\r\\n"
     "Content-Disposition: form-data; name=\\\"x\\\"\\r\\n\\r\\nabc\\r\\n--b--\\r\\n\""},
    /* what it is besides */
    {{.seen = {.status = 0}}, "status", "null"},
    {{.seen = {.status = 207}}, "status", "207"},
    {{.job_id = 554023000000000001}, "job_id", "\"554023000000000001\""},
    {{.fault_id = 3}, "fault_id", "\"3\""},
    {{.duration = 12}, "duration_us", "12"},
    {{.time = 1614334436007999}, "time", "\"2021-02-26T10:13:56.007Z\""},
    {{.seen = {.rule = "E30", .user = "a@b.example"}}, "rule", "\"E30\""},
    {{.seen = {.rule = "E30", .user = "a@b.example"}}, "user", "\"a@b.example\""},
    {{.hint = NULL}, "hint", "null"},
};

static struct note filled(const struct note *note)
{
    struct note copy = *note;
    copy.sandbox = "main";
    copy.seen.method = copy.seen.method != NULL ? copy.seen.method : "POST";
    copy.seen.path = copy.seen.path != NULL ? copy.seen.path : "/";
    return copy;
}

START_TEST(entries_are_told_without_them)
{
    const struct note note = filled(&cases[_i].note);
    struct entry *entry = entry_of(&note);
    cJSON *told CLEANUP(json_delete) = entry_json(entry, &arena);
    cJSON *member = cJSON_GetObjectItemCaseSensitive(told, cases[_i].member);
    ck_assert_ptr_nonnull(member);
    ck_assert_str_eq(json_print(&arena, member), cases[_i].told);
    entry_free(entry);
}
END_TEST

/* Too many to look for each, or too long a look: no text is told, and none looked through for ever. */
START_TEST(what_takes_too_long_is_not_told)
{
    enum { MANY = 65, LONG = 60000 };
    struct pair pairs[MANY];
    char *same = arena_alloc(&arena, LONG + 1);
    memset(same, 'a', LONG);
    for (size_t i = 0; i < MANY; i++)
        pairs[i] = (struct pair){"token", arena_printf(&arena, "abcdefgh%zu", i)};
    struct note note = filled(&(struct note){.seen = {BODY("abcdefgh64")}});
    note.seen.query = (struct pairs){.list = pairs, .count = MANY};
    for (int round = 0; round < 2; round++) {
        struct entry *entry = entry_of(&note);
        cJSON *told CLEANUP(json_delete) = entry_json(entry, &arena);
        ck_assert_str_eq(json_member(told, "body")->valuestring, "...");
        ck_assert_str_eq(json_member(told, "method")->valuestring, round == 0 ? "..." : "POST");
        entry_free(entry);
        for (size_t i = 0; i < MANY; i++)
            pairs[i].value = arena_printf(&arena, "%.*s%zu", 900, same, i);
        note.seen.query.count = 40;
        note.seen.body = same;
        note.seen.body_length = LONG;
    }
}
END_TEST

/* The part of a secret at which a body was cut is one. */
START_TEST(a_body_that_was_cut_ends_in_no_secret)
{
    static const struct {
        const char *end, *told;
    } ends[] = {{"-abcdef", "-..."}, {"-1000.abcd", "-10..."}, {"-abcdeg", "-abcdeg"}};
    char body[JOURNAL_BODY_MAX + 2];
    for (size_t i = 0; i < COUNT(ends); i++) {
        size_t length = strlen(ends[i].end);
        memset(body, '.', sizeof body);
        memcpy(body + JOURNAL_BODY_MAX - length, ends[i].end, length);
        struct note note = filled(&(struct note){.seen = {.query = PAIRS({"token", "abcdefghi"})}});
        note.seen.body = body;
        note.seen.body_length = sizeof body;
        struct entry *entry = entry_of(&note);
        cJSON *told CLEANUP(json_delete) = entry_json(entry, &arena);
        const char *text = json_member(told, "body")->valuestring;
        ck_assert_str_eq(strrchr(text, '-'), ends[i].told);
        entry_free(entry);
    }
}
END_TEST

/* The words behind 1000.crmock. and 1000. of the fixtures in the binary. */
START_TEST(the_built_in_ones_are_those_of_the_fixtures)
{
    static const char *const members[] = {"\"token\": \"", "{\"id\": \"1000."};
    size_t found = 0;
    for (size_t i = 0; i < embedded_count; i++)
        for (size_t k = 0; k < COUNT(members) && strncmp(embedded_files[i].path, "fixtures/", 9) == 0;
             k++)
            for (const char *at = embedded_files[i].text; (at = strstr(at, members[k])) != NULL;
                 found++) {
                at += strcspn(at, "1");
                ck_assert_msg(mask_is_built_in(at, strcspn(at, "\"")), "%.40s", at);
            }
    ck_assert_uint_eq(found, 19);
    static const char *const others[] = {"",
                                         "1000.",
                                         "1000.crmock.",
                                         "1000.crmock.admi",
                                         "1000..x",
                                         "1000.crmock. ",
                                         "1000.admin.x",
                                         "1000.a.b.admin",
                                         "crmock",
                                         "2000.one.admin",
                                         "1000.one.adminadminadminadminadminadmin"};
    for (size_t i = 0; i < COUNT(others); i++)
        ck_assert_msg(!mask_is_built_in(others[i], strlen(others[i])), "%s", others[i]);
}
END_TEST

static const struct {
    const char *at, *value, *told;
} paths[] = {
    {"$.headers.Authorization", "\"Bearer 1000.x.*\"", "\"Bearer 10...\""},
    {"$.headers", "{\"Authorization\":\"Bearer 1000.x.*\",\"X\":\"code=1\"}",
     "{\"Authorization\":\"Bearer 10...\",\"X\":\"code=...\"}"},
    {"$.query.code", "[\"1\",\"2\"]", "[\"...\",\"...\"]"},
    {"$.form.client_secret", "\"abc\"", "\"...\""},
    {"$.body.data[0].Password", "\"abc\"", "\"...\""},
    {"$.body.data[0]", "{\"Password\":\"abc\",\"code\":\"x\"}",
     "{\"Password\":\"...\",\"code\":\"x\"}"},
    {"$.body.code", "\"SUCCESS\"", "\"SUCCESS\""},
    {"$.token", "\"1000.crmock.admin\"", "\"1000.crmock.admin\""},
    {"$.token", "\"other\"", "\"...\""},
    {"$.path", "\"/x/the-secret\"", "\"/x/th...\""},
    {"$.status", "200", "200"},
};

START_TEST(differences_are_told_without_them)
{
    const struct note note =
        filled(&(struct note){.seen = {.query = PAIRS({"client_secret", "the-secret"})}});
    struct entry *entry = entry_of(&note);
    struct secrets *secrets = secrets_of(entry, NULL, NULL, &arena);
    cJSON *value CLEANUP(json_delete) = json_parse(paths[_i].value, strlen(paths[_i].value), NULL);
    cJSON *told CLEANUP(json_delete) = secrets_cut_at(secrets, paths[_i].at, value);
    ck_assert_str_eq(json_print(&arena, told), paths[_i].told);
    ck_assert_str_eq(json_print(&arena, value), paths[_i].value);
    ck_assert_ptr_null(secrets_cut_at(secrets, paths[_i].at, NULL));
    entry_free(entry);
}
END_TEST

/* Lines, as a shell has them for curl: its arguments, an end of line behind each, and what it gets by a
 * pipe. */
static const struct {
    struct note note;
    const char *arguments;
} lines[] = {
    {{.seen = {.method = "GET", .path = "/crm/v8/org"}}, "http://h/_s/one/crm/v8/org\n"},
    {{.seen = {.path = "/a b'c/?#%[1]\u20ac/../x",
               .query = PAIRS({"a b", "c'd&"}, {"a b", "$(x)"}, {"type", ""})}},
     "--path-as-is\n-X\nPOST\n"
     "http://h/_s/one/a%20b%27c/%3F%23%25%5B1%5D%E2%82%AC/../"
     "x?a%20b=c%27d%26&a%20b=%24%28x%29&type=\n"},
    {{.seen = {.method = "GET",
               .path = "/x",
               .headers = PAIRS({"Host", "h"}, {"Authorization", "Zoho-oauthtoken " TOKEN},
                                {"X-Empty", ""}, {"X-Quote", "it's `x` \"$TOKEN\" \\"},
                                {"connection", "close"}, {"X-Token", TOKEN})}},
     "http://h/_s/one/x\n-H\nAuthorization: Zoho-oauthtoken T o'k\"en\n-H\nX-Empty;\n"
     "-H\nX-Quote: it's `x` \"$TOKEN\" \\\n-H\nX-Token: " CUT "\n"},
    {{.seen = {.method = "GET", .path = "/x", .headers = PAIRS({"authorization", "mine"})}},
     "http://h/_s/one/x\n-H\nauthorization: T o'k\"en\n"},
    {{.seen = {.path = "/x", BODY("it's\n$x `y` \\ !\t\xff\"")}},
     "-X\nPOST\nhttp://h/_s/one/x\n-H\nContent-Type:\n--data-raw\nit's\n$x `y` \\ !\t\xff\"\n"},
    {{.seen = {.method = "GET", .path = "/x", BODY("@x")}},
     "-X\nGET\nhttp://h/_s/one/x\n-H\nContent-Type:\n--data-raw\n@x\n"},
    {{.seen = {.path = "/x", .headers = PAIRS({"content-type", "a/b"}), BODY("''")}},
     "-X\nPOST\nhttp://h/_s/one/x\n-H\ncontent-type: a/b\n--data-raw\n''\n"},
    {{.seen = {.path = "/x", .headers = PAIRS({"content-type", "a/b"}), BODY("a\0b'%s\\n\r\n1")}},
     "-X\nPOST\nhttp://h/_s/one/x\n-H\ncontent-type: a/b\n--data-binary\n@-\n<a@b'%s\\n\r\n1"},
    {{.seen = {.path = "/x", .headers = PAIRS({"content-type", "a/b"}), BODY("-n\0-")}},
     "-X\nPOST\nhttp://h/_s/one/x\n-H\ncontent-type: a/b\n--data-binary\n@-\n<-n@-"},
    {{.seen = {.path = "/x",
               .headers = PAIRS({"content-type", "a/b"}),
               BODY("{\"a\": 1,  \"token\": {\"b\": \"c\"}}")}},
     "-X\nPOST\nhttp://h/_s/one/x\n-H\ncontent-type: "
     "a/b\n--data-raw\n{\"a\":1,\"token\":{\"b\":\"...\"}}\n"},
    {{.seen = {.path = "/x", .headers = PAIRS({"content-type", "a/b"}), BODY("{\"a\": 1,  \"b\": 2}")}},
     "-X\nPOST\nhttp://h/_s/one/x\n-H\ncontent-type: a/b\n--data-raw\n{\"a\": 1,  \"b\": 2}\n"},
};

START_TEST(a_shell_reads_the_line_back)
{
    static const char shell[] =
        "curl() { for a; do printf '%s\\n' \"$a\"; done;"
        " case $* in *--data-binary*) printf '<'; tr '\\000' @;; esac; }; TOKEN='T o'\\''k\"en'\n";
    const struct note note = filled(&lines[_i].note);
    struct entry *entry = entry_of(&note);
    size_t length;
    const char *line = entry_curl(entry, "http://h/_s/one", &arena, &length);
    ck_assert_uint_eq(strlen(line), length);
    char *arguments[] = {"/bin/sh", "-c", arena_printf(&arena, "%s%s", shell, line), NULL};
    char *read = NULL;
    ck_assert(
        g_spawn_sync(NULL, arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL, &read, NULL, NULL, NULL));
    ck_assert_str_eq(read, lines[_i].arguments);
    g_free(read);
    entry_free(entry);
}
END_TEST

TCase *mask_tests(void)
{
    TCase *tests = tcase_create("mask");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, open_test, close_test);
    tcase_add_loop_test(tests, texts_are_told_without_them, 0, COUNT(texts));
    tcase_add_loop_test(tests, entries_are_told_without_them, 0, COUNT(cases));
    tcase_add_test(tests, what_takes_too_long_is_not_told);
    tcase_add_test(tests, a_body_that_was_cut_ends_in_no_secret);
    tcase_add_test(tests, the_built_in_ones_are_those_of_the_fixtures);
    tcase_add_loop_test(tests, differences_are_told_without_them, 0, COUNT(paths));
    tcase_add_loop_test(tests, a_shell_reads_the_line_back, 0, COUNT(lines));
    return tests;
}
