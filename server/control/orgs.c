/* The orgs of a sandbox, whatever users may see. */
#include "control/call.h"

static cJSON *modules_of(const struct org *org)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < org->module_count; i++)
        cJSON_AddItemToArray(list, cJSON_CreateStringReference(org->modules[i].api_name));
    return list;
}

static cJSON *users_of(const struct org *org)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < org->user_count; i++) {
        const struct user *user = &org->users[i];
        cJSON *object = cJSON_CreateObject();
        json_add_text(object, "email", user->email);
        json_add_text(object, "name", user->name);
        json_add_text(object, "profile", user->profile->name);
        json_add_text(object, "role", user->role->name);
        cJSON_AddItemToArray(list, object);
    }
    return list;
}

static cJSON *org_json(const struct org *org)
{
    cJSON *object = cJSON_CreateObject();
    json_add_id(object, "id", org->id);
    json_add_text(object, "name", org->name);
    json_add_text(object, "edition", org->edition);
    json_add_text(object, "time_zone", org->time_zone);
    cJSON_AddItemToObject(object, "modules", modules_of(org));
    cJSON_AddItemToObject(object, "users", users_of(org));
    return object;
}

static int64_t list(struct control_call *call)
{
    size_t limit = (size_t)query_number(call, "limit", CONTROL_LIST_DEFAULT, 1, CONTROL_LIST_MAX);
    int64_t after = query_id(call, "after");
    if (call->is_refused)
        return CONTROL_DONE;
    const struct orgs *orgs = call->scene->crm.orgs;
    size_t at = 0;
    while (at < orgs->count && orgs->list[at].id <= after)
        at++;
    cJSON *body = cJSON_CreateObject(), *members = cJSON_AddArrayToObject(body, "orgs");
    for (; at < orgs->count && limit > 0; at++, limit--)
        cJSON_AddItemToArray(members, org_json(&orgs->list[at]));
    cJSON_AddBoolToObject(body, "more", at < orgs->count);
    return control_reply(call, 200, body);
}

const struct control_endpoint orgs_get = {
    .method = "GET",
    .path = "/_crmock/orgs",
    .handle = list,
    .query = "limit after",
    .says = "The orgs of the sandbox, in numeric order, with the API names of their modules and with"
            " their users.",
    .answers = "'orgs': " SCHEMA_LIST(
        SCHEMA_OBJECT("'id', 'name', 'edition', 'time_zone', 'modules', 'users'",
                      "'id': " SCHEMA_ID ", 'name': " SCHEMA_TEXT ", 'edition': " SCHEMA_TEXT
                      ", 'time_zone': " SCHEMA_TEXT
                      ", 'modules': " SCHEMA_LIST(SCHEMA_TEXT) ", 'users': " SCHEMA_LIST(SCHEMA_OBJECT(
                          "'email', 'name', 'profile', 'role'",
                          "'email': " SCHEMA_TEXT ", 'name': " SCHEMA_TEXT ", 'profile': " SCHEMA_TEXT
                          ", 'role': " SCHEMA_TEXT)))) ", 'more': " SCHEMA_FLAG,
};
