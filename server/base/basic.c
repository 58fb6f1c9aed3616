#include "base/basic.h"

#include <glib.h>
#include <string.h>

#include "base/utf8.h"

/* The text that is so encoded; NULL when it is no base64, or no text. GLib leaves out what is no
 * base64: what is encoded again shows it. */
static char *decoded(struct arena *arena, const char *encoded)
{
    size_t length;
    unsigned char *bytes = g_base64_decode(encoded, &length);
    char *again = g_base64_encode(bytes, length), *text = NULL;
    if (strcmp(again, encoded) == 0 && utf8_valid((const char *)bytes, length))
        text = arena_strndup(arena, (const char *)bytes, length);
    g_free(again);
    g_free(bytes);
    return text;
}

enum basic basic_read(const char *header, struct arena *arena, const char **name, const char **secret)
{
    static const char scheme[] = "Basic";
    const size_t length = sizeof scheme - 1;
    if (header == NULL || g_ascii_strncasecmp(header, scheme, length) != 0 ||
        (header[length] != ' ' && header[length] != '\0'))
        return BASIC_ABSENT;
    char *text = decoded(arena, header + length + strspn(header + length, " "));
    char *colon = text != NULL ? strchr(text, ':') : NULL;
    if (colon == NULL)
        return BASIC_MALFORMED;
    *colon = '\0';
    *name = text;
    *secret = colon + 1;
    return BASIC_GOOD;
}
