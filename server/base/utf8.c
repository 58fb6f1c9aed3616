#include "base/utf8.h"

#include <glib.h>

bool utf8_valid(const char *bytes, size_t length)
{
    return g_utf8_validate_len(bytes, length, NULL);
}

size_t utf8_length(const char *text)
{
    return (size_t)g_utf8_strlen(text, -1);
}
