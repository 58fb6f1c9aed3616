#include "api/page_token.h"

#include <stdlib.h>

#include "base/seal.h"

enum { LIFETIME = 24 * 60 * 60 };

/* What must be the same with a token as without. */
static const char *const bound_parameters[] = {
    "fields", "ids", "cvid", "territory_id", "include_child", "per_page", "sort_by", "sort_order",
};

static const char *bound_to(const struct call *call)
{
    const char *text =
        arena_printf(call->arena, "%lld %s", (long long)call->token.user->id, call->module->api_name);
    for (size_t i = 0; i < COUNT(bound_parameters); i++) {
        const char *value = call_parameter(call, bound_parameters[i]);
        text = arena_printf(call->arena, "%s\n%s", text, value != NULL ? value : "");
    }
    return text;
}

const char *page_token_new(const struct call *call, int64_t page, int64_t *expires_at)
{
    *expires_at = clock_now(call->api->crm->clock) + LIFETIME;
    const char *text = arena_printf(call->arena, "%lld %lld", (long long)page, (long long)*expires_at);
    return seal_text(call->arena, text, bound_to(call));
}

enum error page_token_read(struct call *call, const char *token, int64_t *page)
{
    const char *text = seal_open(call->arena, token, bound_to(call));
    call->fault = (struct fault){.param_name = "page_token",
                                 .hint = "a token is good with the parameters that it came with"};
    char *rest = NULL;
    *page = text != NULL ? strtoll(text, &rest, 10) : 0;
    if (*page < 1 || *page > PAGE_MAX)
        return ERR_PAGE_TOKEN;
    call->fault = (struct fault){.api_name = "page_token",
                                 .json_path = "$.query.page_token",
                                 .hint = "a token is good for a day"};
    return strtoll(rest, NULL, 10) > clock_now(call->api->crm->clock) ? ERR_NONE
                                                                      : ERR_PAGE_TOKEN_EXPIRED;
}
