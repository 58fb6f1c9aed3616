/* Raw bytes over a socket into a whole app: whatever comes, the connection ends in time, and what it
 * brought are answers.
 * An input's first byte says how the rest is sent: its lowest three bits the size of the pieces, the
 * next two what becomes of the connection. '@' is all at once and half a close. */
#include "fuzz.h"

static struct fuzz_app fuzzed;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fuzz_app_prepare(&fuzzed);
    return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const size_t pieces[] = {0, 1, 2, 3, 7, 16, 61, 509};
    struct arena arena = {.blocks = NULL};
    struct fuzz_input input = {.at = data, .end = data + size};
    unsigned manner = fuzz_byte(&input);
    const struct fuzz_sending sending = {.piece = pieces[manner & 7U], .end = manner >> 3U & 3U};
    fuzz_app_ready(&fuzzed);
    (void)fuzz_app_exchange(&fuzzed, &sending, (const char *)input.at, (size_t)(input.end - input.at),
                            &arena);
    arena_clear(&arena);
    return 0;
}
