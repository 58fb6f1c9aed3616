#include "crm/access.h"

#include "base/id.h"

bool may_use_view(const struct user *user, const struct view *view)
{
    if (user->profile->administrator || view->everyone)
        return true;
    for (size_t i = 0; i < view->user_count; i++)
        if (view->users[i] == user)
            return true;
    return false;
}

bool may_see_field(const struct user *user, const struct field *field)
{
    return field->visible && user->profile->fields[field->index] != FIELD_HIDDEN;
}

static bool is_above(const struct role *role, const struct role *below)
{
    while (below != NULL && below->reports_to != role)
        below = below->reports_to;
    return below != NULL && role != NULL;
}

enum store_status may_edit_record(struct db *db, const struct user *user, const struct record *record)
{
    if (user->profile->administrator || record->owner_id == user->id ||
        record->module->sharing == SHARING_PUBLIC_READ_WRITE)
        return STORE_OK;
    const struct user *owner = org_user(user->org, record->owner_id);
    if (owner != NULL && is_above(user->role, owner->role))
        return STORE_OK;
    return record_shared_with(db, record->id, user->id);
}

const struct reader *reader_of(const struct user *user, const struct module *module,
                               struct arena *arena)
{
    if (user->profile->administrator || module->sharing != SHARING_PRIVATE)
        return NULL;
    const struct org *org = user->org;
    struct reader *reader = arena_alloc(arena, sizeof *reader);
    int64_t *owners = arena_array(arena, org->user_count, sizeof *owners);
    reader->user_id = user->id;
    for (size_t i = 0; i < org->user_count; i++)
        if (is_above(user->role, org->users[i].role))
            owners[reader->owner_count++] = org->users[i].id;
    reader->owners = owners;
    return reader;
}

enum store_status may_see_record(struct db *db, const struct user *user, const struct record *record)
{
    if (record->module->sharing != SHARING_PRIVATE)
        return STORE_OK;
    return may_edit_record(db, user, record);
}

enum store_status read_seen_record(struct db *db, const struct user *user, const struct module *module,
                                   const char *id, struct arena *arena, struct record_data *data)
{
    int64_t number;
    if (!id_parse(id, &number))
        return STORE_NOT_FOUND;
    enum store_status status = record_data_read(db, user->org, number, arena, data);
    if (status == STORE_OK && !module_shows(module, data->state.module))
        return STORE_NOT_FOUND;
    return status == STORE_OK ? may_see_record(db, user, &data->state) : status;
}
