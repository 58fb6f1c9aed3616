/* Reads the service's criteria, of custom views and of requests: a comparison
 *   {"field": {"api_name": "Lead_Source"}, "comparator": "equal", "value": "Trade Show"}
 * or a group {"group_operator": "and", "group": [...]}, nested, or a list of them, which all must hold.
 * "${EMPTY}", "" and null as a value stand for a field without one. */
#ifndef CRMOCK_CRM_CRITERIA_H
#define CRMOCK_CRM_CRITERIA_H

#include "base/json.h"
#include "crm/error.h"
#include "store/criteria.h"

enum {
    CRITERIA_DEPTH_MAX = 20,
    CRITERIA_COMPARISONS_MAX = 25, /* of a view or a request */
    CRITERIA_LIST_MAX = 100,       /* values of one comparison */
    CRITERIA_VALUES_MAX = 200      /* of all */
};

/* Reads `json`, which stands at `path` ("$.criteria"), of at most so many comparisons. The result is
 * arena-owned and borrows texts of `json`. ERR_INVALID_VALUE with *fault filled when it is no criteria
 * for the module (E32). */
MUSTCHECK enum error criteria_read(const struct module *module, const cJSON *json, const char *path,
                                   size_t comparisons, struct arena *arena,
                                   const struct criteria **criteria, struct fault *fault);

/* The criteria of a view, which were checked when it was loaded. *tree is what they borrow from: owned
 * by the caller (cJSON_Delete), to live as long. NULL in *criteria when the view has none. */
MUSTCHECK enum error criteria_of_view(const struct view *view, struct arena *arena, cJSON **tree,
                                      const struct criteria **criteria);

#endif
