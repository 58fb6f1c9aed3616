/* JSON bodies of what writes. An input's first byte chooses the request, the rest is its body. */
#include <string.h>

#include "fuzz.h"
#include "fuzz_json.h"

static struct fuzz_api fuzzed;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fuzz_api_open_filled(&fuzzed);
    return 0;
}

/* '@' is the first, 'A' the second, and so on. */
static const struct {
    const char *method, *path, *token;
} requests[] = {
    {"POST", "/crm/v8/Leads/actions/mass_update", "1000.crmock.admin"},
    {"POST", "/crm/v2/Deals/actions/mass_update", "1000.crmock.admin"},
    {"POST", "/crm/v8/Projects/actions/mass_update", "1000.crmock.custom"},
    {"POST", "/crm/v7/Leads", "1000.crmock.admin"},
    {"POST", "/crm/v8/Projects", "1000.crmock.admin"},
    {"PUT", "/crm/v8/Projects", "1000.crmock.admin"},
    {"PUT", "/crm/v2.1/Leads/554023000000600019", "1000.crmock.admin"},
    {"POST", "/crm/v8/Leads/upsert", "1000.crmock.admin"},
    {"POST", "/crm/v8/Projects/upsert", "1000.crmock.standard"},
    {"PUT", "/crm/v8/Leads/554023000000600019/actions/blueprint", "1000.crmock.admin"},
    {"POST", "/crm/v8/Leads/554023000000600001/Locking_Information__s", "1000.crmock.admin"},
    {"POST", "/crm/v8/Accounts/actions/mass_update", "1000.crmock.free"},
    {"POST", "/crm/v8/Contacts", "1000.crmock.standard"},
    {"PUT", "/crm/v8/Deals/554023000000497007", "1000.crmock.standard"},
};

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct fuzz_input input = {.at = data, .end = data + size};
    size_t which = fuzz_byte(&input) % 32 % COUNT(requests);
    const struct fuzz_call call = {.method = requests[which].method,
                                   .path = requests[which].path,
                                   .token = requests[which].token,
                                   .body = (const char *)input.at,
                                   .body_length = (size_t)(input.end - input.at)};
    (void)fuzz_api_ask(&fuzzed, &call);
    fuzz_api_reset(&fuzzed);
    return 0;
}

/* The first byte stays, or changes now and then. */
size_t LLVMFuzzerCustomMutator(unsigned char *data, size_t size, size_t most, unsigned seed)
{
    if (size == 0 || seed % 64 == 0)
        return LLVMFuzzerMutate(data, size, most);
    return 1 + fuzz_json_mutate(data + 1, size - 1, most - 1, seed);
}

size_t LLVMFuzzerCustomCrossOver(const unsigned char *one, size_t one_size, const unsigned char *other,
                                 size_t other_size, unsigned char *out, size_t most, unsigned seed)
{
    if (one_size == 0 || other_size == 0 || most == 0)
        return 0;
    size_t length =
        fuzz_json_cross(one + 1, one_size - 1, other + 1, other_size - 1, out + 1, most - 1, seed);
    out[0] = one[0];
    return length > 0 ? 1 + length : 0;
}
