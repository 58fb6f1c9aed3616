#include "base/nearest.h"

#include <glib.h>
#include <string.h>

#include "base/utf8.h"

enum {
    NEAREST_MAX = 3,
    LETTERS_MAX = 64, /* that are looked at: what differs later was not mistyped */
    PART_MIN = 3,     /* letters of a text that is looked for in others */
    FAR = LETTERS_MAX + 1,
    PAIRS_MAX = 200000, /* of letters that are compared in all: a millisecond, or thousands of words */
};

/* A text without its case. */
struct letters {
    gunichar list[LETTERS_MAX];
    size_t count;
};

static struct letters letters_of(const char *text)
{
    struct letters letters = {.count = 0};
    char *folded = g_utf8_casefold(text, -1);
    for (const char *at = folded; *at != '\0' && letters.count < LETTERS_MAX; at = g_utf8_next_char(at))
        letters.list[letters.count++] = g_utf8_get_char(at);
    g_free(folded);
    return letters;
}

static bool has_part(const struct letters *letters, const struct letters *part)
{
    for (size_t i = 0; part->count >= PART_MIN && i + part->count <= letters->count; i++)
        if (memcmp(&letters->list[i], part->list, part->count * sizeof part->list[0]) == 0)
            return true;
    return false;
}

/* How many letters are changed, added, removed or swapped with the next to get from the first so many
 * of one text to the first ones of the other, by their number. */
struct row {
    size_t at[LETTERS_MAX + 1];
};

/* That for i + 1 of one and k + 1 of the other; row[0] is that for i + 1, behind it those before. */
static size_t step(struct row *const row[3], const struct letters *one, const struct letters *other,
                   size_t i, size_t k)
{
    bool is_same = one->list[i] == other->list[k];
    size_t least = row[1]->at[k] + !is_same;
    least = MIN(least, row[1]->at[k + 1] + 1);
    least = MIN(least, row[0]->at[k] + 1);
    if (i > 0 && k > 0 && one->list[i] == other->list[k - 1] && one->list[i - 1] == other->list[k])
        least = MIN(least, row[2]->at[k - 1] + 1);
    return least;
}

/* FAR, once it is more than `most`. */
static size_t distance(const struct letters *one, const struct letters *other, size_t most)
{
    struct row rows[3], *row[3] = {&rows[0], &rows[1], &rows[2]};
    for (size_t k = 0; k <= other->count; k++)
        row[0]->at[k] = k;
    for (size_t i = 0; i < one->count; i++) {
        struct row *next = row[2];
        row[2] = row[1];
        row[1] = row[0];
        row[0] = next;
        size_t least = next->at[0] = i + 1;
        for (size_t k = 0; k < other->count; k++) {
            next->at[k + 1] = step(row, one, other, i, k);
            least = MIN(least, next->at[k + 1]);
        }
        if (least > most)
            return FAR;
    }
    return row[0]->at[other->count] > most ? FAR : row[0]->at[other->count];
}

/* A letter of three may be wrong. *pairs: how many may be compared yet. */
static size_t distance_to(const struct letters *text, const char *candidate, size_t *pairs)
{
    const struct letters other = letters_of(candidate);
    size_t most = (MAX(text->count, other.count) + 1) / 3;
    size_t gap = MAX(text->count, other.count) - MIN(text->count, other.count);
    if (has_part(&other, text))
        return MIN(gap, 1);
    if (gap > most || text->count * other.count > *pairs)
        return FAR;
    *pairs -= text->count * other.count;
    return distance(text, &other, most);
}

size_t nearest_first(const char **list, size_t count, const char *text)
{
    size_t distances[NEAREST_MAX], near = 0, pairs = PAIRS_MAX;
    const struct letters letters = letters_of(text);
    for (size_t i = 0; i < count; i++) {
        const char *candidate = list[i];
        size_t place = near, so_far = distance_to(&letters, candidate, &pairs);
        while (place > 0 && so_far < distances[place - 1])
            place--;
        if (so_far == FAR || place == NEAREST_MAX)
            continue;
        near += near < NEAREST_MAX;
        memmove(&distances[place + 1], &distances[place], (near - 1 - place) * sizeof distances[0]);
        memmove(&list[place + 1], &list[place], (i - place) * sizeof list[0]);
        distances[place] = so_far;
        list[place] = candidate;
    }
    return near;
}

static size_t length_of_all(const char *const *list, size_t count, const char *between)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        length += (i > 0 ? strlen(between) : 0) + utf8_length(list[i]);
    return length;
}

const char *listed(const char *const *list, size_t count, size_t most, struct arena *arena)
{
    static const char between[] = ", ", behind[] = ", ...";
    const char *text = count > 0 ? list[0] : "none";
    size_t length = utf8_length(text);
    size_t end = length_of_all(list, count, between) > most ? strlen(behind) : 0;
    for (size_t i = 1; i < count; i++) {
        length += strlen(between) + utf8_length(list[i]);
        if (length + end > most)
            return arena_printf(arena, "%s%s", text, behind);
        text = arena_printf(arena, "%s%s%s", text, between, list[i]);
    }
    return text;
}
