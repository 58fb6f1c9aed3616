#include "base/uri.h"

#include <glib.h>

const char *uri_escaped(struct arena *arena, const char *text)
{
    char *made = g_uri_escape_string(text, NULL, false);
    const char *copy = arena_strdup(arena, made);
    g_free(made);
    return copy;
}
