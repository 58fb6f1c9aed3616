/* Rows on demand look like those that the service comes to by itself. */
#include <string.h>

#include "api/api.h"
#include "api/version.h"
#include "unit.h"

#define LEADS "Leads/actions/mass_update"
#define DEALS "Deals/actions/mass_update"
#define CITY "{\"data\":[{\"City\":\"x\"}],"
#define OF(id) "\"ids\":[\"5540230000006000" id "\"]}"

/* Requests that are refused by their row in all versions; token NULL: the administrator's. */
static const struct {
    const char *rule, *method, *path, *body, *token;
} cases[] = {
    {"E1", "POST", LEADS, "{\"data\":[{}]," OF("01"), NULL},
    {"E1", "POST", LEADS, "{\"data\":[]," OF("01"), NULL},
    {"E2", "POST", LEADS, "{\"data\":[{\"City\":\"x\",\"State\":\"y\"}]," OF("01"), NULL},
    {"E2", "POST", DEALS, "{\"data\":[{\"a\":1,\"b\":1,\"c\":1,\"d\":1}]," OF("01"), NULL},
    {"E3", "POST", LEADS, "{\"data\":[{\"Nothing\":1}]," OF("01"), NULL},
    {"E4", "POST", LEADS, "{\"data\":[{\"Rating\":\"Active\"}]," OF("01"), NULL},
    {"E6", "POST", LEADS, "{\"data\":[{\"Skype_ID\":\"x\"}]," OF("21"), "1000.crmock.standard"},
    {"E7", "POST", LEADS, CITY "\"ids\":[\"1\",2,\"x\",\"1\"]}", NULL},
    {"E7", "POST", LEADS, CITY "\"cvid\":\"1\"}", NULL},
    {"E7", "PUT", "Leads/1", CITY "\"ids\":[]}", NULL},
    {"E7", "PUT", "Leads", "{\"data\":[{\"id\":\"1\",\"City\":\"x\"},{\"id\":2}]}", NULL},
    {"E7", "DELETE", "Leads?ids=1,2, 3,,", "", NULL},
    {"E7", "DELETE", "Leads/1", "", NULL},
    {"E7", "GET", "Leads?fields=City&cvid=1", "", NULL},
    {"E10", "POST", LEADS, CITY "\"x\":1}", NULL},
    {"E10", "POST", LEADS, CITY "\"criteria\":[{}]}", NULL},
    {"E10", "POST", LEADS, CITY "\"territory\":{\"id\":\"1\"},\"criteria\":null}", NULL},
    {"E13", "POST", LEADS, CITY "\"cvid\":\"554023000000050001\"}", NULL},
    {"E17", "POST", LEADS, "{\"data\":[{\"No_of_Employees\":5}]," OF("21"), "1000.crmock.standard"},
    {"E19", "POST", LEADS, CITY "\"cvid\":\"554023000000091515\"}", NULL},
    {"E20", "POST", "Notes/actions/mass_update", "{}", NULL},
    {"E21", "POST", LEADS "s", "{}", NULL},
    {"E22", "POST", LEADS, CITY OF("01"), "1000.crmock.read"},
    {"E24", "PUT", LEADS, "{}", NULL},
    {"E27", "POST", LEADS, CITY OF("15"), NULL},
    {"E27", "PUT", "Leads", "{\"data\":[{\"id\":\"554023000000600015\",\"City\":\"x\"}]}", NULL},
    {"E29", "POST", LEADS, "{}", ""},
    {"E30", "POST", LEADS, "{}", "1000.crmock.nobody"},
    {"E31", "POST", LEADS, "nothing", NULL},
    {"E32", "POST", LEADS, "{\"data\":[{\"Lead_Source\":\"Nowhere\"}]," OF("01"), NULL},
    {"E32", "POST", LEADS, "{\"data\":[{\"Lead_Source\":1}]," OF("01"), NULL},
    {"E32", "POST", LEADS, "{\"data\":[{\"Phone\":\"()\"}]," OF("01"), NULL},
    {"E32", "POST", LEADS, "{\"data\":[{\"No_of_Employees\":\"3-4\"}]," OF("01"), NULL},
    {"E37", "POST", LEADS, "{\"data\":[{\"Fax\":\"1\"}],\"cvid\":\"554023000000091501\"}", NULL},
    {"M1", "POST", DEALS,
     "{\"data\":[{\"Contract\":\"Partner agreement\"}],\"ids\":[\"554023000000497007\"]}", NULL},
    {"M3", "POST", DEALS,
     "{\"data\":[{\"Pipeline\":\"Renewals\",\"Stage\":\"Needs Analysis\"}],\"ids\":["
     "\"554023000000497007\"]}",
     NULL},
    {"G1", "GET", LEADS "?job_id=1", "", NULL},
    {"G2", "GET", LEADS, "", NULL},
    {"G6", "GET", "Notes/actions/mass_update?job_id=1", "", NULL},
    {"P1", "GET", "settings/fields", "", NULL},
    {"P1", "GET", "Leads/search", "", NULL},
    {"P1", "DELETE", "Leads", "", NULL},
    {"P2", "POST", "Leads", "{}", NULL},
    {"P2", "POST", "Leads", "{\"data\":[{\"Last_Name\":\"\"}]}", NULL},
    {"P4", "GET", "Leads/search?criteria=x", "", NULL},
    {"P5", "GET", "Leads/1/Locking_Information__s?fields=x", "", NULL},
    {"P14", "GET", "settings/modules", "", "1000.crmock.read"},
    {"P15", "GET", "settings/modules", "", "1000.crmock.closed"},
};

/* Parameters stand in the path, and need no decoding. */
static const char *parameter(const struct request *request, const char *name)
{
    const char *at = request->connection;
    size_t length = strlen(name);
    for (; at != NULL; at = strchr(at, '&'))
        if (strncmp(++at, name, length) == 0 && at[length] == '=')
            return at + length + 1;
    return NULL;
}

static const char *no_form(const struct request *request, const char *name)
{
    (void)request;
    (void)name;
    return NULL;
}

static struct request request_of(size_t which, enum version_number version, struct arena *arena)
{
    const char *token = cases[which].token != NULL ? cases[which].token : "1000.crmock.admin";
    char *path = arena_printf(arena, "/crm/%s/%s", versions[version].name, cases[which].path);
    char *query = strchr(path, '?');
    struct request request = {.method = cases[which].method,
                              .path = path,
                              .authorization = arena_printf(arena, "Bearer %s", token),
                              .body = cases[which].body,
                              .body_length = strlen(cases[which].body),
                              .query = parameter,
                              .form = no_form};
    if (query != NULL) {
        request.connection = arena_strdup(arena, query);
        *query = '\0';
    }
    return request;
}

static struct test_store test;
static struct clock test_clock;
static struct crm crm;

static void open_world(void)
{
    test = (struct test_store){.store = NULL};
    test_store_open(&test);
    test_store_lend(&test);
    test_clock = (struct clock){.stands = true, .seconds = 1614334436};
    crm =
        (struct crm){.store = test.store, .orgs = &test.orgs, .clock = &test_clock, .log = &quiet_log};
}

static void close_world(void)
{
    test_store_close(&test);
}

/* Not all rows are in all versions; that of a view is another with the second column. */
START_TEST(a_row_on_demand_is_like_the_services)
{
    for (enum answers answers = ANSWERS_PAGE; answers <= ANSWERS_CURRENT; answers++)
        for (enum version_number version = V2; version < VERSIONS; version++) {
            struct api api = {.crm = &crm, .sandbox = MAIN_SANDBOX, .answers = answers};
            const struct request request = request_of((size_t)_i, version, &test.arena);
            struct response natural = {.status = 0}, forced = {.status = 0};
            api_respond(&api, &request, &test.arena, &natural);
            api_respond_rule(&api, &request, cases[_i].rule, &test.arena, &forced);
            const char *what =
                arena_printf(&test.arena, "%s of %s in %s: %s, not %s", cases[_i].rule, request.path,
                             versions[version].name, forced.body, natural.body);
            ck_assert_msg(natural.rule != NULL && strcmp(natural.rule, cases[_i].rule) == 0, "%s",
                          what);
            ck_assert_msg(strcmp(forced.rule, natural.rule) == 0, "%s", what);
            ck_assert_msg(forced.status == natural.status, "%s", what);
            ck_assert_msg(forced.body_length == natural.body_length &&
                              strcmp(forced.body, natural.body) == 0,
                          "%s", what);
            ck_assert_msg((forced.content_type == NULL) == (natural.content_type == NULL), "%s", what);
            ck_assert_ptr_null(forced.hint);
        }
}
END_TEST

/* Of any request, even of none that is served. */
START_TEST(each_row_can_be_had_of_each_request)
{
    static const char *const letters[] = {"E", "M", "G", "P", "H", "D", "O", "X"};
    enum { ROWS_MAX = 40 };
    size_t known = 0;
    for (size_t i = 0; i < COUNT(letters); i++)
        for (int number = 0; number < ROWS_MAX; number++) {
            const char *rule = arena_printf(&test.arena, "%s%d", letters[i], number);
            if (!api_knows_rule(rule))
                continue;
            known++;
            for (size_t which = 0; which < COUNT(cases); which++) {
                struct api api = {.crm = &crm, .sandbox = MAIN_SANDBOX};
                struct request request = request_of(which, V8, &test.arena);
                if (which == 0)
                    request.path = "/nowhere";
                struct response response = {.status = 0};
                api_respond_rule(&api, &request, rule, &test.arena, &response);
                ck_assert_ptr_nonnull(response.body);
                ck_assert_uint_ge(response.status, 200);
                ck_assert_msg(strcmp(rule, "O21") == 0 || strcmp(response.rule, rule) == 0, "%s for %s",
                              response.rule, rule);
            }
            arena_clear(&test.arena);
        }
    ck_assert_uint_ge(known, 90);
    ck_assert(!api_knows_rule("") && !api_knows_rule("E") && !api_knows_rule("e1") &&
              !api_knows_rule("E1 ") && !api_knows_rule("E01"));
}
END_TEST

TCase *rules_tests(void)
{
    TCase *tests = tcase_create("rules");
    tcase_set_timeout(tests, 300);
    tcase_set_tags(tests, LONG_TESTS);
    tcase_add_checked_fixture(tests, open_world, close_world);
    tcase_add_loop_test(tests, a_row_on_demand_is_like_the_services, 0, COUNT(cases));
    tcase_add_test(tests, each_row_can_be_had_of_each_request);
    return tests;
}
