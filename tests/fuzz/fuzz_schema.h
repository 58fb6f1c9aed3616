/* JSON held against a schema, as far as the document of the control API goes. */
#ifndef CRMOCK_FUZZ_SCHEMA_H
#define CRMOCK_FUZZ_SCHEMA_H

#include "base/json.h"

/* What does not fit, which is in the tree or is it; NULL: it fits. */
MUSTCHECK const cJSON *fuzz_schema_misfit(const cJSON *schema, const cJSON *json);

#endif
