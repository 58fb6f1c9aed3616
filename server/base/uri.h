/* Texts as parts of an address, or of a form. */
#ifndef CRMOCK_BASE_URI_H
#define CRMOCK_BASE_URI_H

#include "base/arena.h"
#include "base/attrs.h"

/* The text with all percent-encoded but letters and digits of ASCII and -._~, arena-owned. */
MUSTCHECK const char *uri_escaped(struct arena *arena, const char *text);

#endif
