#include "base/word.h"

#include <string.h>

int word_index(const char *const words[], const char *word)
{
    for (int i = 0; word != NULL && words[i] != NULL; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

bool word_is_among(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; length > 0 && (at = strstr(at, word)) != NULL; at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0') &&
            strchr(word, ' ') == NULL)
            return true;
    return false;
}

bool word_any(const char *const *list, bool (*fits)(const char *text, size_t length, const void *with),
              const void *with)
{
    for (; *list != NULL; list++)
        for (const char *at = *list; *at != '\0';) {
            size_t length = strcspn(at, ",");
            if (fits(at, length, with))
                return true;
            at += length + (at[length] != '\0');
        }
    return false;
}
