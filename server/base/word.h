/* Lists of words, such as the names of an enum's values, which NULL ends. */
#ifndef CRMOCK_BASE_WORD_H
#define CRMOCK_BASE_WORD_H

#include <stdbool.h>

#include "base/attrs.h"

/* Where the word stands in the list; -1 when it does not, or is NULL. */
MUSTCHECK int word_index(const char *const words[], const char *word);

/* True when `word` is one of those that blanks separate in `words`. */
MUSTCHECK bool word_is_among(const char *words, const char *word);

#endif
