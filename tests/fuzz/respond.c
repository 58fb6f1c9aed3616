/* Requests as they come off the wire, straight into the api room: whatever the body, path or token, the
 * answer is one of the catalogue, never a failure of the server's own.
 * An input's first line is "METHOD PATH TOKEN", what follows is the body. */
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

/* Cuts "name=value&name=value"; the text has an end more than it needs. */
static char *cut(char *text)
{
    for (char *at = text; *at != '\0';) {
        at += strcspn(at, "&");
        if (*at != '\0')
            *at++ = '\0';
    }
    return text;
}

static char *cut_path(char *path)
{
    char *at = path + strcspn(path, "?");
    if (*at != '\0')
        *at++ = '\0';
    return cut(at);
}

/* The body as a form. */
static const char *form_of(struct arena *arena, const char *body, size_t length)
{
    const char *text = utf8_repaired(arena, arena_strndup(arena, body, length));
    char *copy = arena_alloc(arena, strlen(text) + 2);
    memcpy(copy, text, strlen(text) + 1);
    return cut(copy);
}

static char *next_word(struct arena *arena, const char **at, const char *end)
{
    size_t length = 0;
    while (*at + length < end && (*at)[length] != ' ' && (*at)[length] != '\n')
        length++;
    char *word =
        arena_alloc(arena, length + 3); /* more ends than one: the query stands behind a path */
    memcpy(word, *at, length);
    *at += length + (*at + length < end);
    return word;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena arena = {.blocks = NULL};
    const char *at = (const char *)data, *end = at + size;
    const char *method = next_word(&arena, &at, end);
    const char *start = at;
    char *path = next_word(&arena, &at, end);
    const char *token = utf8_repaired(&arena, next_word(&arena, &at, end));
    if (memchr(start, '\0', (size_t)(at - start)) != NULL || !utf8_valid(path, strlen(path)) ||
        !utf8_valid(method, strlen(method)))
        path[0] = '\0'; /* the http room hands down no such texts */
    const char *parameters = cut_path(path);
    const struct fuzz_call call = {.method = method,
                                   .path = path,
                                   .token = token,
                                   .query = parameters,
                                   .form = form_of(&arena, at, (size_t)(end - at)),
                                   .body = at,
                                   .body_length = (size_t)(end - at)};
    (void)fuzz_api_ask(&fuzzed, &call);
    fuzz_api_reset(&fuzzed);
    arena_clear(&arena);
    return 0;
}
