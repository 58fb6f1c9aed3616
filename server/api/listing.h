/* Inside the api room: lists of records, by the parameters of the query. */
#ifndef CRMOCK_API_LISTING_H
#define CRMOCK_API_LISTING_H

#include "api/reply.h"
#include "store/selection.h"

enum { RECORDS_BY_PAGE = 2000 }; /* that can be asked for by a page's number (P10) */

/* What a list is made of. */
struct listing {
    struct selection selection;
    struct page page;
    cJSON *criteria;    /* what the view's criteria borrow from; owned by the caller */
    const char *fields; /* as in the query; NULL: all */
    int64_t page_number, per_page;
    bool with_tokens; /* pages may be asked for by token, and are told with tokens */
    bool by_token;    /* this one was */
};

/* All that the token's user may see of the module of the call. */
MUSTCHECK struct listing listing_new(const struct call *call);

/* Each reads parameters into the listing; a refusal leaves call->fault filled: cvid alone; fields,
 * sort_by, sort_order, page and per_page; all that a list takes (P10 to P13 are about its pages). */
MUSTCHECK enum error listing_read_view(struct call *call, struct listing *listing);
MUSTCHECK enum error listing_read_page(struct call *call, struct listing *listing);
MUSTCHECK enum error listing_read(struct call *call, struct listing *listing);

/* Answers with the page, or 204 when it is empty. */
MUSTCHECK enum error listing_reply(struct call *call, const struct listing *listing);

#endif
