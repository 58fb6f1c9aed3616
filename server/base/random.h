/* Texts that nobody guesses. */
#ifndef CRMOCK_BASE_RANDOM_H
#define CRMOCK_BASE_RANDOM_H

#include <stddef.h>

/* Fills a text of `size` bytes with hexadecimal digits, and ends it. */
void random_text(char *text, size_t size);

#endif
