#include "base/utf8.h"

#include <glib.h>

bool utf8_valid(const char *bytes, size_t length)
{
    return g_utf8_validate_len(bytes, length, NULL);
}

const char *utf8_repaired(struct arena *arena, const char *text)
{
    if (g_utf8_validate(text, -1, NULL))
        return text;
    char *made = g_utf8_make_valid(text, -1);
    const char *repaired = arena_strdup(arena, made);
    g_free(made);
    return repaired;
}

size_t utf8_length(const char *text)
{
    return (size_t)g_utf8_strlen(text, -1);
}
