/* The rules about the fields of a call (D1: "each in the order sent"). */
#ifndef CRMOCK_CRM_FIELD_RULES_H
#define CRMOCK_CRM_FIELD_RULES_H

#include "crm/mass_update.h"

/* Checks every member of update->fields and fills update->changes with their values. */
MUSTCHECK enum error field_rules_check(struct mass_update *update, struct arena *arena,
                                       struct fault *fault);

extern const struct rules field_rules_order;

#endif
