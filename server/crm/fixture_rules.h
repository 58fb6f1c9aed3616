/* The rules that fixtures must obey like any request, for the store's loader. */
#ifndef CRMOCK_CRM_FIXTURE_RULES_H
#define CRMOCK_CRM_FIXTURE_RULES_H

#include "fixture/fixture.h"

extern const struct fixture_rules fixture_rules;

/* True when an org of a store obeys them still: its views and rules have criteria for their modules.
 * The file may have been changed since fixtures filled it. False with the first that has not
 * (arena-owned). */
MUSTCHECK bool fixture_rules_hold(const struct org *org, struct arena *arena, const char **reason);

#endif
