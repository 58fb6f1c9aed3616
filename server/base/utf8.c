#include "base/utf8.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

/* How many bytes of the front are ASCII and no zero byte, by eights: most texts are that to their end.
 */
static size_t plain_front(const char *bytes, size_t length)
{
    static const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
    size_t at = 0;
    for (uint64_t eight; at + sizeof eight <= length; at += sizeof eight) {
        memcpy(&eight, bytes + at, sizeof eight);
        if (((eight | (eight - ones)) & tops) != 0) /* a top bit, or a borrow of a zero byte */
            break;
    }
    return at;
}

bool utf8_valid(const char *bytes, size_t length)
{
    size_t plain = plain_front(bytes, length);
    return plain == length || g_utf8_validate_len(bytes + plain, length - plain, NULL);
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

static bool is_line(const char *text, size_t most)
{
    for (size_t i = 0; text[i] != '\0'; i++)
        if (i == most || text[i] < ' ' || text[i] > '~')
            return false;
    return true;
}

const char *utf8_line(struct arena *arena, const char *text, size_t most)
{
    static const char dots[] = "...";
    enum { BYTES_OF_ONE = 4 };
    if (is_line(text, most))
        return text;
    text = utf8_repaired(arena, text);
    char *line = arena_alloc(arena, most * BYTES_OF_ONE + sizeof dots), *end = line, *cut = line;
    for (size_t count = 0; *text != '\0' && count < most; count++) {
        const char *next = g_utf8_next_char(text);
        if (count + strlen(dots) == most)
            cut = end;
        if (g_unichar_iscntrl(g_utf8_get_char(text)))
            *end++ = '?';
        else
            end = (char *)memcpy(end, text, (size_t)(next - text)) + (next - text);
        text = next;
    }
    if (*text != '\0')
        memcpy(cut, dots, sizeof dots);
    return line;
}

const char *utf8_line_with(struct arena *arena, const char *line, const char *name, size_t most)
{
    if (utf8_length(line) >= most)
        return line;
    return utf8_line(arena, arena_printf(arena, "%s%s%s", line, line[0] != '\0' ? ", " : "", name),
                     most);
}

size_t utf8_length(const char *text)
{
    return (size_t)g_utf8_strlen(text, -1);
}
