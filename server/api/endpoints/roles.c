#include "api/metadata.h"

static call_fn tell_roles;

const struct endpoint roles_list = {
    .method = "GET",
    .path = "/crm/{version}/settings/roles",
    .scope = {"settings", "READ", "roles"},
    .handle = tell_roles,
};

const struct endpoint roles_one = {
    .method = "GET",
    .path = "/crm/{version}/settings/roles/{id}",
    .scope = {"settings", "READ", "roles"},
    .handle = tell_roles,
};

static cJSON *make_role(struct call *call, size_t index)
{
    const struct role *role = &call->token.user->org->roles[index];
    cJSON *object = metadata_new(call, "role");
    metadata_set_id(object, "id", role->id);
    metadata_set_text(object, "name", role->name);
    metadata_set_text(object, "display_label", role->name);
    metadata_set_flag(object, "admin_user", role->reports_to == NULL);
    if (role->reports_to != NULL)
        metadata_set(object, "reporting_to",
                     reply_reference(role->reports_to->id, "name", role->reports_to->name));
    return object;
}

static enum error tell_roles(struct call *call)
{
    metadata_reply_members(call, "roles", call->token.user->org->role_count, make_role, false);
    return ERR_NONE;
}
