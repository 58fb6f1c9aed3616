/* OAuth scopes: ZohoCRM.mass_update.UPDATE, ZohoCRM.mass_update.leads.ALL, ... */
#ifndef CRMOCK_API_SCOPE_H
#define CRMOCK_API_SCOPE_H

#include <stdbool.h>

#include "base/attrs.h"

/* What an endpoint asks of a token. */
struct scope {
    const char *group;     /* "mass_update" */
    const char *operation; /* "UPDATE"; ALL always counts as well */
};

/* True when one of the granted scopes (separated by commas or blanks, in any case) allows the
 * operation for every module or for the module that `word` stands for. */
MUSTCHECK bool scope_allows(const char *granted, const struct scope *asked, const char *word);

#endif
