#include "base/utf8.h"

#include <glib.h>
#include <string.h>

bool utf8_valid(const char *bytes, size_t length)
{
    return g_utf8_validate_len(bytes, length, NULL);
}

const char *utf8_repaired(struct arena *arena, const char *text)
{
    return utf8_repaired_bytes(arena, text, strlen(text));
}

const char *utf8_repaired_bytes(struct arena *arena, const char *text, size_t length)
{
    if (utf8_valid(text, length))
        return text;
    char *made = g_utf8_make_valid(text, (gssize)length);
    const char *repaired = arena_strdup(arena, made);
    g_free(made);
    return repaired;
}

size_t utf8_length(const char *text)
{
    return (size_t)g_utf8_strlen(text, -1);
}
