/* Matches: what fits them, what keeps a request from it, and what is no match. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "traffic/glob.h"
#include "traffic/match.h"
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

static cJSON *parsed(const char *text)
{
    return text != NULL ? json_parse(text, strlen(text), NULL) : NULL;
}

static struct match *match_of(const char *text, struct match_fault *fault)
{
    cJSON *json CLEANUP(json_delete) = parsed(text);
    return match_read(json, "$.match", true, &arena, fault);
}

#define PAIRS(...)                                                                                     \
    {                                                                                                  \
        (const struct pair[]){__VA_ARGS__}, sizeof((struct pair[]){__VA_ARGS__}) / sizeof(struct pair) \
    }

static const struct seen update = {
    .method = "POST",
    .path = "/crm/v8/Leads/actions/mass_update",
    .version = "v8",
    .module = "Leads",
    .query = PAIRS({"page", "1"}, {"x", ""}, {"page", "2"}, {"Page", "3"}),
    .headers = PAIRS({"User-Agent", "sdk/8.0 (linux)"}, {"accept", "a/b"}, {"Accept", "c/d"}),
    .token = "1000.crmock.admin",
    .user = "a@b.example",
    .status = 400,
    .rule = "E23",
};
static const struct seen login = {
    .method = "get",
    .path = "/oauth/v2/token",
    .form = PAIRS({"grant_type", "refresh_token"}, {"scope", "a,b"}),
    .headers = PAIRS({"Star", "*"}),
};
static const struct seen deals = {
    .method = "PUT", .path = "/crm/v2.1/deals", .version = "v2.1", .module = "deals"};

#define BODY                                                                                           \
    "{\"data\":[{\"Lead_Source\":\"Fax\",\"Amount\":1.50,\"No\":null,\"Owner\":{\"id\":7}}],"          \
    "\"ids\":[\"554023000000497007\",554023000000497021],\"cvid\":\"12\",\"over_write\":true,"         \
    "\"paid\":\"1\",\"No\":1,\"No\":2}"

/* The differences as "at expected found", "-" for what is not there, separated by "; ". */
static const struct {
    const char *match;
    const struct seen *seen;
    const char *body;
    const char *differences;
} cases[] = {
    {"{}", &update, BODY, ""},
    {"{}", &login, NULL, ""},
    /* texts */
    {"{\"method\":\"POST\"}", &update, NULL, ""},
    {"{\"method\":\"post\"}", &update, NULL, ""},
    {"{\"method\":\"GET\"}", &login, NULL, ""},
    {"{\"method\":\"POS\"}", &update, NULL, "$.method \"POS\" \"POST\""},
    {"{\"module\":\"Deals\"}", &deals, NULL, ""},
    {"{\"module\":\"Leads\"}", &deals, NULL, "$.module \"Leads\" \"deals\""},
    {"{\"module\":\"Leads\"}", &login, NULL, "$.module \"Leads\" -"},
    {"{\"version\":\"v8\"}", &update, NULL, ""},
    {"{\"version\":\"8\"}", &update, NULL, ""},
    {"{\"version\":\"2.1\"}", &deals, NULL, ""},
    {"{\"version\":\"v2\"}", &deals, NULL, "$.version \"v2\" \"v2.1\""},
    {"{\"version\":\"v10.15\"}", &update, NULL, "$.version \"v10.15\" \"v8\""},
    {"{\"version\":\"v2\"}", &login, NULL, "$.version \"v2\" -"},
    {"{\"token\":\"1000.crmock.admin\",\"user\":\"a@b.example\"}", &update, NULL, ""},
    {"{\"user\":\"A@b.example\",\"token\":\"1000.crmock.\"}", &update, NULL,
     "$.user \"A@b.example\" \"a@b.example\"; $.token \"1000.crmock.\" \"1000.crmock.admin\""},
    {"{\"status\":400,\"rule\":\"E23\"}", &update, NULL, ""},
    {"{\"rule\":\"E2\",\"status\":401}", &update, NULL, "$.rule \"E2\" \"E23\"; $.status 401 400"},
    {"{\"rule\":\"E2\",\"status\":401}", &login, NULL, "$.rule \"E2\" -; $.status 401 -"},
    {"{\"status\":100}", &update, NULL, "$.status 100 400"},
    {"{\"status\":599}", &update, NULL, "$.status 599 400"},
    /* paths */
    {"{\"path\":\"/crm/v8/Leads/actions/mass_update\"}", &update, NULL, ""},
    {"{\"path\":\"/crm/*/Leads/actions/mass_*\"}", &update, NULL, ""},
    {"{\"path\":\"**/mass_update\"}", &update, NULL, ""},
    {"{\"path\":\"/crm/**\"}", &update, NULL, ""},
    {"{\"path\":\"/crm/*\"}", &update, NULL, "$.path \"/crm/*\" \"/crm/v8/Leads/actions/mass_update\""},
    {"{\"path\":\"/crm/**\"}", &login, NULL, "$.path \"/crm/**\" \"/oauth/v2/token\""},
    /* pairs */
    {"{\"query\":{\"page\":\"1\"}}", &update, NULL, ""},
    {"{\"query\":{\"page\":\"2\",\"x\":\"\"}}", &update, NULL, ""},
    {"{\"query\":{\"page\":\"3\"}}", &update, NULL, "$.query.page \"3\" [\"1\",\"2\"]"},
    {"{\"query\":{\"Page\":\"1\",\"y\":\"\"}}", &update, NULL,
     "$.query.Page \"1\" \"3\"; $.query.y \"\" -"},
    {"{\"query\":{\"page\":\"*\"}}", &update, NULL, "$.query.page \"*\" [\"1\",\"2\"]"},
    {"{\"form\":{\"grant_type\":\"refresh_token\",\"scope\":\"a,b\"}}", &login, NULL, ""},
    {"{\"form\":{\"grant_type\":\"code\"}}", &login, NULL,
     "$.form.grant_type \"code\" \"refresh_token\""},
    {"{\"form\":{\"page\":\"1\"}}", &update, NULL, "$.form.page \"1\" -"},
    {"{\"headers\":{\"user-agent\":\"sdk/8*\",\"ACCEPT\":\"c/*\"}}", &update, NULL, ""},
    {"{\"headers\":{\"User-Agent\":\"*linux\",\"accept\":\"*e*\",\"Via\":\"*\"}}", &update, NULL,
     "$.headers.User-Agent \"*linux\" \"sdk/8.0 (linux)\"; "
     "$.headers.accept \"*e*\" [\"a/b\",\"c/d\"]; $.headers.Via \"*\" -"},
    {"{\"headers\":{\"star\":\"*\"}}", &login, NULL, ""},
    /* bodies: members, entries, values */
    {"{\"body\":{}}", &update, BODY, ""},
    {"{\"body\":{\"data\":[{\"Lead_Source\":\"Fax\"}],\"over_write\":true}}", &update, BODY, ""},
    {"{\"body\":{\"data\":[{\"Lead_Source\":\"Chat\",\"City\":\"x\",\"No\":null}]}}", &update, BODY,
     "$.body.data[0].Lead_Source \"Chat\" \"Fax\"; $.body.data[0].City \"x\" -"},
    {"{\"body\":{\"data\":[{\"amount\":1.5}]}}", &update, BODY, "$.body.data[0].amount 1.5 -"},
    {"{\"body\":{\"data\":[{\"Amount\":1.5},{\"a\":1}]}}", &update, BODY, "$.body.data[1] {\"a\":1} -"},
    {"{\"body\":{\"data\":[]}}", &update, "{\"data\":[1,2]}", "$.body.data [] [1,2]"},
    {"{\"body\":[1,5]}", &update, "[1,2,3]", "$.body[1] 5 2; $.body [1,5] [1,2,3]"},
    {"{\"body\":{\"over_write\":false,\"data\":{}}}", &update, "{\"over_write\":true,\"data\":[]}",
     "$.body.over_write false true; $.body.data {} []"},
    {"{\"body\":{\"a\":null,\"b\":null,\"c\":[]}}", &update, "{\"a\":null,\"c\":{}}",
     "$.body.b null -; $.body.c [] {}"},
    {"{\"body\":{\"No\":1}}", &update, BODY, ""},
    {"{\"body\":{\"No\":2}}", &update, BODY, "$.body.No 2 1"},
    {"{\"body\":{\"a\":{\"b\":{\"c\":1}}}}", &update, "{\"a\":{\"b\":1}}", "$.body.a.b {\"c\":1} 1"},
    /* numbers, and ids */
    {"{\"body\":[1,1.0,10,0,-0]}", &update, "[1.0,1,1e1,-0,0]", ""},
    {"{\"body\":[9007199254740993]}", &update, "[9007199254740992]",
     "$.body[0] 9007199254740993 9007199254740992"},
    {"{\"body\":{\"ids\":[554023000000497007,\"554023000000497021\"],\"cvid\":12}}", &update, BODY, ""},
    {"{\"body\":{\"ids\":[554023000000497008,\"554023000000497021\"]}}", &update, BODY,
     "$.body.ids[0] 554023000000497008 \"554023000000497007\""},
    {"{\"body\":{\"paid\":1,\"No\":\"1\"}}", &update, BODY, "$.body.paid 1 \"1\"; $.body.No \"1\" 1"},
    {"{\"body\":{\"job_id\":\"1\",\"X_IDS\":[[{\"a\":1}]],\"id\":{\"b\":\"2\"}}}", &update,
     "{\"job_id\":1,\"X_IDS\":[[{\"a\":\"1\"}]],\"id\":{\"b\":2}}", ""},
    {"{\"body\":{\"id\":\"1.0\",\"_id\":\"2\",\"xid\":\"3\"}}", &update,
     "{\"id\":1.0,\"_id\":\"2 \",\"xid\":3}",
     "$.body.id \"1.0\" 1.0; $.body._id \"2\" \"2 \"; $.body.xid \"3\" 3"},
    {"{\"body\":{\"id\":\"true\",\"ids\":\"\"}}", &update, "{\"id\":true,\"ids\":null}",
     "$.body.id \"true\" true; $.body.ids \"\" null"},
    /* anything */
    {"{\"body\":{\"$any\":true}}", &update, BODY, ""},
    {"{\"body\":{\"$any\":true}}", &update, "null", ""},
    {"{\"body\":{\"$any\":true}}", &update, "no JSON", ""},
    {"{\"body\":{\"$any\":true}}", &update, NULL, "$.body {\"$any\":true} -"},
    {"{\"body\":{\"data\":[{\"$any\":true}],\"cvid\":{\"$any\":true},\"x\":{\"$any\":true}}}", &update,
     BODY, "$.body.x {\"$any\":true} -"},
    /* some entries */
    {"{\"body\":{\"ids\":{\"$contains\":[554023000000497021]}}}", &update, BODY, ""},
    {"{\"body\":{\"ids\":{\"$contains\":[\"554023000000497021\",1,\"2\"]}}}", &update, BODY,
     "$.body.ids.$contains[1] 1 -; $.body.ids.$contains[2] \"2\" -"},
    {"{\"body\":{\"$contains\":[2,2,{\"$any\":true}]}}", &update, "[1,2]", ""},
    {"{\"body\":{\"$contains\":[]}}", &update, "[]", ""},
    {"{\"body\":{\"$contains\":[]}}", &update, "{}", "$.body {\"$contains\":[]} {}"},
    {"{\"body\":{\"$contains\":[{\"$any\":true}]}}", &update, "[]",
     "$.body.$contains[0] {\"$any\":true} -"},
    {"{\"body\":{\"data\":{\"$contains\":[{\"Owner\":{\"id\":\"7\"}}]}}}", &update, BODY, ""},
    {"{\"body\":{\"$contains\":[{\"a\":1,\"b\":2,\"c\":3}]}}", &update,
     "[{\"a\":0},{\"a\":1,\"b\":{},\"c\":3},{\"c\":3},[]]", "$.body.$contains[0].b 2 {}"},
    {"{\"body\":{\"$contains\":[{\"a\":1,\"b\":2}]}}", &update,
     "[{},{\"a\":1,\"b\":3},{\"a\":1,\"b\":4}]", "$.body.$contains[0].b 2 3"},
    {"{\"body\":{\"$contains\":[{\"a\":1},[1,2]]}}", &update, "[1,[2]]",
     "$.body.$contains[0] {\"a\":1} -; $.body.$contains[1][0] 1 2; $.body.$contains[1][1] 2 -"},
    {"{\"body\":{\"$contains\":[{\"$contains\":[1,2]}]}}", &update, "[[1],[2,1]]", ""},
    {"{\"body\":{\"$contains\":[{\"$contains\":[1,2]}]}}", &update, "[[1],[2]]",
     "$.body.$contains[0] {\"$contains\":[1,2]} -"},
    /* texts, and what is no JSON */
    {"{\"body\":\"no JSON\"}", &update, "no JSON", ""},
    {"{\"body\":\"no json\"}", &update, "no JSON", "$.body \"no json\" \"no JSON\""},
    {"{\"body\":\"x\"}", &update, "y", "$.body \"x\" \"y\""},
    {"{\"body\":\"no\"}", &update, "no JSON", "$.body \"no\" \"no JSON\""},
    {"{\"body\":\"{\\\"a\\\": 1}\"}", &update, "{\"a\": 1}", ""},
    {"{\"body\":\"{\\\"a\\\":1}\"}", &update, "{\"a\": 1}", "$.body \"{\\\"a\\\":1}\" {\"a\":1}"},
    {"{\"body\":\"text\"}", &update, "\"text\"", ""},
    {"{\"body\":\"\"}", &update, NULL, ""},
    {"{\"body\":\"x\"}", &update, NULL, "$.body \"x\" -"},
    {"{\"body\":{\"a\":1}}", &update, "a=1", "$.body {\"a\":1} \"a=1\""},
    {"{\"body\":{\"a\":1}}", &update, "\xff\xe4(", "$.body {\"a\":1} \"\xef\xbf\xbd\xef\xbf\xbd(\""},
    /* in M's order */
    {"{\"body\":1,\"path\":\"/\",\"query\":{\"z\":\"1\",\"a\":\"2\"},\"method\":\"X\"}", &login, "2",
     "$.body 1 2; $.path \"/\" \"/oauth/v2/token\"; $.query.z \"1\" -; $.query.a \"2\" -; "
     "$.method \"X\" \"get\""},
};

static const char *printed(const cJSON *json)
{
    if (json == NULL)
        return "-";
    cJSON *copy CLEANUP(json_delete) = cJSON_Duplicate(json, true);
    return json_print(&arena, copy);
}

static const char *told(const struct difference *list, size_t count)
{
    const char *text = "";
    for (size_t i = 0; i < count; i++)
        text = arena_printf(&arena, "%s%s%s %s %s", text, i > 0 ? "; " : "", list[i].at,
                            printed(list[i].expected), printed(list[i].found));
    return text;
}

/* With as many steps as one may take. */
static bool fits(const struct match *match, const struct seen *seen)
{
    size_t steps = MATCH_STEPS_MAX;
    return match_fits(match, seen, &steps);
}

static size_t distance_between(const struct match *match, const struct seen *seen)
{
    size_t steps = MATCH_STEPS_MAX;
    return match_distance(match, seen, &steps);
}

/* All three answers, which must say the same. */
static const char *differences(const struct match *match, const struct seen *seen)
{
    struct difference *list;
    size_t count = match_differences(match, seen, &arena, &list);
    size_t distance = distance_between(match, seen);
    ck_assert_int_eq(fits(match, seen), count == 0);
    ck_assert_int_eq(distance == 0, count == 0);
    ck_assert_uint_ge(distance, count);
    return told(list, count);
}

START_TEST(what_fits_and_what_keeps_it_from_fitting)
{
    struct match_fault fault;
    struct match *match = match_of(cases[_i].match, &fault);
    ck_assert_msg(match != NULL, "%s: %s", fault.at, fault.expected);
    ck_assert_str_eq(printed(match_json(match)), cases[_i].match);
    struct seen seen = *cases[_i].seen;
    cJSON *json CLEANUP(json_delete) = parsed(cases[_i].body);
    seen.json = json;
    seen.body_length = cases[_i].body != NULL ? strlen(cases[_i].body) : 0;
    char *body =
        seen.body_length > 0 ? must_alloc(seen.body_length) : NULL; /* no zero byte behind it */
    if (body != NULL)
        seen.body = memcpy(body, cases[_i].body, seen.body_length);
    ck_assert_str_eq(differences(match, &seen), cases[_i].differences);
    free(body);
    match_free(match);
}
END_TEST

static const struct {
    const char *match, *at, *expected;
} faults[] = {
    {"1", "$.match", "expected an object"},
    {"[]", "$.match", "expected an object"},
    {NULL, "$.match", "expected an object"},
    {"{\"Method\":\"POST\"}", "$.match.Method",
     "expected one of: method path module version query token user headers form body status rule"},
    {"{\"method\":\"POST\",\"method\":\"POST\"}", "$.match.method", "expected it once"},
    {"{\"method\":1}", "$.match.method", "expected a text"},
    {"{\"module\":\"\"}", "$.match.module", "expected a text"},
    {"{\"token\":null}", "$.match.token", "expected a text"},
    {"{\"user\":[\"a\"]}", "$.match.user", "expected a text"},
    {"{\"rule\":{}}", "$.match.rule", "expected a text"},
    {"{\"path\":\"crm/v8\"}", "$.match.path", "expected a path, which begins with / or *"},
    {"{\"path\":\"\"}", "$.match.path", "expected a path, which begins with / or *"},
    {"{\"path\":1}", "$.match.path", "expected a path, which begins with / or *"},
    {"{\"path\":\"/_s/a/crm/**\"}", "$.match.path",
     "expected a path without the /_s/{id} of its sandbox"},
    {"{\"version\":8}", "$.match.version", "expected a version, such as v8 or v2.1"},
    {"{\"version\":\"v\"}", "$.match.version", "expected a version, such as v8 or v2.1"},
    {"{\"version\":\"2.\"}", "$.match.version", "expected a version, such as v8 or v2.1"},
    {"{\"version\":\"v2.1.1\"}", "$.match.version", "expected a version, such as v8 or v2.1"},
    {"{\"version\":\"10.x\"}", "$.match.version", "expected a version, such as v8 or v2.1"},
    {"{\"version\":\"latest\"}", "$.match.version", "expected a version, such as v8 or v2.1"},
    {"{\"status\":\"400\"}", "$.match.status", "expected a whole number from 100 to 599"},
    {"{\"status\":99}", "$.match.status", "expected a whole number from 100 to 599"},
    {"{\"status\":600}", "$.match.status", "expected a whole number from 100 to 599"},
    {"{\"status\":400.5}", "$.match.status", "expected a whole number from 100 to 599"},
    {"{\"query\":{}}", "$.match.query", "expected a name and its text"},
    {"{\"form\":\"a=b\"}", "$.match.form", "expected an object"},
    {"{\"headers\":{\"A\":\"1\",\"B\":2}}", "$.match.headers.B", "expected a text"},
    {"{\"query\":{\"a\":\"1\",\"a\":\"2\"}}", "$.match.query.a", "expected it once"},
    {"{\"body\":{\"a\":[1,{\"b\":1,\"b\":1}]}}", "$.match.body.a[1].b", "expected it once"},
    {"{\"body\":{\"$any\":false}}", "$.match.body.$any", "expected true"},
    {"{\"body\":{\"$contain\":[]}}", "$.match.body.$contain", "expected one of: $any $contains"},
    {"{\"body\":{\"$contains\":1}}", "$.match.body.$contains", "expected a list"},
    {"{\"body\":{\"$any\":true,\"a\":1}}", "$.match.body.$any", "expected no other member beside it"},
    {"{\"body\":[{\"a\":1,\"$any\":true}]}", "$.match.body[0].$any",
     "expected no other member beside it"},
    {"{\"body\":{\"$contains\":[1,{\"a\":{\"$x\":1}}]}}", "$.match.body.$contains[1].a.$x",
     "expected one of: $any $contains"},
};

START_TEST(what_is_no_match_is_refused_at_its_place)
{
    struct match_fault fault;
    struct match *match = match_of(faults[_i].match, &fault);
    ck_assert_ptr_null(match);
    ck_assert_str_eq(fault.at, faults[_i].at);
    ck_assert_str_eq(fault.expected, faults[_i].expected);
    match_free(match);
}
END_TEST

START_TEST(answers_are_asked_for_only_where_there_are_some)
{
    struct match_fault fault;
    cJSON *json CLEANUP(json_delete) = parsed("{\"status\":400}");
    ck_assert_ptr_null(match_read(json, "$", false, &arena, &fault));
    ck_assert_str_eq(fault.at, "$.status");
    ck_assert_str_eq(fault.expected,
                     "expected one of: method path module version query token user headers form body");
}
END_TEST

START_TEST(what_it_looks_at_is_known)
{
    static const struct {
        const char *match;
        unsigned needs;
    } needs[] = {
        {"{}", 0},
        {"{\"method\":\"A\",\"path\":\"/\",\"module\":\"A\",\"version\":\"1\",\"token\":\"a\"}", 0},
        {"{\"status\":400,\"rule\":\"E1\"}", 0},
        {"{\"user\":\"a\",\"body\":1}", MATCH_USER | MATCH_JSON},
        {"{\"form\":{\"a\":\"\"},\"query\":{\"a\":\"\"}}", MATCH_FORM | MATCH_QUERY},
        {"{\"headers\":{\"a\":\"\"}}", MATCH_HEADERS},
    };
    for (size_t i = 0; i < COUNT(needs); i++) {
        struct match_fault fault;
        struct match *match = match_of(needs[i].match, &fault);
        ck_assert_uint_eq(match_needs(match), needs[i].needs);
        match_free(match);
    }
}
END_TEST

/* How far a body is from what is asked of it. */
static size_t distance_of(const char *asked, const char *body)
{
    struct match_fault fault;
    struct match *match = match_of(arena_printf(&arena, "{\"body\":%s}", asked), &fault);
    cJSON *json CLEANUP(json_delete) = parsed(body);
    const struct seen seen = {.body = body, .body_length = strlen(body), .json = json};
    size_t distance = distance_between(match, &seen);
    match_free(match);
    return distance;
}

START_TEST(the_distance_is_what_differs)
{
    ck_assert_uint_eq(distance_of("{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2}"), 0);
    ck_assert_uint_eq(distance_of("{\"a\":1,\"b\":2}", "{\"a\":2}"), 2);
    ck_assert_uint_eq(distance_of("{\"a\":[1,2,{\"b\":3}],\"c\":[],\"d\":{}}", "{}"), 5);
    ck_assert_uint_eq(distance_of("{\"a\":[1,2,{\"b\":3}]}", "no JSON"), 3);
    ck_assert_uint_eq(distance_of("[1,2]", "[1,2,3,4]"), 1);
    ck_assert_uint_eq(distance_of("[1,2,3]", "[4]"), 3);
    ck_assert_uint_eq(distance_of("{\"a\":{\"$any\":true},\"b\":{\"$contains\":[1,2]}}", "{}"), 3);
    ck_assert_uint_eq(distance_of("{\"$contains\":[{\"a\":1,\"b\":2,\"c\":[3,4]}]}",
                                  "[{\"a\":1},{\"b\":2,\"c\":[3,5]},{\"c\":3}]"),
                      2);
}
END_TEST

/* `count` times the text. */
static char *repeated(size_t count, const char *text)
{
    size_t length = strlen(text);
    char *all = arena_alloc(&arena, count * length + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(all + i * length, text, length + 1);
    return all;
}

/* The same with commas between them. */
static const char *listed(size_t count, const char *text)
{
    char *all = repeated(count, arena_printf(&arena, "%s,", text));
    all[strlen(all) - 1] = '\0';
    return all;
}

START_TEST(a_match_is_bounded)
{
    struct match_fault fault;
    const char *ones = listed((MATCH_SIZE_MAX - strlen("{\"body\":[]}") + 1) / 2, "1");
    struct match *match = match_of(arena_printf(&arena, "{\"body\":[%s]}", ones), &fault);
    ck_assert_ptr_nonnull(match);
    match_free(match);
    ck_assert_ptr_null(match_of(arena_printf(&arena, "{\"body\":[%s0]}", ones), &fault));
    ck_assert_str_eq(fault.at, "$.match");
    ck_assert_str_eq(fault.expected, "expected at most 65536 bytes of JSON");
    char deep[] = "{\"body\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}";
    ck_assert_ptr_null(match_of(deep, &fault));
    ck_assert_str_eq(fault.at,
                     "$.match.body[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]"
                     "[0][0][0][0][0][0][0][0][0][0][0][0]");
    ck_assert_str_eq(fault.expected, "expected at most 32 values within each other");
    *strchr(deep, '1') = ' ';
    match = match_of(deep, &fault);
    ck_assert_ptr_nonnull(match);
    match_free(match);
}
END_TEST

/* Of an input that asks for as much as it can: how many differences are listed. */
static size_t is_not_found(const char *asked, const struct seen *request, const char *body)
{
    struct match_fault fault;
    struct difference *list;
    struct match *match = match_of(asked, &fault);
    ck_assert_msg(match != NULL, "%s: %s", fault.at, fault.expected);
    cJSON *json CLEANUP(json_delete) = parsed(body);
    struct seen seen = *request;
    seen.json = json;
    seen.body = body;
    seen.body_length = body != NULL ? strlen(body) : 0;
    ck_assert_str_ne(differences(match, &seen), "");
    size_t count = match_differences(match, &seen, &arena, &list);
    match_free(match);
    return count;
}

START_TEST(hostile_globs_end)
{
    const char *as = repeated(1000, "a");
    const struct pair header = {"A", repeated(8, as)};
    struct seen seen = {.path = header.value, .headers = {&header, 1}};
    static const char *const asked[] = {
        "{\"path\":\"*%sb\",\"status\":400}",
        "{\"path\":\"**%sb\",\"status\":400}",
        "{\"path\":\"**a*%sb\",\"status\":400}",
        "{\"headers\":{\"a\":\"*%sb\",\"b\":\"\"}}",
    };
    /* with all steps spent, nothing that follows is looked at */
    for (size_t i = 0; i < COUNT(asked); i++)
        ck_assert_uint_eq(is_not_found(arena_printf(&arena, asked[i], as), &seen, NULL), 1);
    ck_assert_uint_eq(is_not_found("{\"path\":\"*a*a*a*a*a*a*a*b\",\"status\":400}", &seen, NULL), 2);
    seen.path = repeated(20, arena_printf(&arena, "/%s", repeated(90, "a")));
    ck_assert_uint_eq(
        is_not_found(arena_printf(&arena, "{\"path\":\"**/*%sb\",\"status\":400}", repeated(80, "a")),
                     &seen, NULL),
        2);
}
END_TEST

START_TEST(hostile_bodies_end)
{
    const struct seen seen = {.path = "/"};
    /* some of some of some, and none is the one */
    const char *list = arena_printf(&arena, "[%s]", listed(300, "1"));
    const char *lists = arena_printf(&arena, "[%s]", listed(100, list));
    const char *asked = listed(100, "{\"$contains\":[1,1,1,1,1,1,1,1,1,1,1,2]}");
    asked = arena_printf(&arena, "{\"body\":{\"$contains\":[%s]}}", asked);
    ck_assert_uint_lt(is_not_found(asked, &seen, lists), 20);
    asked = arena_printf(&arena, "{\"body\":{\"$contains\":[[%s,2]]}}", listed(299, "1"));
    ck_assert_uint_eq(is_not_found(asked, &seen, lists), 1);
    /* long texts count for more */
    const char *text = repeated(2000, "a");
    asked = listed(15, arena_printf(&arena, "\"%sb\"", text));
    asked = arena_printf(&arena, "{\"body\":{\"$contains\":[%s]}}", asked);
    const char *texts = listed(2000, arena_printf(&arena, "\"%sc\"", text));
    texts = arena_printf(&arena, "[%s]", texts);
    ck_assert_uint_lt(is_not_found(asked, &seen, texts), 15);
    ck_assert_uint_eq(is_not_found(asked, &seen, "[\"b\"]"), 15);
}
END_TEST

START_TEST(hostile_names_end)
{
    enum { NAMES = 1000 };
    struct pair *list = arena_array(&arena, NAMES, sizeof *list);
    const char *names = "\"x\":\"\"";
    for (size_t i = 0; i < NAMES; i++) {
        list[i] = (struct pair){"y", ""};
        names = arena_printf(&arena, "%s,\"%zu\":\"\"", names, i);
    }
    const struct seen seen = {.form = {list, NAMES}, .headers = {list, NAMES}};
    /* each takes a look at each pair, and a second one for what is told */
    const char *asked = arena_printf(&arena, "{\"form\":{%s}}", names);
    ck_assert_uint_eq(is_not_found(asked, &seen, NULL), MATCH_STEPS_MAX / NAMES / 2 + 1);
    asked = arena_printf(&arena, "{\"headers\":{%s}}", names);
    ck_assert_uint_eq(is_not_found(asked, &seen, NULL), MATCH_STEPS_MAX / NAMES / 2 + 1);
    const char *body = arena_printf(&arena, "{%s}", listed(NAMES, "\"y\":1"));
    asked = arena_printf(&arena, "{\"body\":{%s}}", names);
    ck_assert_uint_eq(is_not_found(asked, &seen, body), MATCH_STEPS_MAX / NAMES);
    /* long ones count for more */
    asked = arena_printf(&arena, "{\"body\":{\"%s\":1,\"x\":1}}", repeated(32000, "a"));
    ck_assert_uint_eq(is_not_found(asked, &seen, body), 1);
}
END_TEST

START_TEST(what_takes_too_long_does_not_fit)
{
    const char *body = arena_printf(&arena, "[%s,2]", listed(400, "1"));
    (void)is_not_found(arena_printf(&arena, "{\"body\":{\"$contains\":[%s]}}", listed(2000, "2")),
                       &login, body);
    ck_assert_uint_eq(distance_of("{\"$contains\":[2]}", body), 0);
    /* as many ids as a request can have are no such thing */
    const char *ids = arena_printf(&arena, "[%s]", listed(500, "\"554023000000497007\""));
    ck_assert_uint_eq(distance_of(arena_printf(&arena, "{\"$contains\":%s}", ids), ids), 0);
    ck_assert_uint_eq(distance_of(ids, ids), 0);
    const char *last =
        arena_printf(&arena, "{\"ids\":[%s,\"1\"]}", listed(499, "\"554023000000497007\""));
    ck_assert_uint_eq(
        distance_of(arena_printf(&arena, "{\"ids\":{\"$contains\":[%s]}}", listed(500, "1")), last), 0);
}
END_TEST

START_TEST(a_look_at_an_entry_ends_with_its_first_difference)
{
    const char *wanted = arena_printf(&arena, "[%s]", listed(300, "1"));
    const char *other = arena_printf(&arena, "[2,%s]", listed(299, "1"));
    const char *body = arena_printf(&arena, "[%s,%s]", listed(2000, other), wanted);
    ck_assert_uint_eq(distance_of(arena_printf(&arena, "{\"$contains\":[%s]}", wanted), body), 0);
}
END_TEST

/* All that the first would be far from is counted; for each of thousands it would be too much. */
START_TEST(to_count_takes_steps_too)
{
    const char *asked = arena_printf(&arena, "{\"$contains\":[{\"a\":[%s]}]}", listed(1000, "1"));
    ck_assert_uint_eq(distance_of(asked, "[{}]"), 1000);
    ck_assert_uint_eq(distance_of(asked, arena_printf(&arena, "[%s]", listed(5000, "{}"))), 1);
}
END_TEST

START_TEST(a_status_is_found_as_a_number)
{
    struct match_fault fault;
    struct difference *list;
    struct match *match = match_of("{\"status\":500}", &fault);
    ck_assert_uint_eq(match_differences(match, &update, &arena, &list), 1);
    ck_assert(cJSON_IsNumber(list[0].found));
    ck_assert_int_eq(list[0].found->valueint, 400);
    match_free(match);
}
END_TEST

START_TEST(no_more_differences_are_listed_than_can_be_read)
{
    struct match_fault fault;
    struct match *match = match_of(arena_printf(&arena, "{\"body\":[%s]}", listed(1500, "1")), &fault);
    struct difference *list;
    const struct seen seen = {.body = "[2]", .body_length = 3, .json = parsed("[2]")};
    ck_assert_uint_eq(distance_between(match, &seen), 1500);
    ck_assert_uint_eq(match_differences(match, &seen, &arena, &list), MATCH_DIFFERENCES_MAX);
    ck_assert_str_eq(list[0].at, "$.body[0]");
    ck_assert_str_eq(list[999].at, "$.body[999]");
    arena.limit = 1; /* and of a request that takes too much, one */
    ck_assert_uint_eq(match_differences(match, &seen, &arena, &list), 1);
    arena.limit = 0;
    cJSON_Delete((cJSON *)seen.json);
    match_free(match);
}
END_TEST

static const struct {
    const char *glob, *text;
    bool fits; /* in parts */
} globs[] = {
    {"", "", true},
    {"", "a", false},
    {"a", "", false},
    {"*", "", true},
    {"*", "abc", true},
    {"*", "a/c", false},
    {"**", "a/c", true},
    {"***", "a/c", true},
    {"a*c", "ac", true},
    {"a*c", "abcbc", true},
    {"a*c", "abcb", false},
    {"/*/x", "/a/x", true},
    {"/*/x", "/a/b/x", false},
    {"/**/x", "/a/b/x", true},
    {"/**/x", "/x", false},
    {"**/x", "/x", true},
    {"/a/**", "/a", false},
    {"/a/**", "/a/", true},
    {"**/b*/c", "/a/bx/d/by/c", true},
    {"**/b*/c", "/a/bx/d/by/d/c", false},
    {"*a*/*b", "xax/xb", true},
    {"*a*/*b", "xx/xa/xb", false},
    {"**a*b", "a/ab", true},
    {"**a*b**c*d", "xa/axb/xc/cxd", true},
    {"a?[b]\\", "a?[b]\\", true},
    {"a?", "ab", false},
    {"*\xc3\xa4", "\xc3\xa4\xc3\xa4", true},
};

START_TEST(globs_stand_for_whole_texts)
{
    size_t steps = 1000;
    ck_assert_int_eq(glob_fits(globs[_i].glob, globs[_i].text, '/', &steps), globs[_i].fits);
    ck_assert_uint_gt(steps, 900);
}
END_TEST

/* The same, as one would say it. */
static bool stands_for(const char *glob, const char *text)
{
    if (*glob != '*')
        return *glob == *text && (*glob == '\0' || stands_for(glob + 1, text + 1));
    size_t stars = strspn(glob, "*");
    return stands_for(glob + stars, text) ||
           (*text != '\0' && (stars > 1 || *text != '/') && stands_for(glob, text + 1));
}

/* The next of all texts of these letters, the shorter ones first; false after the last one. */
static bool next_text(char *text, size_t most, const char *letters)
{
    size_t i = 0;
    for (; text[i] != '\0'; i++) {
        const char *letter = strchr(letters, text[i]) + 1;
        if (*letter != '\0') {
            text[i] = *letter;
            return true;
        }
        text[i] = letters[0];
    }
    if (i == most)
        return false;
    text[i] = letters[0];
    return true;
}

START_TEST(globs_are_found_out_without_trying_all_ways)
{
    enum { MOST = 6 };
    char glob[MOST + 1] = {0};
    do {
        char text[MOST + 1] = {0};
        do {
            size_t steps = 1000;
            ck_assert_msg(glob_fits(glob, text, '/', &steps) == stands_for(glob, text), "%s %s", glob,
                          text);
        } while (next_text(text, MOST, "a/"));
    } while (next_text(glob, MOST, "a*/"));
}
END_TEST

START_TEST(globs_stop_when_the_steps_are_spent)
{
    size_t steps = 4;
    ck_assert(glob_fits("abc", "abc", '/', &steps));
    ck_assert_uint_eq(steps, 1);
    steps = 3;
    ck_assert(!glob_fits("abc", "abc", '/', &steps));
    ck_assert_uint_eq(steps, 0);
    steps = 10;
    ck_assert(glob_fits("a*c", "a/c", '\0', &steps));
}
END_TEST

static TCase *match_tests(void)
{
    TCase *tests = tcase_create("match");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, open_test, close_test);
    tcase_add_loop_test(tests, what_fits_and_what_keeps_it_from_fitting, 0, COUNT(cases));
    tcase_add_loop_test(tests, what_is_no_match_is_refused_at_its_place, 0, COUNT(faults));
    tcase_add_test(tests, answers_are_asked_for_only_where_there_are_some);
    tcase_add_test(tests, what_it_looks_at_is_known);
    tcase_add_test(tests, the_distance_is_what_differs);
    tcase_add_test(tests, a_match_is_bounded);
    tcase_add_test(tests, hostile_globs_end);
    tcase_add_test(tests, hostile_bodies_end);
    tcase_add_test(tests, hostile_names_end);
    tcase_add_test(tests, what_takes_too_long_does_not_fit);
    tcase_add_test(tests, a_look_at_an_entry_ends_with_its_first_difference);
    tcase_add_test(tests, to_count_takes_steps_too);
    tcase_add_test(tests, a_status_is_found_as_a_number);
    tcase_add_test(tests, no_more_differences_are_listed_than_can_be_read);
    tcase_add_loop_test(tests, globs_stand_for_whole_texts, 0, COUNT(globs));
    tcase_add_test(tests, globs_are_found_out_without_trying_all_ways);
    tcase_add_test(tests, globs_stop_when_the_steps_are_spent);
    return tests;
}

Suite *traffic_suite(void)
{
    Suite *suite = suite_create("traffic");
    suite_add_tcase(suite, match_tests());
    suite_add_tcase(suite, drip_tests());
    suite_add_tcase(suite, journal_tests());
    suite_add_tcase(suite, mask_tests());
    suite_add_tcase(suite, planned_tests());
    suite_add_tcase(suite, events_tests());
    return suite;
}
