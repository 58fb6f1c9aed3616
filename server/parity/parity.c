#include "parity/parity.h"

#include <string.h>

#include "parity/difference.h"
#include "parity/report.h"
#include "parity/side.h"
#include "parity/telling.h"

#ifndef CRMOCK_VERSION
#define CRMOCK_VERSION "unknown"
#endif

enum {
    SILENCES = 3, /* without an answer, one after the other, until it is given up */
    UNAUTHORIZED = 401
};

static const char *const versions[] = {"v8", "v2"};

/* The administrator and the client of the default org. */
#define OWN_TOKEN "1000.crmock.admin"
#define OWN_CLIENT "1000.CRMOCK"
#define OWN_SECRET "crmock-secret"

struct run {
    const struct parity *parity;
    struct arena *arena;
    struct side own, theirs;
    struct report report;
    cJSON *cases, *reported;
    size_t asked, differing;
    int silences;
    bool has_written;
};

static bool is_asked_in(const struct parity *parity, const struct parity_case *asked, size_t version)
{
    return (version == 0 || asked->versions == VERSION_BOTH) && case_is_in(asked, versions[version]) &&
           (!asked->writes || parity->options.writes);
}

static size_t count_calls(const struct run *run)
{
    size_t count = 0;
    for (size_t i = 0; i < parity_case_count; i++)
        for (size_t version = 0; version < COUNT(versions); version++)
            if (is_asked_in(run->parity, &parity_cases[i], version) &&
                side_lacks(&run->theirs, &parity_cases[i]) == NULL)
                count++;
    return count;
}

/* What crmock itself did: a row that is another is a fault of the case, or of crmock. */
static void note_rule(const struct parity_case *asked, const struct client_answer *answer,
                      cJSON *differences)
{
    const char *rule = client_header(answer, "X-Crmock-Rule");
    if (strcmp(rule != NULL ? rule : "", asked->row) == 0)
        return;
    cJSON *entry = cJSON_CreateObject();
    json_add_text(entry, "part", "row");
    cJSON_AddStringToObject(entry, "crmock", rule != NULL ? rule : "");
    cJSON_AddNullToObject(entry, "theirs");
    cJSON_AddItemToArray(differences, entry);
}

static void compare(struct run *run, const struct parity_case *asked, const char *version,
                    const struct client_answer *own, const struct client_answer *theirs)
{
    cJSON *one CLEANUP(json_delete) = side_told(&run->own, own, true);
    cJSON *other CLEANUP(json_delete) = side_told(&run->theirs, theirs, true);
    cJSON *differences = difference_of(one, other, run->arena);
    note_rule(asked, own, differences);
    run->differing += differences->child != NULL;
    cJSON_AddItemToArray(run->cases, telling_case(asked, version, side_told(&run->own, own, false),
                                                  side_told(&run->theirs, theirs, false), differences));
    if (run->reported != NULL)
        cJSON_AddItemToArray(run->reported, report_case(&run->report, asked, version, one, other));
}

static void leave_out(struct run *run, const struct parity_case *asked, const char *version,
                      const char *why)
{
    cJSON_AddItemToArray(run->cases, telling_unasked(asked, version, why));
    if (run->reported != NULL)
        cJSON_AddItemToArray(run->reported, telling_unasked(asked, version, why));
}

static bool is_given_up(const struct run *run)
{
    return run->parity->rest(run->parity->context, 0);
}

static void ask_theirs(struct run *run, const struct parity_case *asked, const char *version,
                       struct client_answer *theirs)
{
    side_ask_case(&run->theirs, asked, version, theirs);
    run->silences = theirs->status == 0 ? run->silences + 1 : 0;
}

/* In the place of a token that has ended; NULL, or why there is none. */
static const char *renew_token(struct run *run)
{
    const char *reason = "the token is refused since";
    const char *token = run->parity->remote.token == NULL ? parity_token(&run->theirs, &reason) : NULL;
    if (token == NULL)
        return reason;
    run->theirs.token = token;
    return NULL;
}

/* True when it is not for this case alone that the token was refused. */
static bool has_lost_token(const struct run *run, const struct parity_case *asked,
                           const struct client_answer *theirs)
{
    const struct side_request request = {
        .method = "GET", .path = "/crm/v8/settings/modules", .most = CASE_MOST};
    struct client_answer answer;
    if (theirs->status != UNAUTHORIZED || asked->credential != CREDENTIAL_TOKEN || asked->is_form)
        return false;
    side_ask(&run->theirs, &request, &answer);
    return answer.status == UNAUTHORIZED;
}

/* False with a reason: there is no going on. */
static bool ask_case(struct run *run, const struct parity_case *asked, const char *version,
                     const char **reason)
{
    struct client_answer own, theirs;
    const char *lacking = side_lacks(&run->theirs, asked);
    lacking = lacking != NULL ? lacking : side_lacks(&run->own, asked);
    if (lacking != NULL) {
        leave_out(run, asked, version, lacking);
        return true;
    }
    run->has_written = run->has_written || (asked->writes && run->theirs.record != NULL);
    const char *refused = NULL;
    ask_theirs(run, asked, version, &theirs);
    if (has_lost_token(run, asked, &theirs) && (refused = renew_token(run)) == NULL)
        ask_theirs(run, asked, version, &theirs);
    side_ask_case(&run->own, asked, version, &own);
    *reason = is_given_up(run)  ? "interrupted"
              : refused != NULL ? refused
              : own.status == 0 ? arena_printf(run->arena, "crmock's own answer: %s", own.reason)
              : run->silences == SILENCES
                  ? arena_printf(run->arena, "%s: %s", run->theirs.url, theirs.reason)
                  : NULL;
    if (*reason == NULL)
        compare(run, asked, version, &own, &theirs);
    return *reason == NULL;
}

static bool ask_all(struct run *run, const char **reason)
{
    size_t count = count_calls(run);
    (void)fprintf(run->parity->progress, "crmock parity: %zu calls of %s, one at a time\n", count,
                  run->theirs.url);
    for (size_t i = 0; i < parity_case_count; i++)
        for (size_t version = 0; version < COUNT(versions); version++)
            if (is_asked_in(run->parity, &parity_cases[i], version) &&
                !ask_case(run, &parity_cases[i], versions[version], reason)) {
                *reason = arena_printf(run->arena, "%s, after %d of %zu requests", *reason,
                                       cJSON_GetArraySize(run->cases), count);
                return false;
            }
    return true;
}

static void set_sides(struct run *run, struct client *client)
{
    const struct remote_options *remote = &run->parity->remote;
    run->own = (struct side){.parity = run->parity,
                             .client = client,
                             .arena = run->arena,
                             .is_own = true,
                             .url = run->parity->own,
                             .accounts = run->parity->own,
                             .token = OWN_TOKEN,
                             .client_id = OWN_CLIENT,
                             .client_secret = OWN_SECRET};
    run->theirs = (struct side){.parity = run->parity,
                                .client = client,
                                .arena = run->arena,
                                .url = remote->url,
                                .client_id = remote->client_id,
                                .client_secret = remote->client_secret};
    bool has_accounts = remote->accounts_url != NULL || remote->client_id != NULL;
    run->theirs.accounts = remote->accounts_url != NULL ? remote->accounts_url
                           : has_accounts               ? remote->url
                                                        : NULL;
    run->report = (struct report){.theirs = &run->theirs};
}

static bool find_sides(struct run *run, const char **reason)
{
    run->theirs.token = parity_token(&run->theirs, reason);
    if (run->theirs.token == NULL || !side_find(&run->theirs, NULL, reason) ||
        !side_find(&run->own, &run->theirs, reason))
        return false;
    if (run->reported != NULL)
        side_find_names(&run->theirs);
    return true;
}

/* What the cases were asked with. */
static cJSON *document_of(const struct run *run, cJSON *cases, bool is_report)
{
    const struct side *side = &run->theirs;
    cJSON *document = cJSON_CreateObject();
    json_add_text(document, "crmock", CRMOCK_VERSION);
    if (!is_report) {
        json_add_text(document, "against", side->url);
        json_add_text_or_null(document, "record", side->record);
        json_add_text_or_null(document, "view", side->view);
        json_add_text(document, "field", side->fields[0].name);
    }
    json_add_text(document, "module",
                  is_report && side->is_custom ? "one of the org's own" : side->module);
    cJSON_AddItemReferenceToObject(document, "cases", cases);
    telling_count(document);
    return document;
}

static bool tell(const struct run *run, const char **reason)
{
    const struct parity *parity = run->parity;
    cJSON *document CLEANUP(json_delete) = document_of(run, run->cases, false);
    if (parity->options.is_json)
        (void)fprintf(parity->out, "%s\n", json_print(run->arena, document));
    else
        telling_table(document, parity->out, run->arena);
    *reason = "the answer cannot be written";
    if (fflush(parity->out) != 0 || ferror(parity->out))
        return false;
    *reason = NULL;
    if (run->reported != NULL) {
        cJSON *report CLEANUP(json_delete) = document_of(run, run->reported, true);
        *reason = report_write(parity->options.report, report, run->arena);
    }
    return *reason == NULL;
}

static enum parity_outcome ask_and_tell(struct run *run, const char **reason)
{
    const char *trouble;
    if (!find_sides(run, reason))
        return PARITY_UNASKED;
    bool is_whole = ask_all(run, reason);
    bool is_restored = !run->has_written || side_restore(&run->theirs, &trouble);
    if (!is_restored)
        (void)fprintf(run->parity->progress, "crmock parity: %s\n", trouble);
    if (!is_whole || !tell(run, reason))
        return PARITY_UNASKED;
    return run->differing == 0 && is_restored ? PARITY_SAME : PARITY_DIFFERS;
}

static const char *missing(const struct parity *parity, struct arena *arena)
{
    const struct remote_options *remote = &parity->remote;
    bool has_client =
        remote->client_id != NULL && remote->client_secret != NULL && remote->refresh_token != NULL;
    if (remote->url == NULL)
        return "expected --against URL";
    if (remote->token == NULL && !has_client)
        return "expected --token, or --client-id, --client-secret and --refresh-token";
    if (remote->token != NULL && !remote_is_token(remote->token))
        return "--token: expected visible characters of ASCII, 4096 at most";
    return parity->options.report != NULL ? report_trouble(parity->options.report, arena) : NULL;
}

enum parity_outcome parity_run(const struct parity *parity, struct arena *arena, const char **reason)
{
    struct run run = {.parity = parity, .arena = arena};
    *reason = missing(parity, arena);
    struct client *client = *reason == NULL ? client_new(arena, reason) : NULL;
    if (client == NULL)
        return PARITY_UNASKED;
    run.cases = cJSON_CreateArray();
    run.reported = parity->options.report != NULL ? cJSON_CreateArray() : NULL;
    set_sides(&run, client);
    enum parity_outcome outcome = ask_and_tell(&run, reason);
    cJSON_Delete(run.cases);
    cJSON_Delete(run.reported);
    side_clear(&run.own);
    side_clear(&run.theirs);
    client_free(client);
    return outcome;
}
