#include "visit.h"

#include <inttypes.h>
#include <string.h>

#include "api/see.h"
#include "traffic/drip.h"
#include "traffic/events.h"

/* It goes through these in turn; where it has to wait, or may take long, it is put off. */
enum stage { BEFORE_THE_WORK, BEFORE_THE_ANSWER };

enum { NOTED = MATCH_QUERY | MATCH_HEADERS | MATCH_FORM }; /* what the journal has of a request */

struct visit {
    struct control *control;
    struct sandbox *sandbox;
    const struct request *request;
    struct arena *arena;
    unsigned resets; /* of the sandbox, when it came */
    unsigned clears; /* of its journal, likewise */
    int64_t time;    /* when it came: microseconds since 1970 */
    int64_t begun;   /* the same by clock_microseconds */
    struct seen seen;
    cJSON *json; /* what the body says, while it is looked at */
    struct effect effect;
    enum stage stage;
    int64_t due;          /* when the stage ends, by clock_microseconds */
    struct response made; /* the answer, from the second stage on */
    int64_t entry_id;     /* its place in the journal; 0: none is kept */
};

static bool has_polls(const struct visit *visit)
{
    unsigned side;
    const struct scene *scene = sandbox_enter(visit->sandbox, &side);
    bool has = scene != NULL && scene->manner.jobs.has_polls;
    sandbox_leave(visit->sandbox, side);
    return has;
}

/* True for a question about a job that has it go on as far as the policy's polls say. */
static bool may_run_a_job(const struct visit *visit)
{
    static const char end[] = "/actions/mass_update";
    const struct request *request = visit->request;
    size_t length = strlen(request->path), behind = sizeof end - 1;
    return strcmp(request->method, "GET") == 0 && length > behind &&
           strcmp(request->path + length - behind, end) == 0 && request->refusal == REFUSAL_NONE &&
           has_polls(visit);
}

/* What the service sees of it, as far as that is asked for. */
static void see(struct visit *visit, unsigned needs)
{
    unsigned side;
    const struct scene *scene = sandbox_enter(visit->sandbox, &side);
    if (scene != NULL)
        api_see(&scene->api, visit->request, needs, visit->arena, &visit->seen, &visit->json);
    sandbox_leave(visit->sandbox, side);
}

/* A fault that acts is an event. */
static void tell_firing(const struct visit *visit, struct faults *faults)
{
    struct events *events = sandbox_events(visit->sandbox);
    cJSON *json =
        events_are_heard(events) ? faults_tell(faults, visit->effect.fault_id, visit->arena) : NULL;
    if (json != NULL)
        events_tell(events, "fault", json_print(visit->arena, json));
    cJSON_Delete(json);
}

static void find_fault(struct visit *visit)
{
    struct faults *faults = sandbox_faults(visit->sandbox);
    if (!faults_are_set(faults) || visit->request->refusal != REFUSAL_NONE)
        return;
    see(visit, faults_need(faults) | MATCH_USER | NOTED);
    if (visit->seen.method == NULL || !faults_find(faults, &visit->seen, visit->arena, &visit->effect))
        visit->effect = (struct effect){.fault_id = 0};
    else
        tell_firing(visit, faults);
    cJSON_Delete(visit->json);
    visit->json = NULL;
    visit->seen.json = NULL;
}

/* What is written of it; `made` is NULL while there is no answer. */
static struct note note_of(const struct visit *visit, const struct response *made)
{
    struct note note = {.seen = visit->seen,
                        .sandbox = sandbox_id(visit->sandbox),
                        .time = visit->time,
                        .duration = clock_microseconds() - visit->begun,
                        .fault_id = visit->effect.fault_id,
                        .clears = visit->clears};
    if (made == NULL)
        return note;
    note.job_id = made->job_id;
    if (made->user != NULL)
        note.seen.user = made->user;
    if (made->drops)
        return note;
    note.seen.status = made->status;
    note.seen.rule = made->rule;
    note.hint = made->hint;
    note.answer = made->body;
    note.answer_length = made->body_length;
    return note;
}

/* False when nobody wants to know. */
static bool begin_note(struct visit *visit)
{
    if (!journal_keeps(sandbox_journal(visit->sandbox)) &&
        !events_are_heard(sandbox_events(visit->sandbox)))
        return false;
    if (visit->seen.method == NULL)
        see(visit, NOTED);
    return visit->seen.method != NULL;
}

/* In the journal before its answer leaves, and told to who listens. */
static void note(struct visit *visit, const struct response *made)
{
    if (!begin_note(visit))
        return;
    const struct note written = note_of(visit, made);
    struct entry *entry = journal_write(sandbox_journal(visit->sandbox), &written, visit->entry_id);
    struct events *events = sandbox_events(visit->sandbox);
    if (events_are_heard(events) && entry_id(entry) != 0) {
        cJSON *json = entry_json(entry, visit->arena);
        events_tell(events, "request", json_print(visit->arena, json));
        cJSON_Delete(json);
    }
    entry_free(entry);
}

/* A place in the journal in front of what comes while it waits. */
static void reserve(struct visit *visit)
{
    if (!begin_note(visit) || !journal_keeps(sandbox_journal(visit->sandbox)))
        return;
    const struct note written = note_of(visit, NULL);
    visit->entry_id = journal_reserve(sandbox_journal(visit->sandbox), &written);
}

static void answer_by_fault(const struct effect *effect, struct response *made)
{
    *made = (struct response){.status = effect->status,
                              .content_type = effect->content_type,
                              .headers = effect->headers,
                              .body = effect->body != NULL ? effect->body : "",
                              .body_length = effect->body_length};
}

static void answer_by_service(const struct visit *visit, struct response *made)
{
    unsigned side;
    const struct scene *scene = sandbox_enter(visit->sandbox, &side);
    if (scene == NULL)
        control_answer(visit->arena, made, 404, CONTROL_GONE, NULL);
    else if (visit->effect.rule != NULL)
        api_respond_rule(&scene->api, visit->request, visit->effect.rule, visit->arena, made);
    else
        api_respond((void *)&scene->api, visit->request, visit->arena, made);
    sandbox_leave(visit->sandbox, side);
}

static void work(struct visit *visit)
{
    const struct effect *effect = &visit->effect;
    visit->made = (struct response){.status = 500, .body = ""};
    if (effect->status != 0)
        answer_by_fault(effect, &visit->made);
    else if (effect->drop != DROP_BEFORE)
        answer_by_service(visit, &visit->made);
    visit->made.drops = effect->drop != DROP_NOT;
    if (effect->status != 0 || effect->rule != NULL)
        visit->made.hint = arena_printf(visit->arena, "fault %" PRId64, effect->fault_id);
    visit->stage = BEFORE_THE_ANSWER;
    visit->due = clock_microseconds() + effect->delay_after * 1000;
}

/* An answer that drips, until it is out, or its sandbox is reset. */
struct dripping {
    struct control *control;
    struct sandbox *sandbox; /* it owns a share */
    unsigned resets;
};

static struct worker *new_worker(void *context, worker_step *step, void *of)
{
    const struct dripping *dripping = context;
    return control_worker(dripping->control, step, of);
}

static bool is_cut(void *context)
{
    const struct dripping *dripping = context;
    sandbox_touch(dripping->sandbox);
    return sandbox_resets(dripping->sandbox) != dripping->resets;
}

static void end_dripping(void *context)
{
    const struct dripping *dripping = context;
    sandbox_free(dripping->sandbox);
}

static void drip(const struct visit *visit, size_t most, struct response *made)
{
    const struct effect *effect = &visit->effect;
    struct dripping *dripping = arena_alloc(visit->arena, sizeof *dripping);
    *dripping = (struct dripping){visit->control, sandbox_share(visit->sandbox), visit->resets};
    const struct drip_plan plan = {.body = made->body,
                                   .most = most,
                                   .bytes = effect->drips ? effect->drip_bytes : 0,
                                   .every = effect->drip_every,
                                   .new_worker = new_worker,
                                   .is_cut = is_cut,
                                   .end = end_dripping,
                                   .context = dripping};
    made->source = drip_new(&plan, visit->arena);
    made->drops = made->source == NULL;
    if (made->drops)
        sandbox_free(dripping->sandbox);
}

/* The answer, as it is to leave. */
static void leave(struct visit *visit, struct response *response)
{
    const struct effect *effect = &visit->effect;
    struct response *made = &visit->made;
    note(visit, made);
    bool is_cut_short = effect->truncates && effect->truncate < made->body_length;
    made->closes = made->closes || (effect->truncates && !is_cut_short);
    if (!made->drops && made->body_length > 0 && (is_cut_short || effect->drips))
        drip(visit, is_cut_short ? effect->truncate : made->body_length, made);
    *response = *made;
}

static int64_t milliseconds_until(int64_t due)
{
    int64_t left = due - clock_microseconds();
    return left > 0 ? (left + 999) / 1000 : 0;
}

/* The end of one that was waited for too long, or in vain. */
static int64_t give_up(struct visit *visit, struct response *response)
{
    *response = (struct response){.drops = true, .job_id = visit->made.job_id};
    note(visit, response);
    return CONTROL_DONE;
}

static int64_t go_on(void *state, bool hurries, struct response *response)
{
    struct visit *visit = state;
    int64_t left = milliseconds_until(visit->due);
    if (left == 0 && visit->stage == BEFORE_THE_WORK) {
        work(visit);
        left = milliseconds_until(visit->due);
    }
    if (left > 0)
        return hurries ? give_up(visit, response) : left;
    leave(visit, response);
    return CONTROL_DONE;
}

/* The visit is another thread's as soon as it has been put off. */
static bool put_off(struct visit *visit, struct response *response)
{
    reserve(visit);
    return control_put_off(visit->control, visit->sandbox, visit->request, visit->arena, response,
                           go_on, visit);
}

static void refuse_to_wait(struct visit *visit)
{
    struct request *request = arena_alloc(visit->arena, sizeof *request);
    *request = *visit->request;
    request->refusal = REFUSAL_NO_ROOM;
    request->refusal_hint = "too many calls wait (at most half of --max-connections) or drip (a"
                            " quarter), or crmock stops";
    visit->request = request;
    visit->effect = (struct effect){.fault_id = visit->effect.fault_id};
    visit->due = 0;
}

void visit_respond(struct control *control, struct sandbox *sandbox, const struct request *request,
                   struct arena *arena, struct response *response)
{
    struct visit *visit = arena_alloc(arena, sizeof *visit);
    *visit = (struct visit){.control = control,
                            .sandbox = sandbox,
                            .request = request,
                            .arena = arena,
                            .resets = sandbox_resets(sandbox),
                            .clears = journal_clears(sandbox_journal(sandbox)),
                            .time = clock_machine_milliseconds() * 1000,
                            .begun = clock_microseconds()};
    find_fault(visit);
    int64_t delay = visit->effect.delay + limits_latency(sandbox_limits(sandbox));
    bool waits = delay > 0 || visit->effect.delay_after > 0;
    bool may_drip = !visit->effect.drips || request->hold(request);
    visit->due = visit->begun + delay * 1000;
    if (may_drip && (waits || may_run_a_job(visit)) && put_off(visit, response))
        return;
    if (waits || !may_drip)
        refuse_to_wait(visit);
    (void)go_on(visit, false, response);
}
