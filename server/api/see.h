/* Inside the api room: what is seen of a request before the service looks at it. */
#ifndef CRMOCK_API_SEE_H
#define CRMOCK_API_SEE_H

#include "api/api.h"
#include "traffic/match.h"

/* Fills *seen: what costs nothing, and what `needs` (bits of match_needs) asks for. Its user is the one
 * whose token it is, if that is alive. Texts are the request's or the arena's; but the JSON, which is
 * the caller's to delete. */
void api_see(const struct api *api, const struct request *request, unsigned needs, struct arena *arena,
             struct seen *seen, cJSON **json);

/* Whose the access token of the request is; NULL: nobody's, or it is not alive. Borrowed from the orgs.
 */
MUSTCHECK const struct user *api_user(const struct api *api, const struct request *request,
                                      struct arena *arena);

#endif
