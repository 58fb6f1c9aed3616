/* The service's textual criteria, of searches: ((Last_Name:equals:Boyle)and(City:starts_with:Ar)). */
#ifndef CRMOCK_CRM_SEARCH_H
#define CRMOCK_CRM_SEARCH_H

#include "base/json.h"
#include "store/org.h"

/* Reads a text as criteria in JSON, for criteria_read; owned by the caller. NULL when it is malformed.
 * A backslash takes the special meaning from a bracket, a comma or a backslash. */
MUSTCHECK cJSON *search_criteria(const struct module *module, const char *text, struct arena *arena);

/* What a search by one of these parameters looks for, as criteria in JSON; owned by the caller. NULL
 * when the module has no field of that kind. */
MUSTCHECK cJSON *search_email(const struct module *module, const char *text);
MUSTCHECK cJSON *search_phone(const struct module *module, const char *text);
MUSTCHECK cJSON *search_word(const struct module *module, const char *text);

#endif
