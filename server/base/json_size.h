/* How long a tree is as JSON, without printing it. */
#ifndef CRMOCK_BASE_JSON_SIZE_H
#define CRMOCK_BASE_JSON_SIZE_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "base/attrs.h"

/* Bytes that json_print makes of a tree that was parsed. */
MUSTCHECK size_t json_size(const cJSON *item);

#endif
