#include "base/word.h"

#include <string.h>

int word_index(const char *const words[], const char *word)
{
    for (int i = 0; word != NULL && words[i] != NULL; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}
