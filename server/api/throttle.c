#include "api/throttle.h"

#include <inttypes.h>

#include "crm/limits.h"

const char *throttle_when(struct arena *arena, int64_t time)
{
    char text[TIME_TEXT_SIZE];
    if (!time_writable(time))
        return "never";
    time_format_utc(time, text);
    return arena_printf(arena, "at %s", text);
}

static const char *credits_hint(struct arena *arena, const struct org *org,
                                const struct limits_credits *credits)
{
    if (credits->most == 0)
        return arena_printf(arena, "the limits give org %" PRId64 " (%s) no credits", org->id,
                            org->name);
    return arena_printf(arena,
                        "org %" PRId64 " (%s) has spent its %" PRId64 " credits of 24 hours: the next"
                        " is free %s",
                        org->id, org->name, credits->most, throttle_when(arena, credits->free_at));
}

static const char *concurrency_hint(const struct call *call, const struct org *org)
{
    return arena_printf(call->arena,
                        "org %" PRId64 " (%s) had as many calls under way as its limits allow"
                        " (%" PRId64 "): there is room when one of them has been answered",
                        org->id, org->name, limits_concurrency(call->api->crm->limits, org));
}

enum error throttle_check(struct call *call)
{
    const struct crm *crm = call->api->crm;
    const struct org *org = call->token.user->org;
    bool is_beyond = call->request->is_beyond;
    struct limits_credits credits;
    bool are_there = limits_spend(crm->limits, org, is_beyond ? 0 : 1, crm->clock, &credits);
    if (credits.are_limited && credits.remaining <= credits.most / 2)
        call->credits_remaining = arena_printf(call->arena, "%" PRId64, credits.remaining);
    if (is_beyond)
        call->fault.hint = concurrency_hint(call, org);
    else if (!are_there)
        call->fault.hint = credits_hint(call->arena, org, &credits);
    return is_beyond || !are_there ? ERR_TOO_MANY_REQUESTS : ERR_NONE;
}

void throttle_tell(struct call *call)
{
    if (call->credits_remaining == NULL)
        return;
    struct header *headers = arena_array(call->arena, 2, sizeof *headers); /* the second ends them */
    headers[0] = (struct header){"X-API-CREDITS-REMAINING", call->credits_remaining};
    call->response->headers = headers;
}
