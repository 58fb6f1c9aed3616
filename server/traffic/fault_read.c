#include "traffic/fault_read.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/word.h"
#include "traffic/match_walk.h"

enum {
    COUNT_MAX = 1000000000,
    DELAY_MAX = 600000, /* milliseconds */
    TRUNCATE_MAX = 16 << 20,
    DRIP_MAX = 1 << 20,
    HEADERS_MAX = 50,
    HEADERS_LENGTH_MAX = 2000 /* characters of them all: the head of an answer has room for so many */
};

/* What an effect consists of, as a set. */
enum part {
    RULE = 1,
    STATUS = 2,
    HEADERS = 4,
    BODY = 8,
    DELAY = 16,
    DELAY_AFTER = 32,
    BEFORE = 64, /* drop */
    AFTER = 128,
    TRUNCATE = 256,
    DRIP = 512
};

/* What goes with what (docs/faults.md has it as a table): two parts that do not, where the second is
 * told to be wrong. */
static const struct {
    unsigned one, other;
    const char *at, *expected;
} exclusions[] = {
    {RULE, STATUS, "status", "expected no status beside rule: each is an answer"},
    {BEFORE | AFTER, RULE, "rule", "expected no rule beside drop, which leaves no answer"},
    {BEFORE | AFTER, STATUS, "status", "expected no status beside drop, which leaves no answer"},
    {BEFORE | AFTER, TRUNCATE, "truncate", "expected no truncate beside drop, which leaves no answer"},
    {BEFORE | AFTER, DRIP, "drip", "expected no drip beside drop, which leaves no answer"},
    {BEFORE, DELAY_AFTER, "delay_after_ms",
     "expected no delay_after_ms beside drop before: nothing is done that it could come after"},
};

/* And parts that do not go without another. */
static const struct {
    unsigned one, other;
    const char *at, *expected;
} needs[] = {
    {HEADERS, STATUS, "headers", "expected a status beside it"},
    {BODY, STATUS, "body", "expected a status beside it"},
};

struct member;

/* A plan that is being read. */
struct plan_reading {
    struct reading reading; /* the first member: it stands for the whole */
    const struct member *members;
    const char *at;
    is_rule_fn *is_rule;
    struct fault_plan *plan;
    unsigned parts; /* of the effect, so far */
    /* numbers that the plan has by other types */
    int64_t seed, status, truncate, drip_bytes;
    size_t headers_length;
    size_t header_count;
    struct header *headers;
};

typedef void take_fn(struct plan_reading *plan, const struct member *member, const struct place *place,
                     const cJSON *json);
static take_fn take_match, take_times, take_probability, take_effect, take_number, take_rule,
    take_headers, take_body, take_drop, take_drip;

/* A member that an object of a fault may have; a number goes to an int64_t of struct fault_plan, or of
 * the reading. */
struct member {
    const char *name;
    take_fn *take;
    unsigned part;
    bool is_of_plan;
    size_t offset;
    int64_t least, most;
};

#define IN_PLAN(name) true, offsetof(struct fault_plan, name)
#define IN_READING(name) false, offsetof(struct plan_reading, name)
#define NOWHERE false, 0, 0, 0

static const struct member fault_members[] = {
    {"match", take_match, 0, NOWHERE},
    {"after", take_number, 0, IN_PLAN(after), 0, COUNT_MAX},
    {"times", take_times, 0, IN_PLAN(times), 1, COUNT_MAX},
    {"probability", take_probability, 0, NOWHERE},
    {"seed", take_number, 0, IN_READING(seed), 0, UINT32_MAX},
    {"effect", take_effect, 0, NOWHERE},
    {.name = NULL},
};

static const struct member effect_members[] = {
    {"rule", take_rule, RULE, NOWHERE},
    {"status", take_number, STATUS, IN_READING(status), 200, 599},
    {"headers", take_headers, HEADERS, NOWHERE},
    {"body", take_body, BODY, NOWHERE},
    {"delay_ms", take_number, DELAY, IN_PLAN(effect.delay), 0, DELAY_MAX},
    {"delay_after_ms", take_number, DELAY_AFTER, IN_PLAN(effect.delay_after), 0, DELAY_MAX},
    {"drop", take_drop, 0, NOWHERE},
    {"truncate", take_number, TRUNCATE, IN_READING(truncate), 0, TRUNCATE_MAX},
    {"drip", take_drip, DRIP, NOWHERE},
    {.name = NULL},
};

static const struct member drip_members[] = {
    {"bytes", take_number, 0, IN_READING(drip_bytes), 1, DRIP_MAX},
    {"every_ms", take_number, 0, IN_PLAN(effect.drip_every), 1, DELAY_MAX},
    {.name = NULL},
};

static const char *names_of(const struct member *members, struct arena *arena)
{
    const char *names = members->name;
    while ((++members)->name != NULL)
        names = arena_printf(arena, "%s %s", names, members->name);
    return names;
}

static void read_member(struct reading *reading, const struct place *place, const cJSON *json)
{
    struct plan_reading *plan = (struct plan_reading *)reading;
    const struct member *member = plan->members;
    while (member->name != NULL && strcmp(member->name, place->name) != 0)
        member++;
    if (member->name == NULL) {
        reading_refuse(reading, place, "expected one of: %s", names_of(plan->members, reading->arena));
        return;
    }
    plan->parts |= member->part;
    member->take(plan, member, place, json);
}

static void take_members(struct plan_reading *plan, const struct member *members,
                         const struct place *place, const cJSON *json)
{
    if (!cJSON_IsObject(json)) {
        reading_refuse(&plan->reading, place, "expected an object of: %s",
                       names_of(members, plan->reading.arena));
        return;
    }
    const struct member *outer = plan->members;
    plan->members = members;
    reading_members(&plan->reading, place, json, read_member);
    plan->members = outer;
}

static bool number_is_taken(struct plan_reading *plan, const struct member *member, const cJSON *json)
{
    char *object = member->is_of_plan ? (char *)plan->plan : (char *)plan;
    double value = json != NULL && cJSON_IsNumber(json) ? json->valuedouble : -1;
    bool fits = value >= (double)member->least && value <= (double)member->most &&
                value == (double)(int64_t)value;
    if (fits)
        *(int64_t *)(void *)(object + member->offset) = (int64_t)value;
    return fits;
}

static void take_number(struct plan_reading *plan, const struct member *member,
                        const struct place *place, const cJSON *json)
{
    if (!number_is_taken(plan, member, json))
        reading_refuse(&plan->reading, place, "expected a whole number from %" PRId64 " to %" PRId64,
                       member->least, member->most);
}

static void take_times(struct plan_reading *plan, const struct member *member,
                       const struct place *place, const cJSON *json)
{
    if (cJSON_IsNull(json))
        plan->plan->times = 0;
    else if (!number_is_taken(plan, member, json))
        reading_refuse(&plan->reading, place,
                       "expected a whole number from %" PRId64 " to %" PRId64 ", or null for always",
                       member->least, member->most);
}

static void take_probability(struct plan_reading *plan, const struct member *member,
                             const struct place *place, const cJSON *json)
{
    (void)member;
    double value = cJSON_IsNumber(json) ? json->valuedouble : -1;
    if (value >= 0 && value <= 1)
        plan->plan->probability = value;
    else
        reading_refuse(&plan->reading, place, "expected a number from 0 to 1");
}

/* As it was given, to be told. */
static const char *printed(struct plan_reading *plan, const cJSON *json)
{
    cJSON *copy = cJSON_Duplicate(json, true);
    const char *text = json_print(&plan->plan->arena, copy);
    cJSON_Delete(copy);
    return text;
}

static void take_match(struct plan_reading *plan, const struct member *member,
                       const struct place *place, const cJSON *json)
{
    (void)place;
    struct reading *reading = &plan->reading;
    const char *at = arena_printf(reading->arena, "%s.%s", plan->at, member->name);
    plan->plan->match = match_read(json, at, false, reading->arena, reading->fault);
    if (plan->plan->match != NULL)
        plan->plan->match_text = printed(plan, json);
}

static void take_effect(struct plan_reading *plan, const struct member *member,
                        const struct place *place, const cJSON *json)
{
    (void)member;
    take_members(plan, effect_members, place, json);
    plan->plan->effect_text = printed(plan, json);
}

static void take_rule(struct plan_reading *plan, const struct member *member, const struct place *place,
                      const cJSON *json)
{
    (void)member;
    if (cJSON_IsString(json) && plan->is_rule(json->valuestring))
        plan->plan->effect.rule = arena_strdup(&plan->plan->arena, json->valuestring);
    else
        reading_refuse(&plan->reading, place, "expected a row of the error gallery, such as E23");
}

static void take_drop(struct plan_reading *plan, const struct member *member, const struct place *place,
                      const cJSON *json)
{
    static const char *const words[] = {"before", "after", NULL};
    (void)member;
    int index = cJSON_IsString(json) ? word_index(words, json->valuestring) : -1;
    if (index < 0)
        reading_refuse(&plan->reading, place, "expected before or after");
    plan->parts |= index == 0 ? BEFORE : AFTER;
    plan->plan->effect.drop = index == 0 ? DROP_BEFORE : DROP_AFTER;
}

static void take_drip(struct plan_reading *plan, const struct member *member, const struct place *place,
                      const cJSON *json)
{
    (void)member;
    take_members(plan, drip_members, place, json);
    for (const struct member *each = drip_members; each->name != NULL; each++) {
        const struct place missing = {.above = place, .name = each->name};
        if (json_member(json, each->name) == NULL)
            take_number(plan, each, &missing, NULL);
    }
}

/* Of HTTP (RFC 9110): what a name consists of. */
static bool is_token(const char *text)
{
    static const char taken[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return text[0] != '\0' && text[strspn(text, taken)] == '\0';
}

static bool is_value(const char *text)
{
    size_t length = strlen(text);
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == '\x7f')
            return false;
    return length > 0 && text[0] != ' ' && text[length - 1] != ' ';
}

/* Headers that say how the answer is sent, which is the server's affair, and those that crmock tells
 * the fault by. */
static bool is_of_server(const char *name)
{
    static const char *const names[] = {
        "Connection", "Content-Length",    "Date",    "Keep-Alive",    "Proxy-Connection", "TE",
        "Trailer",    "Transfer-Encoding", "Upgrade", "X-Crmock-Hint", "X-Crmock-Rule"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcasecmp(names[i], name) == 0)
            return true;
    return false;
}

static bool is_given(const struct plan_reading *plan, const char *name)
{
    for (size_t i = 0; i < plan->header_count; i++)
        if (strcasecmp(plan->headers[i].name, name) == 0)
            return true;
    return strcasecmp(name, "Content-Type") == 0 && plan->plan->effect.content_type != NULL;
}

static void keep_header(struct plan_reading *plan, const char *name, const char *value)
{
    struct arena *arena = &plan->plan->arena;
    value = arena_strdup(arena, value);
    if (strcasecmp(name, "Content-Type") == 0)
        plan->plan->effect.content_type = value;
    else
        plan->headers[plan->header_count++] =
            (struct header){.name = arena_strdup(arena, name), .value = value};
}

static void read_header(struct reading *reading, const struct place *place, const cJSON *json)
{
    struct plan_reading *plan = (struct plan_reading *)reading;
    const char *name = place->name;
    plan->headers_length += strlen(name) + (cJSON_IsString(json) ? strlen(json->valuestring) : 0);
    if (!is_token(name))
        reading_refuse(reading, place, "expected the name of a header");
    else if (is_of_server(name))
        reading_refuse(reading, place, "expected another header: the server sets this one itself");
    else if (is_given(plan, name))
        reading_refuse(reading, place, "expected it once, in whatever case");
    else if (!cJSON_IsString(json) || !is_value(json->valuestring))
        reading_refuse(reading, place,
                       "expected a text without control characters, and no blank at its ends");
    else if (plan->header_count == HEADERS_MAX || plan->headers_length > HEADERS_LENGTH_MAX)
        reading_refuse(reading, place, "expected at most %d headers of %d characters together",
                       HEADERS_MAX, HEADERS_LENGTH_MAX);
    else
        keep_header(plan, name, json->valuestring);
}

static void take_headers(struct plan_reading *plan, const struct member *member,
                         const struct place *place, const cJSON *json)
{
    (void)member;
    plan->headers = arena_array(&plan->plan->arena, HEADERS_MAX + 1, sizeof *plan->headers);
    plan->plan->effect.headers = plan->headers;
    reading_members(&plan->reading, place, json, read_header);
}

static void take_body(struct plan_reading *plan, const struct member *member, const struct place *place,
                      const cJSON *json)
{
    (void)member;
    (void)place;
    struct effect *effect = &plan->plan->effect;
    if (cJSON_IsNull(json))
        return;
    effect->body = cJSON_IsString(json) ? arena_strdup(&plan->plan->arena, json->valuestring)
                                        : printed(plan, json);
    effect->body_length = strlen(effect->body);
}

/* What a body is when headers do not say. */
static const char *type_of(const cJSON *body)
{
    if (!cJSON_IsString(body))
        return "application/json;charset=UTF-8";
    return body->valuestring[0] == '<' ? "text/html;charset=UTF-8" : "text/plain;charset=UTF-8";
}

/* HTTP has answers that never have a body. */
static bool has_no_body(int64_t status)
{
    return status == 204 || status == 205 || status == 304;
}

static void check_body(struct plan_reading *plan, const struct place *place, const cJSON *effect)
{
    const struct place at = {.above = place, .name = "body"};
    struct effect *made = &plan->plan->effect;
    if (made->body == NULL)
        return;
    if (has_no_body(plan->status))
        reading_refuse(&plan->reading, &at, "expected no body with a status %d", (int)plan->status);
    if (made->content_type == NULL)
        made->content_type = type_of(json_member(effect, "body"));
}

static void check_parts(struct plan_reading *plan, const struct place *place)
{
    if (plan->parts == 0)
        reading_refuse(&plan->reading, place, "expected one of: %s",
                       names_of(effect_members, plan->reading.arena));
    for (size_t i = 0; i < COUNT(exclusions); i++) {
        const struct place at = {.above = place, .name = exclusions[i].at};
        if ((plan->parts & exclusions[i].one) != 0 && (plan->parts & exclusions[i].other) != 0)
            reading_refuse(&plan->reading, &at, "%s", exclusions[i].expected);
    }
    for (size_t i = 0; i < COUNT(needs); i++) {
        const struct place at = {.above = place, .name = needs[i].at};
        if ((plan->parts & needs[i].one) != 0 && (plan->parts & needs[i].other) == 0)
            reading_refuse(&plan->reading, &at, "%s", needs[i].expected);
    }
}

static void fill(struct plan_reading *plan)
{
    struct effect *effect = &plan->plan->effect;
    plan->plan->seed = (uint32_t)plan->seed;
    effect->status = (unsigned)plan->status;
    effect->truncates = (plan->parts & TRUNCATE) != 0;
    effect->truncate = (size_t)plan->truncate;
    effect->drips = (plan->parts & DRIP) != 0;
    effect->drip_bytes = (size_t)plan->drip_bytes;
}

/* A fault that says nothing of requests acts on any. */
static void match_any(struct plan_reading *plan)
{
    static const struct member member = {.name = "match"};
    cJSON *any CLEANUP(json_delete) = cJSON_CreateObject();
    take_match(plan, &member, NULL, any);
}

bool fault_read(const cJSON *json, const char *at, is_rule_fn *is_rule, struct arena *arena,
                struct match_fault *fault, struct fault_plan *plan)
{
    *fault = (struct match_fault){.at = NULL};
    *plan = (struct fault_plan){.times = 1, .probability = 1};
    struct plan_reading reading = {
        .reading = {.arena = arena, .fault = fault}, .at = at, .is_rule = is_rule, .plan = plan};
    const struct place top = {.name = at}, effect = {.above = &top, .name = "effect"};
    take_members(&reading, fault_members, &top, json);
    if (fault->at == NULL)
        check_parts(&reading, &effect);
    if (fault->at == NULL)
        check_body(&reading, &effect, json_member(json, "effect"));
    if (fault->at == NULL && plan->match == NULL)
        match_any(&reading);
    fill(&reading);
    return fault->at == NULL;
}

void fault_clear(struct fault_plan *plan)
{
    match_free(plan->match);
    arena_clear(&plan->arena);
}
