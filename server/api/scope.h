/* OAuth scopes: ZohoCRM.mass_update.UPDATE, ZohoCRM.mass_update.leads.ALL, ... */
#ifndef CRMOCK_API_SCOPE_H
#define CRMOCK_API_SCOPE_H

#include <stdbool.h>

#include "base/attrs.h"

/* What an endpoint asks of a token. */
struct scope {
    const char *group;     /* "mass_update" */
    const char *operation; /* "UPDATE"; ALL always counts as well */
    const char *word;      /* "fields"; NULL: the module's, or none where there is no module */
};

/* True when one of the granted scopes (separated by commas or blanks, in any case) allows the
 * operation for the whole group, or for the part of it that `word` stands for (a module, or a kind of
 * settings; NULL when the group has no parts). */
MUSTCHECK bool scope_allows(const char *granted, const struct scope *asked, const char *word);

#endif
