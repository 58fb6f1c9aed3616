#include <string.h>

#include "api/metadata.h"
#include "crm/access.h"

static call_fn tell_views;

const struct endpoint custom_views_list = {
    .method = "GET",
    .path = "/crm/{version}/settings/custom_views",
    .scope = {"settings", "READ", "custom_views"},
    .handle = tell_views,
};

const struct endpoint custom_views_one = {
    .method = "GET",
    .path = "/crm/{version}/settings/custom_views/{id}",
    .scope = {"settings", "READ", "custom_views"},
    .handle = tell_views,
};

static cJSON *shared_to(const struct view *view)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < view->user_count; i++) {
        cJSON *user = reply_reference(view->users[i]->id, "name", view->users[i]->name);
        json_add_text(user, "type", "users");
        cJSON_AddFalseToObject(user, "subordinates");
        cJSON_AddItemToArray(list, user);
    }
    return list;
}

/* A field of a comparison is told by its name alone: what was {"api_name"} becomes a text. */
static void name_fields(cJSON *criteria)
{
    cJSON *part;
    const cJSON *name = json_member(json_member(criteria, "field"), "api_name");
    if (cJSON_IsString(name))
        cJSON_ReplaceItemInObjectCaseSensitive(criteria, "field",
                                               cJSON_CreateString(name->valuestring));
    cJSON_ArrayForEach (part, cJSON_GetObjectItemCaseSensitive(criteria, "group"))
        name_fields(part);
}

static cJSON *criteria_of(const struct call *call, const struct view *view)
{
    cJSON *criteria = json_parse(view->criteria, strlen(view->criteria), NULL);
    if (versions[call->version].names_criteria_fields)
        name_fields(criteria);
    return criteria;
}

/* A view of the module that the user may use. */
static cJSON *make_view(struct call *call, size_t index)
{
    const struct view *view = &call->token.user->org->views[index];
    if (view->module != call->module || !may_use_view(call->token.user, view))
        return NULL;
    cJSON *object = metadata_new(call, "custom_view");
    metadata_set_id(object, "id", view->id);
    metadata_set_text(object, "name", view->name);
    metadata_set_text(object, "display_value", view->name);
    metadata_set(object, "module",
                 reply_reference(view->module->id, "api_name", view->module->api_name));
    metadata_set_text(object, "access_type", view->everyone ? "public" : "shared");
    metadata_set_text(object, "shared_type", view->everyone ? "public" : "shared");
    metadata_set_text(object, "category", view->everyone ? "public_views" : "shared_with_me");
    metadata_set(object, "shared_to", shared_to(view));
    metadata_set(object, "shared_details", shared_to(view));
    if (view->criteria != NULL && call->id != NULL) /* the list leaves them out, as the service does */
        metadata_set(object, "criteria", criteria_of(call, view));
    return object;
}

static enum error tell_views(struct call *call)
{
    enum error error = metadata_find_module(call);
    if (error == ERR_NONE)
        metadata_reply_members(call, "custom_views", call->token.user->org->view_count, make_view,
                               true);
    return error;
}
