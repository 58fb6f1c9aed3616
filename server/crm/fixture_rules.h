/* The rules that fixtures must obey like any request, for the store's loader. */
#ifndef CRMOCK_CRM_FIXTURE_RULES_H
#define CRMOCK_CRM_FIXTURE_RULES_H

#include "store/fixture.h"

extern const struct fixture_rules fixture_rules;

#endif
