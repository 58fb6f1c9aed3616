#include "base/scopes.h"

#include <string.h>
#include <strings.h>

static const char separators[] = ", \t";

const char *scopes_next(const char **rest, size_t *length)
{
    const char *scope = *rest + strspn(*rest, separators);
    *length = strcspn(scope, separators);
    *rest = scope + *length;
    return *length > 0 ? scope : NULL;
}

/* Words of letters, digits and _ that are joined by dots. */
enum { WORDS_MAX = 6 };
struct scope_text {
    const char *words[WORDS_MAX];
    size_t lengths[WORDS_MAX];
    size_t count;
};

static bool cut(const char *text, size_t length, struct scope_text *scope)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    const char *end = text + length;
    scope->count = 0;
    for (;; text++) {
        size_t word = strspn(text, letters);
        if (word == 0 || scope->count == WORDS_MAX)
            return false;
        scope->words[scope->count] = text;
        scope->lengths[scope->count++] = word;
        text += word;
        if (text == end || *text != '.')
            return text == end;
    }
}

static bool says(const struct scope_text *scope, size_t index, const char *word)
{
    return scope->lengths[index] == strlen(word) &&
           strncasecmp(scope->words[index], word, scope->lengths[index]) == 0;
}

/* What the CRM's scopes end with. Scopes of other products are their own affair. */
static const char *const operations[] = {"ALL", "READ", "CREATE", "UPDATE", "DELETE", "WRITE", NULL};

static bool is_known(const char *text, size_t length)
{
    struct scope_text scope;
    if (!cut(text, length, &scope) || scope.count < 2)
        return false;
    if (!says(&scope, 0, "ZohoCRM"))
        return true;
    for (size_t i = 0; operations[i] != NULL; i++)
        if (says(&scope, scope.count - 1, operations[i]))
            return scope.count == 3 || scope.count == 4;
    return false;
}

bool scopes_are_known(const char *list, const char **wrong, size_t *length)
{
    size_t count = 0;
    for (; (*wrong = scopes_next(&list, length)) != NULL; count++)
        if (!is_known(*wrong, *length))
            return false;
    *wrong = "";
    return count > 0;
}

const char *scopes_by_blanks(struct arena *arena, const char *list)
{
    char *text = arena_alloc(arena, strlen(list) + 2), *end = text;
    const char *scope;
    size_t length;
    while ((scope = scopes_next(&list, &length)) != NULL) {
        memcpy(end, scope, length);
        end += length;
        *end++ = ' ';
    }
    if (end > text)
        end[-1] = '\0';
    return text;
}
