/* Faults on demand: how they are read, which of them acts, and what is counted. */
#include <pthread.h>
#include <string.h>

#include "base/json.h"
#include "traffic/faults.h"
#include "unit.h"

static struct arena arena;

static bool is_rule(const char *name)
{
    return strcmp(name, "E23") == 0 || strcmp(name, "E7") == 0;
}

static cJSON *parsed(const char *text)
{
    char *plain = arena_strdup(&arena, text);
    for (char *at = plain; *at != '\0'; at++)
        *at = (char)(*at == '\'' ? '"' : *at);
    cJSON *json = json_parse(plain, strlen(plain), NULL);
    ck_assert_msg(json != NULL, "%s", plain);
    return json;
}

static int64_t add_or_fail(struct faults *faults, const char *text, struct match_fault *fault)
{
    cJSON *json = parsed(text);
    int64_t id = faults_add(faults, json, "$", is_rule, &arena, fault);
    cJSON_Delete(json);
    return id;
}

static int64_t add(struct faults *faults, const char *text)
{
    struct match_fault fault = {.at = NULL};
    int64_t id = add_or_fail(faults, text, &fault);
    ck_assert_msg(id > 0, "%s: %s: %s", text, fault.at, fault.expected);
    return id;
}

#define EFFECT(effect) "{'effect': " effect "}"

static const struct {
    const char *fault, *at, *expected;
} faulty[] = {
    {"[]", "$", "expected an object of: match after times"},
    {"{}", "$.effect", "expected one of: rule status headers body"},
    {"{'effect': {'rule': 'E23'}, 'x': 1}", "$.x", "expected one of: match after times"},
    {"{'effect': {'rule': 'E23'}, 'effect': {'rule': 'E23'}}", "$.effect", "expected it once"},
    {"{'effect': {'rule': 'E23'}, 'id': '7'}", "$.id", "expected one of"},
    {"{'effect': {'rule': 'E23'}, 'match': 1}", "$.match", "expected an object"},
    {"{'effect': {'rule': 'E23'}, 'match': {'status': 500}}", "$.match.status", "expected one of"},
    {"{'effect': {'rule': 'E23'}, 'match': {'rule': 'E1'}}", "$.match.rule", "expected one of"},
    {"{'effect': {'rule': 'E23'}, 'match': {'path': 1}}", "$.match.path", "expected a path"},
    {"{'effect': {'rule': 'E23'}, 'after': -1}", "$.after", "from 0 to 1000000000"},
    {"{'effect': {'rule': 'E23'}, 'after': 0.5}", "$.after", "expected a whole number"},
    {"{'effect': {'rule': 'E23'}, 'after': null}", "$.after", "expected a whole number"},
    {"{'effect': {'rule': 'E23'}, 'after': '1'}", "$.after", "expected a whole number"},
    {"{'effect': {'rule': 'E23'}, 'times': 0}", "$.times", "from 1 to 1000000000, or null for always"},
    {"{'effect': {'rule': 'E23'}, 'times': 1e400}", "$.times", "from 1 to 1000000000"},
    {"{'effect': {'rule': 'E23'}, 'times': 'always'}", "$.times", "expected a whole number"},
    {"{'effect': {'rule': 'E23'}, 'probability': 1.01}", "$.probability", "from 0 to 1"},
    {"{'effect': {'rule': 'E23'}, 'probability': -0.1}", "$.probability", "from 0 to 1"},
    {"{'effect': {'rule': 'E23'}, 'probability': null}", "$.probability", "from 0 to 1"},
    {"{'effect': {'rule': 'E23'}, 'seed': -1}", "$.seed", "from 0 to 4294967295"},
    {"{'effect': {'rule': 'E23'}, 'seed': 4294967296}", "$.seed", "from 0 to 4294967295"},
    {EFFECT("null"), "$.effect", "expected an object of: rule status"},
    {EFFECT("{}"), "$.effect", "expected one of: rule status"},
    {EFFECT("{'x': 1}"), "$.effect.x", "expected one of: rule status headers body delay_ms"},
    {EFFECT("{'rule': 'E99'}"), "$.effect.rule", "expected a row"},
    {EFFECT("{'rule': 23}"), "$.effect.rule", "expected a row"},
    {EFFECT("{'status': 199}"), "$.effect.status", "from 200 to 599"},
    {EFFECT("{'status': 600}"), "$.effect.status", "from 200 to 599"},
    {EFFECT("{'status': '500'}"), "$.effect.status", "from 200 to 599"},
    {EFFECT("{'body': 'x'}"), "$.effect.body", "expected a status beside it"},
    {EFFECT("{'headers': {}}"), "$.effect.headers", "expected a status beside it"},
    {EFFECT("{'rule': 'E23', 'headers': {}}"), "$.effect.headers", "expected a status beside it"},
    {EFFECT("{'status': 204, 'body': 'x'}"), "$.effect.body", "expected no body with a status 204"},
    {EFFECT("{'status': 205, 'body': ''}"), "$.effect.body", "expected no body with a status 205"},
    {EFFECT("{'status': 304, 'body': {}}"), "$.effect.body", "expected no body with a status 304"},
    {EFFECT("{'status': 200, 'headers': []}"), "$.effect.headers", "expected an object"},
    {EFFECT("{'status': 200, 'headers': {'': 'x'}}"), "$.effect.headers.", "the name of a header"},
    {EFFECT("{'status': 200, 'headers': {'A B': 'x'}}"), "$.effect.headers.A B",
     "the name of a header"},
    {EFFECT("{'status': 200, 'headers': {'A:': 'x'}}"), "$.effect.headers.A:", "the name of a header"},
    {EFFECT("{'status': 200, 'headers': {'\u00e4': 'x'}}"), "$.effect.headers.\u00e4",
     "the name of a header"},
    {EFFECT("{'status': 200, 'headers': {'A': 1}}"), "$.effect.headers.A", "expected a text"},
    {EFFECT("{'status': 200, 'headers': {'A': ''}}"), "$.effect.headers.A", "expected a text"},
    {EFFECT("{'status': 200, 'headers': {'A': ' x'}}"), "$.effect.headers.A", "no blank at its ends"},
    {EFFECT("{'status': 200, 'headers': {'A': 'x\\r\\nB: y'}}"), "$.effect.headers.A", "control"},
    {EFFECT("{'status': 200, 'headers': {'A': 'x\\u007f'}}"), "$.effect.headers.A", "control"},
    {EFFECT("{'status': 200, 'headers': {'A': 'x', 'a': 'y'}}"), "$.effect.headers.a",
     "expected it once, in whatever case"},
    {EFFECT("{'status': 200, 'headers': {'content-type': 'a/b', 'Content-Type': 'c/d'}}"),
     "$.effect.headers.Content-Type", "expected it once, in whatever case"},
    {EFFECT("{'status': 200, 'headers': {'Content-Length': '1'}}"), "$.effect.headers.Content-Length",
     "the server sets this one itself"},
    {EFFECT("{'status': 200, 'headers': {'transfer-encoding': 'chunked'}}"),
     "$.effect.headers.transfer-encoding", "the server sets this one itself"},
    {EFFECT("{'status': 200, 'headers': {'CONNECTION': 'close'}}"), "$.effect.headers.CONNECTION",
     "the server sets this one itself"},
    {EFFECT("{'status': 200, 'headers': {'Date': 'x'}}"), "$.effect.headers.Date",
     "the server sets this one itself"},
    {EFFECT("{'status': 200, 'headers': {'X-Crmock-Rule': 'x'}}"), "$.effect.headers.X-Crmock-Rule",
     "the server sets this one itself"},
    {EFFECT("{'delay_ms': 600001}"), "$.effect.delay_ms", "from 0 to 600000"},
    {EFFECT("{'delay_ms': '5'}"), "$.effect.delay_ms", "from 0 to 600000"},
    {EFFECT("{'delay_after_ms': -1}"), "$.effect.delay_after_ms", "from 0 to 600000"},
    {EFFECT("{'drop': true}"), "$.effect.drop", "expected before or after"},
    {EFFECT("{'drop': 'now'}"), "$.effect.drop", "expected before or after"},
    {EFFECT("{'truncate': -1}"), "$.effect.truncate", "from 0 to 16777216"},
    {EFFECT("{'truncate': 16777217}"), "$.effect.truncate", "from 0 to 16777216"},
    {EFFECT("{'drip': 5}"), "$.effect.drip", "expected an object of: bytes every_ms"},
    {EFFECT("{'drip': {}}"), "$.effect.drip.bytes", "from 1 to 1048576"},
    {EFFECT("{'drip': {'bytes': 1}}"), "$.effect.drip.every_ms", "from 1 to 600000"},
    {EFFECT("{'drip': {'bytes': 0, 'every_ms': 1}}"), "$.effect.drip.bytes", "from 1 to 1048576"},
    {EFFECT("{'drip': {'bytes': 1, 'every_ms': 600001}}"), "$.effect.drip.every_ms", "from 1 to"},
    {EFFECT("{'drip': {'bytes': 1, 'every_ms': 1, 'x': 1}}"), "$.effect.drip.x", "bytes every_ms"},
    {EFFECT("{'rule': 'E23', 'status': 500}"), "$.effect.status", "expected no status beside rule"},
    {EFFECT("{'rule': 'E23', 'drop': 'after'}"), "$.effect.rule", "expected no rule beside drop"},
    {EFFECT("{'drop': 'before', 'status': 500}"), "$.effect.status", "expected no status beside drop"},
    {EFFECT("{'drop': 'after', 'truncate': 1}"), "$.effect.truncate", "beside drop"},
    {EFFECT("{'drop': 'before', 'drip': {'bytes': 1, 'every_ms': 1}}"), "$.effect.drip", "beside drop"},
    {EFFECT("{'drop': 'before', 'delay_after_ms': 1}"), "$.effect.delay_after_ms", "drop before"},
};

START_TEST(what_is_faulty_is_told)
{
    struct faults *faults = faults_new();
    struct match_fault fault = {.at = NULL};
    ck_assert_int_eq(add_or_fail(faults, faulty[_i].fault, &fault), 0);
    ck_assert_msg(fault.at != NULL && strcmp(fault.at, faulty[_i].at) == 0, "%s: %s", faulty[_i].fault,
                  fault.at);
    ck_assert_msg(strstr(fault.expected, faulty[_i].expected) != NULL, "%s: %s", faulty[_i].fault,
                  fault.expected);
    ck_assert(!faults_are_set(faults));
    faults_free(faults);
}
END_TEST

START_TEST(headers_have_bounds)
{
    struct faults *faults = faults_new();
    struct match_fault fault = {.at = NULL};
    const char *headers = "";
    for (int i = 0; i < 50; i++)
        headers = arena_printf(&arena, "%s%s'A%d': 'x'", headers, i > 0 ? ", " : "", i);
    (void)add(faults, arena_printf(&arena, EFFECT("{'status': 200, 'headers': {%s}}"), headers));
    const char *more =
        arena_printf(&arena, EFFECT("{'status': 200, 'headers': {%s, 'B': 'x'}}"), headers);
    ck_assert_int_eq(add_or_fail(faults, more, &fault), 0);
    ck_assert_str_eq(fault.at, "$.effect.headers.B");
    const char *longest = EFFECT("{'status': 200, 'headers': {'A': '%0*d'}}");
    (void)add(faults, arena_printf(&arena, longest, 1999, 1));
    ck_assert_int_eq(add_or_fail(faults, arena_printf(&arena, longest, 2000, 1), &fault), 0);
    ck_assert_str_eq(fault.at, "$.effect.headers.A");
    faults_free(faults);
}
END_TEST

static const struct seen anything = {.method = "GET", .path = "/crm/v8/org", .body = ""};

/* The id of the fault that acts on such a request; 0: none. */
static int64_t acting(struct faults *faults, const char *path, struct effect *effect)
{
    struct seen seen = anything;
    seen.path = path;
    return faults_find(faults, &seen, &arena, effect) ? effect->fault_id : 0;
}

static void check_counts(struct faults *faults, int64_t id, double matched, double fired)
{
    cJSON *told = faults_tell(faults, id, &arena);
    ck_assert_ptr_nonnull(told);
    ck_assert_double_eq(cJSON_GetNumberValue(json_member(told, "matched")), matched);
    ck_assert_double_eq(cJSON_GetNumberValue(json_member(told, "fired")), fired);
    cJSON_Delete(told);
}

START_TEST(the_newest_that_matches_acts)
{
    struct faults *faults = faults_new();
    struct effect effect;
    ck_assert(!faults_are_set(faults));
    ck_assert_int_eq(acting(faults, "/a", &effect), 0);
    int64_t all = add(faults, "{'times': null, 'effect': {'rule': 'E23'}}");
    int64_t some = add(faults, "{'match': {'path': '/a*'}, 'times': 2, 'effect': {'status': 500}}");
    int64_t later = add(faults, "{'match': {'path': '/ab'}, 'after': 1, 'effect': {'rule': 'E7'}}");
    ck_assert(faults_are_set(faults));
    ck_assert(all == 1 && some == 2 && later == 3);
    ck_assert_int_eq(acting(faults, "/x", &effect), all);
    ck_assert_str_eq(effect.rule, "E23");
    ck_assert_int_eq(acting(faults, "/ab", &effect), some); /* the newest is within its `after` */
    ck_assert_uint_eq(effect.status, 500);
    ck_assert_ptr_null(effect.rule);
    ck_assert_int_eq(acting(faults, "/ab", &effect), later);
    ck_assert_int_eq(acting(faults, "/ab", &effect), some); /* it is used up */
    ck_assert_int_eq(acting(faults, "/ab", &effect), all);
    ck_assert_int_eq(acting(faults, "/a", &effect), all);
    check_counts(faults, later, 4, 1);
    check_counts(faults, some, 4, 2);
    check_counts(faults, all, 3, 3);
    faults_drop(faults, all);
    faults_drop(faults, 99);
    ck_assert_int_eq(acting(faults, "/a", &effect), 0);
    faults_clear(faults);
    ck_assert(!faults_are_set(faults));
    ck_assert_int_eq(add(faults, "{'effect': {'drop': 'after'}}"), 4);
    faults_free(faults);
}
END_TEST

START_TEST(effects_are_what_was_asked_for)
{
    struct faults *faults = faults_new();
    struct effect effect;
    (void)add(faults, EFFECT("{'status': 418, 'headers': {'Retry-After': '5', 'X-A': '\u00e4'},"
                             " 'body': {'a': [12345678901234567890, 1.50]}, 'delay_ms': 7,"
                             " 'delay_after_ms': 8, 'truncate': 9,"
                             " 'drip': {'bytes': 10, 'every_ms': 11}}"));
    ck_assert_int_eq(acting(faults, "/", &effect), 1);
    faults_clear(faults); /* what was found stays */
    ck_assert_uint_eq(effect.status, 418);
    ck_assert_str_eq(effect.headers[0].name, "Retry-After");
    ck_assert_str_eq(effect.headers[0].value, "5");
    ck_assert_str_eq(effect.headers[1].value, "\u00e4");
    ck_assert_ptr_null(effect.headers[2].name);
    ck_assert_str_eq(effect.body, "{\"a\":[12345678901234567890,1.50]}");
    ck_assert_uint_eq(effect.body_length, strlen(effect.body));
    ck_assert_str_eq(effect.content_type, "application/json;charset=UTF-8");
    ck_assert(effect.delay == 7 && effect.delay_after == 8 && effect.drop == DROP_NOT);
    ck_assert(effect.truncates && effect.truncate == 9);
    ck_assert(effect.drips && effect.drip_bytes == 10 && effect.drip_every == 11);
    faults_free(faults);
}
END_TEST

static const struct {
    const char *effect, *body, *type;
} bodies[] = {
    {"{'status': 200}", NULL, NULL},
    {"{'status': 200, 'body': null}", NULL, NULL},
    {"{'status': 200, 'body': ''}", "", "text/plain;charset=UTF-8"},
    {"{'status': 200, 'body': 'x'}", "x", "text/plain;charset=UTF-8"},
    {"{'status': 200, 'body': '{}'}", "{}", "text/plain;charset=UTF-8"},
    {"{'status': 200, 'body': '<p>'}", "<p>", "text/html;charset=UTF-8"},
    {"{'status': 200, 'body': 1.0}", "1.0", "application/json;charset=UTF-8"},
    {"{'status': 200, 'body': []}", "[]", "application/json;charset=UTF-8"},
    {"{'status': 200, 'body': false}", "false", "application/json;charset=UTF-8"},
    {"{'status': 200, 'body': [], 'headers': {'content-TYPE': 'a/b'}}", "[]", "a/b"},
    {"{'headers': {'Content-Type': 'a/b'}, 'status': 204}", NULL, "a/b"},
};

START_TEST(bodies_have_a_type)
{
    struct faults *faults = faults_new();
    struct effect effect;
    (void)add(faults, arena_printf(&arena, EFFECT("%s"), bodies[_i].effect));
    ck_assert_int_eq(acting(faults, "/", &effect), 1);
    ck_assert_pstr_eq(effect.body, bodies[_i].body);
    ck_assert_pstr_eq(effect.content_type, bodies[_i].type);
    ck_assert(effect.headers == NULL || effect.headers[0].name == NULL);
    faults_free(faults);
}
END_TEST

/* Which of the first 1000 requests are hit, as bits. */
static void hits(struct faults *faults, bool list[1000])
{
    struct effect effect;
    for (size_t i = 0; i < 1000; i++)
        list[i] = acting(faults, "/", &effect) > 0;
}

START_TEST(probability_is_the_same_for_the_same_seed)
{
    struct faults *one = faults_new(), *two = faults_new(), *other = faults_new();
    const char *plan = "{'times': null, 'probability': 0.25, 'seed': %d, 'effect': {'rule': 'E23'}}";
    (void)add(one, arena_printf(&arena, plan, 7));
    (void)add(two, arena_printf(&arena, plan, 7));
    (void)add(other, arena_printf(&arena, plan, 8));
    (void)add(two, "{'match': {'path': '/other'}, 'probability': 0.5, 'effect': {'rule': 'E7'}}");
    bool first[1000], second[1000], third[1000];
    size_t count = 0;
    hits(one, first);
    hits(two, second);
    hits(other, third);
    ck_assert_mem_eq(first, second, sizeof first);
    ck_assert_mem_ne(first, third, sizeof first);
    for (size_t i = 0; i < 1000; i++)
        count += first[i];
    ck_assert_msg(count > 200 && count < 300, "%zu", count);
    check_counts(one, 1, 1000, (double)count);
    struct faults *never = faults_new();
    (void)add(never, "{'times': null, 'probability': 0, 'effect': {'rule': 'E23'}}");
    hits(never, first);
    for (size_t i = 0; i < 1000; i++)
        ck_assert(!first[i]);
    faults_free(one);
    faults_free(two);
    faults_free(other);
    faults_free(never);
}
END_TEST

static const char *printed(cJSON *json)
{
    const char *text = json_print(&arena, json);
    cJSON_Delete(json);
    return text;
}

START_TEST(a_fault_is_told_as_it_was_given)
{
    struct faults *faults = faults_new();
    bool more;
    (void)add(faults, EFFECT("{'rule': 'E23'}"));
    (void)add(faults,
              "{'match': {'module': 'Leads', 'body': {'n': 1.50}}, 'after': 2, 'times': null,"
              " 'probability': 0.5, 'seed': 4294967295, 'effect': {'status': 200, 'body': 1.0}}");
    (void)add(faults, EFFECT("{'drop': 'before'}"));
    ck_assert_str_eq(printed(faults_tell(faults, 1, &arena)),
                     "{\"id\":\"1\",\"match\":{},\"after\":0,\"times\":1,\"probability\":1,\"seed\":0,"
                     "\"effect\":{\"rule\":\"E23\"},\"matched\":0,\"fired\":0}");
    ck_assert_str_eq(
        printed(faults_tell(faults, 2, &arena)),
        "{\"id\":\"2\",\"match\":{\"module\":\"Leads\",\"body\":{\"n\":1.50}},\"after\":2,"
        "\"times\":null,\"probability\":0.5,\"seed\":4294967295,\"effect\":{\"status\":200,"
        "\"body\":1.0},\"matched\":0,\"fired\":0}");
    ck_assert_ptr_null(faults_tell(faults, 4, &arena));
    static const struct {
        int64_t after;
        size_t most;
        int count;
        bool more;
    } pages[] = {{0, 10, 3, false}, {0, 3, 3, false}, {0, 2, 2, true},
                 {1, 1, 1, true},   {2, 1, 1, false}, {3, 1, 0, false}};
    for (size_t i = 0; i < COUNT(pages); i++) {
        cJSON *list = faults_list(faults, pages[i].after, pages[i].most, &arena, &more);
        ck_assert_int_eq(cJSON_GetArraySize(list), pages[i].count);
        ck_assert(more == pages[i].more);
        cJSON_Delete(list);
    }
    faults_free(faults);
}
END_TEST

START_TEST(what_matches_need_is_known)
{
    struct faults *faults = faults_new();
    ck_assert_uint_eq(faults_need(faults), 0);
    (void)add(faults, "{'match': {'path': '/**'}, 'effect': {'rule': 'E23'}}");
    ck_assert_uint_eq(faults_need(faults), 0);
    (void)add(faults, "{'match': {'user': 'x', 'body': {}}, 'effect': {'rule': 'E23'}}");
    (void)add(faults, "{'match': {'headers': {'a': 'b'}}, 'effect': {'rule': 'E23'}}");
    ck_assert_uint_eq(faults_need(faults), MATCH_USER | MATCH_JSON | MATCH_HEADERS);
    faults_drop(faults, 3);
    ck_assert_uint_eq(faults_need(faults), MATCH_USER | MATCH_JSON);
    faults_free(faults);
}
END_TEST

START_TEST(a_reset_begins_again)
{
    struct faults *faults = faults_new();
    struct match_fault fault = {.at = NULL};
    struct effect effect;
    cJSON *list = parsed("[{'effect': {'rule': 'E23'}}, {'effect': {'rule': 'E7'}}]");
    cJSON *wrong = parsed("[{'effect': {'rule': 'E23'}}, {'effect': {'rule': 'E8'}}]");
    (void)add(faults, EFFECT("{'status': 200}"));
    ck_assert(!faults_begin(faults, wrong, "$.faults", is_rule, &arena, &fault));
    ck_assert_str_eq(fault.at, "$.faults[1].effect.rule");
    ck_assert(!faults_begin(faults, json_member(wrong, "x"), "$.faults", is_rule, &arena, &fault));
    ck_assert_str_eq(fault.at, "$.faults");
    ck_assert_int_eq(acting(faults, "/", &effect), 1); /* nothing has changed */
    ck_assert(faults_begin(faults, list, "$.faults", is_rule, &arena, &fault));
    cJSON_Delete(list);
    ck_assert_int_eq(acting(faults, "/", &effect), 3);
    ck_assert_int_eq(acting(faults, "/", &effect), 2);
    ck_assert_int_eq(acting(faults, "/", &effect), 0);
    (void)add(faults, EFFECT("{'status': 200}"));
    faults_reset(faults);
    ck_assert_int_eq(acting(faults, "/", &effect), 6);
    ck_assert_str_eq(effect.rule, "E7");
    check_counts(faults, 6, 1, 1);
    check_counts(faults, 5, 0, 0);
    faults_clear(faults);
    faults_reset(faults);
    ck_assert_int_eq(acting(faults, "/", &effect), 8);
    cJSON_Delete(wrong);
    faults_free(faults);
    faults = faults_new();
    (void)add(faults, EFFECT("{'status': 200}"));
    faults_reset(faults); /* it began with none */
    ck_assert(!faults_are_set(faults));
    faults_free(faults);
}
END_TEST

START_TEST(there_are_a_thousand_at_most)
{
    struct faults *faults = faults_new();
    struct match_fault fault = {.at = "x"};
    for (int i = 0; i < FAULTS_MAX; i++)
        ck_assert_int_eq(add(faults, EFFECT("{'status': 200}")), i + 1);
    ck_assert_int_eq(add_or_fail(faults, EFFECT("{'status': 200}"), &fault), 0);
    ck_assert_ptr_null(fault.at);
    ck_assert_str_eq(fault.expected, "at most 1000 faults a sandbox");
    faults_drop(faults, 500);
    ck_assert_int_eq(add(faults, EFFECT("{'status': 200}")), FAULTS_MAX + 1);
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i <= FAULTS_MAX; i++)
        cJSON_AddItemToArray(list, cJSON_CreateObject());
    ck_assert(!faults_begin(faults, list, "$", is_rule, &arena, &fault));
    ck_assert_str_eq(fault.expected, "expected at most 1000 faults");
    cJSON_Delete(list);
    faults_free(faults);
}
END_TEST

enum { THREADS = 4, REQUESTS = 2000, TIMES = 3000 };

static struct faults *shared;

/* The requests on which the one acted that has a status. */
static void *send_requests(void *context)
{
    size_t *fired = context;
    struct arena own = {.blocks = NULL};
    for (int i = 0; i < REQUESTS; i++) {
        struct effect effect = {.status = 0};
        bool found = faults_find(shared, &anything, &own, &effect);
        *fired += found && effect.status == 500 && strcmp(effect.body, "text") == 0;
        arena_reset(&own);
    }
    arena_clear(&own);
    return NULL;
}

/* Others come and go meanwhile; each request that the first acts on is counted once. */
START_TEST(threads_share_faults)
{
    struct arena own = {.blocks = NULL};
    pthread_t threads[THREADS];
    size_t fired[THREADS] = {0}, all = 0;
    shared = faults_new();
    (void)add(shared,
              arena_printf(&arena, "{'times': %d, 'effect': {'status': 500, 'body': 'text'}}", TIMES));
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, send_requests, &fired[i]), 0);
    cJSON *other = parsed("{'match': {'path': '/crm/**'}, 'probability': 0.5, 'seed': 3, 'times': null,"
                          " 'effect': {'rule': 'E23'}}");
    for (int i = 0; i < 200; i++) {
        struct match_fault fault;
        int64_t id = faults_add(shared, other, "$", is_rule, &own, &fault);
        ck_assert_int_gt(id, 0);
        cJSON_Delete(faults_tell(shared, id, &own));
        ck_assert(faults_are_set(shared));
        ck_assert_uint_eq(faults_need(shared), 0);
        faults_drop(shared, id);
    }
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        all += fired[i];
    }
    struct effect effect;
    while (all < TIMES && acting(shared, "/", &effect) == 1) /* what the others took */
        all++;
    ck_assert_uint_eq(all, TIMES);
    ck_assert_int_eq(acting(shared, "/", &effect), 0);
    cJSON_Delete(other);
    faults_free(shared);
    arena_clear(&own);
}
END_TEST

static void clear_arena(void)
{
    arena_clear(&arena);
}

/* A text so many times, with commas between. */
static const char *repeated(unsigned count, const char *text)
{
    char *list = arena_alloc(&arena, count * (strlen(text) + 1) + 1), *at = list;
    for (unsigned i = 0; i < count; i++)
        at = stpcpy(stpcpy(at, i == 0 ? "" : ","), text);
    return list;
}

/* Each of the newer ones takes as long as one may, and the oldest a moment: what one request takes is
 * bounded, however many there are. */
START_TEST(faults_share_the_steps_of_a_request)
{
    struct faults *faults = faults_new();
    struct effect effect;
    struct seen seen = anything;
    cJSON *json = parsed(arena_printf(&arena, "[%s,1]", repeated(1000, "0")));
    seen.json = json;
    const int64_t oldest = add(faults, "{'effect': {'rule': 'E23'}, 'times': null,"
                                       " 'match': {'body': {'$contains': [1]}}}");
    const char *slow =
        arena_printf(&arena, "{'effect': {'rule': 'E7'}, 'match': {'body': {'$contains': [%s]}}}",
                     repeated(600, "1"));
    for (unsigned i = 0; i < FAULTS_STEPS_MAX / MATCH_STEPS_MAX - 1; i++)
        (void)add(faults, slow);
    ck_assert(faults_find(faults, &seen, &arena, &effect) && effect.fault_id == oldest);
    (void)add(faults, slow);
    ck_assert(!faults_find(faults, &seen, &arena, &effect));
    const int64_t any = add(faults, EFFECT("{'rule': 'E23'}"));
    ck_assert(faults_find(faults, &seen, &arena, &effect) && effect.fault_id == any);
    cJSON_Delete(json);
    faults_free(faults);
}
END_TEST

TCase *planned_tests(void)
{
    TCase *tests = tcase_create("planned");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, NULL, clear_arena);
    tcase_add_loop_test(tests, what_is_faulty_is_told, 0, COUNT(faulty));
    tcase_add_test(tests, headers_have_bounds);
    tcase_add_test(tests, the_newest_that_matches_acts);
    tcase_add_test(tests, effects_are_what_was_asked_for);
    tcase_add_loop_test(tests, bodies_have_a_type, 0, COUNT(bodies));
    tcase_add_test(tests, probability_is_the_same_for_the_same_seed);
    tcase_add_test(tests, a_fault_is_told_as_it_was_given);
    tcase_add_test(tests, what_matches_need_is_known);
    tcase_add_test(tests, a_reset_begins_again);
    tcase_add_test(tests, there_are_a_thousand_at_most);
    tcase_add_test(tests, threads_share_faults);
    tcase_add_test(tests, faults_share_the_steps_of_a_request);
    return tests;
}
