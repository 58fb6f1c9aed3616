#include "crm/mapping.h"

#include <string.h>

#include "base/nearest.h"

/* Of what a hint says, characters: it says more than that. */
enum { LISTED_MAX = HINT_MAX - 100 };

/* A picklist's choice of nothing, which goes with everything. */
static bool is_no_choice(const char *text)
{
    return text == NULL || text[0] == '\0' || strcmp(text, NONE_CHOICE) == 0;
}

static bool is_among(const char *const *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

/* By name: Activities and Tasks have each a field for the same values. */
static bool is_called(const struct field *field, const char *api_name)
{
    return strcmp(field->api_name, api_name) == 0;
}

static bool choice_has(const struct layout_choice *choice, const cJSON *value)
{
    const char *text = cJSON_GetStringValue(value);
    return is_no_choice(text) || is_among(choice->values, choice->value_count, text);
}

static bool choice_has_all(const struct layout_choice *choice, const cJSON *value)
{
    const cJSON *member;
    if (!cJSON_IsArray(value))
        return choice_has(choice, value);
    cJSON_ArrayForEach (member, value) {
        if (!choice_has(choice, member))
            return false;
    }
    return true;
}

bool layout_offers(const struct layout *layout, const char *api_name, const cJSON *value)
{
    for (size_t i = 0; i < layout->choice_count; i++)
        if (is_called(layout->choices[i].field, api_name))
            return choice_has_all(&layout->choices[i], value);
    return true;
}

bool layout_takes_pipeline(const struct layout *layout, const char *name)
{
    if (layout->pipeline_count == 0 || is_no_choice(name))
        return true;
    for (size_t i = 0; i < layout->pipeline_count; i++)
        if (strcmp(layout->pipelines[i]->name, name) == 0)
            return true;
    return false;
}

/* The pipeline of that name, or for a record that names none the layout's first; NULL: none. */
static const struct pipeline *pipeline_of(const struct module *module, const struct layout *layout,
                                          const char *name)
{
    if (is_no_choice(name))
        return layout->pipeline_count > 0 ? layout->pipelines[0] : NULL;
    for (size_t i = 0; i < module->pipeline_count; i++)
        if (strcmp(module->pipelines[i].name, name) == 0)
            return &module->pipelines[i];
    return NULL;
}

static bool pipeline_takes(const struct pipeline *pipeline, const char *stage)
{
    return pipeline == NULL || is_no_choice(stage) ||
           is_among(pipeline->stages, pipeline->stage_count, stage);
}

static bool is_changed(const struct mapped_record *record, const struct field *field)
{
    return record->is_new || json_member(record->sent, field->api_name) != NULL ||
           field == record->also_set;
}

static const char *text_of(const struct mapped_record *record, const struct field *field)
{
    return cJSON_GetStringValue(json_member(record->fields, field->api_name));
}

static const struct field *value_without_layout(const struct mapped_record *record)
{
    const struct layout *layout = record->layout;
    for (size_t i = 0; i < layout->choice_count; i++) {
        const struct field *field = layout->choices[i].field;
        if (is_changed(record, field) &&
            !choice_has_all(&layout->choices[i], json_member(record->fields, field->api_name)))
            return field;
    }
    return NULL;
}

enum error mapping_check(const struct mapped_record *record, struct mismatch *mismatch)
{
    const struct module *module = record->module;
    *mismatch = (struct mismatch){.layout = record->layout, .field = value_without_layout(record)};
    if (mismatch->field != NULL)
        return ERR_VALUE_NOT_IN_LAYOUT;
    if (module->pipeline_count == 0)
        return ERR_NONE;
    const char *pipeline = text_of(record, module->pipeline), *stage = text_of(record, module->stage);
    bool moves = is_changed(record, module->pipeline);
    mismatch->field = module->pipeline;
    if (moves && !layout_takes_pipeline(record->layout, pipeline))
        return ERR_PIPELINE_NOT_IN_LAYOUT;
    mismatch->field = module->stage;
    mismatch->pipeline = pipeline_of(module, record->layout, pipeline);
    if ((moves || is_changed(record, module->stage)) && !pipeline_takes(mismatch->pipeline, stage))
        return ERR_STAGE_NOT_IN_PIPELINE;
    *mismatch = (struct mismatch){.field = NULL};
    return ERR_NONE;
}

/* A record, as its changes leave it. */
struct mapped_state {
    int64_t id;
    const struct layout *layout;
    const char *pipeline, *stage; /* NULL: none */
};

void mapping_begin(struct mapping *mapping, struct db *db, struct arena *arena,
                   const struct record_change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (changes[i].field->is_mapped)
            mapping->changes[mapping->count++] = (struct mapped_change){
                .field = changes[i].field,
                .value = json_parse(changes[i].value, strlen(changes[i].value), NULL),
            };
    if (mapping->count == 0)
        return;
    mapping->db = db;
    mapping->arena = arena;
    mapping->state = arena_alloc(arena, sizeof *mapping->state);
}

void mapping_end(struct mapping *mapping)
{
    for (size_t i = 0; i < mapping->count; i++)
        cJSON_Delete(mapping->changes[i].value);
    mapping->count = 0;
}

static const struct mapped_change *change_of(const struct mapping *mapping, const struct field *field)
{
    for (size_t i = 0; i < mapping->count && field != NULL; i++)
        if (is_called(mapping->changes[i].field, field->api_name))
            return &mapping->changes[i];
    return NULL;
}

/* Finds out what becomes of the record, unless that was done last. What the changes set is not read,
 * nor is more than the layout when they set neither pipeline nor stage. */
static enum store_status look_at(const struct mapping *mapping, const struct record *record)
{
    struct mapped_state *state = mapping->state;
    if (state->id == record->id)
        return STORE_OK;
    const struct module *module = record->module;
    const struct mapped_change *moved = change_of(mapping, module->pipeline);
    const struct mapped_change *staged = change_of(mapping, module->stage);
    struct record_ties ties;
    enum store_status status = record_ties_read(
        mapping->db, record->id, moved == NULL && staged != NULL ? module->pipeline : NULL,
        staged == NULL && moved != NULL ? module->stage : NULL, mapping->arena, &ties);
    if (status != STORE_OK)
        return STORE_FAILED; /* it has been read in the same transaction */
    *state = (struct mapped_state){
        .id = record->id,
        .layout = module_layout_or_first(module, ties.layout_id),
        .pipeline = moved != NULL ? cJSON_GetStringValue(moved->value) : ties.pipeline,
        .stage = staged != NULL ? cJSON_GetStringValue(staged->value) : ties.stage,
    };
    return STORE_OK;
}

/* What goes with every layout, or every pipeline, need not be held against the record's own. */
static bool all_layouts_offer(const struct module *module, const struct mapping *mapping)
{
    for (size_t i = 0; i < module->layout_count; i++)
        for (size_t k = 0; k < mapping->count; k++)
            if (!layout_offers(&module->layouts[i], mapping->changes[k].field->api_name,
                               mapping->changes[k].value))
                return false;
    return true;
}

static bool all_pipelines_take(const struct module *module, const char *stage)
{
    for (size_t i = 0; i < module->pipeline_count; i++)
        if (!pipeline_takes(&module->pipelines[i], stage))
            return false;
    return true;
}

enum store_status mapping_layout_offers(const struct mapping *mapping, const struct record *record,
                                        struct mismatch *mismatch)
{
    if (mapping->count == 0 || all_layouts_offer(record->module, mapping))
        return STORE_OK;
    if (look_at(mapping, record) != STORE_OK)
        return STORE_FAILED;
    const struct layout *layout = mapping->state->layout;
    for (size_t i = 0; i < mapping->count; i++) {
        const struct mapped_change *change = &mapping->changes[i];
        if (layout_offers(layout, change->field->api_name, change->value))
            continue;
        *mismatch = (struct mismatch){.field = change->field, .layout = layout};
        return STORE_NOT_FOUND;
    }
    return STORE_OK;
}

enum store_status mapping_layout_has_pipeline(const struct mapping *mapping,
                                              const struct record *record, struct mismatch *mismatch)
{
    if (mapping->count == 0 || change_of(mapping, record->module->pipeline) == NULL)
        return STORE_OK;
    if (look_at(mapping, record) != STORE_OK)
        return STORE_FAILED;
    const struct mapped_state *state = mapping->state;
    if (layout_takes_pipeline(state->layout, state->pipeline))
        return STORE_OK;
    *mismatch = (struct mismatch){.field = record->module->pipeline, .layout = state->layout};
    return STORE_NOT_FOUND;
}

enum store_status mapping_pipeline_has_stage(const struct mapping *mapping, const struct record *record,
                                             struct mismatch *mismatch)
{
    const struct module *module = record->module;
    const struct mapped_change *staged = change_of(mapping, module->stage);
    if (change_of(mapping, module->pipeline) == NULL &&
        (staged == NULL || all_pipelines_take(module, cJSON_GetStringValue(staged->value))))
        return STORE_OK;
    if (look_at(mapping, record) != STORE_OK)
        return STORE_FAILED;
    const struct mapped_state *state = mapping->state;
    const struct pipeline *pipeline = pipeline_of(module, state->layout, state->pipeline);
    if (pipeline_takes(pipeline, state->stage))
        return STORE_OK;
    *mismatch =
        (struct mismatch){.field = module->stage, .layout = state->layout, .pipeline = pipeline};
    return STORE_NOT_FOUND;
}

static const char *offered(const struct mismatch *mismatch, struct arena *arena)
{
    const struct layout *layout = mismatch->layout;
    for (size_t i = 0; i < layout->choice_count; i++) {
        const struct layout_choice *choice = &layout->choices[i];
        if (is_called(choice->field, mismatch->field->api_name))
            return listed(choice->values, choice->value_count, LISTED_MAX, arena);
    }
    return "none";
}

static const char *pipelines_of(const struct layout *layout, struct arena *arena)
{
    const char **names = arena_array(arena, layout->pipeline_count, sizeof *names);
    for (size_t i = 0; i < layout->pipeline_count; i++)
        names[i] = layout->pipelines[i]->name;
    return listed(names, layout->pipeline_count, LISTED_MAX, arena);
}

static void tell_mapping(const struct mismatch *mismatch, const char *mapped_field, const char *at,
                         struct arena *arena, struct fault *fault)
{
    fault->id = NULL;
    fault->mapped_field = mapped_field;
    fault->json_path = arena_printf(arena, "%s.%s", at, mismatch->field->api_name);
}

void mismatch_tell(const struct mismatch *mismatch, enum error error, const char *at,
                   struct arena *arena, struct fault *fault)
{
    const struct layout *layout = mismatch->layout;
    const struct pipeline *pipeline = mismatch->pipeline;
    const char *name = fault->api_name = mismatch->field->api_name;
    switch (error) {
    case ERR_STAGE_NOT_IN_PIPELINE:
        tell_mapping(mismatch, "Pipeline", at, arena, fault);
        fault->hint = arena_printf(arena, "the record's pipeline %s has the stages %s", pipeline->name,
                                   listed(pipeline->stages, pipeline->stage_count, LISTED_MAX, arena));
        break;
    case ERR_PIPELINE_NOT_IN_LAYOUT:
        tell_mapping(mismatch, "Layout", at, arena, fault);
        fault->hint = arena_printf(arena, "the record's layout %s has the pipelines %s", layout->name,
                                   pipelines_of(layout, arena));
        break;
    default:
        if (fault->id == NULL)
            fault->json_path = arena_printf(arena, "%s.%s", at, name);
        fault->hint = arena_printf(arena, "of %s, the record's layout %s offers %s", name, layout->name,
                                   offered(mismatch, arena));
    }
}
