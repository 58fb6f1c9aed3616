/* Inside the api room: metadata answers. Each object begins as the service would send it for an org
 * that has set nothing up beyond what crmock knows (metadata.json), and gets from the store what that
 * knows. */
#ifndef CRMOCK_API_METADATA_H
#define CRMOCK_API_METADATA_H

#include "api/call.h"
#include "base/json.h"

/* A new object of a kind: "field", "module", "user", ... Owned by the caller. */
MUSTCHECK cJSON *metadata_new(struct call *call, const char *kind);
/* Adds the members of another kind to it. */
void metadata_extend(struct call *call, cJSON *object, const char *kind);

/* Gives a member its value, in the place that it has. Texts must outlive the object. */
void metadata_set(cJSON *object, const char *name, cJSON *value);
void metadata_set_text(cJSON *object, const char *name, const char *text);
void metadata_set_flag(cJSON *object, const char *name, bool flag);
void metadata_set_id(cJSON *object, const char *name, int64_t id);
/* {"id": ..., NAME: text}; owned by the caller. */
MUSTCHECK cJSON *metadata_reference(int64_t id, const char *name, const char *text);

/* Answers {KEY: list}, or 204 when it has no member. Takes the list. */
void metadata_reply(struct call *call, const char *key, cJSON *list);

/* True, and answered 304, when the client says that it has the metadata as it is (If-Modified-Since, an
 * HTTP date or ISO 8601). */
MUSTCHECK bool is_unmodified(struct call *call);

/* A field as settings/fields gives it. Owned by the caller. */
MUSTCHECK cJSON *metadata_field(struct call *call, const struct module *module,
                                const struct field *field);

#endif
