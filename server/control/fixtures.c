/* Fixtures that are added to a sandbox while it is used (section 3 of the control API). */
#include "control/manner.h"
#include "crm/fixture_rules.h"
#include "fixture/fixture.h"
#include "sandbox/credentials.h"

static bool have_webhook(const cJSON *fixtures)
{
    const cJSON *rule, *action;
    cJSON_ArrayForEach (rule, json_member(fixtures, "workflow_rules"))
        cJSON_ArrayForEach (action, json_member(rule, "actions"))
            if (json_member(action, "webhook") != NULL)
                return true;
    return false;
}

/* What calls webhooks must be there before there are any to call: nothing is taken back afterwards. */
static void ready_webhooks(struct control_call *call)
{
    const char *reason = "";
    struct dispatch *dispatch = sandbox_household(call->sandbox)->dispatch;
    if (have_webhook(call->body) && !dispatch_ready(dispatch, call->arena, &reason))
        (void)control_refuse(call, 503, NULL, "%s", reason);
}

/* The org that they are added to; 0 when they are a new one. */
static int64_t org_of(struct control_call *call)
{
    bool is_new = json_member(call->body, "org") != NULL;
    if (is_new && query_text(call, "org") != NULL)
        (void)control_refuse(call, 422, "org", "expected none: the fixtures are an org of their own");
    const struct org *org = is_new ? NULL : query_org(call);
    return org != NULL ? org->id : 0;
}

static const unsigned status_of[] = {
    [FIXTURE_FAULTY] = 422,
    [FIXTURE_CONFLICT] = 409,
    [FIXTURE_FAILED] = 503,
};

static cJSON *add_to(struct control_call *call, int64_t org_id)
{
    struct fixture_fault fault;
    cJSON *added = NULL;
    struct fixture_source source = fixture_source_at(clock_milliseconds(&call->scene->manner.clock));
    source.records_max = sandboxes_records_max(call->control->sandboxes);
    if (!call->is_refused && !fixtures_add(call->scene->crm.store, &source, call->body, org_id,
                                           &fixture_rules, call->arena, &added, &fault))
        (void)control_refuse(call, status_of[fault.kind], fault.at, "%s", fault.text);
    return added;
}

static int64_t add(struct control_call *call)
{
    struct manner manner;
    if (!manner_begin(call, &manner))
        return CONTROL_DONE;
    credentials_inside(call->body, sandbox_id(call->sandbox));
    int64_t org_id = org_of(call);
    ready_webhooks(call);
    cJSON *added = add_to(call, org_id);
    struct metadata *metadata = call->is_refused ? NULL : metadata_load(call->scene->crm.store);
    if (metadata_put(call, metadata))
        return control_reply(call, 201, added);
    cJSON_Delete(added);
    return CONTROL_DONE;
}

const struct control_endpoint fixtures_post = {
    .method = "POST",
    .path = "/_crmock/fixtures",
    .handle = add,
    .manner = CONTROL_CHANGES,
    .query = "org",
    .says =
        "Adds fixtures, written as in a file, while the sandbox is used: all of them, or none. Answers"
        " what is new of each section, with its id.",
    .takes = "'*': " SCHEMA_ANY,
    .answers = "'record_count': " SCHEMA_COUNT ", 'records': " SCHEMA_LIST(SCHEMA_OBJECT(
        "'module', 'id'",
        "'module': " SCHEMA_TEXT
        ", 'id': " SCHEMA_ID)) ", '*': " SCHEMA_LIST(SCHEMA_OBJECT("'name', 'id'",
                                                                   "'module': " SCHEMA_TEXT
                                                                   ", 'name': " SCHEMA_TEXT
                                                                   ", 'id': " SCHEMA_ID)),
    .status = 201,
};
