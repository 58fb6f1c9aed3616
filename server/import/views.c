#include <string.h>

#include "base/id.h"
#include "crm/fixture_rules.h"
#include "import/converting.h"

/* A view that is converted. */
struct shown {
    struct converting *converting;
    const struct module *loaded;
    const cJSON *told;
    cJSON *entry;
    const char *where;
};

static void share_with(cJSON *emails, const struct user *user)
{
    const cJSON *one;
    cJSON_ArrayForEach (one, emails)
        if (strcmp(one->valuestring, user->email) == 0)
            return;
    cJSON_AddItemToArray(emails, cJSON_CreateString(user->email));
}

static bool is_below(const struct role *role, int64_t id)
{
    while (role->reports_to != NULL && role->reports_to->id != id)
        role = role->reports_to;
    return role->reports_to != NULL;
}

/* A role's users as they are now: fixtures know no others to share a view with. */
static bool share_with_role(const struct shown *shown, cJSON *emails, int64_t id, bool with_those_below)
{
    const struct org *org = shown->loaded->org;
    bool is_known = false;
    for (size_t i = 0; i < org->role_count; i++)
        is_known |= org->roles[i].id == id;
    for (size_t i = 0; i < org->user_count; i++)
        if (org->users[i].role->id == id || (with_those_below && is_below(org->users[i].role, id)))
            share_with(emails, &org->users[i]);
    if (is_known)
        import_lose(shown->converting->losses, shown->where,
                    "shared with a role: with its users instead, as they are now");
    return is_known;
}

static void share(const struct shown *shown, cJSON *emails, const cJSON *with)
{
    int64_t id = 0;
    const char *type = told_text(with, "type");
    bool is_id = id_parse(told_id(with), &id);
    const struct user *user = is_id ? org_user(shown->loaded->org, id) : NULL;
    bool is_role = type != NULL && strncmp(type, "role", 4) == 0;
    if (user != NULL)
        share_with(emails, user);
    else if (!is_id || !is_role || !share_with_role(shown, emails, id, told_flag(with, "subordinates")))
        import_lose(shown->converting->losses, shown->where, "shared with %s %s: left out",
                    type != NULL ? type : "someone",
                    told_id(with) != NULL ? told_id(with) : "without an id");
}

static void convert_sharing(const struct shown *shown)
{
    const char *access = told_text(shown->told, "access_type");
    int64_t id;
    if (access == NULL || strcmp(access, "public") == 0)
        return;
    cJSON *emails = cJSON_AddArrayToObject(shown->entry, "shared_with");
    const cJSON *list = json_member(shown->told, "shared_to"), *with;
    const char *maker = told_id(json_member(shown->told, "created_by"));
    const struct user *user =
        maker != NULL && id_parse(maker, &id) ? org_user(shown->loaded->org, id) : NULL;
    if (user != NULL)
        share_with(emails, user);
    cJSON_ArrayForEach (with, list)
        share(shown, emails, with);
}

/* A list is all of its members, as in a request. */
static void convert_criteria(const struct shown *shown)
{
    struct converting *converting = shown->converting;
    const cJSON *criteria = json_member(shown->told, "criteria");
    const char *expected = "";
    if (criteria == NULL || cJSON_IsNull(criteria))
        return;
    if (fixture_rules.criteria(shown->loaded, criteria, converting->arena, &expected))
        cJSON_AddItemToObject(shown->entry, "criteria", cJSON_Duplicate(criteria, true));
    else
        import_lose(converting->losses, shown->where,
                    "criteria: left out, the view has every record here; expected %s", expected);
}

static void convert_view(struct converting *converting, struct converted_module *module,
                         const struct module *loaded, const cJSON *told)
{
    const char *name = told_text(told, "name"), *id = told_id(told);
    const char *where = arena_printf(converting->arena, "%s, view %s", module->name,
                                     name != NULL ? name : "without a name");
    struct shown shown = {.converting = converting,
                          .loaded = loaded,
                          .told = told,
                          .entry = cJSON_CreateObject(),
                          .where = where};
    (void)put_id(converting, where, shown.entry, "id", id);
    put_text(shown.entry, "module", module->name);
    put_text(shown.entry, "name", name != NULL ? name : "Nameless");
    convert_criteria(&shown);
    convert_sharing(&shown);
    cJSON_AddItemToArray(section_of(module->file, "views"), shown.entry);
    note_differences(converting, "custom_view", where, told,
                     "id name display_value module criteria access_type shared_type category shared_to"
                     " shared_details created_by");
}

void convert_views(struct converting *converting, struct converted_module *module,
                   const struct module *loaded)
{
    const cJSON *all = module->told != NULL ? module->told->views : NULL, *told;
    cJSON_ArrayForEach (told, all)
        if (cJSON_IsObject(told))
            convert_view(converting, module, loaded, told);
}
