#include "api/gate.h"

#include <stddef.h>
#include <string.h>

#include "api/credential.h"
#include "api/throttle.h"
#include "api/unserved.h"
#include "base/word.h"

/* In the order in which paths are compared. */
static const struct endpoint *const endpoints[] = {
    &mass_update_post,
    &mass_update_job,
    &fields_list,
    &fields_one,
    &modules_list,
    &modules_one,
    &users_list,
    &users_one,
    &org_one,
    &layouts_list,
    &layouts_one,
    &custom_views_list,
    &custom_views_one,
    &territories_list,
    &territories_one,
    &roles_list,
    &roles_one,
    &profiles_list,
    &profiles_one,
    /* the paths above are not modules or ids */
    &records_count,
    &records_search,
    &records_upsert,
    &records_list,
    &records_one,
    &records_insert,
    &records_update,
    &records_update_one,
    &records_delete,
    &records_delete_one,
    &blueprint_read,
    &blueprint_perform,
    &locks_list,
    &locks_one,
    &locks_set,
    &locks_update,
    &locks_remove,
};

struct route {
    const char *version, *module, *id, *related_id;
};

/* The part of a path from `at` on: its length, up to the next slash. */
static size_t part_length(const char *at)
{
    return (size_t)(strchrnul(at, '/') - at);
}

/* Parts in braces: where they go, and which words they never are. */
static const struct brace {
    const char *name;
    size_t offset; /* in struct route */
    bool (*is_none)(const char *part, size_t length);
} braces[] = {
    {"{version}", offsetof(struct route, version), NULL},
    {"{module}", offsetof(struct route, module), is_no_module},
    {"{id}", offsetof(struct route, id), is_no_id},
    {"{related_id}", offsetof(struct route, related_id), is_no_id},
};

/* NULL: the part stands for itself. */
static const struct brace *brace_of(const char *part, size_t length)
{
    for (size_t i = 0; *part == '{' && i < COUNT(braces); i++)
        if (strncmp(part, braces[i].name, length) == 0)
            return &braces[i];
    return NULL;
}

/* Behind a module or an id: then what stands there is one, whatever it is called. */
static bool is_action(const char *rest)
{
    static const char actions[] = "/actions/";
    return strncmp(rest, actions, sizeof actions - 1) == 0;
}

/* Compares part by part; what the parts in braces stand for is copied into the arena. */
static bool path_matches(struct arena *arena, const char *pattern, const char *path,
                         struct route *route)
{
    for (; *pattern == '/' && *path == '/';
         pattern += part_length(pattern), path += part_length(path)) {
        size_t wanted = part_length(++pattern), given = part_length(++path);
        const struct brace *brace = brace_of(pattern, wanted);
        bool may_be_none = brace != NULL && brace->is_none != NULL && !is_action(pattern + wanted);
        bool is_none = may_be_none && brace->is_none(path, given);
        if (is_none || (brace != NULL && given == 0))
            return false;
        if (brace != NULL)
            *(const char **)((char *)route + brace->offset) = arena_strndup(arena, path, given);
        else if (wanted != given || strncmp(pattern, path, wanted) != 0)
            return false;
    }
    return *pattern == '\0' && *path == '\0';
}

static enum error route_exists(struct call *call)
{
    for (size_t i = 0; i < COUNT(endpoints); i++) {
        struct route route = {.version = NULL};
        if (!path_matches(call->arena, endpoints[i]->path, call->request->path, &route) ||
            !version_find(route.version, &call->version))
            continue;
        call->module_name = route.module;
        call->id = route.id;
        call->related_id = route.related_id;
        call->endpoint = endpoints[i];
        return ERR_NONE;
    }
    const char *what = unserved_at(call->request->path);
    call->fault.hint =
        what != NULL
            ? arena_printf(call->arena, "the service serves %s here, and crmock does not", what)
            : "paths are /crm/{version}/{module}/actions/mass_update, versions v2 to v8; /openapi.json"
              " lists all";
    return ERR_INVALID_URL;
}

static bool is_served(const char *path, const char *method)
{
    for (size_t i = 0; i < COUNT(endpoints); i++)
        if (strcmp(endpoints[i]->path, path) == 0 && strcmp(endpoints[i]->method, method) == 0)
            return true;
    return false;
}

const char *methods_hint(struct arena *arena, const char *const *methods, size_t count)
{
    const char *text = "";
    for (size_t i = 0; i < count; i++) {
        const char *before = i == 0 ? "" : i + 1 == count ? " and " : ", ";
        text = arena_printf(arena, "%s%s%s", text, before, methods[i]);
    }
    return arena_printf(arena, "%s %s served here", text, count == 1 ? "is" : "are");
}

/* The methods of the endpoint's path, in the order in which people name them. */
static const char *served_methods(const struct call *call)
{
    static const char *const all[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    const char *served[COUNT(all)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT(all); i++)
        if (is_served(call->endpoint->path, all[i]))
            served[count++] = all[i];
    return methods_hint(call->arena, served, count);
}

static enum error method_is_served(struct call *call)
{
    for (size_t i = 0; i < COUNT(endpoints); i++) {
        if (strcmp(endpoints[i]->path, call->endpoint->path) != 0 ||
            strcmp(endpoints[i]->method, call->request->method) != 0)
            continue;
        call->endpoint = endpoints[i];
        return ERR_NONE;
    }
    call->fault.hint = served_methods(call);
    return ERR_INVALID_METHOD;
}

static enum error header_is_given(struct call *call)
{
    call->fault.hint = "send the header Authorization: Zoho-oauthtoken <access token>";
    call->token_text = credential_sent(call->api, call->request, call->arena);
    return call->token_text != NULL ? ERR_NONE : ERR_NOT_AUTHENTICATED;
}

/* A token that names a sandbox other than this one is none of its own. */
static const char *token_hint(const struct call *call)
{
    enum { OF_MAIN = 32 }; /* digits, where main's own tokens have no sandbox */
    size_t length;
    const char *id = credential_sandbox(call->token_text, &length);
    if (id == NULL || length >= OF_MAIN ||
        strncmp(id, CREDENTIAL_OWNER ".", sizeof CREDENTIAL_OWNER) == 0)
        return "no access token of that text, or it has expired or been revoked";
    return arena_printf(
        call->arena,
        "the token names a sandbox %.*s, and this is %s: there is none of that id, or the"
        " path or X-Crmock-Sandbox leads here",
        (int)length, id, call->api->sandbox);
}

static enum error token_is_live(struct call *call)
{
    const struct crm *crm = call->api->crm;
    call->fault.hint = token_hint(call);
    call->db = call_connect(call);
    enum store_status status =
        call->db == NULL ? STORE_FAILED
                         : token_read(call->db, crm->orgs, call->token_text,
                                      clock_milliseconds(crm->clock), call->arena, &call->token);
    if (status == STORE_FAILED)
        return ERR_INTERNAL;
    return status == STORE_OK ? ERR_NONE : ERR_INVALID_TOKEN;
}

/* F17. */
static enum error profile_has_api_access(struct call *call)
{
    const struct profile *profile = call->token.user->profile;
    if (profile->api_access)
        return ERR_NONE;
    call->fault.permission = "Crm_Implied_Api_Access";
    call->fault.hint = arena_printf(call->arena, "profile %s has no API access", profile->name);
    return ERR_NO_API_ACCESS;
}

static bool supports(const struct call *call, enum version_number version, enum answers answers)
{
    const struct module *module;
    const char *word;
    return version_module(version, answers, call->token.user->org, call->module_name, &module, &word) ==
           MODULE_SUPPORTED;
}

/* Where the module has a mass update, if it has one anywhere. */
static const char *unsupported_hint(const struct call *call)
{
    bool is_mass_update = strcmp(call->endpoint->scope.group, "mass_update") == 0;
    const char *hint = is_mass_update
                           ? "the module exists, and has no mass update in this version"
                           : "the module exists, and crmock does not serve it in this version";
    const char *verb = is_mass_update ? "has" : "does";
    if (versions[call->version].has_current_answers && supports(call, call->version, ANSWERS_CURRENT))
        return arena_printf(call->arena, "%s; with --answers current it %s", hint, verb);
    enum version_number last = VERSIONS;
    while (last > V2 && !supports(call, last - 1, ANSWERS_PAGE))
        last--;
    return last == V2 ? hint
                      : arena_printf(call->arena, "%s; up to %s it %s (docs/versions.md)", hint,
                                     versions[last - 1].name, verb);
}

static enum error module_is_supported(struct call *call)
{
    call->scope_word = call->endpoint->scope.word;
    if (call->module_name == NULL)
        return ERR_NONE;
    switch (version_module(call->version, call_answers(call), call->token.user->org, call->module_name,
                           &call->module, &call->scope_word)) {
    case MODULE_SUPPORTED:
        return ERR_NONE;
    case MODULE_UNSUPPORTED:
        call->fault.hint = unsupported_hint(call);
        return call_unsupported_module(call);
    case MODULE_NOT_IN_API:
        call->fault.hint = "the org has the module, and the service's API has not";
        return ERR_MODULE_NOT_IN_API;
    default:
        call->fault.hint = "the org has no module of that API name";
        return call_unknown_module(call);
    }
}

/* F6: there the service has other words for the same. */
static bool is_about_metadata(const struct scope *scope)
{
    static const char *const groups[] = {"settings", "users", "org", NULL};
    return word_index(groups, scope->group) >= 0;
}

static enum error grants(struct call *call, const struct scope *scope, const char *word)
{
    if (scope_allows(call->token.scopes, scope, word))
        return ERR_NONE;
    const char *part = word == NULL ? ""
                                    : arena_printf(call->arena, " or ZohoCRM.%s.%s.%s", scope->group,
                                                   word, scope->operation);
    call->fault.hint = arena_printf(call->arena, "the token needs ZohoCRM.%s.%s%s", scope->group,
                                    scope->operation, part);
    return is_about_metadata(scope) ? ERR_METADATA_SCOPE : ERR_SCOPE_MISMATCH;
}

static enum error scope_is_granted(struct call *call)
{
    const struct endpoint *endpoint = call->endpoint;
    enum error error = grants(call, &endpoint->scope, call->scope_word);
    if (error == ERR_NONE && endpoint->also.group != NULL)
        error = grants(call, &endpoint->also, endpoint->also.word);
    return error;
}

static enum error profile_permits(struct call *call)
{
    return call->endpoint->permit != NULL ? call->endpoint->permit(call) : ERR_NONE;
}

static const struct gate_rule {
    struct rule rule;
    call_fn *check;
} gate_rules[] = {
    {{"the path and version exist", "E21"}, route_exists},
    {{"the method is served", "E24"}, method_is_served},
    {{"a token is given", "E29"}, header_is_given},
    {{"the token is known and alive", "E30"}, token_is_live},
    {{"the limits leave the org room for it", "P17"}, throttle_check},
    {{"the user's profile has API access", "P15"}, profile_has_api_access},
    {{"the module can be mass updated", "E20; GET: G5 G6; --answers current: P16"},
     module_is_supported},
    {{"the token's scopes allow it", "E22; metadata: P14"}, scope_is_granted},
    {{"the profile allows it in the module", "E16; GET: G3 G4"}, profile_permits},
};

const struct rules gate_order = {"every request", &gate_rules[0].rule, sizeof gate_rules[0],
                                 COUNT(gate_rules)};

enum error gate_check(struct call *call)
{
    for (size_t i = 0; i < COUNT(gate_rules); i++) {
        enum error error = gate_rules[i].check(call);
        if (error != ERR_NONE)
            return error;
        call->fault.hint = NULL;
    }
    return ERR_NONE;
}
