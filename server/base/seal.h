/* Texts that a client hands back as it got them: opaque, and found out when altered. No secret: what is
 * sealed may be read by who takes the trouble, and sealed by him, too, where there is no key. */
#ifndef CRMOCK_BASE_SEAL_H
#define CRMOCK_BASE_SEAL_H

#include "base/arena.h"
#include "base/attrs.h"

/* Seals a text together with what it is bound to, which is not in the result. Arena-owned; letters,
 * digits, minus and underscore only. */
MUSTCHECK const char *seal_text(struct arena *arena, const char *text, const char *bound_to);
/* The text again, arena-owned; NULL when it was altered, or bound to something else. */
MUSTCHECK const char *seal_open(struct arena *arena, const char *sealed, const char *bound_to);

/* The same with a key: who does not have it makes none that opens. */
MUSTCHECK const char *seal_text_by(struct arena *arena, const char *key, const char *text);
MUSTCHECK const char *seal_open_by(struct arena *arena, const char *key, const char *sealed);

#endif
