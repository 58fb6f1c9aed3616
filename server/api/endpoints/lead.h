/* Inside the api room: modules to which fields lead, as the versions tell of them (F10). A lookup leads
 * to what it refers to, a subform to its line items, a multi-select lookup to the module that it looks
 * up by way of one that keeps the links. */
#ifndef CRMOCK_API_LEAD_H
#define CRMOCK_API_LEAD_H

#include "base/json.h"
#include "store/org.h"

struct lead {
    const struct field *field;
    const struct module *to;
    const struct module *links;       /* a multi-select lookup's; the fields of it that lead to */
    const struct field *forth, *back; /* `to`, and to the module of the field; NULL for others */
};

/* Finds where a field leads; false when that is nowhere in the org. */
MUSTCHECK bool lead_find(const struct org *org, const struct field *field, struct lead *lead);

/* Owned by the caller; names and texts are the org's. */
typedef cJSON *lead_fn(const struct lead *lead);
lead_fn lookup_by_name, lookup_by_reference, subform_by_name, line_items, line_items_with_layout,
    links_by_name, links_and_module_by_name, links_by_reference, links_in_detail;

/* The field that brought a module along, and in *of the module that it stands in: the module has its
 * line items, or keeps its links. NULL for any other module. */
MUSTCHECK const struct field *field_that_leads_to(const struct module *module,
                                                  const struct module **of);

#endif
