/* UTF-8: what JSON texts must be, and how the service counts the length of a value. */
#ifndef CRMOCK_BASE_UTF8_H
#define CRMOCK_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attrs.h"

/* True when all bytes form well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF)
 * without a zero byte. */
MUSTCHECK bool utf8_valid(const char *bytes, size_t length);
/* The text, when it is well-formed; else a copy, the arena's, with U+FFFD for what is not. */
MUSTCHECK const char *utf8_repaired(struct arena *arena, const char *text);
/* The same of so many bytes, behind which a zero byte stands; one among them is not well-formed. */
MUSTCHECK const char *utf8_repaired_bytes(struct arena *arena, const char *text, size_t length);
/* The text as part of a line for people: '?' for control characters, and what goes beyond `most`
 * characters is cut off, "..." being the last three then. The text itself where it is such a line, else
 * the arena's. */
MUSTCHECK const char *utf8_line(struct arena *arena, const char *text, size_t most);
/* Such a line with a comma and one more name behind it; the line itself when it has as many characters
 * as that already. Of an empty one, the name alone. */
MUSTCHECK const char *utf8_line_with(struct arena *arena, const char *line, const char *name,
                                     size_t most);
/* Number of characters (code points) of well-formed text. */
MUSTCHECK size_t utf8_length(const char *text);

#endif
