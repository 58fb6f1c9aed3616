/* Sandboxes: one isolated world a test (section 2 of the control API). */
#include <ctype.h>
#include <string.h>

#include "api/credential.h"
#include "base/word.h"
#include "control/limits.h"
#include "control/policy.h"
#include "control/told_sandbox.h"
#include "sandbox/credentials.h"

enum { ID_MAX = SANDBOX_ID_SIZE - 1, TTL_DEFAULT = 3600, TTL_MAX = 100000000 };

/* What every sandbox tells; and what one tells by itself: credentials that its first org has. */
#define PLACE                                                                                          \
    "'id': " SCHEMA_TEXT ", 'url': " SCHEMA_TEXT ", 'created': " SCHEMA_TIME ", 'ttl': " SCHEMA_COUNT
#define WHOLE                                                                                          \
    PLACE ", 'client_id?': " SCHEMA_TEXT ", 'client_secret?': " SCHEMA_TEXT                            \
          ", 'refresh_token?': " SCHEMA_TEXT ", 'access_token?': " SCHEMA_TEXT                         \
          ", 'tokens?': {'type': 'object', 'additionalProperties': " SCHEMA_TEXT "}"

static cJSON *sandbox_json(const struct control_call *call, const struct sandbox *sandbox)
{
    return told_sandbox_json(call->arena, told_sandbox_server(call), sandbox);
}

/* What its first org is used with, as it is used from outside. */
static bool add_credentials(const struct control_call *call, struct sandbox *sandbox, cJSON *body)
{
    unsigned side;
    const struct scene *scene = sandbox_enter(sandbox, &side);
    bool told = scene != NULL && credentials_tell(scene, call->arena, body);
    sandbox_leave(sandbox, side);
    return told;
}

static const char *read_id(const struct said *said)
{
    const struct said member = said_member(said, "id");
    const char *id = said_text(said, "id", NULL);
    if (id == NULL)
        return NULL;
    size_t length = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (id[0] == '-' || id[0] == '\0' || id[length] != '\0' || length > ID_MAX)
        said_refuse(&member, "expected 1 to %d small letters, digits and hyphens, no hyphen first",
                    ID_MAX);
    if (strcmp(id, MAIN_SANDBOX) == 0 || strcmp(id, CREDENTIAL_OWNER) == 0)
        said_refuse(&member, "expected another id: %s is reserved", id);
    return id;
}

static bool read_now(const struct said *said, struct clock *clock)
{
    const struct said member = said_member(said, "now");
    const char *text = said_text(said, "now", NULL);
    *clock = (struct clock){.stands = true};
    if (text != NULL && !clock_set(clock, text))
        said_refuse(&member,
                    "expected a time like 2026-01-31T09:30:00Z at which the clock stands, or +N or"
                    " -N seconds from the machine's");
    return text != NULL;
}

static const unsigned status_of[] = {
    [MAKING_TAKEN] = 409,    [MAKING_TOO_MANY] = 409, [MAKING_FAULTY] = 422,
    [MAKING_CONFLICT] = 409, [MAKING_FAILED] = 503,
};

/* How one is to be beside what is in its store, for as long as the wish is. */
struct manner_said {
    struct clock clock;
    struct job_policy jobs;
    struct limits_policy limits;
    enum answers answers;
};

static void read_manner(const struct said *said, struct manner_said *manner, struct sandbox_wish *wish)
{
    const struct said jobs = said_member(said, "jobs"), limits = said_member(said, "limits");
    *manner = (struct manner_said){.jobs = policy_default(), .limits = limits_of_preset(LIMITS_OFF)};
    wish->clock = read_now(said, &manner->clock) ? &manner->clock : NULL;
    policy_read(&jobs, &manner->jobs);
    wish->jobs = jobs.json != NULL ? &manner->jobs : NULL;
    limits_read(&limits, &manner->limits);
    wish->limits = limits.json != NULL ? &manner->limits : NULL;
    int column = said_word(said, "answers", answers_names);
    manner->answers = column > 0 ? ANSWERS_CURRENT : ANSWERS_PAGE;
    wish->answers = column >= 0 ? &manner->answers : NULL;
}

static int64_t make(struct control_call *call)
{
    static const char *const replacing[] = {"refuse", "replace", NULL};
    static const char *const extendable[] = {"default", "enterprise", "professional",
                                             "free",    MAIN_SANDBOX, NULL};
    const struct said said = said_body(call);
    said_has_only(&said, "id if_exists extends fixtures now jobs limits faults answers ttl");
    struct manner_said manner;
    struct sandbox_wish wish = {.id = read_id(&said)};
    wish.replaces = said_word(&said, "if_exists", replacing) == 1;
    int extends = said_word(&said, "extends", extendable);
    wish.extends = extends >= 0 ? extendable[extends] : NULL;
    wish.fixtures = json_member(call->body, "fixtures");
    wish.faults = json_member(call->body, "faults");
    read_manner(&said, &manner, &wish);
    wish.ttl = said_number(&said, "ttl", TTL_DEFAULT, 0, TTL_MAX);
    if (call->is_refused)
        return CONTROL_DONE;
    cJSON *credentials CLEANUP(json_delete) = cJSON_CreateObject();
    wish.told = credentials;
    struct sandbox *sandbox = NULL;
    struct making_trouble trouble = {.reason = ""};
    enum making_fault fault =
        sandboxes_make(call->control->sandboxes, &wish, call->arena, &sandbox, &trouble);
    if (fault != MAKING_DONE)
        return control_refuse(call, status_of[fault], trouble.at, "%s", trouble.reason);
    told_sandbox_change(call->control, told_sandbox_server(call), sandbox, "made");
    cJSON *body = sandbox_json(call, sandbox);
    sandbox_free(sandbox);
    while (credentials->child != NULL) {
        const char *name = arena_strdup(call->arena, credentials->child->string);
        cJSON_AddItemToObject(body, name, cJSON_DetachItemViaPointer(credentials, credentials->child));
    }
    return control_reply(call, 201, body);
}

const struct control_endpoint sandboxes_post = {
    .method = "POST",
    .path = "/_crmock/sandboxes",
    .handle = make,
    .manner = CONTROL_CHANGES,
    .is_of_process = true,
    .says = "Makes a sandbox.",
    .takes =
        "'id?': {'type': 'string', 'pattern': '^[a-z0-9][a-z0-9-]{0,31}$'},"
        " 'if_exists?': {'enum': ['refuse', 'replace']},"
        " 'extends?': {'enum': ['default', 'enterprise', 'professional', 'free', 'main']},"
        " 'fixtures?': {'type': ['object', 'array']}, 'now?': " SCHEMA_TEXT
        ", 'jobs?': {'type': 'object'}, 'limits?': {'type': 'object'}, 'faults?': " SCHEMA_LIST(
            "{'type': 'object'}") ", 'answers?': {'enum': ['page', 'current']}, 'ttl?': " SCHEMA_COUNT,
    .answers = WHOLE,
    .status = 201,
};

static int64_t list(struct control_call *call)
{
    size_t count;
    bool more;
    int64_t limit = query_number(call, "limit", CONTROL_LIST_DEFAULT, 1, CONTROL_LIST_MAX);
    const char *after = query_text(call, "after");
    if (call->is_refused)
        return CONTROL_DONE;
    cJSON *body = cJSON_CreateObject(), *members = cJSON_AddArrayToObject(body, "sandboxes");
    bool begins = after == NULL || after[0] == '\0';
    if (begins)
        cJSON_AddItemToArray(members, sandbox_json(call, sandboxes_main(call->control->sandboxes)));
    struct sandbox **found = sandboxes_list(call->control->sandboxes,
                                            begins || strcmp(after, MAIN_SANDBOX) == 0 ? "" : after,
                                            (size_t)limit - begins, call->arena, &count, &more);
    for (size_t i = 0; i < count; i++) {
        cJSON_AddItemToArray(members, sandbox_json(call, found[i]));
        sandbox_free(found[i]);
    }
    cJSON_AddBoolToObject(body, "more", more);
    return control_reply(call, 200, body);
}

const struct control_endpoint sandboxes_get = {
    .method = "GET",
    .path = "/_crmock/sandboxes",
    .handle = list,
    .is_of_process = true,
    .query = "limit after",
    .says = "The sandboxes that are alive: main first, then in the order of their ids.",
    .answers = "'sandboxes': " SCHEMA_LIST(
        SCHEMA_OBJECT("'id', 'url', 'created', 'ttl'", PLACE)) ", 'more': " SCHEMA_FLAG,
};

static int64_t drop_all(struct control_call *call)
{
    size_t count;
    bool more;
    struct sandboxes *sandboxes = call->control->sandboxes;
    struct sandbox **found = sandboxes_list(sandboxes, "", SIZE_MAX, call->arena, &count, &more);
    for (size_t i = 0; i < count; i++) {
        (void)sandboxes_drop(sandboxes, sandbox_id(found[i]));
        sandbox_free(found[i]);
    }
    return control_reply(call, 204, NULL);
}

const struct control_endpoint sandboxes_delete = {
    .method = "DELETE",
    .path = "/_crmock/sandboxes",
    .handle = drop_all,
    .manner = CONTROL_CHANGES,
    .is_of_process = true,
    .says = "Drops all sandboxes but main.",
};

static int64_t tell(struct control_call *call)
{
    const char *id = call->parts[0];
    struct sandbox *sandbox = sandboxes_find(call->control->sandboxes, id, strlen(id));
    if (sandbox == NULL)
        return control_refuse(call, 404, NULL, "there is no sandbox \"%s\"", id);
    cJSON *body = sandbox_json(call, sandbox);
    bool told = add_credentials(call, sandbox, body);
    sandbox_free(sandbox);
    if (told)
        return control_reply(call, 200, body);
    cJSON_Delete(body);
    return control_gone(call);
}

const struct control_endpoint sandbox_get = {
    .method = "GET",
    .path = "/_crmock/sandboxes/{id}",
    .handle = tell,
    .manner = CONTROL_BESIDE,
    .is_of_process = true,
    .says = "One sandbox, with its credentials.",
    .answers = WHOLE,
};

static int64_t drop(struct control_call *call)
{
    if (strcmp(call->parts[0], MAIN_SANDBOX) == 0)
        return control_refuse(call, 409, NULL, "main is there as long as crmock is");
    (void)sandboxes_drop(call->control->sandboxes, call->parts[0]);
    return control_reply(call, 204, NULL);
}

const struct control_endpoint sandbox_delete = {
    .method = "DELETE",
    .path = "/_crmock/sandboxes/{id}",
    .handle = drop,
    .manner = CONTROL_CHANGES,
    .is_of_process = true,
    .says = "Drops a sandbox, and all that is in it. It answers 204 also when there is none.",
};
