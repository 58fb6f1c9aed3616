#include "store/org.h"

#include <string.h>
#include <strings.h>

const char *const sharing_names[] = {"private", "public_read", "public_read_write", NULL};
const char *const field_access_names[] = {"editable", "read_only", "hidden", NULL};

/* All members of an org begin with their id, so that one search serves every list. */
static const void *by_id(const void *list, size_t count, size_t size, int64_t id)
{
    for (size_t i = 0; i < count; i++) {
        const char *member = (const char *)list + i * size;
        int64_t member_id;
        memcpy(&member_id, member, sizeof member_id);
        if (member_id == id)
            return member;
    }
    return NULL;
}

const struct user *org_user(const struct org *org, int64_t id)
{
    return by_id(org->users, org->user_count, sizeof *org->users, id);
}

const struct view *org_view(const struct org *org, int64_t id)
{
    return by_id(org->views, org->view_count, sizeof *org->views, id);
}

const struct territory *org_territory(const struct org *org, int64_t id)
{
    return by_id(org->territories, org->territory_count, sizeof *org->territories, id);
}

const struct blueprint *org_blueprint(const struct org *org, int64_t id)
{
    return by_id(org->blueprints, org->blueprint_count, sizeof *org->blueprints, id);
}

const struct module *org_module_of_id(const struct org *org, int64_t id)
{
    return by_id(org->modules, org->module_count, sizeof *org->modules, id);
}

const struct user *orgs_user(const struct orgs *orgs, int64_t id)
{
    const struct user *user = NULL;
    for (size_t i = 0; i < orgs->count && user == NULL; i++)
        user = org_user(&orgs->list[i], id);
    return user;
}

const struct user *orgs_user_of_email(const struct orgs *orgs, const char *email)
{
    for (size_t i = 0; i < orgs->count; i++)
        for (size_t k = 0; k < orgs->list[i].user_count; k++)
            if (strcmp(orgs->list[i].users[k].email, email) == 0)
                return &orgs->list[i].users[k];
    return NULL;
}

const struct module *orgs_module(const struct orgs *orgs, int64_t id)
{
    const struct module *module = NULL;
    for (size_t i = 0; i < orgs->count && module == NULL; i++)
        module = org_module_of_id(&orgs->list[i], id);
    return module;
}

const struct module *org_module(const struct org *org, const char *api_name)
{
    for (size_t i = 0; i < org->module_count && api_name != NULL; i++)
        if (strcasecmp(org->modules[i].api_name, api_name) == 0)
            return &org->modules[i];
    return NULL;
}

const struct field *module_field(const struct module *module, const char *api_name)
{
    for (size_t i = 0; i < module->field_count; i++)
        if (strcmp(module->fields[i].api_name, api_name) == 0)
            return &module->fields[i];
    return NULL;
}

bool module_shows(const struct module *module, const struct module *of)
{
    return of != NULL && (of == module || of->part_of == module);
}

const struct layout *module_layout(const struct module *module, int64_t id)
{
    for (size_t i = 0; i < module->layout_count; i++)
        if (module->layouts[i].id == id)
            return &module->layouts[i];
    return NULL;
}

const struct layout *module_layout_or_first(const struct module *module, int64_t id)
{
    const struct layout *layout = id != 0 ? module_layout(module, id) : NULL;
    return layout != NULL ? layout : &module->layouts[0];
}
