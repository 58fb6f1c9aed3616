#include "store/org_loading.h"

static const struct sql blueprints_of = {
    "SELECT count(*) OVER (), blueprint.id, module_id, field_id FROM blueprint"
    " JOIN field ON field.id = field_id JOIN module ON module.id = module_id WHERE org_id = ?1"};

static void read_blueprint(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    loading->org->blueprints[index] = (struct blueprint){
        .id = sqlite3_column_int64(row, 1),
        .field = loading_field(loading, sqlite3_column_int64(row, 2), sqlite3_column_int64(row, 3)),
    };
}

enum store_status loading_blueprints(struct loading *loading)
{
    struct org *org = loading->org;
    return loading_rows(loading, &blueprints_of, read_blueprint, &org->blueprints,
                        &org->blueprint_count, sizeof *org->blueprints);
}
