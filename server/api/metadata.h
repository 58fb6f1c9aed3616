/* Inside the api room: metadata answers. Each object begins as the service would send it for an org
 * that has set nothing up beyond what crmock knows (metadata.json, which says in "versions" from which
 * version on, and until which, a kind has a member), and gets from the store what that knows. */
#ifndef CRMOCK_API_METADATA_H
#define CRMOCK_API_METADATA_H

#include "api/reply.h"

/* A new object of a kind: "field", "module", "user", ... Owned by the caller. */
MUSTCHECK cJSON *metadata_new(struct call *call, const char *kind);
/* Adds the members of another kind to it. */
void metadata_extend(struct call *call, cJSON *object, const char *kind);
/* Gives its members the values that another kind has. */
void metadata_vary(struct call *call, cJSON *object, const char *kind);

/* Gives a member its value, in the place that it has; one that the kind does not have in the call's
 * version is left out. Takes `value` in any case. */
void metadata_set(cJSON *object, const char *name, cJSON *value);
void metadata_set_text(cJSON *object, const char *name, const char *text);
void metadata_set_flag(cJSON *object, const char *name, bool flag);
void metadata_set_id(cJSON *object, const char *name, int64_t id);

/* Finds call->module by the parameter `module`; metadata is there for every module, in every version.
 */
MUSTCHECK enum error metadata_find_module(struct call *call);

/* Makes the object of an org's member, by its place in the org's list; NULL: not for this user. */
typedef cJSON *metadata_make(struct call *call, size_t index);
/* Answers with the members of a list of the org, or the one whose "id" is call->id; 204 when there is
 * none. `with_info` adds how many there are. */
void metadata_reply_members(struct call *call, const char *key, size_t count, metadata_make *make,
                            bool with_info);

/* The org's own times, as text: its metadata has no others. Arena-owned. */
MUSTCHECK const char *metadata_time(struct call *call);

/* True, and answered 304, when the client says that it has the metadata as it is (If-Modified-Since, an
 * HTTP date or ISO 8601). */
MUSTCHECK bool is_unmodified(struct call *call);

/* A field as settings/fields gives it. Owned by the caller. */
MUSTCHECK cJSON *metadata_field(struct call *call, const struct module *module,
                                const struct field *field);

#endif
