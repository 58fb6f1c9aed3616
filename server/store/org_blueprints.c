#include "store/org_loading.h"

static const struct sql blueprints_of = {
    "SELECT count(*) OVER (), blueprint.id, module_id, field_id, name,"
    " (SELECT count(*) FROM blueprint_start WHERE blueprint_id = blueprint.id),"
    " (SELECT count(*) FROM transition WHERE blueprint_id = blueprint.id)"
    " FROM blueprint JOIN field ON field.id = field_id JOIN module ON module.id = module_id"
    " WHERE org_id = ?1 ORDER BY blueprint.id"};

static bool read_blueprint(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    struct blueprint *blueprint = &loading->org->blueprints[index];
    *blueprint = (struct blueprint){
        .id = sqlite3_column_int64(row, 1),
        .field = loading_field(loading, sqlite3_column_int64(row, 2), sqlite3_column_int64(row, 3)),
        .name = loading_text(loading, row, 4),
        .starts = arena_array(loading->arena, (size_t)sqlite3_column_int64(row, 5),
                              sizeof *blueprint->starts),
        .transitions = arena_array(loading->arena, (size_t)sqlite3_column_int64(row, 6),
                                   sizeof *blueprint->transitions),
    };
    return blueprint->field != NULL;
}

static struct blueprint *blueprint_of(struct loading *loading, int64_t id)
{
    for (size_t i = 0; i < loading->org->blueprint_count; i++)
        if (loading->org->blueprints[i].id == id)
            return &loading->org->blueprints[i];
    return NULL;
}

/* Of a blueprint's rows: those of the org's. */
#define OF_THE_ORG                                                                                     \
    " JOIN blueprint ON blueprint.id = blueprint_id JOIN field ON field.id = blueprint.field_id"       \
    " JOIN module ON module.id = field.module_id WHERE org_id = ?1"

static const struct sql starts_of = {"SELECT 0, blueprint_id, value FROM blueprint_start" OF_THE_ORG};

static bool read_start(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    (void)index;
    struct blueprint *blueprint = blueprint_of(loading, sqlite3_column_int64(row, 1));
    if (blueprint == NULL)
        return false;
    blueprint->starts[blueprint->start_count++] = loading_text(loading, row, 2);
    return true;
}

static const struct sql transitions_of = {
    "SELECT 0, blueprint_id, transition.id, transition.name, next_value,"
    " (SELECT count(*) FROM transition_from WHERE transition_id = transition.id),"
    " (SELECT count(*) FROM transition_field WHERE transition_id = transition.id)"
    " FROM transition" OF_THE_ORG " ORDER BY blueprint_id, transition.position"};

static bool read_transition(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    (void)index;
    struct blueprint *blueprint = blueprint_of(loading, sqlite3_column_int64(row, 1));
    if (blueprint == NULL)
        return false;
    struct transition *transition = &blueprint->transitions[blueprint->transition_count++];
    *transition = (struct transition){
        .id = sqlite3_column_int64(row, 2),
        .name = loading_text(loading, row, 3),
        .next_value = loading_text(loading, row, 4),
        .from =
            arena_array(loading->arena, (size_t)sqlite3_column_int64(row, 5), sizeof *transition->from),
        .fields = arena_array(loading->arena, (size_t)sqlite3_column_int64(row, 6),
                              sizeof *transition->fields),
    };
    return true;
}

static struct transition *transition_of(struct loading *loading, int64_t blueprint_id, int64_t id)
{
    struct blueprint *blueprint = blueprint_of(loading, blueprint_id);
    for (size_t i = 0; blueprint != NULL && i < blueprint->transition_count; i++)
        if (blueprint->transitions[i].id == id)
            return &blueprint->transitions[i];
    return NULL;
}

static const struct sql states_of = {"SELECT 0, blueprint_id, transition_id, value FROM transition_from"
                                     " JOIN transition ON transition.id = transition_id" OF_THE_ORG};

static bool read_state(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    (void)index;
    struct transition *transition =
        transition_of(loading, sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2));
    if (transition == NULL)
        return false;
    transition->from[transition->from_count++] = loading_text(loading, row, 3);
    return true;
}

static const struct sql asked_fields_of = {
    "SELECT 0, blueprint_id, transition_id, field.module_id, transition_field.field_id, mandatory"
    " FROM transition_field JOIN transition ON transition.id = transition_id" OF_THE_ORG
    " ORDER BY transition_id, transition_field.position"};

static bool read_asked_field(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    (void)index;
    struct transition *transition =
        transition_of(loading, sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2));
    const struct field *field =
        loading_field(loading, sqlite3_column_int64(row, 3), sqlite3_column_int64(row, 4));
    if (transition == NULL || field == NULL)
        return false;
    transition->fields[transition->field_count++] =
        (struct transition_field){.field = field, .mandatory = sqlite3_column_int(row, 5) != 0};
    return true;
}

enum store_status loading_blueprints(struct loading *loading)
{
    static const struct {
        const struct sql *sql;
        row_fn *read;
    } steps[] = {
        {&starts_of, read_start},
        {&transitions_of, read_transition},
        {&states_of, read_state},
        {&asked_fields_of, read_asked_field},
    };
    struct org *org = loading->org;
    enum store_status status = loading_rows(loading, &blueprints_of, read_blueprint, &org->blueprints,
                                            &org->blueprint_count, sizeof *org->blueprints);
    for (size_t i = 0; i < COUNT(steps) && status == STORE_OK; i++)
        status = loading_rows(loading, steps[i].sql, steps[i].read, NULL, NULL, 0);
    return status;
}
