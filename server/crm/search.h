/* The service's textual criteria, of searches: ((Last_Name:equals:Boyle)and(City:starts_with:Ar)). */
#ifndef CRMOCK_CRM_SEARCH_H
#define CRMOCK_CRM_SEARCH_H

#include "base/json.h"
#include "store/org.h"

/* Reads a text as criteria in JSON, for criteria_read; owned by the caller. NULL when it is malformed,
 * has more than ten comparisons (*hint says so then), or asks for a field that the user does not see. A
 * backslash takes the special meaning from a bracket, a comma or a backslash; blanks may stand around
 * "and" and "or". */
MUSTCHECK cJSON *search_criteria(const struct user *user, const struct module *module, const char *text,
                                 struct arena *arena, const char **hint);

/* What a search by one of these parameters looks for, as criteria in JSON; owned by the caller. NULL
 * when the module has no field of that kind that the user sees. */
MUSTCHECK cJSON *search_email(const struct user *user, const struct module *module, const char *text);
MUSTCHECK cJSON *search_phone(const struct user *user, const struct module *module, const char *text);
MUSTCHECK cJSON *search_word(const struct user *user, const struct module *module, const char *text);

#endif
