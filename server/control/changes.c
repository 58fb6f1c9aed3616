/* What differs now from then (section 3 of the control API). It costs nothing until somebody asks: two
 * images are compared, and the sandbox's store is held only while the one of now is taken. */
#include "fixture/changes.h"

#include <string.h>

#include "base/id.h"
#include "control/call.h"

/* The image of then, shared; NULL after a refusal. Under the lock. */
static struct image *image_of_then(struct control_call *call, const char *since)
{
    struct image *image = NULL;
    if (strcmp(since, "reset") == 0) {
        image = sandbox_making(call->sandbox)->image;
        if (image == NULL)
            (void)control_refuse(call, 409, "since",
                                 "main's store is kept (--db), and has no made state:"
                                 " take a snapshot, and ask for since=NAME");
    } else {
        const struct moment *moment = sandbox_moment(call->sandbox, since);
        if (moment == NULL)
            (void)control_refuse(call, 404, "since", "there is no snapshot \"%s\"", since);
        else
            image = moment->made.image;
    }
    return image != NULL ? image_share(image) : NULL;
}

/* What is asked for, and the images; under the lock. */
static void take(struct control_call *call, struct changes_query *query)
{
    const char *since = query_text(call, "since"), *module = query_text(call, "module");
    query->org = query_org(call);
    if (query->org != NULL && module != NULL) {
        query->module = org_module(query->org, module);
        if (query->module == NULL)
            (void)control_refuse(call, 404, "module", "the org has no such module");
    }
    if (!call->is_refused)
        query->then = image_of_then(call, since != NULL ? since : "reset");
    if (!call->is_refused)
        query->now = store_image(call->scene->crm.store);
    if (!call->is_refused && query->now == NULL)
        (void)control_refuse(call, 503, NULL, "there is no memory for it, or the store failed");
}

/* The same, with the metadata that it refers to; NULL after a refusal. */
static struct metadata *take_locked(struct control_call *call, struct changes_query *query)
{
    const struct scene *scene = control_lock(call);
    if (scene == NULL)
        return NULL;
    take(call, query);
    struct metadata *metadata = metadata_share(scene->metadata);
    control_unlock(call);
    return metadata;
}

static int64_t tell(struct control_call *call)
{
    const char *after = query_text(call, "after");
    struct changes_query query = {
        .stamps = query_flag(call, "stamps", false),
        .limit = (size_t)query_number(call, "limit", CONTROL_LIST_DEFAULT, 1, CONTROL_LIST_MAX),
        .log = sandbox_household(call->sandbox)->log};
    if (after != NULL && !id_parse(after, &query.after))
        (void)control_refuse(call, 422, "after", "expected the id of a record");
    struct metadata *metadata = take_locked(call, &query);
    cJSON *body = NULL;
    if (!call->is_refused && changes_between(&query, &body) != STORE_OK)
        (void)control_refuse(call, 503, NULL, "there is no memory for it, or the store failed");
    image_free(query.then);
    image_free(query.now);
    metadata_free(metadata);
    return control_reply(call, 200, body);
}

#define FROM_TO                                                                                        \
    "{'type': 'object', 'additionalProperties': {'type': 'object', 'required': ['from', 'to'],"        \
    " 'additionalProperties': false, 'properties': {'from': {}, 'to': {}}}}"

const struct control_endpoint changes_get = {
    .method = "GET",
    .path = "/_crmock/changes",
    .handle = tell,
    .manner = CONTROL_CHANGES, /* for it takes the lock; it changes nothing */
    .query = "since module org stamps limit after",
    .says = "The records that differ now from how they were when the sandbox was made (since=reset, as"
            " usual) or when a snapshot was taken, with their fields and states, then and now.",
    .answers = "'changes': " SCHEMA_LIST(
        SCHEMA_OBJECT("'module', 'id', 'change', 'fields', 'state'",
                      "'module': " SCHEMA_TEXT ", 'id': " SCHEMA_ID
                      ", 'change': {'enum': ['inserted', 'updated', 'deleted']}, 'fields': " FROM_TO
                      ", 'state': " FROM_TO)) ", 'more': " SCHEMA_FLAG,
};
