#include <string.h>

#include "import/converting.h"

/* A process of a module, as its records tell it, each from the state that it is in. */
struct process {
    struct converting *converting;
    struct converted_module *module;
    cJSON *entry, *transitions;
    const char *where;
};

static cJSON *entry_of(cJSON *list, const char *member, const char *text)
{
    cJSON *entry;
    cJSON_ArrayForEach (entry, list) {
        const char *has = told_text(entry, member);
        if (has != NULL && strcmp(has, text) == 0)
            return entry;
    }
    return NULL;
}

static bool has_text(const cJSON *list, const char *text)
{
    const cJSON *one;
    cJSON_ArrayForEach (one, list)
        if (cJSON_IsString(one) && strcmp(one->valuestring, text) == 0)
            return true;
    return false;
}

static bool offers(const struct process *process, const char *value)
{
    const char *field = told_text(process->entry, "field");
    return has_text(json_member(converted_field(process->module, field), "values"), value);
}

/* What a transition asks for. */
static void ask_for(const struct process *process, cJSON *transition, const cJSON *told)
{
    cJSON *fields = cJSON_CreateArray(), *optional = cJSON_CreateArray();
    const cJSON *field;
    cJSON_ArrayForEach (field, json_member(told, "fields")) {
        const char *name = told_text(field, "api_name");
        bool is_good = name != NULL && converted_field(process->module, name) != NULL &&
                       strcmp(name, told_text(process->entry, "field")) != 0 &&
                       !has_text(fields, name) && !has_text(optional, name);
        if (is_good)
            cJSON_AddItemToArray(told_flag(field, "mandatory") ? fields : optional,
                                 cJSON_CreateString(name));
        else
            import_lose(process->converting->losses, process->where, "%s asks for %s: left out",
                        told_text(transition, "name"), name != NULL ? name : "what is no field");
    }
    if (fields->child != NULL)
        cJSON_AddItemToObject(transition, "fields", fields);
    else
        cJSON_Delete(fields);
    if (optional->child != NULL)
        cJSON_AddItemToObject(transition, "optional_fields", optional);
    else
        cJSON_Delete(optional);
}

static cJSON *new_transition(const struct process *process, const cJSON *told, const char *id)
{
    const char *name = told_text(told, "name"), *to = told_text(told, "next_field_value");
    if (name == NULL || to == NULL || !offers(process, to) ||
        entry_of(process->transitions, "name", name) != NULL) {
        import_lose(process->converting->losses, process->where, "transition %s: left out",
                    name != NULL ? name : id);
        return NULL;
    }
    cJSON *transition = cJSON_CreateObject();
    (void)put_id(process->converting, process->where, transition, "id", id);
    put_text(transition, "name", name);
    cJSON_AddArrayToObject(transition, "from");
    put_text(transition, "to", to);
    ask_for(process, transition, told);
    note_differences(process->converting, "transition", process->where, told,
                     "id name next_field_value next_transitions data fields sequence"
                     " percent_partial_save");
    return transition;
}

static double place_of(const cJSON *told)
{
    const cJSON *sequence = json_member(told, "sequence");
    return cJSON_IsNumber(sequence) ? sequence->valuedouble : 0;
}

/* In the order of their sequence, which stands in a member of its own until all are there. */
static void insert(cJSON *list, cJSON *transition, double place)
{
    const cJSON *other;
    int at = 0;
    cJSON_AddNumberToObject(transition, "sequence", place);
    cJSON_ArrayForEach (other, list) {
        if (place_of(other) > place)
            break;
        at++;
    }
    if (at == cJSON_GetArraySize(list))
        cJSON_AddItemToArray(list, transition);
    else
        cJSON_InsertItemInArray(list, at, transition);
}

/* Transitions that lead from the record's state. */
static void add_transitions(const struct process *process, const cJSON *list, const char *state)
{
    const cJSON *told;
    cJSON_ArrayForEach (told, list) {
        const char *id = told_id(told);
        cJSON *transition = id != NULL ? entry_of(process->transitions, "id", id) : NULL;
        if (transition == NULL) {
            transition = new_transition(process, told, id);
            if (transition == NULL)
                continue;
            insert(process->transitions, transition, place_of(told));
        }
        cJSON *from = cJSON_GetObjectItemCaseSensitive(transition, "from");
        if (!has_text(from, state))
            cJSON_AddItemToArray(from, cJSON_CreateString(state));
    }
}

/* The whole answer stands in it. */
static const cJSON *blueprint_of(const cJSON *told)
{
    return json_member(json_member(told, "blueprint"), "blueprint");
}

/* Those that others lead to, but that no record told of. */
static void note_unseen(struct converting *converting, const struct converted_module *module,
                        const cJSON *told, GHashTable *noted)
{
    const cJSON *transition, *next, *process;
    cJSON_ArrayForEach (transition, json_member(blueprint_of(told), "transitions"))
        cJSON_ArrayForEach (next, json_member(transition, "next_transitions")) {
            const char *id = told_id(next), *name = told_text(next, "name");
            bool is_known = id == NULL || name == NULL || !g_hash_table_add(noted, (void *)id);
            cJSON_ArrayForEach (process, cJSON_GetObjectItemCaseSensitive(module->file, "blueprints"))
                is_known |=
                    !is_known && entry_of(cJSON_GetObjectItemCaseSensitive(process, "transitions"),
                                          "id", id) != NULL;
            if (!is_known)
                import_lose(converting->losses, module->name,
                            "transition %s of a blueprint: left out, no record is where it begins",
                            name);
        }
}

/* The process of that id, made when it is new; false when it governs no picklist. */
static bool find_process(struct process *process, const cJSON *info)
{
    struct converting *converting = process->converting;
    const char *id = told_id(info), *name = told_text(info, "name"),
               *field = told_text(info, "api_name");
    cJSON *list = section_of(process->module->file, "blueprints");
    const cJSON *governed = field != NULL ? converted_field(process->module, field) : NULL;
    const char *type = told_text(governed, "type");
    process->entry = id != NULL ? entry_of(list, "id", id) : NULL;
    process->where = arena_printf(converting->arena, "%s, blueprint %s", process->module->name,
                                  name != NULL ? name : "without a name");
    if (process->entry != NULL) {
        process->transitions = cJSON_GetObjectItemCaseSensitive(process->entry, "transitions");
        return true;
    }
    if (id == NULL || name == NULL || type == NULL || strcmp(type, "picklist") != 0 ||
        g_hash_table_contains(converting->ids, id)) {
        import_lose(converting->losses, process->where, "left out: it governs no picklist");
        return false;
    }
    process->entry = cJSON_CreateObject();
    put_text(process->entry, "module", process->module->name);
    put_text(process->entry, "field", field);
    (void)put_id(converting, process->where, process->entry, "id", id);
    put_text(process->entry, "name", name);
    process->transitions = cJSON_AddArrayToObject(process->entry, "transitions");
    cJSON_AddItemToArray(list, process->entry);
    import_lose(converting->losses, process->where,
                "starts_at: which values a record enters it with is not told; a transition leads from"
                " those in which a record was seen");
    return true;
}

/* The order is told by numbers, of which there may be more than have been seen. */
static void drop_places(struct converted_module *module)
{
    cJSON *process, *transition;
    cJSON_ArrayForEach (process, cJSON_GetObjectItemCaseSensitive(module->file, "blueprints"))
        cJSON_ArrayForEach (transition, cJSON_GetObjectItemCaseSensitive(process, "transitions"))
            cJSON_DeleteItemFromObjectCaseSensitive(transition, "sequence");
}

static void convert_one(struct converting *converting, struct converted_module *module,
                        const cJSON *told)
{
    struct process process = {.converting = converting, .module = module};
    const cJSON *blueprint = blueprint_of(told);
    const cJSON *info = json_member(blueprint, "process_info");
    const char *record = json_scalar_text(json_member(told, "record"));
    const char *state = told_text(info, "field_value");
    if (!cJSON_IsObject(info) || !find_process(&process, info))
        return;
    if (record != NULL) /* the process may be taken out before the records are converted */
        g_hash_table_insert(converting->blueprints, (void *)record,
                            arena_strdup(converting->arena, told_text(process.entry, "name")));
    if (state != NULL && offers(&process, state))
        add_transitions(&process, json_member(blueprint, "transitions"), state);
    else
        import_lose(converting->losses, process.where, "the state %s: left out",
                    state != NULL ? state : "without a name");
}

void convert_blueprints(struct converting *converting, struct converted_module *module)
{
    GHashTable *noted CLEANUP(end_set) = new_set();
    const cJSON *list = module->told != NULL ? module->told->blueprints : NULL, *told;
    cJSON_ArrayForEach (told, list)
        convert_one(converting, module, told);
    cJSON_ArrayForEach (told, list)
        note_unseen(converting, module, told, noted);
    drop_places(module);
}
