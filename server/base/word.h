/* Lists of words, such as the names of an enum's values, which NULL ends. */
#ifndef CRMOCK_BASE_WORD_H
#define CRMOCK_BASE_WORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attrs.h"

/* Where the word stands in the list; -1 when it does not, or is NULL. */
MUSTCHECK int word_index(const char *const words[], const char *word);

/* True when `word` is one of those that blanks separate in `words`. */
MUSTCHECK bool word_is_among(const char *words, const char *word);

/* Whether one of the names in a list, ended by NULL, fits: each of its texts is one, or several with
 * commas between, as the environment has them. */
MUSTCHECK bool word_any(const char *const *list,
                        bool (*fits)(const char *text, size_t length, const void *with),
                        const void *with);

#endif
