/* How the jobs of a sandbox go on (section 5 of the control API). */
#include "control/policy.h"

#include "control/manner.h"
#include "crm/job_control.h"

enum { DELAY_MAX = 86400000, RATE_MAX = 1000000, BATCH_DEFAULT = 500, POLLS_MAX = 1000000 };

struct job_policy policy_default(void)
{
    return (struct job_policy){.batch = BATCH_DEFAULT};
}

static unsigned read_number(const struct said *said, const char *name, unsigned otherwise,
                            int64_t least, int64_t most)
{
    return (unsigned)said_number(said, name, otherwise, least, most);
}

static void read_polls(const struct said *polls, struct job_policy *policy)
{
    if (polls->json == NULL)
        return;
    policy->has_polls = !cJSON_IsNull(polls->json);
    if (!policy->has_polls) {
        policy->polls_scheduled = policy->polls_running = 0;
        return;
    }
    said_has_only(polls, "scheduled running");
    policy->polls_scheduled = read_number(polls, "scheduled", policy->polls_scheduled, 0, POLLS_MAX);
    policy->polls_running = read_number(polls, "running", policy->polls_running, 0, POLLS_MAX);
}

void policy_read(const struct said *said, struct job_policy *policy)
{
    const struct said polls = said_member(said, "polls");
    said_has_only(said, "hold delay_ms rate batch polls");
    policy->hold = said_flag(said, "hold", policy->hold);
    policy->delay = read_number(said, "delay_ms", policy->delay, 0, DELAY_MAX);
    policy->rate = read_number(said, "rate", policy->rate, 0, RATE_MAX);
    policy->batch = read_number(said, "batch", policy->batch, 1, JOB_BATCH_MAX);
    read_polls(&polls, policy);
}

static cJSON *policy_json(const struct job_policy *policy)
{
    cJSON *body = cJSON_CreateObject();
    cJSON_AddBoolToObject(body, "hold", policy->hold);
    json_add_integer(body, "delay_ms", policy->delay);
    json_add_integer(body, "rate", policy->rate);
    json_add_integer(body, "batch", policy->batch);
    if (!policy->has_polls) {
        cJSON_AddNullToObject(body, "polls");
        return body;
    }
    cJSON *polls = cJSON_AddObjectToObject(body, "polls");
    json_add_integer(polls, "scheduled", policy->polls_scheduled);
    json_add_integer(polls, "running", policy->polls_running);
    return body;
}

#define ANSWERS                                                                                        \
    "'hold': " SCHEMA_FLAG ", 'delay_ms': " SCHEMA_COUNT ", 'rate': " SCHEMA_COUNT                     \
    ", 'batch': {'type': 'integer', 'minimum': 1, 'maximum': 50000}, 'polls': {'anyOf': [{'type': "    \
    "'null'}, " POLLS "]}"
#define POLLS                                                                                          \
    SCHEMA_OBJECT("'scheduled', 'running'", "'scheduled': " SCHEMA_COUNT ", 'running': " SCHEMA_COUNT)

static int64_t tell(struct control_call *call)
{
    return control_reply(call, 200, policy_json(&call->scene->manner.jobs));
}

const struct control_endpoint job_policy_get = {
    .method = "GET",
    .path = "/_crmock/jobs/policy",
    .handle = tell,
    .answers = ANSWERS,
    .says = "How jobs go on.",
};

/* What a hold held goes on, by the policy that is there now: none starts by the one before. */
static bool release_held(struct control_call *call)
{
    unsigned side;
    const struct scene *scene = sandbox_enter(call->sandbox, &side);
    struct db *db = scene != NULL ? store_acquire(scene->crm.store) : NULL;
    bool done = scene == NULL || (db != NULL && job_release_all(&scene->crm, db) == STORE_OK);
    if (db != NULL)
        store_release(db);
    sandbox_leave(call->sandbox, side);
    return done;
}

/* With what a body says in the place of `start` (NULL: of how they go). */
static int64_t change(struct control_call *call, const struct job_policy *start)
{
    struct manner manner;
    if (!manner_begin(call, &manner))
        return CONTROL_DONE;
    if (start != NULL)
        manner.jobs = *start;
    const struct said said = said_body(call);
    policy_read(&said, &manner.jobs);
    bool ends_hold = call->scene->manner.jobs.hold && !manner.jobs.hold;
    if (!manner_put(call, &manner))
        return CONTROL_DONE;
    if (ends_hold && !release_held(call))
        return control_fail(call);
    return control_reply(call, 200, policy_json(&manner.jobs));
}

static int64_t put(struct control_call *call)
{
    struct job_policy start = policy_default();
    return change(call, &start);
}

const struct control_endpoint job_policy_put = {
    .method = "PUT",
    .path = "/_crmock/jobs/policy",
    .handle = put,
    .manner = CONTROL_CHANGES,
    .takes = POLICY_TAKEN,
    .answers = ANSWERS,
    .says = "Sets how jobs go on: {\"hold\", \"delay_ms\", \"rate\", \"batch\", \"polls\":"
            " {\"scheduled\", \"running\"} or null}. What is left out is as by default.",
};

static int64_t patch(struct control_call *call)
{
    return change(call, NULL);
}

const struct control_endpoint job_policy_patch = {
    .method = "PATCH",
    .path = "/_crmock/jobs/policy",
    .handle = patch,
    .manner = CONTROL_CHANGES,
    .takes = POLICY_TAKEN,
    .answers = ANSWERS,
    .says = "Changes how jobs go on, in the members that are given.",
};
