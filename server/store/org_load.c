#include "store/org_loading.h"
#include "store/record.h"

static bool flag(sqlite3_stmt *row, int column)
{
    return sqlite3_column_int(row, column) != 0;
}

static bool is_null(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL;
}

static const struct sql modules_of = {
    "SELECT count(*) OVER (), id, api_name, singular, plural, custom, territories, sharing, part_of,"
    " mass_update_fields,"
    " (SELECT count(*) FROM field WHERE module_id = module.id),"
    " (SELECT count(*) FROM layout WHERE module_id = module.id),"
    " (SELECT count(*) FROM pipeline WHERE module_id = module.id)"
    " FROM module WHERE org_id = ?1 ORDER BY part_of IS NOT NULL, id"};

static bool read_module(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    struct module *module = &loading->org->modules[index];
    *module = (struct module){
        .id = sqlite3_column_int64(row, 1),
        .index = index,
        .org = loading->org,
        .api_name = loading_text(loading, row, 2),
        .singular = loading_text(loading, row, 3),
        .plural = loading_text(loading, row, 4),
        .custom = flag(row, 5),
        .territories = flag(row, 6),
        .sharing = (enum sharing)loading_word(row, 7, sharing_names),
        .mass_update_fields = (size_t)sqlite3_column_int64(row, 9),
        .part_of = loading_module(loading, sqlite3_column_int64(row, 8)), /* read before its parts */
        .fields =
            arena_array(loading->arena, (size_t)sqlite3_column_int64(row, 10), sizeof *module->fields),
        .layouts =
            arena_array(loading->arena, (size_t)sqlite3_column_int64(row, 11), sizeof *module->layouts),
        .pipelines = arena_array(loading->arena, (size_t)sqlite3_column_int64(row, 12),
                                 sizeof *module->pipelines),
    };
    return (module->part_of != NULL || is_null(row, 8)) && module->mass_update_fields >= 1 &&
           module->mass_update_fields <= RECORD_CHANGES_MAX;
}

/* Counted apart: a window over so many rows is slow, and every start waits for it. */
static const struct sql fields_of = {
    "SELECT (SELECT count(*) FROM field JOIN module ON module.id = module_id WHERE org_id = ?1),"
    " module_id, field.id, field.api_name, label, data_type, length,"
    " decimals, mass_update, visible, read_only, system_mandatory, is_unique, field.custom,"
    " lookup_module, EXISTS (SELECT 1 FROM layout_rule WHERE field_id = field.id),"
    " EXISTS (SELECT 1 FROM validation_rule WHERE field_id = field.id),"
    " (SELECT count(*) FROM picklist_value WHERE field_id = field.id), scheduled_mass_update,"
    " linking_module, none_id"
    " FROM field JOIN module ON module.id = module_id WHERE org_id = ?1"
    " ORDER BY module_id, position"};

static bool read_field(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    struct module *module = loading_module(loading, sqlite3_column_int64(row, 1));
    if (module == NULL)
        return false;
    struct field *field = &module->fields[module->field_count++];
    *field = (struct field){
        .id = sqlite3_column_int64(row, 2),
        .index = index,
        .api_name = loading_text(loading, row, 3),
        .label = loading_text(loading, row, 4),
        .length = sqlite3_column_int(row, 6),
        .decimals = is_null(row, 7) ? -1 : sqlite3_column_int(row, 7),
        .mass_update = flag(row, 8),
        .scheduled_mass_update = flag(row, 18),
        .visible = flag(row, 9),
        .read_only = flag(row, 10),
        .system_mandatory = flag(row, 11),
        .is_unique = flag(row, 12),
        .custom = flag(row, 13),
        .lookup_module = loading_text(loading, row, 14),
        .in_layout_rule = flag(row, 15),
        .in_validation_rule = flag(row, 16),
        .linking_module = loading_text(loading, row, 19),
        .none_id = sqlite3_column_int64(row, 20),
        .values =
            arena_array(loading->arena, (size_t)sqlite3_column_int64(row, 17), sizeof *field->values),
        .value_ids = arena_array(loading->arena, (size_t)sqlite3_column_int64(row, 17),
                                 sizeof *field->value_ids),
    };
    field->path = arena_printf(loading->arena, "$.\"%s\"", field->api_name);
    loading->org->field_count = index + 1;
    bool is_known = field_type_find(loading_text(loading, row, 5), &field->type);
    field->pattern = is_known ? loading->patterns[field->type] : NULL;
    if (is_known && field->length > field_types[field->type].most_length)
        field->length = field_types[field->type].most_length; /* somebody changed the store */
    return is_known;
}

static const struct sql values_of = {
    "SELECT 0, module_id, field_id, value, picklist_value.id FROM picklist_value JOIN field ON "
    "field.id = field_id"
    " JOIN module ON module.id = module_id WHERE org_id = ?1 ORDER BY field_id,"
    " picklist_value.position"};

static bool read_value(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    (void)index;
    struct field *field =
        loading_field(loading, sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2));
    if (field == NULL)
        return false;
    field->value_ids[field->value_count] = sqlite3_column_int64(row, 4);
    field->values[field->value_count++] = loading_text(loading, row, 3);
    return true;
}

static const struct sql roles_of = {
    "SELECT count(*) OVER (), id, name, reports_to FROM role WHERE org_id = ?1 ORDER BY id"};

static bool read_role(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    struct role *role = &loading->org->roles[index];
    role->id = sqlite3_column_int64(row, 1);
    role->name = loading_text(loading, row, 2);
    return true;
}

static const struct sql reports_of = {
    "SELECT 0, role.id, reports_to FROM role WHERE org_id = ?1 AND reports_to IS NOT NULL"};

static bool read_reports_to(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    (void)index;
    struct org *org = loading->org;
    struct role *role = NULL;
    const struct role *above = NULL;
    for (size_t i = 0; i < org->role_count; i++) {
        if (org->roles[i].id == sqlite3_column_int64(row, 1))
            role = &org->roles[i];
        if (org->roles[i].id == sqlite3_column_int64(row, 2))
            above = &org->roles[i];
    }
    if (role == NULL || above == NULL)
        return false;
    role->reports_to = above;
    while (above != NULL && above != role) /* nobody who goes up may go round */
        above = above->reports_to;
    return above == NULL;
}

static const struct sql profiles_of = {
    "SELECT count(*) OVER (), id, name, administrator, schedule_mass_update, read_jobs,"
    " api_access"
    " FROM profile WHERE org_id = ?1"};

static bool read_profile(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    struct profile *profile = &loading->org->profiles[index];
    *profile = (struct profile){
        .id = sqlite3_column_int64(row, 1),
        .name = loading_text(loading, row, 2),
        .administrator = flag(row, 3),
        .schedule_mass_update = flag(row, 4),
        .read_jobs = flag(row, 5),
        .api_access = flag(row, 6),
        .modules = arena_array(loading->arena, loading->org->module_count, sizeof *profile->modules),
        .fields = arena_array(loading->arena, loading->org->field_count, sizeof *profile->fields),
    };
    return true;
}

static struct profile *profile_of(struct loading *loading, int64_t id)
{
    for (size_t i = 0; i < loading->org->profile_count; i++)
        if (loading->org->profiles[i].id == id)
            return &loading->org->profiles[i];
    return NULL;
}

static const struct sql permissions_of = {
    "SELECT 0, profile_id, module_id, can_read, can_mass_update, can_write FROM profile_module"
    " JOIN profile ON profile.id = profile_id WHERE org_id = ?1"};

static bool read_permission(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    (void)index;
    struct profile *profile = profile_of(loading, sqlite3_column_int64(row, 1));
    const struct module *module = loading_module(loading, sqlite3_column_int64(row, 2));
    if (profile == NULL || module == NULL)
        return false;
    profile->modules[module->index] = (struct module_permission){
        .can_read = flag(row, 3), .can_mass_update = flag(row, 4), .can_write = flag(row, 5)};
    return true;
}

static const struct sql accesses_of = {
    "SELECT 0, profile_id, module_id, field_id, access FROM profile_field"
    " JOIN field ON field.id = field_id JOIN profile ON profile.id = profile_id WHERE org_id = ?1"};

static bool read_access(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    (void)index;
    struct profile *profile = profile_of(loading, sqlite3_column_int64(row, 1));
    const struct field *field =
        loading_field(loading, sqlite3_column_int64(row, 2), sqlite3_column_int64(row, 3));
    if (profile == NULL || field == NULL)
        return false;
    profile->fields[field->index] = (enum field_access)loading_word(row, 4, field_access_names);
    return true;
}

static const struct sql users_of = {"SELECT count(*) OVER (), id, name, email, profile_id, role_id, "
                                    "created_time FROM user WHERE org_id = ?1"
                                    " ORDER BY id"};

static bool read_user(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    struct org *org = loading->org;
    struct user *user = &org->users[index];
    *user = (struct user){
        .id = sqlite3_column_int64(row, 1),
        .org = org,
        .name = loading_text(loading, row, 2),
        .email = loading_text(loading, row, 3),
        .profile = profile_of(loading, sqlite3_column_int64(row, 4)),
        .created_time = sqlite3_column_int64(row, 6),
    };
    for (size_t i = 0; i < org->role_count; i++)
        if (org->roles[i].id == sqlite3_column_int64(row, 5))
            user->role = &org->roles[i];
    return user->profile != NULL && user->role != NULL;
}

static const struct sql views_of = {
    "SELECT count(*) OVER (), custom_view.id, module_id, name, criteria, everyone,"
    " (SELECT count(*) FROM custom_view_user WHERE view_id = custom_view.id)"
    " FROM custom_view JOIN module ON module.id = module_id WHERE org_id = ?1"
    " ORDER BY custom_view.id"};

static bool read_view(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    struct view *view = &loading->org->views[index];
    *view = (struct view){
        .id = sqlite3_column_int64(row, 1),
        .module = loading_module(loading, sqlite3_column_int64(row, 2)),
        .name = loading_text(loading, row, 3),
        .criteria = loading_text(loading, row, 4),
        .everyone = flag(row, 5),
        .users = arena_array(loading->arena, (size_t)sqlite3_column_int64(row, 6), sizeof *view->users),
    };
    return view->module != NULL;
}

static const struct sql view_users_of = {
    "SELECT 0, view_id, user_id FROM custom_view_user JOIN user ON user.id = user_id"
    " WHERE org_id = ?1"};

static bool read_view_user(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    (void)index;
    const struct user *user = org_user(loading->org, sqlite3_column_int64(row, 2));
    for (size_t i = 0; i < loading->org->view_count; i++) {
        struct view *view = &loading->org->views[i];
        if (view->id == sqlite3_column_int64(row, 1))
            view->users[view->user_count++] = user;
    }
    return user != NULL;
}

static const struct sql territories_of = {
    "SELECT count(*) OVER (), id, name FROM territory WHERE org_id = ?1 ORDER BY id"};

static bool read_territory(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    loading->org->territories[index] = (struct territory){
        .id = sqlite3_column_int64(row, 1),
        .name = loading_text(loading, row, 2),
    };
    return true;
}

static const struct sql parents_of = {
    "SELECT 0, id, parent_id FROM territory WHERE org_id = ?1 ORDER BY id"};

static bool read_parent(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    struct territory *territory = &loading->org->territories[index];
    territory->parent = org_territory(loading->org, sqlite3_column_int64(row, 2));
    if (territory->parent == NULL)
        return is_null(row, 2);
    const struct territory *above = territory->parent;
    while (above != NULL && above != territory)
        above = above->parent;
    return above == NULL;
}

/* In an order in which every reference leads to what was read before. */
static enum store_status load_org(struct loading *loading)
{
    struct org *org = loading->org;
    struct {
        const struct sql *sql;
        row_fn *read;
        void *list;
        size_t *count;
        size_t size;
    } steps[] = {
        {&modules_of, read_module, &org->modules, &org->module_count, sizeof *org->modules},
        {&fields_of, read_field, NULL, NULL, 0},
        {&values_of, read_value, NULL, NULL, 0},
        {&roles_of, read_role, &org->roles, &org->role_count, sizeof *org->roles},
        {&reports_of, read_reports_to, NULL, NULL, 0},
        {&profiles_of, read_profile, &org->profiles, &org->profile_count, sizeof *org->profiles},
        {&permissions_of, read_permission, NULL, NULL, 0},
        {&accesses_of, read_access, NULL, NULL, 0},
        {&users_of, read_user, &org->users, &org->user_count, sizeof *org->users},
        {&views_of, read_view, &org->views, &org->view_count, sizeof *org->views},
        {&view_users_of, read_view_user, NULL, NULL, 0},
        {&territories_of, read_territory, &org->territories, &org->territory_count,
         sizeof *org->territories},
        {&parents_of, read_parent, NULL, NULL, 0},
    };
    for (size_t i = 0; i < COUNT(steps); i++)
        if (loading_rows(loading, steps[i].sql, steps[i].read, steps[i].list, steps[i].count,
                         steps[i].size) != STORE_OK)
            return STORE_FAILED;
    enum store_status status = loading_pipelines(loading);
    if (status == STORE_OK)
        status = loading_layouts(loading);
    if (status == STORE_OK)
        status = loading_blueprints(loading);
    return status == STORE_OK ? loading_automation(loading) : status;
}

static const struct sql some_orgs = {
    "SELECT count(*) OVER (), id, name, time_zone, edition, territories, scheduled_mass_update,"
    " metadata_time"
    " FROM org WHERE ?1 IN (id, 0) ORDER BY id"}; /* ALL_ORGS */

enum store_status orgs_load(struct db *db, int64_t org_id, struct orgs *orgs)
{
    *orgs = (struct orgs){.count = 0};
    for (enum field_type type = 0; type < FIELD_TYPES; type++)
        if (field_types[type].pattern != NULL)
            orgs->patterns[type] = pattern_new(field_types[type].pattern);
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &some_orgs, "i", org_id);
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status;
    while ((status = db_step(db, row)) == STORE_OK) {
        if (orgs->count == 0)
            orgs->list =
                arena_array(&orgs->arena, (size_t)sqlite3_column_int64(row, 0), sizeof *orgs->list);
        struct org *org = &orgs->list[orgs->count++];
        struct loading loading = {
            .db = db, .arena = &orgs->arena, .org = org, .patterns = orgs->patterns};
        const char *zone = loading_text(&loading, row, 3);
        *org = (struct org){
            .id = sqlite3_column_int64(row, 1),
            .name = loading_text(&loading, row, 2),
            .edition = loading_text(&loading, row, 4),
            .time_zone = zone,
            .metadata_time = sqlite3_column_int64(row, 7),
            .territories_enabled = flag(row, 5),
            .scheduled_mass_update = flag(row, 6),
            .zone = zone_new(zone),
        };
        if (org->zone == NULL) {
            log_event(db->log, LOG_ERROR, "no such time zone on this machine zone=%s", zone);
            return STORE_FAILED;
        }
        if (load_org(&loading) != STORE_OK)
            return STORE_FAILED;
    }
    return status == STORE_NOT_FOUND ? STORE_OK : STORE_FAILED;
}

void orgs_clear(struct orgs *orgs)
{
    for (size_t i = 0; i < orgs->count; i++)
        zone_free(orgs->list[i].zone);
    for (enum field_type type = 0; type < FIELD_TYPES; type++)
        pattern_free(orgs->patterns[type]);
    arena_clear(&orgs->arena);
    *orgs = (struct orgs){.count = 0};
}
