#include "api/scope.h"

#include <string.h>
#include <strings.h>

enum { PARTS_MIN = 3, PARTS_MAX = 4 };

static const char separators[] = ", \t";

struct part {
    const char *text;
    size_t length;
};

static bool says(const struct part *part, const char *word)
{
    return strlen(word) == part->length && strncasecmp(part->text, word, part->length) == 0;
}

/* Cuts one scope at its dots; PARTS_MAX + 1 when it has more parts than any scope. */
static size_t cut(const char *scope, size_t length, struct part parts[PARTS_MAX])
{
    size_t count = 0;
    const char *end = scope + length;
    for (const char *at = scope; at <= end; count++) {
        const char *dot = memchr(at, '.', (size_t)(end - at));
        const char *stop = dot != NULL ? dot : end;
        if (count == PARTS_MAX)
            return PARTS_MAX + 1;
        parts[count] = (struct part){.text = at, .length = (size_t)(stop - at)};
        at = stop + 1;
    }
    return count;
}

static bool one_allows(const char *scope, size_t length, const struct scope *asked, const char *word)
{
    struct part parts[PARTS_MAX];
    size_t count = cut(scope, length, parts);
    if (count < PARTS_MIN || count > PARTS_MAX || !says(&parts[0], "ZohoCRM") ||
        !says(&parts[1], asked->group))
        return false;
    const struct part *operation = &parts[count - 1];
    if (!says(operation, asked->operation) && !says(operation, "ALL"))
        return false;
    return count == PARTS_MIN || (word != NULL && says(&parts[2], word));
}

bool scope_allows(const char *granted, const struct scope *asked, const char *word)
{
    while (*granted != '\0') {
        size_t length = strcspn(granted, separators);
        if (one_allows(granted, length, asked, word))
            return true;
        granted += length;
        granted += strspn(granted, separators);
    }
    return false;
}
