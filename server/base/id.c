#include "base/id.h"

#include <stdlib.h>

bool id_parse(const char *text, int64_t *id)
{
    if (text == NULL || text[0] < '1' || text[0] > '9')
        return false;
    uint64_t value = 0;
    size_t length = 0;
    for (; text[length] != '\0'; length++) {
        if (text[length] < '0' || text[length] > '9' || length >= ID_TEXT_SIZE - 1)
            return false;
        value = value * 10 + (uint64_t)(text[length] - '0');
    }
    if (value > INT64_MAX)
        return false;
    *id = (int64_t)value;
    return true;
}

static int by_number(const void *one, const void *other)
{
    const int64_t *a = one, *b = other;
    return (*a > *b) - (*a < *b);
}

void ids_sort(int64_t *ids, size_t count)
{
    if (count > 0)
        qsort(ids, count, sizeof *ids, by_number);
}
