#include "api/metadata.h"

static call_fn tell_territories;

const struct endpoint territories_list = {
    .method = "GET",
    .path = "/crm/{version}/settings/territories",
    .scope = {"settings", "READ", "territories"},
    .handle = tell_territories,
};

const struct endpoint territories_one = {
    .method = "GET",
    .path = "/crm/{version}/settings/territories/{id}",
    .scope = {"settings", "READ", "territories"},
    .handle = tell_territories,
};

static cJSON *make_territory(struct call *call, size_t index)
{
    const struct territory *territory = &call->token.user->org->territories[index];
    cJSON *object = metadata_new(call, "territory");
    metadata_set_id(object, "id", territory->id);
    metadata_set_text(object, "name", territory->name);
    metadata_set_text(object, "api_name", territory->name);
    metadata_set_text(object, "created_time", metadata_time(call));
    metadata_set_text(object, "modified_time", metadata_time(call));
    if (territory->parent == NULL)
        return object;
    metadata_set_id(object, "parent_id", territory->parent->id);
    metadata_set(object, "reporting_to",
                 reply_reference(territory->parent->id, "name", territory->parent->name));
    return object;
}

static enum error tell_territories(struct call *call)
{
    const struct org *org = call->token.user->org;
    if (!org->territories_enabled) {
        call->fault.hint = "the org does not use territories";
        return ERR_TERRITORIES_OFF;
    }
    metadata_reply_members(call, "territories", org->territory_count, make_territory, true);
    return ERR_NONE;
}
