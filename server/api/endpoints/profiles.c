#include "api/metadata.h"

static call_fn tell_profiles;

const struct endpoint profiles_list = {
    .method = "GET",
    .path = "/crm/{version}/settings/profiles",
    .scope = {"settings", "READ", "profiles"},
    .handle = tell_profiles,
};

const struct endpoint profiles_one = {
    .method = "GET",
    .path = "/crm/{version}/settings/profiles/{id}",
    .scope = {"settings", "READ", "profiles"},
    .handle = tell_profiles,
};

static cJSON *make_profile(struct call *call, size_t index)
{
    const struct profile *profile = &call->token.user->org->profiles[index];
    cJSON *object = metadata_new(call, "profile");
    metadata_set_id(object, "id", profile->id);
    metadata_set_text(object, "name", profile->name);
    metadata_set_text(object, "display_label", profile->name);
    metadata_set_flag(object, "custom", !profile->administrator);
    metadata_set_flag(object, "category", !profile->administrator);
    metadata_set_text(object, "created_time", metadata_time(call));
    metadata_set_text(object, "modified_time", metadata_time(call));
    return object;
}

static enum error tell_profiles(struct call *call)
{
    metadata_reply_members(call, "profiles", call->token.user->org->profile_count, make_profile, false);
    return ERR_NONE;
}
