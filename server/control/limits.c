/* The limits of the service that a sandbox has (section 7 of the control API). */
#include "control/limits.h"

#include <string.h>

enum {
    CREDITS_MAX = 1000000000,
    CONCURRENCY_MAX = 100000,
    TOKENS_MAX = 100000,
    TOKEN_SECONDS_MAX = 1000000,
    LATENCY_MAX = 600000
};

static const char by_edition[] = "edition";

static void read_limit(const struct said *said, const char *name, int64_t most, struct limit *limit)
{
    const struct said member = said_member(said, name);
    if (member.json == NULL)
        return;
    bool is_word = cJSON_IsString(member.json) && strcmp(member.json->valuestring, by_edition) == 0;
    if (cJSON_IsNull(member.json) || is_word)
        *limit = (struct limit){.kind = is_word ? LIMIT_BY_EDITION : LIMIT_NONE};
    else if (cJSON_IsNumber(member.json))
        *limit = (struct limit){LIMIT_NUMBER, said_number(said, name, 0, 0, most)};
    else
        said_refuse(&member, "expected a whole number, \"%s\" or null", by_edition);
}

/* What is left out of them is as it was, or as the service has it when there was no limit. */
static void read_tokens(const struct said *said, struct limits_policy *policy)
{
    const struct said tokens = said_member(said, "tokens");
    if (tokens.json == NULL)
        return;
    if (cJSON_IsNull(tokens.json)) {
        policy->tokens = policy->token_seconds = 0;
        return;
    }
    bool was_limited = policy->tokens > 0;
    said_has_only(&tokens, "count seconds");
    policy->tokens = (unsigned)said_number(&tokens, "count",
                                           was_limited ? policy->tokens : LIMITS_TOKENS, 1, TOKENS_MAX);
    policy->token_seconds = (unsigned)said_number(
        &tokens, "seconds", was_limited ? policy->token_seconds : LIMITS_TOKEN_SECONDS, 1,
        TOKEN_SECONDS_MAX);
}

static void read_range(const struct said *range, struct limits_policy *policy)
{
    if (cJSON_GetArraySize(range->json) != 2) {
        said_refuse(range, "expected two numbers: the least and the most milliseconds");
        return;
    }
    policy->latency = LATENCY_RANGE;
    policy->latency_least = (unsigned)said_item(range, 0, 0, LATENCY_MAX);
    policy->latency_most = (unsigned)said_item(range, 1, 0, LATENCY_MAX);
    if (policy->latency_least > policy->latency_most)
        said_refuse(range, "expected the least milliseconds first, then the most");
}

static void read_latency(const struct said *said, struct limits_policy *policy)
{
    const struct said latency = said_member(said, "latency_ms");
    if (latency.json == NULL)
        return;
    policy->latency = LATENCY_NONE;
    policy->latency_least = policy->latency_most = 0;
    if (cJSON_IsArray(latency.json)) {
        read_range(&latency, policy);
    } else if (cJSON_IsNumber(latency.json)) {
        policy->latency = LATENCY_FIXED;
        policy->latency_least = policy->latency_most =
            (unsigned)said_number(said, "latency_ms", 0, 0, LATENCY_MAX);
    } else if (!cJSON_IsNull(latency.json)) {
        said_refuse(&latency, "expected milliseconds, [least, most] or null");
    }
}

void limits_read(const struct said *said, struct limits_policy *policy)
{
    said_has_only(said, "credits concurrency tokens latency_ms");
    read_limit(said, "credits", CREDITS_MAX, &policy->credits);
    read_limit(said, "concurrency", CONCURRENCY_MAX, &policy->concurrency);
    read_tokens(said, policy);
    read_latency(said, policy);
}

static cJSON *limit_json(const struct limit *limit)
{
    if (limit->kind == LIMIT_NONE)
        return cJSON_CreateNull();
    return limit->kind == LIMIT_BY_EDITION ? cJSON_CreateStringReference(by_edition)
                                           : json_integer(limit->number);
}

static cJSON *tokens_json(const struct limits_policy *policy)
{
    if (policy->tokens == 0)
        return cJSON_CreateNull();
    cJSON *tokens = cJSON_CreateObject();
    json_add_integer(tokens, "count", policy->tokens);
    json_add_integer(tokens, "seconds", policy->token_seconds);
    return tokens;
}

static cJSON *latency_json(const struct limits_policy *policy)
{
    if (policy->latency == LATENCY_NONE)
        return cJSON_CreateNull();
    if (policy->latency == LATENCY_FIXED)
        return json_integer(policy->latency_least);
    cJSON *range = cJSON_CreateArray();
    cJSON_AddItemToArray(range, json_integer(policy->latency_least));
    cJSON_AddItemToArray(range, json_integer(policy->latency_most));
    return range;
}

static cJSON *limits_json(const struct limits_policy *policy)
{
    cJSON *body = cJSON_CreateObject();
    cJSON_AddItemToObjectCS(body, "credits", limit_json(&policy->credits));
    cJSON_AddItemToObjectCS(body, "concurrency", limit_json(&policy->concurrency));
    cJSON_AddItemToObjectCS(body, "tokens", tokens_json(policy));
    cJSON_AddItemToObjectCS(body, "latency_ms", latency_json(policy));
    return body;
}

#define TOKENS                                                                                         \
    "{'anyOf': [{'type': 'null'}, " SCHEMA_OBJECT("'count', 'seconds'", LIMITS_TOKEN_MEMBERS) "]}"
#define ANSWERS                                                                                        \
    "'credits': " LIMITS_NUMBER("1000000000") ", 'concurrency': " LIMITS_NUMBER(                       \
        "100000") ", 'tokens': " TOKENS ", 'latency_ms': " LIMITS_LATENCY

static int64_t tell(struct control_call *call)
{
    const struct limits_policy policy = limits_tell(sandbox_limits(call->sandbox));
    return control_reply(call, 200, limits_json(&policy));
}

const struct control_endpoint limits_get = {
    .method = "GET",
    .path = "/_crmock/limits",
    .handle = tell,
    .answers = ANSWERS,
    .says = "The limits of the service that the sandbox has.",
};

/* With what a body says in the place of what is there, or of nothing. */
static int64_t change(struct control_call *call, bool begins_anew)
{
    if (control_lock(call) == NULL)
        return CONTROL_DONE;
    struct limits *limits = sandbox_limits(call->sandbox);
    struct limits_policy policy = limits_of_preset(LIMITS_OFF);
    if (!begins_anew)
        policy = limits_tell(limits);
    const struct said said = said_body(call);
    limits_read(&said, &policy);
    if (!call->is_refused)
        limits_set(limits, &policy);
    control_unlock(call);
    return control_reply(call, 200, limits_json(&policy));
}

static int64_t put(struct control_call *call)
{
    return change(call, true);
}

const struct control_endpoint limits_put = {
    .method = "PUT",
    .path = "/_crmock/limits",
    .handle = put,
    .manner = CONTROL_CHANGES,
    .takes = LIMITS_TAKEN,
    .answers = ANSWERS,
    .says = "Sets the limits: {\"credits\", \"concurrency\", \"tokens\": {\"count\", \"seconds\"} or"
            " null, \"latency_ms\"}. What is left out is off.",
};

static int64_t patch(struct control_call *call)
{
    return change(call, false);
}

const struct control_endpoint limits_patch = {
    .method = "PATCH",
    .path = "/_crmock/limits",
    .handle = patch,
    .manner = CONTROL_CHANGES,
    .takes = LIMITS_TAKEN,
    .answers = ANSWERS,
    .says = "Changes the limits that are given.",
};
