/* Faults: what a sandbox is to do to requests (section 6 of the control API). */
#include "traffic/faults.h"

#include "api/api.h"
#include "base/id.h"
#include "control/call.h"

#define FAULT_NAMES                                                                                    \
    "'id', 'match', 'after', 'times', 'probability', 'seed', 'effect', 'matched', 'fired'"
#define FAULT                                                                                          \
    "'id': " SCHEMA_ID ", 'match': " SCHEMA_ANY_OBJECT ", 'after': " SCHEMA_COUNT                      \
    ", 'times': {'type': ['integer', 'null']}, 'probability': " SCHEMA_PROBABILITY                     \
    ", 'seed': " SCHEMA_COUNT ", 'effect': " SCHEMA_ANY_OBJECT ", 'matched': " SCHEMA_COUNT            \
    ", 'fired': " SCHEMA_COUNT
#define SCHEMA_ANY_OBJECT "{'type': 'object'}"
#define SCHEMA_PROBABILITY "{'type': 'number', 'minimum': 0, 'maximum': 1}"

/* NULL: it is not there (any more). */
static int64_t reply(struct control_call *call, unsigned status, cJSON *told)
{
    if (told == NULL)
        return control_refuse(call, 404, NULL, "there is no fault of that id");
    return control_reply(call, status, told);
}

static int64_t add(struct control_call *call)
{
    struct match_fault fault;
    int64_t id =
        faults_add(sandbox_faults(call->sandbox), call->body, "$", api_knows_rule, call->arena, &fault);
    if (id == 0)
        return control_refuse(call, fault.at != NULL ? 422 : 409, fault.at, "%s", fault.expected);
    cJSON *told = faults_tell(sandbox_faults(call->sandbox), id, call->arena);
    if (told != NULL)
        control_tell(call, "fault", told);
    return reply(call, 201, told);
}

const struct control_endpoint faults_post = {
    .method = "POST",
    .path = "/_crmock/faults",
    .handle = add,
    .says = "Has an effect on requests that match: {\"match\", \"after\": 0, \"times\": 1 or null for"
            " always, \"probability\": 1, \"seed\": 0, \"effect\"}.",
    .takes =
        "'match?': " SCHEMA_ANY_OBJECT ", 'after?': " SCHEMA_COUNT
        ", 'times?': {'type': ['integer', 'null'], 'minimum': 1}, 'probability?': " SCHEMA_PROBABILITY
        ", 'seed?': " SCHEMA_COUNT ", 'effect': " SCHEMA_ANY_OBJECT,
    .answers = FAULT,
    .status = 201,
};

static int64_t list(struct control_call *call)
{
    int64_t limit = query_number(call, "limit", CONTROL_LIST_DEFAULT, 1, CONTROL_LIST_MAX);
    int64_t after = query_number(call, "after", 0, 0, INT64_MAX);
    bool more = false;
    if (call->is_refused)
        return CONTROL_DONE;
    cJSON *body = cJSON_CreateObject();
    cJSON_AddItemToObjectCS(
        body, "faults",
        faults_list(sandbox_faults(call->sandbox), after, (size_t)limit, call->arena, &more));
    cJSON_AddBoolToObject(body, "more", more);
    return control_reply(call, 200, body);
}

const struct control_endpoint faults_get = {
    .method = "GET",
    .path = "/_crmock/faults",
    .handle = list,
    .query = "limit after",
    .says = "The faults, oldest first, with how many requests each has matched and acted on.",
    .answers = "'faults': " SCHEMA_LIST(SCHEMA_OBJECT(FAULT_NAMES, FAULT)) ", 'more': " SCHEMA_FLAG,
};

static int64_t drop_all(struct control_call *call)
{
    faults_clear(sandbox_faults(call->sandbox));
    return control_reply(call, 204, NULL);
}

const struct control_endpoint faults_delete = {
    .method = "DELETE",
    .path = "/_crmock/faults",
    .handle = drop_all,
    .says = "Drops all faults.",
};

static int64_t tell(struct control_call *call)
{
    int64_t id = 0;
    bool is_id = id_parse(call->parts[0], &id);
    return reply(call, 200, faults_tell(sandbox_faults(call->sandbox), is_id ? id : 0, call->arena));
}

const struct control_endpoint fault_get = {
    .method = "GET",
    .path = "/_crmock/faults/{id}",
    .handle = tell,
    .says = "One fault.",
    .answers = FAULT,
};

static int64_t drop(struct control_call *call)
{
    int64_t id;
    if (id_parse(call->parts[0], &id))
        faults_drop(sandbox_faults(call->sandbox), id);
    return control_reply(call, 204, NULL);
}

const struct control_endpoint fault_delete = {
    .method = "DELETE",
    .path = "/_crmock/faults/{id}",
    .handle = drop,
    .says = "Drops a fault. It answers 204 also when there is none.",
};
