/* What reads a choice of records, or of their fields: searches, criteria, counts, ids, pages.
 * An input's first byte chooses the request; its lines are the values of its parameters, in their
 * order. */
#include <string.h>

#include "base/utf8.h"
#include "fuzz.h"

static struct fuzz_api fuzzed;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fuzz_api_open_filled(&fuzzed);
    return 0;
}

enum { PARAMETERS_MAX = 6 };

/* '@' is the first, 'A' the second, and so on. */
static const struct {
    const char *path, *token;
    const char *parameters[PARAMETERS_MAX];
} requests[] = {
    {"/crm/v8/Leads/search", "1000.crmock.admin", {"criteria", "fields", "page", "per_page"}},
    {"/crm/v8/Leads/search", "1000.crmock.standard", {"criteria", "sort_by", "sort_order"}},
    {"/crm/v2/Projects/search", "1000.crmock.admin", {"criteria", "page_token"}},
    {"/crm/v8/Leads/search", "1000.crmock.admin", {"word", "fields"}},
    {"/crm/v8/Contacts/search", "1000.crmock.admin", {"email", "phone", "word"}},
    {"/crm/v8/Leads/actions/count", "1000.crmock.admin", {"criteria", "email", "phone", "word"}},
    {"/crm/v8/Leads",
     "1000.crmock.admin",
     {"fields", "ids", "page", "per_page", "sort_by", "sort_order"}},
    {"/crm/v2/Leads",
     "1000.crmock.standard",
     {"cvid", "territory_id", "include_child", "page", "per_page"}},
    {"/crm/v8/Deals",
     "1000.crmock.admin",
     {"fields", "page_token", "page", "per_page", "cvid", "sort_by"}},
    {"/crm/v8/Leads/554023000000600019", "1000.crmock.admin", {"fields"}},
    {"/crm/v8/settings/fields", "1000.crmock.admin", {"module", "type", "include"}},
    {"/crm/v8/settings/custom_views", "1000.crmock.admin", {"module", "page", "per_page"}},
    {"/crm/v8/users", "1000.crmock.admin", {"type", "ids", "page", "per_page"}},
    {"/crm/v8/Leads/actions/mass_update", "1000.crmock.admin", {"job_id"}},
};

/* Criteria of a request are not a parameter but a part of a body. */
static void mass_update(const char *criteria, struct arena *arena)
{
    const char *body = arena_printf(arena,
                                    "{\"data\":[{\"City\":\"x\"}],\"cvid\":\"554023000000091501\","
                                    "\"criteria\":%s}",
                                    criteria);
    const struct fuzz_call call = {.method = "POST",
                                   .path = "/crm/v8/Leads/actions/mass_update",
                                   .token = "1000.crmock.admin",
                                   .body = body,
                                   .body_length = strlen(body)};
    (void)fuzz_api_ask(&fuzzed, &call);
    fuzz_api_reset(&fuzzed);
}

static void get(size_t which, char *text, struct arena *arena)
{
    char *lines[PARAMETERS_MAX];
    enum { NAME_ROOM = 32 };
    char *query = arena_alloc(arena, strlen(text) + (size_t)PARAMETERS_MAX * NAME_ROOM);
    size_t count = fuzz_split(text, '\n', lines, PARAMETERS_MAX), length = 0;
    for (size_t i = 0; i < count && requests[which].parameters[i] != NULL; i++) {
        const char *pair = arena_printf(arena, "%s=%s", requests[which].parameters[i], lines[i]);
        size_t size = strlen(pair) + 1;
        memcpy(query + length, pair, size);
        length += size;
    }
    const struct fuzz_call call = {
        .method = "GET", .path = requests[which].path, .token = requests[which].token, .query = query};
    (void)fuzz_api_ask(&fuzzed, &call);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena arena = {.blocks = NULL};
    struct fuzz_input input = {.at = data, .end = data + size};
    size_t which = fuzz_byte(&input) % 32 % (COUNT(requests) + 1);
    const char *text = utf8_repaired(&arena, fuzz_rest(&input, &arena)); /* as the http room does */
    if (which == COUNT(requests))
        mass_update(text, &arena);
    else
        get(which, arena_strdup(&arena, text), &arena);
    arena_clear(&arena);
    return 0;
}
