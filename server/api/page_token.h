/* Inside the api room: tokens that stand for the next pages of a list. One is good for the same user,
 * path and parameters, for a day. */
#ifndef CRMOCK_API_PAGE_TOKEN_H
#define CRMOCK_API_PAGE_TOKEN_H

#include "api/call.h"

enum { PAGE_MAX = 1000000 };

/* The token of a page of the list that is asked for, and when it will expire. Arena-owned. */
MUSTCHECK const char *page_token_new(const struct call *call, int64_t page, int64_t *expires_at);
/* The page that a token stands for; P11 when it is none for this request, P12 when it has expired. */
MUSTCHECK enum error page_token_read(struct call *call, const char *token, int64_t *page);

#endif
