#include "store/org_loading.h"

static const struct sql pipelines_of = {
    "SELECT 0, module_id, pipeline.id, pipeline.name,"
    " (SELECT count(*) FROM pipeline_stage WHERE pipeline_id = pipeline.id)"
    " FROM pipeline JOIN module ON module.id = module_id WHERE org_id = ?1"
    " ORDER BY module_id, pipeline.position"};

static bool read_pipeline(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    (void)index;
    struct module *module = loading_module(loading, sqlite3_column_int64(row, 1));
    if (module == NULL)
        return false;
    struct pipeline *pipeline = &module->pipelines[module->pipeline_count++];
    *pipeline = (struct pipeline){
        .id = sqlite3_column_int64(row, 2),
        .name = loading_text(loading, row, 3),
        .stages =
            arena_array(loading->arena, (size_t)sqlite3_column_int64(row, 4), sizeof *pipeline->stages),
    };
    return true;
}

static const struct sql stages_of = {
    "SELECT 0, module_id, pipeline_id, value FROM pipeline_stage"
    " JOIN pipeline ON pipeline.id = pipeline_id JOIN picklist_value ON picklist_value.id = value_id"
    " JOIN module ON module.id = module_id WHERE org_id = ?1"
    " ORDER BY pipeline_id, pipeline_stage.position"};

static bool read_stage(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    (void)index;
    const struct module *module = loading_module(loading, sqlite3_column_int64(row, 1));
    for (size_t i = 0; module != NULL && i < module->pipeline_count; i++) {
        struct pipeline *pipeline = &module->pipelines[i];
        if (pipeline->id != sqlite3_column_int64(row, 2))
            continue;
        pipeline->stages[pipeline->stage_count++] = loading_text(loading, row, 3);
        return true;
    }
    return false;
}

/* The fields that pipelines are about; fixtures see to it that there are both. */
static bool find_fields(struct loading *loading, struct module *module)
{
    module->stage = module_field(module, "Stage");
    module->pipeline = module_field(module, "Pipeline");
    loading_mark_mapped(loading, module, "Stage");
    loading_mark_mapped(loading, module, "Pipeline");
    if (module->stage != NULL && module->pipeline != NULL)
        return true;
    log_event(loading->db->log, LOG_ERROR, "store broken reason=\"pipelines without their fields\"");
    return false;
}

enum store_status loading_pipelines(struct loading *loading)
{
    struct org *org = loading->org;
    enum store_status status = loading_rows(loading, &pipelines_of, read_pipeline, NULL, NULL, 0);
    if (status == STORE_OK)
        status = loading_rows(loading, &stages_of, read_stage, NULL, NULL, 0);
    for (size_t i = 0; i < org->module_count && status == STORE_OK; i++)
        if (org->modules[i].pipeline_count > 0 && !find_fields(loading, &org->modules[i]))
            status = STORE_FAILED;
    return status;
}
