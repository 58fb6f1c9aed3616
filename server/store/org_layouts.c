#include "store/org_loading.h"

static const struct sql layouts_of = {
    "SELECT 0, module_id, layout.id, layout.name,"
    " (SELECT count(*) FROM layout_section WHERE layout_id = layout.id),"
    " (SELECT count(*) FROM layout_pipeline WHERE layout_id = layout.id),"
    " (SELECT count(DISTINCT field_id) FROM layout_value JOIN picklist_value"
    "  ON picklist_value.id = value_id WHERE layout_id = layout.id)"
    " FROM layout JOIN module ON module.id = module_id WHERE org_id = ?1"
    " ORDER BY module_id, layout.position"};

static bool read_layout(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    (void)index;
    struct module *module = loading_module(loading, sqlite3_column_int64(row, 1));
    if (module == NULL)
        return false;
    struct layout *layout = &module->layouts[module->layout_count++];
    *layout = (struct layout){
        .id = sqlite3_column_int64(row, 2),
        .name = loading_text(loading, row, 3),
        .sections =
            arena_array(loading->arena, (size_t)sqlite3_column_int64(row, 4), sizeof *layout->sections),
        .pipelines = arena_array(loading->arena, (size_t)sqlite3_column_int64(row, 5),
                                 sizeof *layout->pipelines),
        .choices =
            arena_array(loading->arena, (size_t)sqlite3_column_int64(row, 6), sizeof *layout->choices),
    };
    return true;
}

static struct layout *layout_of(struct loading *loading, int64_t module_id, int64_t layout_id)
{
    struct module *module = loading_module(loading, module_id);
    for (size_t i = 0; module != NULL && i < module->layout_count; i++)
        if (module->layouts[i].id == layout_id)
            return &module->layouts[i];
    return NULL;
}

static const struct sql sections_of = {
    "SELECT 0, module_id, layout_id, layout_section.id, layout_section.name FROM layout_section"
    " JOIN layout ON layout.id = layout_id JOIN module ON module.id = module_id WHERE org_id = ?1"
    " ORDER BY layout_id, layout_section.position"};

static bool read_section(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    (void)index;
    const struct module *module = loading_module(loading, sqlite3_column_int64(row, 1));
    struct layout *layout =
        layout_of(loading, sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2));
    if (layout == NULL)
        return false;
    struct layout_section *section = &layout->sections[layout->section_count++];
    *section = (struct layout_section){
        .id = sqlite3_column_int64(row, 3),
        .name = loading_text(loading, row, 4),
        .fields = arena_array(loading->arena, module->field_count, sizeof *section->fields),
    };
    return true;
}

/* A section's own fields, or those that no section of the layout has. */
static const struct sql shown_fields_of = {
    "SELECT 0, layout.module_id, layout.id, layout_section.id, field.id FROM layout_section"
    " JOIN layout ON layout.id = layout_section.layout_id JOIN module ON module.id = layout.module_id"
    " JOIN field ON field.module_id = layout.module_id"
    " LEFT JOIN layout_field ON layout_field.layout_id = layout.id"
    "  AND layout_field.field_id = field.id"
    " WHERE org_id = ?1 AND (layout_field.section_id = layout_section.id"
    "  OR layout_field.section_id IS NULL AND NOT EXISTS"
    "  (SELECT 1 FROM layout_field AS own WHERE own.layout_id = layout.id"
    "   AND own.section_id = layout_section.id))"
    " ORDER BY layout.id, layout_section.id, layout_field.position, field.position"};

static bool read_shown_field(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    (void)index;
    int64_t module_id = sqlite3_column_int64(row, 1), section_id = sqlite3_column_int64(row, 3);
    struct layout *layout = layout_of(loading, module_id, sqlite3_column_int64(row, 2));
    const struct field *field = loading_field(loading, module_id, sqlite3_column_int64(row, 4));
    if (layout == NULL || field == NULL)
        return false;
    for (size_t i = 0; i < layout->section_count; i++) {
        struct layout_section *section = &layout->sections[i];
        if (section->id == section_id)
            section->fields[section->field_count++] = field;
    }
    return true;
}

static const struct sql layout_pipelines_of = {
    "SELECT 0, module_id, layout_id, pipeline_id FROM layout_pipeline"
    " JOIN layout ON layout.id = layout_id JOIN module ON module.id = module_id WHERE org_id = ?1"
    " ORDER BY layout_id, layout_pipeline.position"};

static bool read_layout_pipeline(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    (void)index;
    const struct module *module = loading_module(loading, sqlite3_column_int64(row, 1));
    struct layout *layout =
        layout_of(loading, sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2));
    for (size_t i = 0; layout != NULL && i < module->pipeline_count; i++)
        if (module->pipelines[i].id == sqlite3_column_int64(row, 3)) {
            layout->pipelines[layout->pipeline_count++] = &module->pipelines[i];
            return true;
        }
    return false;
}

static const struct sql choices_of = {
    "SELECT 0, module_id, layout_id, field_id, count(*) FROM layout_value"
    " JOIN picklist_value ON picklist_value.id = value_id JOIN layout ON layout.id = layout_id"
    " JOIN module ON module.id = module_id WHERE org_id = ?1 GROUP BY layout_id, field_id"};

static bool read_choice(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    (void)index;
    int64_t module_id = sqlite3_column_int64(row, 1);
    struct layout *layout = layout_of(loading, module_id, sqlite3_column_int64(row, 2));
    const struct field *field = loading_field(loading, module_id, sqlite3_column_int64(row, 3));
    if (layout == NULL || field == NULL)
        return false;
    struct layout_choice *choice = &layout->choices[layout->choice_count++];
    choice->field = field;
    choice->values =
        arena_array(loading->arena, (size_t)sqlite3_column_int64(row, 4), sizeof *choice->values);
    loading_mark_mapped(loading, loading_module(loading, module_id), field->api_name);
    return true;
}

static const struct sql chosen_values_of = {
    "SELECT 0, module_id, layout_id, field_id, value FROM layout_value"
    " JOIN picklist_value ON picklist_value.id = value_id JOIN layout ON layout.id = layout_id"
    " JOIN module ON module.id = module_id WHERE org_id = ?1 ORDER BY layout_id, field_id,"
    " picklist_value.position"};

static bool read_chosen_value(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    (void)index;
    struct layout *layout =
        layout_of(loading, sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2));
    for (size_t i = 0; layout != NULL && i < layout->choice_count; i++) {
        struct layout_choice *choice = &layout->choices[i];
        if (choice->field->id == sqlite3_column_int64(row, 3))
            choice->values[choice->value_count++] = loading_text(loading, row, 4);
    }
    return layout != NULL;
}

enum store_status loading_layouts(struct loading *loading)
{
    static const struct {
        const struct sql *sql;
        row_fn *read;
    } steps[] = {
        {&layouts_of, read_layout},           {&sections_of, read_section},
        {&shown_fields_of, read_shown_field}, {&layout_pipelines_of, read_layout_pipeline},
        {&choices_of, read_choice},           {&chosen_values_of, read_chosen_value},
    };
    enum store_status status = STORE_OK;
    for (size_t i = 0; i < COUNT(steps) && status == STORE_OK; i++)
        status = loading_rows(loading, steps[i].sql, steps[i].read, NULL, NULL, 0);
    for (size_t i = 0; i < loading->org->module_count && status == STORE_OK; i++) {
        if (loading->org->modules[i].layout_count > 0)
            continue;
        log_event(loading->db->log, LOG_ERROR, "store broken reason=\"a module without a layout\"");
        status = STORE_FAILED;
    }
    return status;
}
