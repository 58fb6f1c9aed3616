/* The time of a sandbox (section 4 of the control API). */
#include <stdlib.h>

#include "control/call.h"
#include "control/manner.h"
#include "store/delivery.h"
#include "store/job.h"

#define ANSWERS "'now': " SCHEMA_TIME ", 'mode': {'enum': ['running', 'offset', 'fixed']}"

static cJSON *clock_json(const struct control_call *call, const struct clock *clock)
{
    cJSON *body = cJSON_CreateObject();
    control_add_time(call, body, "now", clock_now(clock));
    json_add_text(body, "mode", clock->stands ? "fixed" : clock->seconds != 0 ? "offset" : "running");
    return body;
}

static int64_t tell(struct control_call *call)
{
    return control_reply(call, 200, clock_json(call, &call->scene->manner.clock));
}

const struct control_endpoint clock_get = {
    .method = "GET",
    .path = "/_crmock/clock",
    .handle = tell,
    .says = "The time of the sandbox, and how it goes.",
    .answers = ANSWERS,
};

static void check(struct control_call *call, const struct clock *clock)
{
    if (!time_writable(clock_now(clock)))
        (void)control_refuse(call, 422, "$", "expected a time from 0001-01-03 to 9999-12-29");
}

/* Puts the clock in the place of the sandbox's, unless it was refused. */
static int64_t set(struct control_call *call, struct manner *manner, const struct clock *clock)
{
    check(call, clock);
    manner->clock = *clock;
    if (!manner_put(call, manner))
        return CONTROL_DONE;
    cJSON *body = clock_json(call, clock);
    control_tell(call, "clock", body);
    return control_reply(call, 200, body);
}

static bool read_time(const struct said *said, const char *name, int64_t *seconds)
{
    const struct said member = said_member(said, name);
    const char *text = said_text(said, name, NULL);
    bool is_time = text != NULL && time_parse(text, seconds);
    if (!is_time)
        said_refuse(&member, "expected a time like 2026-01-31T09:30:00Z");
    return is_time;
}

static int64_t put(struct control_call *call)
{
    enum { FURTHEST = 2000000000 };
    const struct said said = said_body(call);
    struct clock clock = {.stands = false};
    said_has_only(&said, "now offset run");
    bool has_now = json_member(call->body, "now") != NULL;
    bool has_offset = json_member(call->body, "offset") != NULL;
    bool has_run = json_member(call->body, "run") != NULL;
    if (has_now + has_offset + has_run != 1)
        said_refuse(&said, "expected one of now, offset, run");
    if (has_now)
        clock.stands = read_time(&said, "now", &clock.seconds);
    clock.seconds = said_number(&said, "offset", clock.seconds, -FURTHEST, FURTHEST);
    const struct said run = said_member(&said, "run");
    if (has_run && !said_flag(&said, "run", false))
        said_refuse(&run, "expected true");
    struct manner manner;
    return manner_begin(call, &manner) ? set(call, &manner, &clock) : CONTROL_DONE;
}

const struct control_endpoint clock_put = {
    .method = "PUT",
    .path = "/_crmock/clock",
    .handle = put,
    .manner = CONTROL_CHANGES,
    .says = "Sets the time: {\"now\": a time at which it stands}, {\"offset\": seconds from the"
            " machine's clock} or {\"run\": true}.",
    .takes = "'now?': {'type': 'string', 'format': 'date-time'}, 'offset?': " SCHEMA_NUMBER
             ", 'run?': {'const': true}",
    .answers = ANSWERS,
};

/* Milliseconds of "by": seconds, or an ISO 8601 duration. */
static int64_t read_duration(const struct said *said)
{
    enum { LONGEST = 2000000000 };
    const struct said by = said_member(said, "by");
    int64_t milliseconds = 0;
    if (cJSON_IsString(by.json)) {
        if (!duration_parse(by.json->valuestring, &milliseconds) || milliseconds % 1000 != 0)
            said_refuse(&by, "expected whole seconds or a duration of such, like PT90S or P1DT12H");
        return milliseconds;
    }
    if (by.json == NULL)
        said_refuse(&by, "expected seconds or a duration like PT90S or P1DT12H");
    return said_number(said, "by", 0, 0, LONGEST) * 1000;
}

/* What waits by the machine's clock waits as much less. */
static void shorten_delays(struct control_call *call, int64_t milliseconds)
{
    struct db *db = call->is_refused ? NULL : store_acquire(call->scene->crm.store);
    if (db == NULL || store_begin(db, STORE_REQUEST) != STORE_OK ||
        store_end(db, job_shorten_delays(db, milliseconds) == STORE_OK &&
                          deliveries_shorten(db, milliseconds) == STORE_OK) != STORE_OK)
        (void)control_fail(call);
    if (db != NULL)
        store_release(db);
    if (!call->is_refused)
        scene_start(call->scene); /* what waited may be due now */
}

static int64_t advance(struct control_call *call)
{
    const struct said said = said_body(call);
    said_has_only(&said, "by");
    int64_t milliseconds = read_duration(&said);
    struct manner manner;
    if (!manner_begin(call, &manner))
        return CONTROL_DONE;
    struct clock clock = manner.clock;
    clock.seconds += milliseconds / 1000;
    check(call, &clock);
    shorten_delays(call, milliseconds);
    return set(call, &manner, &clock);
}

const struct control_endpoint clock_advance = {
    .method = "POST",
    .path = "/_crmock/clock/advance",
    .handle = advance,
    .manner = CONTROL_CHANGES,
    .says = "Moves the time on: {\"by\": seconds or an ISO 8601 duration}. What waits for a job's delay"
            " or a webhook's next try waits as much less.",
    .takes = "'by': {'type': ['integer', 'string']}",
    .answers = ANSWERS,
};
