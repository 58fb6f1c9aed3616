/* OAuth scopes as texts, in fixtures and in requests: ZohoCRM.modules.ALL,ZohoCRM.settings.fields.READ
 */
#ifndef CRMOCK_BASE_SCOPES_H
#define CRMOCK_BASE_SCOPES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attrs.h"

/* The next scope of a list, which commas or blanks separate, and its length; *rest goes behind it. NULL
 * at the end. */
MUSTCHECK const char *scopes_next(const char **rest, size_t *length);
/* True when the list has a scope, and each of them may be granted: ZohoCRM.group.OPERATION or
 * ZohoCRM.group.word.OPERATION with an operation that there is, or words of another product. Else
 * *wrong is the first that may not, up to the next separator (empty when there is none). */
MUSTCHECK bool scopes_are_known(const char *list, const char **wrong, size_t *length);
/* The list with one blank between scopes. Arena-owned. */
MUSTCHECK const char *scopes_by_blanks(struct arena *arena, const char *list);

#endif
