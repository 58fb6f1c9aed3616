#include "base/id.h"

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
