#include <string.h>

#include "api/metadata.h"
#include "api/reply.h"
#include "base/id.h"

static call_fn list_users, tell_user;

const struct endpoint users_list = {
    .method = "GET",
    .path = "/crm/{version}/users",
    .scope = {"users", "READ", NULL},
    .handle = list_users,
};

const struct endpoint users_one = {
    .method = "GET",
    .path = "/crm/{version}/users/{id}",
    .scope = {"users", "READ", NULL},
    .handle = tell_user,
};

/* Before and behind the last blank of a name. */
static void set_names(struct call *call, cJSON *object, const char *name)
{
    const char *blank = strrchr(name, ' ');
    metadata_set_text(object, "full_name", name);
    metadata_set_text(object, "last_name", blank != NULL ? blank + 1 : name);
    metadata_set_text(object, "first_name",
                      blank != NULL ? arena_strndup(call->arena, name, (size_t)(blank - name)) : "");
}

static cJSON *new_user(struct call *call, const struct user *user)
{
    cJSON *object = metadata_new(call, "user");
    char time[TIME_TEXT_SIZE];
    zone_format(user->org->zone, user->created_time, time);
    set_names(call, object, user->name);
    metadata_set_id(object, "id", user->id);
    metadata_set_id(object, "zuid", user->id);
    metadata_set_text(object, "email", user->email);
    metadata_set_text(object, "created_time", time);
    metadata_set_text(object, "Modified_Time", time);
    metadata_set_text(object, "time_zone", user->org->time_zone);
    metadata_set(object, "profile", reply_reference(user->profile->id, "name", user->profile->name));
    metadata_set(object, "role", reply_reference(user->role->id, "name", user->role->name));
    return object;
}

typedef bool user_test(const struct call *call, const struct user *user);

static bool is_any(const struct call *call, const struct user *user)
{
    (void)call;
    return user != NULL;
}

static bool is_none(const struct call *call, const struct user *user)
{
    (void)call;
    return user == NULL;
}

static bool is_administrator(const struct call *call, const struct user *user)
{
    (void)call;
    return user->profile->administrator;
}

static bool is_current(const struct call *call, const struct user *user)
{
    return user == call->token.user;
}

/* Every user of crmock is active and confirmed. */
static const struct {
    const char *type;
    user_test *test;
} types[] = {
    {"AllUsers", is_any},
    {"ActiveUsers", is_any},
    {"DeactiveUsers", is_none},
    {"ConfirmedUsers", is_any},
    {"NotConfirmedUsers", is_none},
    {"DeletedUsers", is_none},
    {"ActiveConfirmedUsers", is_any},
    {"AdminUsers", is_administrator},
    {"ActiveConfirmedAdmins", is_administrator},
    {"CurrentUser", is_current},
};

static user_test *test_of(struct call *call)
{
    const char *type = call_parameter(call, "type");
    if (type == NULL)
        return is_any;
    for (size_t i = 0; i < COUNT(types); i++)
        if (strcmp(types[i].type, type) == 0)
            return types[i].test;
    return NULL;
}

static cJSON *make_user(struct call *call, size_t index)
{
    const struct user *user = &call->token.user->org->users[index];
    return test_of(call)(call, user) ? new_user(call, user) : NULL;
}

static enum error list_users(struct call *call)
{
    const struct org *org = call->token.user->org;
    if (test_of(call) == NULL)
        return call_bad_parameter(call, ERR_INVALID_VALUE, "type", "AllUsers, CurrentUser, ...");
    metadata_reply_members(call, "users", org->user_count, make_user, true);
    return ERR_NONE;
}

static enum error tell_user(struct call *call)
{
    int64_t id;
    const struct user *user = id_parse(call->id, &id) ? org_user(call->token.user->org, id) : NULL;
    if (user == NULL) {
        call->fault = (struct fault){.id = call->id, .hint = "the org has no user of that id"};
        return ERR_INVALID_ID;
    }
    cJSON *list = cJSON_CreateArray();
    cJSON_AddItemToArray(list, new_user(call, user));
    reply_list(call, "users", list);
    return ERR_NONE;
}
