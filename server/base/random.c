#include "base/random.h"

#include <stdlib.h>
#include <sys/random.h>

void random_text(char *text, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char byte = 0;
    for (size_t i = 0; i + 1 < size; i++) {
        if (i % 2 == 0 && getrandom(&byte, 1, 0) != 1)
            abort(); /* does not happen for so few, once the system has started */
        text[i] = digits[i % 2 == 0 ? byte >> 4 : byte & 15];
    }
    text[size - 1] = '\0';
}
