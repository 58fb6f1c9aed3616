#include "api/body.h"
#include "api/permit.h"
#include "api/record_json.h"
#include "api/reply.h"
#include "base/utf8.h"
#include "crm/locking.h"

static call_fn tell_lock, set_lock, update_lock, remove_lock;

#define LOCKS_PATH "/crm/{version}/{module}/{id}/Locking_Information__s"
#define LOCK_PATH LOCKS_PATH "/{related_id}"

const struct endpoint locks_list = {
    .method = "GET",
    .path = LOCKS_PATH,
    .scope = {"modules", "READ", NULL},
    .also = {"modules", "READ", "lockinginformation"},
    .permit = permit_read,
    .handle = tell_lock,
};

const struct endpoint locks_one = {
    .method = "GET",
    .path = LOCK_PATH,
    .scope = {"modules", "READ", NULL},
    .also = {"modules", "READ", "lockinginformation"},
    .permit = permit_read,
    .handle = tell_lock,
};

const struct endpoint locks_set = {
    .method = "POST",
    .path = LOCKS_PATH,
    .scope = {"modules", "CREATE", NULL},
    .also = {"modules", "CREATE", "lockinginformation"},
    .permit = permit_write,
    .handle = set_lock,
};

const struct endpoint locks_update = {
    .method = "PUT",
    .path = LOCK_PATH,
    .scope = {"modules", "UPDATE", NULL},
    .also = {"modules", "UPDATE", "lockinginformation"},
    .permit = permit_write,
    .handle = update_lock,
};

const struct endpoint locks_remove = {
    .method = "DELETE",
    .path = LOCK_PATH,
    .scope = {"modules", "DELETE", NULL},
    .also = {"modules", "DELETE", "lockinginformation"},
    .permit = permit_write,
    .handle = remove_lock,
};

static struct locking locking_of(const struct call *call)
{
    return (struct locking){.db = call->db,
                            .user = call->token.user,
                            .module = call->module,
                            .record_id = call->id,
                            .lock_id = call->related_id,
                            .now = clock_now(call->api->crm->clock),
                            .arena = call->arena};
}

static cJSON *locked_by(const struct locking *locking)
{
    const struct user *user = org_user(locking->user->org, locking->lock.locked_by);
    return user == NULL ? cJSON_CreateNull() : reply_reference(user->id, "name", user->name);
}

static cJSON *locked_for(const struct locking *locking)
{
    const struct module *module = locking->record.state.module;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToObject(object, "module", reply_reference(module->id, "api_name", module->api_name));
    json_add_text(object, "name", record_name(locking->arena, &locking->record));
    json_add_id(object, "id", locking->record.state.id);
    return object;
}

static cJSON *locked_reason(const struct locking *locking)
{
    const char *reason = locking->lock.reason;
    return reason == NULL ? cJSON_CreateNull() : cJSON_CreateStringReference(reason);
}

static cJSON *locked_time(const struct locking *locking)
{
    return reply_time(locking->user->org, locking->lock.locked_time);
}

static cJSON *lock_source(const struct locking *locking)
{
    return cJSON_CreateStringReference(locking->lock.locked_by == 0 ? "Automatic" : "Manual");
}

static cJSON *feature_type(const struct locking *locking)
{
    (void)locking;
    return cJSON_CreateStringReference("record_locking");
}

static cJSON *nothing(const struct locking *locking)
{
    (void)locking;
    return cJSON_CreateNull();
}

/* What `fields` may name; an org of crmock has no locking rules of its own to tell about. */
static const struct {
    const char *name;
    cJSON *(*value)(const struct locking *locking);
} members[] = {
    {"Locked_By__s", locked_by},
    {"Locked_For__s", locked_for},
    {"Locked_Reason__s", locked_reason},
    {"Locked_Time__s", locked_time},
    {"Lock_Source__s", lock_source},
    {"Feature_Type__s", feature_type},
    {"Record_Locking_Configuration_Id__s", nothing},
    {"Record_Locking_Rule_Id__s", nothing},
};

static cJSON *lock_json(const struct locking *locking, const char *wanted)
{
    bool by_hand = locking->lock.locked_by != 0;
    cJSON *object = cJSON_CreateObject();
    for (size_t i = 0; i < COUNT(members); i++)
        if (wanted == NULL || is_listed(wanted, members[i].name))
            cJSON_AddItemToObject(object, members[i].name, members[i].value(locking));
    cJSON_AddNullToObject(object, "$field_states");
    cJSON_AddBoolToObject(object, "$editable", by_hand);
    json_add_text(object, "$sharing_permission", by_hand ? "full_access" : "read_only");
    cJSON_AddNullToObject(object, "$zia_visions");
    json_add_id(object, "id", locking->lock.id);
    return object;
}

static enum error refuse(struct call *call, const struct locking *locking, enum error error)
{
    call->fault = locking->fault;
    return error;
}

/* Of the list, which has one member at most, or of the one that the path names. */
static enum error tell_lock(struct call *call)
{
    const char *fields;
    enum error error = call_list(call, "fields", FIELDS_MAX, &fields);
    if (error != ERR_NONE)
        return error;
    if (call->related_id == NULL && fields == NULL && versions[call->version].lists_need_fields)
        return call_bad_parameter(call, ERR_PARAMETER_MISSING, "fields", "fields=Locked_Reason__s,...");
    struct locking locking = locking_of(call);
    error = locking_find(&locking);
    if (error != ERR_NONE)
        return refuse(call, &locking, error);
    cJSON *list, *body = reply_data(&list);
    if (locking.lock.id == 0) {
        cJSON_Delete(body);
        reply_nothing(call);
        return ERR_NONE;
    }
    cJSON_AddItemToArray(list, lock_json(&locking, fields));
    if (call->related_id == NULL)
        (void)reply_info(body, PER_PAGE_MAX, 1, 1, false);
    reply_json(call, 200, body);
    return ERR_NONE;
}

/* The reason in data[0], which must be given. */
static enum error read_reason(struct call *call, const cJSON *data, const char **reason)
{
    static const char name[] = "Locked_Reason__s";
    const cJSON *value = json_member(data->child, name);
    call->fault =
        (struct fault){.in_data = true, .api_name = name, .json_path = "$.data[0].Locked_Reason__s"};
    if (value == NULL || json_is_blank(value))
        return ERR_FIELD_MISSING;
    call->fault.hint = "a text of at most 3,000 characters";
    if (!cJSON_IsString(value)) {
        call->fault.expected_data_type = "text";
        return ERR_INVALID_VALUE;
    }
    if (utf8_length(value->valuestring) > LOCK_REASON_MAX) {
        call->fault.maximum_length = LOCK_REASON_MAX;
        return ERR_INVALID_VALUE;
    }
    *reason = arena_strdup(call->arena, value->valuestring);
    return ERR_NONE;
}

static enum error read_lock(struct call *call, const char **reason)
{
    cJSON *body CLEANUP(json_delete) = NULL;
    const cJSON *data;
    enum error error = body_read_data(call, 1, &body, &data);
    return error == ERR_NONE ? read_reason(call, data, reason) : error;
}

typedef enum error change_fn(struct locking *locking, const char *reason);

/* Makes the change in a transaction of its own; *locking says what came of it. */
static enum error change(struct call *call, change_fn *make, const char *reason,
                         struct locking *locking)
{
    *locking = locking_of(call);
    if (store_begin(call->db, STORE_REQUEST) != STORE_OK)
        return ERR_INTERNAL;
    enum error error = make(locking, reason);
    if (store_end(call->db, error == ERR_NONE) == STORE_OK)
        return ERR_NONE;
    return refuse(call, locking, error != ERR_NONE ? error : ERR_INTERNAL);
}

static void reply_change(struct call *call, unsigned status, cJSON *entry)
{
    cJSON *list, *body = reply_data(&list);
    cJSON_AddItemToArray(list, entry);
    reply_json(call, status, body);
}

static cJSON *entry_of(const struct locking *locking, const char *message)
{
    cJSON *details = cJSON_CreateObject();
    json_add_id(details, "id", locking->lock.id);
    return reply_success(details, message);
}

static enum error set_lock(struct call *call)
{
    const char *reason;
    struct locking locking;
    enum error error = read_lock(call, &reason);
    if (error == ERR_NONE)
        error = change(call, locking_lock, reason, &locking);
    if (error != ERR_NONE)
        return error;
    const struct record made = {
        .id = locking.lock.id, .created_by = locking.user->id, .created_time = locking.now};
    struct reply_writer writer;
    reply_writer_init(&writer, locking.user, locking.now, call->arena);
    reply_change(call, 201,
                 reply_record(&writer, &made, &(struct reply_written){.message = "record added"}));
    return ERR_NONE;
}

static enum error update_lock(struct call *call)
{
    const char *reason;
    struct locking locking;
    enum error error = read_lock(call, &reason);
    if (error == ERR_NONE)
        error = change(call, locking_set_reason, reason, &locking);
    if (error == ERR_NONE)
        reply_change(call, 200, entry_of(&locking, "relation updated"));
    return error;
}

static enum error unlock(struct locking *locking, const char *reason)
{
    (void)reason;
    return locking_unlock(locking);
}

static enum error remove_lock(struct call *call)
{
    struct locking locking;
    enum error error = change(call, unlock, NULL, &locking);
    if (error == ERR_NONE)
        reply_change(call, 200, entry_of(&locking, "relation removed"));
    return error;
}
