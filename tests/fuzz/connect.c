/* The head of CONNECT, as the proxy reads it, however much of it has come: a verdict stays, and what is
 * taken is what another reading finds in the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "proxy/connect.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static bool is_same(const struct connect_head *one, const struct connect_head *other)
{
    return one->length == other->length && one->host_length == other->host_length &&
           one->port == other->port && one->wrong == other->wrong;
}

/* What is read of the first bytes alone, which end where their memory ends. */
static enum connect_verdict read_first(const char *bytes, size_t length, struct connect_head *head)
{
    char *copy = must_alloc(length);
    memcpy(copy, bytes, length);
    enum connect_verdict verdict = connect_read(copy, length, head);
    free(copy);
    return verdict;
}

/* Where the empty line ends, by a search of it. */
static size_t end_of(const char *bytes, size_t length)
{
    const char *end = memmem(bytes, length, "\r\n\r\n", 4);
    return end != NULL ? (size_t)(end - bytes) + 4 : 0;
}

/* Fails unless the authority stands in the request line as it was read. */
static void check_whole(const char *bytes, const struct connect_head *head, struct arena *arena)
{
    const char *line = arena_strndup(arena, bytes, head->length);
    char *end = NULL;
    if (head->length != end_of(bytes, head->length) || memchr(bytes, '\0', head->length) != NULL)
        fuzz_fail("a head of %zu bytes ends elsewhere", head->length);
    if (strncmp(line, "CONNECT ", 8) != 0 || head->host != bytes + 8 || head->host_length == 0 ||
        head->host_length > CONNECT_HOST_MAX)
        fuzz_fail("a host of %zu bytes stands elsewhere", head->host_length);
    const char *behind = line + 8 + head->host_length;
    if (behind[0] != ':' || strtoul(behind + 1, &end, 10) != head->port || head->port == 0 ||
        head->port > UINT16_MAX || strncmp(end, " HTTP/1.", 8) != 0)
        fuzz_fail("the port %u was read otherwise", head->port);
}

enum { PREFIXES = 256 };

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena arena = {.blocks = NULL};
    struct connect_head head, whole;
    const char *bytes = (const char *)data;
    if (size == 0)
        return 0;
    size_t step = 1 + size / PREFIXES;
    enum connect_verdict verdict = CONNECT_AWAITED, last = connect_read(bytes, size, &whole);
    for (size_t length = 1; length < size && verdict == CONNECT_AWAITED; length += step)
        verdict = read_first(bytes, length, &head);
    if (verdict == CONNECT_AWAITED)
        verdict = read_first(bytes, size, &head);
    if (verdict != last || !is_same(&head, &whole))
        fuzz_fail("verdict %d became %d", verdict, last);
    if (last == CONNECT_WHOLE)
        check_whole(bytes, &whole, &arena);
    if ((last == CONNECT_AWAITED && (size > CONNECT_HEAD_MAX || end_of(bytes, size) != 0)) ||
        (last == CONNECT_TOO_LARGE && size <= CONNECT_HEAD_MAX))
        fuzz_fail("verdict %d of %zu bytes", last, size);
    arena_clear(&arena);
    return 0;
}
