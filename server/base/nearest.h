/* What a text was meant to be that is none of a list: for messages that say what there is. */
#ifndef CRMOCK_BASE_NEAREST_H
#define CRMOCK_BASE_NEAREST_H

#include <stddef.h>

#include "base/arena.h"
#include "base/attrs.h"

/* Puts those that come near the text before the rest, which keep their order: the nearest first, three
 * at most. Near is what has few letters wrong, missing, too many or swapped, whatever their case, or
 * what has the text in it. Of very many long texts only the first are compared. All are UTF-8. Returns
 * how many are near. */
MUSTCHECK size_t nearest_first(const char **list, size_t count, const char *text);

/* "A, B, C", or of many as many of the first as `most` characters take with ", ..." behind them, one at
 * least; "none" of none. Arena-owned or borrowed. */
MUSTCHECK const char *listed(const char *const *list, size_t count, size_t most, struct arena *arena);

#endif
