/* What the OAuth server rests on: addresses, scopes, credentials, seals, and the life of a form. */
#include <string.h>

#include "api/api.h"
#include "base/basic.h"
#include "base/redirect.h"
#include "base/scopes.h"
#include "base/seal.h"
#include "unit.h"

enum address { BAD, ELSEWHERE, HERE };

static const struct {
    const char *uri;
    enum address is;
} addresses[] = {
    {"http://localhost", HERE},
    {"http://localhost/", HERE},
    {"https://localhost:3000/callback", HERE},
    {"HTTP://LOCALHOST:3000/callback?x=1&y=%20", HERE},
    {"http://127.0.0.1:65535/a", HERE},
    {"http://127.255.255.254/", HERE},
    {"http://[::1]/", HERE},
    {"https://[::1]:8443/a?b", HERE},
    {"http://[0:0:0:0:0:0:0:1]/", HERE},
    {"http://localhost:/", HERE},
    {"http://127.0.0.1/a@b:c", HERE},
    {"https://app.example/callback", ELSEWHERE},
    {"http://localhost.app.example/", ELSEWHERE},
    {"http://app-localhost/", ELSEWHERE},
    {"http://localhost./", ELSEWHERE},
    {"http://127.0.0.1.app.example/", ELSEWHERE},
    {"http://126.255.255.255/", ELSEWHERE},
    {"http://128.0.0.1/", ELSEWHERE},
    {"http://0.0.0.0/", ELSEWHERE},
    {"http://10.0.0.1/", ELSEWHERE},
    {"http://192.168.0.1/", ELSEWHERE},
    {"http://127.1/", ELSEWHERE},
    {"http://2130706433/", ELSEWHERE},
    {"http://0x7f.0.0.1/", ELSEWHERE},
    {"http://[::]/", ELSEWHERE},
    {"http://[::2]/", ELSEWHERE},
    {"http://[::ffff:127.0.0.1]/", ELSEWHERE},
    {"http://app.example/?http://localhost/", ELSEWHERE},
    {"http://app.example/localhost", ELSEWHERE},
    {"", BAD},
    {"/callback", BAD},
    {"//localhost/callback", BAD},
    {"localhost/callback", BAD},
    {"localhost:3000/callback", BAD},
    {"http:", BAD},
    {"http:/", BAD},
    {"http://", BAD},
    {"http:///callback", BAD},
    {"http:localhost", BAD},
    {"http:/localhost/callback", BAD},
    {"http://:3000/", BAD},
    {"http://?localhost", BAD},
    {"ftp://localhost/", BAD},
    {"javascript:alert(1)", BAD},
    {"javascript://localhost/%0aalert(1)", BAD},
    {"data:text/html,x", BAD},
    {"file:///etc/passwd", BAD},
    {"app://localhost/", BAD},
    {"http://user@localhost/", BAD},
    {"http://user:secret@localhost/", BAD},
    {"http://@localhost/", BAD},
    {"http://localhost@app.example/", BAD},
    {"http://localhost:3000@app.example/", BAD},
    {"http://localhost/#", BAD},
    {"http://localhost/#part", BAD},
    {"http://localhost#@app.example/", BAD},
    {"http://app.example\\@localhost/", BAD},
    {"http://localhost\\.app.example/", BAD},
    {"http:\\\\localhost/", BAD},
    {"http://localhost/\r\nSet-Cookie: x", BAD},
    {"http://localhost/\nx", BAD},
    {"http://localhost/ x", BAD},
    {" http://localhost/", BAD},
    {"http://localhost/\tx", BAD},
    {"http://local host/", BAD},
    {"http://localhost/\x7f", BAD},
    {"http://localhost/\xc3\xa9", BAD},
    {"http://localhost/<script>", BAD},
    {"http://localhost/\"", BAD},
    {"http://localhost:65536/", BAD},
    {"http://localhost:80x/", BAD},
    {"http://localhost:-1/", BAD},
    {"http://[::1/", BAD},
    {"http://::1/", BAD},
    {"http://localhost/%zz", BAD},
    {"http://localhost%00.app.example/", BAD},
};

START_TEST(addresses_are_told_apart)
{
    const char *uri = addresses[_i].uri, *fault = redirect_fault(uri);
    ck_assert_msg((fault != NULL) == (addresses[_i].is == BAD), "\"%s\": %s", uri,
                  fault != NULL ? fault : "taken");
    ck_assert_msg(redirect_is_loopback(uri) == (addresses[_i].is == HERE), "\"%s\"", uri);
}
END_TEST

static const struct {
    const char *text;
    const char *by_blanks; /* NULL: refused */
    const char *wrong;     /* what is */
} scope_lists[] = {
    {"ZohoCRM.mass_update.ALL", "ZohoCRM.mass_update.ALL", NULL},
    {"ZohoCRM.mass_update.leads.UPDATE", "ZohoCRM.mass_update.leads.UPDATE", NULL},
    {"AaaServer.profile.Read", "AaaServer.profile.Read", NULL},
    {"zohocrm.modules.read", "zohocrm.modules.read", NULL},
    {"ZohoCRM.modules.ALL,ZohoCRM.settings.global_picklist.ALL",
     "ZohoCRM.modules.ALL ZohoCRM.settings.global_picklist.ALL", NULL},
    {" ZohoCRM.modules.ALL, ZohoCRM.users.ALL\t,", "ZohoCRM.modules.ALL ZohoCRM.users.ALL", NULL},
    {"", NULL, ""},
    {" ,", NULL, ""},
    {"ALL", NULL, "ALL"},
    {"ZohoCRM.ALL", NULL, "ZohoCRM.ALL"},
    {"ZohoCRM.a.b.c.ALL", NULL, "ZohoCRM.a.b.c.ALL"},
    {"ZohoCRM..ALL", NULL, "ZohoCRM..ALL"},
    {"ZohoCRM.modules.", NULL, "ZohoCRM.modules."},
    {".modules.ALL", NULL, ".modules.ALL"},
    {"ZohoCRM.modules.ALL,x", NULL, "x"},
    {"ZohoCRM.modules.SOME,x", NULL, "ZohoCRM.modules.SOME"},
    {"ZohoCRM.modules.ALL;ZohoCRM.users.ALL", NULL, "ZohoCRM.modules.ALL;ZohoCRM.users.ALL"},
    {"ZohoCRM.mod\xef\xbf\xbdules.ALL", NULL, "ZohoCRM.mod\xef\xbf\xbdules.ALL"},
    {"ZohoCRM.modules.ALL\n", NULL, "ZohoCRM.modules.ALL\n"},
    {"<b>.modules.ALL", NULL, "<b>.modules.ALL"},
};

START_TEST(scopes_have_a_shape)
{
    struct arena arena = {.blocks = NULL};
    const char *wrong, *text = scope_lists[_i].text;
    size_t length;
    bool known = scopes_are_known(text, &wrong, &length);
    ck_assert_msg(known == (scope_lists[_i].by_blanks != NULL), "\"%s\"", text);
    if (known)
        ck_assert_str_eq(scopes_by_blanks(&arena, text), scope_lists[_i].by_blanks);
    else
        ck_assert_str_eq(arena_strndup(&arena, wrong, length), scope_lists[_i].wrong);
    arena_clear(&arena);
}
END_TEST

static const struct {
    const char *header;
    enum basic is;
    const char *name, *secret;
} credentials[] = {
    {NULL, BASIC_ABSENT, NULL, NULL},
    {"", BASIC_ABSENT, NULL, NULL},
    {"Bearer YTpi", BASIC_ABSENT, NULL, NULL},
    {"Basically YTpi", BASIC_ABSENT, NULL, NULL},
    {"Basic YTpi", BASIC_GOOD, "a", "b"},
    {"basic YTpi", BASIC_GOOD, "a", "b"},
    {"BASIC   YTpi", BASIC_GOOD, "a", "b"},
    {"Basic YTpiOmM=", BASIC_GOOD, "a", "b:c"},
    {"Basic Og==", BASIC_GOOD, "", ""},
    {"Basic w6k6w6k=", BASIC_GOOD, "\u00e9", "\u00e9"},
    {"Basic", BASIC_MALFORMED, NULL, NULL},
    {"Basic ", BASIC_MALFORMED, NULL, NULL},
    {"Basic x", BASIC_MALFORMED, NULL, NULL},
    {"Basic YWI=", BASIC_MALFORMED, NULL, NULL},    /* no colon */
    {"Basic YTpiOmM", BASIC_MALFORMED, NULL, NULL}, /* not padded */
    {"Basic YTpi=", BASIC_MALFORMED, NULL, NULL},   /* too much so */
    {"Basic YT pi", BASIC_MALFORMED, NULL, NULL},   /* blanks within */
    {"Basic YTpi YTpi", BASIC_MALFORMED, NULL, NULL},
    {"Basic YTpiAA==", BASIC_MALFORMED, NULL, NULL}, /* a zero byte */
    {"Basic Yf86Yg==", BASIC_MALFORMED, NULL, NULL}, /* no UTF-8 */
    {"Basic a:b", BASIC_MALFORMED, NULL, NULL},
};

START_TEST(credentials_are_read_or_refused)
{
    struct arena arena = {.blocks = NULL};
    const char *name = NULL, *secret = NULL;
    ck_assert_int_eq(basic_read(credentials[_i].header, &arena, &name, &secret), credentials[_i].is);
    if (credentials[_i].name != NULL) {
        ck_assert_str_eq(name, credentials[_i].name);
        ck_assert_str_eq(secret, credentials[_i].secret);
    }
    arena_clear(&arena);
}
END_TEST

START_TEST(a_seal_with_a_key_is_made_by_nobody_else)
{
    struct arena arena = {.blocks = NULL};
    const char *sealed = seal_text_by(&arena, "key", "text");
    ck_assert_str_eq(seal_open_by(&arena, "key", sealed), "text");
    static const char *const keys[] = {"", "k", "key2", "Key", "yek"};
    for (size_t i = 0; i < COUNT(keys); i++) {
        ck_assert_ptr_null(seal_open_by(&arena, keys[i], sealed));
        ck_assert_ptr_null(seal_open_by(&arena, "key", seal_text_by(&arena, keys[i], "text")));
    }
    ck_assert_ptr_null(seal_open_by(&arena, "key", seal_text(&arena, "text", "key")));
    ck_assert_ptr_null(seal_open_by(&arena, "key", ""));
    char *altered = arena_strdup(&arena, sealed);
    for (size_t i = 0; altered[i] != '\0'; i++) {
        altered[i] ^= 1;
        ck_assert_ptr_null(seal_open_by(&arena, "key", altered));
        altered[i] ^= 1;
    }
    arena_clear(&arena);
}
END_TEST

/* A request as the tests below make it: parameters by their names. */
struct asked {
    const char *names[8], *values[8];
};

static const char *parameter(const struct request *request, const char *name)
{
    const struct asked *asked = request->connection;
    for (size_t i = 0; i < COUNT(asked->names) && asked->names[i] != NULL; i++)
        if (strcmp(asked->names[i], name) == 0)
            return asked->values[i];
    return NULL;
}

static const char *base_url(const struct request *request)
{
    (void)request;
    return "http://crmock";
}

static struct response ask(struct api *api, struct arena *arena, const char *method,
                           struct asked *asked)
{
    const struct request request = {.method = method,
                                    .path = "/oauth/v2/auth",
                                    .body = "",
                                    .query = parameter,
                                    .form = parameter,
                                    .base_url = base_url,
                                    .connection = asked};
    struct response response = {.status = 0};
    api_respond(api, &request, arena, &response);
    return response;
}

static const char *form_in(struct arena *arena, const char *page)
{
    static const char before[] = "name=\"form\" value=\"";
    const char *at = strstr(page, before);
    ck_assert_ptr_nonnull(at);
    at += sizeof before - 1;
    return arena_strndup(arena, at, strcspn(at, "\""));
}

START_TEST(a_form_is_good_for_ten_minutes_at_the_server_that_made_it)
{
    struct test_store test;
    test_store_open(&test);
    test_store_lend(&test);
    struct clock clock = {.stands = true, .seconds = 1614334436};
    const struct crm crm = {
        .store = test.store, .orgs = &test.orgs, .clock = &clock, .log = &quiet_log};
    struct api api = {.crm = &crm, .token_ttl = 1000, .sandbox = MAIN_SANDBOX, .form_key = "one"};
    struct asked login = {.names = {"response_type", "client_id", "scope", "redirect_uri"},
                          .values = {"code", "1000.CRMOCK", "ZohoCRM.modules.ALL", "http://[::1]/"}};
    struct response page = ask(&api, &test.arena, "GET", &login);
    ck_assert_uint_eq(page.status, 200);
    struct asked answer = {.names = {"form", "answer"},
                           .values = {form_in(&test.arena, page.body), "reject"}};
    static const struct {
        int64_t later;
        unsigned status;
    } times[] = {{0, 302}, {599, 302}, {600, 400}, {601, 400}, {100000, 400}, {1, 302}};
    for (size_t i = 0; i < COUNT(times); i++) {
        clock.seconds = 1614334436 + times[i].later;
        struct response response = ask(&api, &test.arena, "POST", &answer);
        ck_assert_uint_eq(response.status, times[i].status);
        if (response.status == 400)
            ck_assert_str_eq(response.hint, "the form was good for ten minutes: begin again");
    }
    memcpy(api.form_key, "two", sizeof "two");
    struct response response = ask(&api, &test.arena, "POST", &answer);
    ck_assert_uint_eq(response.status, 400);
    ck_assert_str_eq(response.rule, "O19");
    ck_assert_ptr_nonnull(strstr(response.hint, "since it started"));
    test_store_close(&test);
}
END_TEST

TCase *oauth_tests(void)
{
    TCase *tests = tcase_create("oauth");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, addresses_are_told_apart, 0, COUNT(addresses));
    tcase_add_loop_test(tests, scopes_have_a_shape, 0, COUNT(scope_lists));
    tcase_add_loop_test(tests, credentials_are_read_or_refused, 0, COUNT(credentials));
    tcase_add_test(tests, a_seal_with_a_key_is_made_by_nobody_else);
    tcase_add_test(tests, a_form_is_good_for_ten_minutes_at_the_server_that_made_it);
    return tests;
}
