#include "api/metadata.h"

#include <string.h>

#include "base/embedded.h"

static void remove_members(cJSON *kind, const cJSON *names)
{
    const cJSON *name;
    cJSON_ArrayForEach (name, names)
        cJSON_DeleteItemFromObjectCaseSensitive(kind, name->valuestring);
}

/* F10: takes from each kind what came with a later version, or went with an earlier one. */
static void fit_to_version(cJSON *all, enum version_number version)
{
    const cJSON *changes;
    cJSON_ArrayForEach (changes, json_member(all, "versions")) {
        cJSON *kind = cJSON_GetObjectItemCaseSensitive(all, changes->string);
        for (enum version_number other = 0; other < VERSIONS; other++) {
            const char *name = versions[other].name;
            if (other > version)
                remove_members(kind, json_member(json_member(changes, "from"), name));
            if (other < version)
                remove_members(kind, json_member(json_member(changes, "until"), name));
        }
    }
}

static cJSON *kinds(struct call *call)
{
    if (call->metadata == NULL) {
        const struct embedded_file *file = embedded_find("server/api/metadata.json");
        call->metadata = json_parse(file->text, (size_t)(file->end - file->text), NULL);
        fit_to_version(call->metadata, call->version);
    }
    return call->metadata;
}

cJSON *metadata_new(struct call *call, const char *kind)
{
    return cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(kinds(call), kind), true);
}

void metadata_extend(struct call *call, cJSON *object, const char *kind)
{
    const cJSON *member;
    cJSON_ArrayForEach (member, json_member(kinds(call), kind)) {
        cJSON_AddItemToObject(object, member->string, cJSON_Duplicate(member, true));
    }
}

void metadata_vary(struct call *call, cJSON *object, const char *kind)
{
    const cJSON *member;
    cJSON_ArrayForEach (member, json_member(kinds(call), kind))
        metadata_set(object, member->string, cJSON_Duplicate(member, true));
}

void metadata_set(cJSON *object, const char *name, cJSON *value)
{
    if (!cJSON_ReplaceItemInObjectCaseSensitive(object, name, value))
        cJSON_Delete(value);
}

void metadata_set_text(cJSON *object, const char *name, const char *text)
{
    metadata_set(object, name, cJSON_CreateString(text));
}

void metadata_set_flag(cJSON *object, const char *name, bool flag)
{
    metadata_set(object, name, cJSON_CreateBool(flag));
}

void metadata_set_id(cJSON *object, const char *name, int64_t id)
{
    cJSON *holder CLEANUP(json_delete) = cJSON_CreateObject();
    json_add_id(holder, name, id);
    metadata_set(object, name, cJSON_DetachItemFromObjectCaseSensitive(holder, name));
}

bool is_unmodified(struct call *call)
{
    int64_t since;
    if (!call_modified_since(call, &since) || since < call->token.user->org->metadata_time)
        return false;
    reply_unmodified(call);
    return true;
}

enum error metadata_find_module(struct call *call)
{
    const char *name = call_parameter(call, "module");
    if (name == NULL)
        return call_bad_parameter(call, ERR_PARAMETER_MISSING, "module", "add ?module=...");
    call->module = org_module(call->token.user->org, name);
    return call->module != NULL ? ERR_NONE
                                : call_bad_parameter(call, ERR_INVALID_MODULE, "module",
                                                     "the org has no module of that API name");
}

const char *metadata_time(struct call *call)
{
    const struct org *org = call->token.user->org;
    char *text = arena_alloc(call->arena, TIME_TEXT_SIZE);
    zone_format(org->zone, org->metadata_time, text);
    return text;
}

void metadata_reply_members(struct call *call, const char *key, size_t count, metadata_make *make,
                            bool with_info)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++) {
        cJSON *object = make(call, i);
        const char *id = json_scalar_text(json_member(object, "id"));
        if (object != NULL && (call->id == NULL || strcmp(id, call->id) == 0))
            cJSON_AddItemToArray(list, object);
        else
            cJSON_Delete(object);
    }
    if (list->child == NULL || !with_info) {
        reply_list(call, key, list);
        return;
    }
    cJSON *body = cJSON_CreateObject();
    cJSON_AddItemToObject(body, key, list);
    (void)reply_info(body, PER_PAGE_MAX, 1, (size_t)cJSON_GetArraySize(list), false);
    reply_json(call, 200, body);
}
