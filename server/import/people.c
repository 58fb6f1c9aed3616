#include <string.h>

#include "base/clock.h"
#include "import/converting.h"

static void convert_org(struct converting *converting)
{
    const cJSON *told = converting->documents->org;
    cJSON *org = cJSON_AddObjectToObject(converting->org_file, "org");
    const char *name = told_text(told, "company_name"), *zone_name = told_text(told, "time_zone");
    const char *edition = told_text(json_member(told, "license_details"), "paid_type");
    struct zone *zone = zone_name != NULL ? zone_new(zone_name) : NULL;
    (void)put_id(converting, "org", org, "id", told_id(told));
    put_text(org, "name", name != NULL ? name : "Imported");
    if (zone != NULL)
        put_text(org, "time_zone", zone_name);
    else
        import_lose(converting->losses, "org.time_zone", "none that this machine knows: it is UTC");
    zone_free(zone);
    if (edition != NULL)
        put_text(org, "edition", edition);
    if (!cJSON_IsArray(converting->documents->territories))
        cJSON_AddFalseToObject(org, "territories");
    if (edition != NULL && strcmp(edition, "free") == 0)
        cJSON_AddFalseToObject(org, "scheduled_mass_update");
    note_differences(converting, "org", "the org", told,
                     "id zgid ezgid zia_zgid primary_zuid company_name primary_email time_zone"
                     " license_details");
}

/* An entry for what goes by its name: {"id", "name"}, known by its id from here on. */
static cJSON *add_named(struct converting *converting, const char *section, GHashTable *taken,
                        const cJSON *told)
{
    const char *id = told_id(told), *name = told_text(told, "name");
    if (name == NULL)
        name = told_text(told, "display_label");
    const char *where = arena_printf(converting->arena, "%s: %s", section, name != NULL ? name : "?");
    if (id == NULL && name == NULL) {
        import_lose(converting->losses, section, "an entry without a name and an id: left out");
        return NULL;
    }
    cJSON *entry = cJSON_CreateObject();
    bool is_known = put_id(converting, where, entry, "id", id);
    name = distinct(converting, taken, where, name, id);
    put_text(entry, "name", name);
    if (is_known)
        g_hash_table_insert(converting->names, (void *)id, (void *)name);
    cJSON_AddItemToArray(section_of(converting->org_file, section), entry);
    return entry;
}

/* The name that a thing told by {"id", "name"} has here; NULL: there is none such. */
static const char *name_of(struct converting *converting, const cJSON *reference)
{
    const char *id = told_id(reference);
    return id != NULL ? g_hash_table_lookup(converting->names, id) : NULL;
}

/* Those that stand in a tree, each with the one above it. */
static void convert_tree(struct converting *converting, const char *section, const cJSON *list,
                         const char *above, const char *kind, const char *kept)
{
    GHashTable *taken CLEANUP(end_set) = new_set();
    GHashTable *entries CLEANUP(end_set) = g_hash_table_new(NULL, NULL);
    const cJSON *told;
    cJSON_ArrayForEach (told, list) {
        cJSON *entry = add_named(converting, section, taken, told);
        if (entry != NULL)
            g_hash_table_insert(entries, (void *)told, entry);
    }
    cJSON_ArrayForEach (told, list) {
        cJSON *entry = g_hash_table_lookup(entries, told);
        const cJSON *reference = json_member(told, "reporting_to");
        const char *name = name_of(converting, reference);
        if (entry == NULL)
            continue;
        if (name != NULL)
            put_text(entry, above, name);
        else if (cJSON_IsObject(reference))
            import_lose(converting->losses, told_text(entry, "name"),
                        "%s: left out, there is none such", above);
        note_differences(converting, kind, told_text(entry, "name"), told, kept);
    }
}

/* Of a permission of a profile, by the start of its name. *is_told: it says something of it. */
static bool is_enabled(const cJSON *profile, const char *name, bool *is_told)
{
    const cJSON *one;
    *is_told = false;
    cJSON_ArrayForEach (one, json_member(profile, "permissions_details")) {
        const char *text = told_text(one, "name");
        if (text == NULL || strcmp(text, name) != 0)
            continue;
        *is_told = true;
        return told_flag(one, "enabled");
    }
    return false;
}

/* Who may set the org up is an administrator; where no permissions are told, who has no profile that
 * somebody made. */
static bool is_administrator(const cJSON *profile)
{
    bool is_told, may_customize = is_enabled(profile, "Crm_Implied_Customize_Zoho_CRM", &is_told);
    bool tells_any = cJSON_GetArraySize(json_member(profile, "permissions_details")) > 0;
    if (is_told || tells_any)
        return may_customize;
    return cJSON_IsFalse(json_member(profile, "custom")) &&
           !cJSON_IsTrue(json_member(profile, "category"));
}

static void convert_profile(struct converting *converting, cJSON *entry, const cJSON *told)
{
    bool is_told;
    if (is_administrator(told))
        cJSON_AddTrueToObject(entry, "administrator");
    if (!is_enabled(told, "Crm_Implied_Api_Access", &is_told) && is_told)
        cJSON_AddFalseToObject(entry, "api_access");
    if (!is_administrator(told) && cJSON_GetArraySize(json_member(told, "permissions_details")) == 0)
        import_lose(converting->losses, "profiles",
                    "%s: permissions: not told, it may do everything in the modules that list it",
                    told_text(entry, "name"));
    note_differences(converting, "profile", told_text(entry, "name"), told,
                     "id name display_label custom category default permissions_details sections");
}

static void convert_profiles(struct converting *converting)
{
    GHashTable *taken CLEANUP(end_set) = new_set();
    const cJSON *told;
    cJSON_ArrayForEach (told, converting->documents->profiles) {
        cJSON *entry = add_named(converting, "profiles", taken, told);
        if (entry != NULL)
            convert_profile(converting, entry, told);
    }
}

/* A user's role or profile: what the lists do not have is made of what he says. */
static const char *need(struct converting *converting, const char *section, const cJSON *reference)
{
    GHashTable *taken CLEANUP(end_set) = new_set();
    const char *name = name_of(converting, reference);
    const cJSON *entry, *list = section_of(converting->org_file, section);
    if (name != NULL)
        return name;
    cJSON_ArrayForEach (entry, list)
        g_hash_table_add(taken, (void *)told_text(entry, "name"));
    if (cJSON_IsObject(reference) || list->child == NULL) {
        cJSON *made CLEANUP(json_delete) = cJSON_CreateObject();
        put_text(made, "name", "Unknown");
        entry = add_named(converting, section, taken, told_id(reference) != NULL ? reference : made);
    } else {
        entry = list->child;
    }
    name = told_text(entry, "name");
    import_lose(converting->losses, section, "%s: only a user tells of it", name);
    return name;
}

static void convert_user(struct converting *converting, GHashTable *emails, const cJSON *told)
{
    struct arena *arena = converting->arena;
    const char *id = told_id(told), *email = told_text(told, "email"),
               *name = told_text(told, "full_name");
    const char *role = need(converting, "roles", json_member(told, "role"));
    const char *profile = need(converting, "profiles", json_member(told, "profile"));
    const char *where = arena_printf(arena, "users: %s", id != NULL ? id : "?");
    if (email == NULL || g_hash_table_contains(emails, email)) {
        import_lose(converting->losses, where, "the email: none that is his alone, he gets another");
        email = arena_printf(arena, "user-%s-%u@import.example", id != NULL ? id : "",
                             g_hash_table_size(emails) + 1);
    }
    cJSON *user = cJSON_CreateObject();
    if (put_id(converting, where, user, "id", id))
        g_hash_table_insert(converting->emails, (void *)id, (void *)email);
    g_hash_table_add(emails, (void *)email);
    put_text(user, "name", name != NULL ? name : email);
    put_text(user, "email", email);
    put_text(user, "profile", profile);
    put_text(user, "role", role);
    int64_t time;
    const char *created = told_text(told, "created_time");
    if (created != NULL && time_parse(created, &time) && time_writable(time))
        put_text(user, "created_time", created);
    cJSON_AddItemToArray(section_of(converting->org_file, "users"), user);
    note_differences(converting, "user", where, told,
                     "id zuid full_name first_name last_name email profile role time_zone");
}

bool convert_people(struct converting *converting, const char **reason)
{
    GHashTable *emails CLEANUP(end_set) = new_set();
    const struct import_documents *documents = converting->documents;
    const cJSON *told;
    convert_org(converting);
    convert_tree(converting, "roles", documents->roles, "reports_to", "role",
                 "id name display_label reporting_to admin_user");
    convert_profiles(converting);
    cJSON_ArrayForEach (told, documents->users)
        if (cJSON_IsObject(told))
            convert_user(converting, emails, told);
    convert_tree(converting, "territories", documents->territories, "parent", "territory",
                 "id name api_name reporting_to parent_id");
    if (g_hash_table_size(emails) == 0)
        *reason = "the service told no users, and somebody must own the records";
    return g_hash_table_size(emails) > 0;
}

/* Permissions in modules: who is in a module's list of profiles may read there, and the rest as far as
 * the profile's own permissions say it. */
static bool may(const cJSON *profile, const char *action, const char *module)
{
    const cJSON *one;
    cJSON_ArrayForEach (one, json_member(profile, "permissions_details")) {
        const char *of = told_text(one, "module"), *name = told_text(one, "name");
        if (of != NULL && name != NULL && strcmp(of, module) == 0 && strstr(name, action) != NULL)
            return told_flag(one, "enabled");
    }
    return true;
}

static bool is_listed(const struct converted_module *module, const char *profile_id)
{
    const cJSON *told = module->told != NULL ? module->told->module : NULL, *one;
    const cJSON *list = json_member(told, "profiles");
    cJSON_ArrayForEach (one, list) {
        const char *id = told_id(one);
        if (id != NULL && strcmp(id, profile_id) == 0)
            return true;
    }
    return list == NULL;
}

static cJSON *new_permission(bool can_read, bool can_write, bool can_update)
{
    cJSON *permission = cJSON_CreateObject();
    if (!can_read)
        cJSON_AddFalseToObject(permission, "read");
    if (!can_write)
        cJSON_AddFalseToObject(permission, "write");
    if (!can_update)
        cJSON_AddFalseToObject(permission, "mass_update");
    return permission;
}

/* "*" is for all modules, and what is otherwise stands behind it. */
static void permit(struct converting *converting, cJSON *entry, const cJSON *told)
{
    const char *id = told_id(told);
    cJSON *modules = cJSON_CreateObject();
    size_t closed = 0;
    for (size_t i = 0; i < converting->count && id != NULL; i++)
        closed += !is_listed(converting->modules[i], id);
    bool is_open = closed < converting->count || closed == 0;
    if (is_open)
        cJSON_AddObjectToObject(modules, "*");
    for (size_t i = 0; i < converting->count && is_open; i++) {
        const char *name = converting->modules[i]->name;
        bool can_read = id == NULL || is_listed(converting->modules[i], id);
        cJSON *permission =
            new_permission(can_read && may(told, "_View_", name), can_read && may(told, "_Edit_", name),
                           can_read && may(told, "Mass_Update", name));
        if (permission->child != NULL)
            cJSON_AddItemToObject(modules, name, permission);
        else
            cJSON_Delete(permission);
    }
    cJSON_AddItemToObject(entry, "modules", modules);
}

/* What fields say of profiles: {"id", "permission_type"}. */
static void restrict_fields(struct converting *converting, const struct converted_module *module,
                            GHashTable *profiles)
{
    const cJSON *list = module->told != NULL ? module->told->fields : NULL, *field, *one;
    cJSON_ArrayForEach (field, list) {
        const char *name = told_text(field, "api_name");
        if (name == NULL || (converted_field(module, name) == NULL && !is_system_field(name)))
            continue;
        cJSON_ArrayForEach (one, json_member(field, "profiles")) {
            const char *id = told_id(one), *type = told_text(one, "permission_type");
            cJSON *entry = id != NULL ? g_hash_table_lookup(profiles, id) : NULL;
            if (entry == NULL || type == NULL ||
                (strcmp(type, "read_only") != 0 && strcmp(type, "hidden") != 0))
                continue;
            cJSON *fields = cJSON_GetObjectItemCaseSensitive(entry, "fields");
            if (fields == NULL)
                fields = cJSON_AddObjectToObject(entry, "fields");
            const char *member = arena_printf(converting->arena, "%s.%s", module->name, name);
            if (json_member(fields, member) == NULL)
                put_text(fields, member, type);
        }
    }
}

void convert_permissions(struct converting *converting)
{
    GHashTable *told CLEANUP(end_set) = new_set(), *profiles CLEANUP(end_set) = new_set();
    const cJSON *one;
    cJSON *entry;
    cJSON_ArrayForEach (one, converting->documents->profiles)
        if (told_id(one) != NULL)
            g_hash_table_insert(told, (void *)told_id(one), (void *)one);
    cJSON_ArrayForEach (entry, section_of(converting->org_file, "profiles")) {
        const char *id = told_id(entry);
        permit(converting, entry, id != NULL ? g_hash_table_lookup(told, id) : NULL);
        if (id != NULL)
            g_hash_table_insert(profiles, (void *)id, entry);
    }
    for (size_t i = 0; i < converting->count; i++)
        restrict_fields(converting, converting->modules[i], profiles);
}

static cJSON *add_token(cJSON *file, const char *token, const char *kind, const char *email)
{
    cJSON *entry = cJSON_CreateObject();
    put_text(entry, "token", token);
    put_text(entry, "kind", kind);
    put_text(entry, "client", "1000.CRMOCK");
    put_text(entry, "user", email);
    put_text(entry, "scopes",
             "ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.users.ALL,ZohoCRM.org.ALL"
             ",ZohoCRM.mass_update.ALL");
    cJSON_AddItemToArray(section_of(file, "tokens"), entry);
    return entry;
}

cJSON *new_tokens(struct converting *converting, const struct org *org)
{
    const struct user *user = NULL;
    for (size_t i = 0; i < org->user_count && user == NULL; i++)
        if (org->users[i].profile->administrator && org->users[i].profile->api_access)
            user = &org->users[i];
    if (user == NULL) {
        import_lose(converting->losses, "tokens.json",
                    "no user is an administrator who may use the API: there are no tokens");
        return NULL;
    }
    cJSON *file = cJSON_CreateObject(), *client = cJSON_CreateObject();
    put_text(client, "id", "1000.CRMOCK");
    put_text(client, "secret", "crmock-secret");
    put_text(client, "user", user->email);
    cJSON_AddItemToArray(section_of(file, "clients"), client);
    (void)add_token(file, "1000.crmock.admin", "access", user->email);
    (void)add_token(file, "1000.crmock.refresh", "refresh", user->email);
    return file;
}
