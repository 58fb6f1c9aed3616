/* The cases of parity are what they say: crmock answers each by its row. */
#include <string.h>

#include "app_rig.h"
#include "parity/side.h"
#include "unit.h"

static bool never(void *context, long milliseconds)
{
    (void)context, (void)milliseconds;
    return false;
}

static const char *const modules[] = {
    "Leads",           "Contacts", "Accounts",  "Deals",       "Campaigns", "Products",
    "Vendors",         "Invoices", "Solutions", "Price_Books", "Quotes",    "Sales_Orders",
    "Purchase_Orders", "Tasks",    "Events",    "Calls",       "Projects"};

struct rig {
    struct arena arena;
    struct app *app;
    struct client *client;
    struct parity parity;
    struct side side;
};

static void rig_open(struct rig *rig, const char *module)
{
    const char *reason = "";
    *rig = (struct rig){.app = NULL};
    struct app_options options = app_rig_options();
    options.budget = (struct store_budget){.milliseconds = 60000, .steps = 1000000000};
    rig->app = app_rig_start(&options, &rig->arena);
    rig->client = client_new(&rig->arena, &reason);
    ck_assert_msg(rig->client != NULL, "%s", reason);
    rig->parity = (struct parity){.options = {.module = module}, .rest = never};
    rig->side = (struct side){.parity = &rig->parity,
                              .client = rig->client,
                              .arena = &rig->arena,
                              .is_own = true,
                              .url = app_url(rig->app),
                              .accounts = app_url(rig->app),
                              .token = "1000.crmock.admin",
                              .client_id = "1000.CRMOCK",
                              .client_secret = "crmock-secret"};
    ck_assert_msg(side_find(&rig->side, NULL, &reason), "%s: %s", module, reason);
    ck_assert_str_eq(rig->side.module, module);
    ck_assert_ptr_nonnull(rig->side.record);
}

static void rig_close(struct rig *rig)
{
    side_clear(&rig->side);
    client_free(rig->client);
    app_stop(rig->app);
    arena_clear(&rig->arena);
}

static void check_case(const struct side *side, const struct parity_case *asked, const char *version)
{
    struct client_answer answer;
    side_ask_case(side, asked, version, &answer);
    const char *rule = client_header(&answer, "X-Crmock-Rule");
    ck_assert_msg(answer.status != 0 && strcmp(rule != NULL ? rule : "", asked->row) == 0,
                  "%s, %s, in %s of %s: %u %s", asked->row, asked->what, version, side->module,
                  answer.status, rule != NULL ? rule : answer.body);
    bool is_refused = answer.status >= 400 || strcmp(asked->row, "") != 0;
    ck_assert_msg(asked->writes || is_refused || answer.status == 204, "%s, %s: %u", asked->row,
                  asked->what, answer.status);
}

START_TEST(each_case_is_its_row_in_every_version)
{
    static const char *const versions[] = {"v2", "v2.1", "v3", "v4", "v5", "v6", "v7", "v8"};
    struct rig rig;
    rig_open(&rig, "Leads");
    for (size_t i = 0; i < parity_case_count; i++)
        for (size_t version = 0; version < COUNT(versions); version++) {
            ck_assert_ptr_null(side_lacks(&rig.side, &parity_cases[i]));
            if (case_is_in(&parity_cases[i], versions[version]))
                check_case(&rig.side, &parity_cases[i], versions[version]);
        }
    rig_close(&rig);
}
END_TEST

START_TEST(each_case_is_its_row_in_every_module)
{
    struct rig rig;
    rig_open(&rig, modules[_i]);
    for (size_t i = 0; i < parity_case_count; i++)
        if (side_lacks(&rig.side, &parity_cases[i]) == NULL)
            check_case(&rig.side, &parity_cases[i], "v8");
    rig_close(&rig);
}
END_TEST

/* Names in braces that nothing stands for would be sent as they are. */
START_TEST(every_name_of_a_case_is_filled_in)
{
    struct rig rig;
    rig_open(&rig, "Leads");
    for (size_t i = 0; i < parity_case_count; i++) {
        const char *texts[] = {parity_cases[i].path, parity_cases[i].body};
        for (size_t text = 0; text < COUNT(texts); text++) {
            const char *at = texts[text] != NULL ? side_fill(&rig.side, "v8", texts[text]) : "";
            for (at = strchr(at, '{'); at != NULL; at = strchr(at + 1, '{'))
                ck_assert_msg(at[1] == '"' || at[1] == '}', "%s: %s", parity_cases[i].what, at);
        }
    }
    rig_close(&rig);
}
END_TEST

/* What is sent without --write is about nothing that there is, or sets no field. */
START_TEST(a_case_that_does_not_write_names_no_record_that_there_is)
{
    for (size_t i = 0; i < parity_case_count; i++) {
        const struct parity_case *asked = &parity_cases[i];
        bool is_sent = asked->body != NULL && !asked->is_form;
        ck_assert_msg(asked->writes || !is_sent ||
                          (strstr(asked->body, "{record}") == NULL &&
                           strstr(asked->body, "{view}") == NULL &&
                           strstr(asked->path, "{record}") == NULL),
                      "%s, %s", asked->row, asked->what);
        ck_assert_str_ne(asked->method, "DELETE");
    }
}
END_TEST

TCase *parity_tests(void)
{
    TCase *parity = tcase_create("parity");
    tcase_set_timeout(parity, 600);
    tcase_set_tags(parity, LONG_TESTS);
    tcase_add_test(parity, each_case_is_its_row_in_every_version);
    tcase_add_loop_test(parity, each_case_is_its_row_in_every_module, 0, COUNT(modules));
    tcase_add_test(parity, every_name_of_a_case_is_filled_in);
    tcase_add_test(parity, a_case_that_does_not_write_names_no_record_that_there_is);
    return parity;
}
