/* Bodies of forms, through the http room to where they are read: the accounts server.
 * An input's first byte chooses the media type and the path; the type may be the input's own first
 * line. */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

static struct fuzz_app fuzzed;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fuzz_app_prepare(&fuzzed);
    fuzzed.options.http.max_body = 65536;
    return 0;
}

enum { OWN_TYPE = 7, REVOKES = 8 };
static const char *const types[OWN_TYPE] = {
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=X",
    "multipart/form-data; boundary=\"X\"",
    "application/x-www-form-urlencoded; charset=utf-8",
    "multipart/form-data; boundary=------------------------0123456789abcdef",
    "multipart/form-data",
    "multipart/mixed; boundary=X",
};

/* The input's first line. */
static const char *own_type(struct fuzz_input *input, struct arena *arena)
{
    const unsigned char *start = input->at;
    while (input->at < input->end && *input->at != '\n' && *input->at != '\r' && *input->at != '\0')
        input->at++;
    const char *type = arena_strndup(arena, (const char *)start, (size_t)(input->at - start));
    input->at += input->at < input->end;
    return type;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena arena = {.blocks = NULL};
    struct fuzz_input input = {.at = data, .end = data + size};
    unsigned choice = fuzz_byte(&input), which = choice & 7U;
    const char *type = which == OWN_TYPE ? own_type(&input, &arena) : types[which];
    size_t length = (size_t)(input.end - input.at);
    const char *head =
        arena_printf(&arena,
                     "POST /oauth/v2/token%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                     "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                     (choice & REVOKES) != 0 ? "/revoke" : "", type, length);
    size_t head_length = strlen(head);
    char *request = arena_alloc(&arena, head_length + length + 1);
    memcpy(request, head, head_length + 1);
    memcpy(request + head_length, input.at, length);
    fuzz_app_ready(&fuzzed);
    const struct fuzz_sending sending = {.end = END_HALF};
    const char *answer = fuzz_app_exchange(&fuzzed, &sending, request, head_length + length, &arena);
    if (answer[0] == '\0')
        fuzz_fail("a form without an answer");
    arena_clear(&arena);
    return 0;
}
