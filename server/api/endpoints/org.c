#include "api/metadata.h"
#include "api/reply.h"

static call_fn tell_org;

const struct endpoint org_one = {
    .method = "GET",
    .path = "/crm/{version}/org",
    .scope = {"org", "READ", NULL},
    .handle = tell_org,
};

static enum error tell_org(struct call *call)
{
    const struct org *org = call->token.user->org;
    cJSON *object = metadata_new(call, "org");
    metadata_set_id(object, "id", org->id);
    metadata_set_id(object, "zgid", org->id);
    metadata_set_id(object, "primary_zuid", org->users[0].id);
    metadata_set_text(object, "company_name", org->name);
    metadata_set_text(object, "primary_email", org->users[0].email);
    metadata_set_text(object, "time_zone", org->time_zone);
    cJSON *license = cJSON_GetObjectItemCaseSensitive(object, "license_details");
    metadata_set_text(license, "paid_type", org->edition);
    metadata_set(license, "users_license_purchased", json_integer((int64_t)org->user_count));
    cJSON *list = cJSON_CreateArray();
    cJSON_AddItemToArray(list, object);
    reply_list(call, "org", list);
    return ERR_NONE;
}
