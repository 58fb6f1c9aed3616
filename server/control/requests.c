/* The journal of a sandbox: what it was asked, and answered (section 8 of the control API). */
#include <string.h>

#include "base/id.h"
#include "control/told_request.h"
#include "traffic/journal.h"

struct seen told_seen(const struct entry *entry, const struct match *match)
{
    struct seen seen = entry_seen(entry);
    seen.json = (match_needs(match) & MATCH_JSON) != 0 ? entry_body(entry) : NULL;
    return seen;
}

void told_unsee(struct seen *seen)
{
    cJSON_Delete((cJSON *)seen->json);
    seen->json = NULL;
}

bool told_fits(struct control_call *call, const struct entry *entry, const struct match *match,
               size_t *steps)
{
    struct seen seen = told_seen(entry, match);
    bool fits = match_fits(match, &seen, steps);
    told_unsee(&seen);
    if (*steps == 0)
        (void)control_refuse(call, 422, "$.match",
                             "expected less: it takes more than %d comparisons to look at all requests",
                             TOLD_STEPS_MAX);
    return fits && *steps > 0;
}

struct match *told_match(struct control_call *call, struct arena *arena)
{
    struct match_fault fault;
    const cJSON *json = json_member(call->body, "match");
    cJSON *any = cJSON_CreateObject();
    struct match *match = match_read(json != NULL ? json : any, "$.match", true, arena, &fault);
    cJSON_Delete(any);
    if (match == NULL)
        (void)control_refuse(call, 422, fault.at, "%s", fault.expected);
    return match;
}

/* A list that is being made. */
struct listing {
    struct control_call *call;
    const struct match *match;
    bool oldest_first;
    int64_t limit, count;
    size_t steps; /* left */
    cJSON *requests;
    bool more;
};

/* Each is printed at once: what it is made of takes many times the memory, and lasts no longer than the
 * entry. */
static bool add_request(void *context, struct entry *entry)
{
    struct listing *listing = context;
    struct arena *arena = listing->call->arena;
    if (!told_fits(listing->call, entry, listing->match, &listing->steps))
        return !listing->call->is_refused;
    listing->more =
        listing->count == listing->limit || (listing->count > 0 && arena_is_exceeded(arena));
    if (listing->more)
        return false;
    cJSON *json = entry_json(entry, arena), *text = json_text(json_print(arena, json));
    cJSON_Delete(json);
    if (listing->oldest_first)
        (void)cJSON_InsertItemInArray(listing->requests, 0, text);
    else
        (void)cJSON_AddItemToArray(listing->requests, text);
    listing->count++;
    return true;
}

/* Answers by those of the range that fit; the match is freed. */
static int64_t list(struct control_call *call, struct match *match, int64_t limit,
                    const struct journal_range *range)
{
    struct listing listing = {.call = call,
                              .match = match,
                              .oldest_first = range->oldest_first,
                              .limit = limit,
                              .steps = TOLD_STEPS_MAX};
    if (call->is_refused) {
        match_free(match);
        return CONTROL_DONE;
    }
    cJSON *body = cJSON_CreateObject();
    listing.requests = cJSON_AddArrayToObject(body, "requests");
    journal_each(sandbox_journal(call->sandbox), range, add_request, &listing);
    match_free(match);
    cJSON_AddBoolToObject(body, "more", listing.more);
    return control_reply(call, 200, body);
}

/* The match that the query says, by the names that it has in common with one. NULL after a refusal. */
static struct match *queried_match(struct control_call *call)
{
    static const char *const names[] = {"method", "path", "module", "rule"};
    struct match_fault fault;
    cJSON *json = cJSON_CreateObject();
    for (size_t i = 0; i < COUNT(names); i++)
        if (query_text(call, names[i]) != NULL)
            json_add_text(json, names[i], query_text(call, names[i]));
    int64_t status = query_number(call, "status", 0, 100, 599);
    if (status != 0)
        json_add_integer(json, "status", status);
    struct match *match = match_read(json, "$", true, call->arena, &fault);
    cJSON_Delete(json);
    if (match == NULL)
        (void)control_refuse(call, 422, strncmp(fault.at, "$.", 2) == 0 ? fault.at + 2 : NULL, "%s",
                             fault.expected);
    return match;
}

static int64_t tell_list(struct control_call *call)
{
    const struct journal_range range = {.since = query_id(call, "since_id"),
                                        .before = query_id(call, "after"),
                                        .oldest_first = query_text(call, "since_id") != NULL};
    int64_t limit = query_number(call, "limit", CONTROL_LIST_DEFAULT, 1, CONTROL_LIST_MAX);
    return list(call, queried_match(call), limit, &range);
}

const struct control_endpoint requests_get = {
    .method = "GET",
    .path = "/_crmock/requests",
    .handle = tell_list,
    .manner = CONTROL_BESIDE, /* as all are that read bodies, which may take its time */
    .query = "method path module status rule limit after since_id",
    .says = "The requests of the journal, newest first: older ones by after=ID, those that have come"
            " since by since_id=ID.",
    .answers = TOLD_REQUESTS,
};

static int64_t find(struct control_call *call)
{
    const struct said said = said_body(call);
    said_has_only(&said, "match limit");
    int64_t limit = said_number(&said, "limit", CONTROL_LIST_DEFAULT, 1, CONTROL_LIST_MAX);
    const struct journal_range all = {.since = 0};
    return list(call, told_match(call, call->arena), limit, &all);
}

const struct control_endpoint requests_find_post = {
    .method = "POST",
    .path = "/_crmock/requests/find",
    .handle = find,
    .manner = CONTROL_BESIDE,
    .takes =
        "'match?': {'type': 'object'}, 'limit?': {'type': 'integer', 'minimum': 1, 'maximum': 1000}",
    .status = 200,
    .says = "The requests that match, newest first.",
    .answers = TOLD_REQUESTS,
};

/* The one of the path; NULL after a refusal. */
static struct entry *find_one(struct control_call *call)
{
    int64_t id;
    struct entry *entry =
        id_parse(call->parts[0], &id) ? journal_find(sandbox_journal(call->sandbox), id) : NULL;
    if (entry == NULL)
        (void)control_refuse(call, 404, NULL, "the journal has no request of that id (any more)");
    return entry;
}

/* The address that leads into the sandbox, however the call has found it. */
static const char *address_of(struct control_call *call)
{
    const char *url = call->request->base_url(call->request), *id = sandbox_id(call->sandbox);
    bool is_there = call->request->prefix[0] != '\0' || strcmp(id, MAIN_SANDBOX) == 0;
    return is_there ? url : arena_printf(call->arena, "%s/_s/%s", url, id);
}

static int64_t tell_line(struct control_call *call, const struct entry *entry)
{
    size_t length;
    if (entry_is_cut(entry))
        return control_refuse(call, 409, "as",
                              "the journal has a part of its body only: it cannot be sent again");
    const char *line = entry_curl(entry, address_of(call), call->arena, &length);
    return control_reply_text(call, line, length);
}

static int64_t tell_one(struct control_call *call)
{
    const char *as = query_text(call, "as");
    if (as != NULL && strcmp(as, "curl") != 0)
        return control_refuse(call, 422, "as", "expected curl");
    struct entry *entry = find_one(call);
    if (entry != NULL && as != NULL)
        (void)tell_line(call, entry);
    else if (entry != NULL)
        (void)control_reply(call, 200, entry_json(entry, call->arena));
    entry_free(entry);
    return CONTROL_DONE;
}

const struct control_endpoint request_get = {
    .method = "GET",
    .path = "/_crmock/requests/{id}",
    .handle = tell_one,
    .manner = CONTROL_BESIDE,
    .query = "as",
    .says = "One request; with as=curl a line for the shell that sends it again, with your token as"
            " $TOKEN.",
    .answers = TOLD_REQUEST,
    .text = "text/plain",
};

static int64_t drop(struct control_call *call)
{
    journal_clear(sandbox_journal(call->sandbox));
    return control_reply(call, 204, NULL);
}

const struct control_endpoint requests_drop = {
    .method = "DELETE",
    .path = "/_crmock/requests",
    .handle = drop,
    .says = "Empties the journal. Ids go on.",
};
