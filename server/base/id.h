/* Record, view, territory and job ids: 64-bit integers that travel as strings of digits. */
#ifndef CRMOCK_BASE_ID_H
#define CRMOCK_BASE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"

enum { ID_TEXT_SIZE = 20 }; /* 19 digits and the end */

/* Reads 1 to 19 digits without a sign or a leading zero, 1 to 2^63-1. False for anything else. */
MUSTCHECK bool id_parse(const char *text, int64_t *id);
/* Sorts ids by number. */
void ids_sort(int64_t *ids, size_t count);

#endif
