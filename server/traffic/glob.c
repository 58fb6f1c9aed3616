#include "traffic/glob.h"

#include <string.h>

/* Where to go on when what follows a star does not fit: the star takes one character more. */
struct retreat {
    const char *glob; /* behind the star; NULL: there was none */
    const char *text;
};

/* The last star of each kind is enough to go back to. What an earlier one would take more is what the
 * last `**` can take as well; and within a part, what the last `*` can. A `*` that has come to the end
 * of its part is not helped by those before it: they can't leave theirs, either. */
bool glob_fits(const char *glob, const char *text, char mark, size_t *steps)
{
    struct retreat in_part = {NULL, NULL}, across = {NULL, NULL};
    for (; *steps > 0; --*steps) {
        if (*glob == '*') {
            size_t stars = strspn(glob, "*");
            glob += stars;
            struct retreat *star = stars > 1 ? &across : &in_part;
            in_part.glob = NULL;
            *star = (struct retreat){glob, text};
        } else if (*glob == *text) {
            if (*glob++ == '\0')
                return true;
            text++;
        } else if (in_part.glob != NULL && *in_part.text != mark && *in_part.text != '\0') {
            text = ++in_part.text;
            glob = in_part.glob;
        } else if (across.glob != NULL && *across.text != '\0') {
            text = ++across.text;
            glob = across.glob;
            in_part.glob = NULL;
        } else {
            return false;
        }
    }
    return false;
}
