#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "crm/fixture_rules.h"
#include "import/converting.h"
#include "store/record_data.h"

/* A record that is converted. */
struct entry {
    struct converting *converting;
    const struct module *loaded;
    GHashTable *known; /* the module's fields by API name */
    const cJSON *told;
    cJSON *json, *fields;
    const char *where; /* "Deals 554023000000497007" */
    const struct layout *layout;
    struct arena *scratch; /* for this record alone */
};

/* What the rules want is one sentence. */
static void lose_value(const struct entry *entry, const char *name, const char *expected)
{
    import_lose(entry->converting->losses, entry->where, "%s: left out; expected %s", name, expected);
}

static void convert_value(const struct entry *entry, const struct field *field, const cJSON *value)
{
    const char *expected = "";
    if (cJSON_IsNull(value))
        return;
    if (fixture_rules.value(field, value, entry->scratch, &expected) &&
        !fixture_rules.missing(field, value))
        cJSON_AddItemToObject(entry->fields, field->api_name, cJSON_Duplicate(value, true));
    else
        lose_value(entry, field->api_name, expected);
}

/* Members of a record that stand elsewhere in fixtures, or follow from what does. */
static bool is_state(const char *name)
{
    static const char *const names[] = {
        "$approved",      "$approval_state",     "$approval",        "$review_process",  "$in_merge",
        "$locked_for_me", "$process_flow",       "$editable",        "$converted",       "$layout_id",
        "$state",         "$sharing_permission", "$stop_processing", "$currency_symbol",
    };
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return is_system_field(name);
}

static bool is_nothing(const cJSON *value)
{
    return cJSON_IsNull(value) || cJSON_IsFalse(value) ||
           ((cJSON_IsArray(value) || cJSON_IsObject(value)) && value->child == NULL);
}

/* In the order in which they are told, each once; what is no field here is noted. */
static void convert_values(const struct entry *entry)
{
    GHashTable *seen CLEANUP(end_set) = new_set();
    const char *kind = arena_printf(entry->scratch, "records of %s", entry->loaded->api_name);
    const cJSON *member;
    cJSON_ArrayForEach (member, entry->told) {
        const char *name = member->string != NULL ? member->string : "";
        const struct field *field = g_hash_table_lookup(entry->known, name);
        if (is_state(name))
            continue;
        if (field != NULL && field->visible && g_hash_table_add(seen, (void *)name))
            convert_value(entry, field, member);
        else if (!is_nothing(member))
            note_difference(entry->converting, kind, name, entry->where);
    }
}

/* Those that have to go together with others. */
static cJSON *mapped_values(const struct entry *entry)
{
    cJSON *mapped = cJSON_CreateObject();
    for (size_t i = 0; i < entry->loaded->field_count; i++) {
        const struct field *field = &entry->loaded->fields[i];
        const cJSON *value = field->is_mapped ? json_member(entry->fields, field->api_name) : NULL;
        if (value != NULL)
            cJSON_AddItemToObject(mapped, field->api_name, cJSON_Duplicate(value, true));
    }
    return mapped;
}

/* Takes out those that do not. False when it is not values that are at fault. */
static bool settle_together(const struct entry *entry)
{
    const char *name = "", *expected = "";
    cJSON *mapped CLEANUP(json_delete) = mapped_values(entry);
    while (!fixture_rules.together(entry->loaded, entry->layout, mapped, entry->scratch, &name,
                                   &expected)) {
        lose_value(entry, name, expected);
        if (json_member(mapped, name) == NULL)
            return false;
        cJSON_DeleteItemFromObjectCaseSensitive(mapped, name);
        cJSON_DeleteItemFromObjectCaseSensitive(entry->fields, name);
    }
    return true;
}

/* Why the record cannot be one here; NULL: it can. */
static const char *lack_of(const struct entry *entry)
{
    enum { GIVEN_MAX = 512 }; /* of fixtures */
    const struct module *module = entry->loaded;
    for (size_t i = 0; i < module->field_count; i++) {
        const struct field *field = &module->fields[i];
        if (field->system_mandatory &&
            fixture_rules.missing(field, json_member(entry->fields, field->api_name)))
            return arena_printf(entry->scratch, "it has no %s, which is mandatory", field->api_name);
    }
    if (cJSON_GetArraySize(entry->fields) > GIVEN_MAX)
        return "it has values of more than 512 fields";
    return strlen(json_print(entry->scratch, entry->fields)) > RECORD_FIELDS_MAX
               ? "its values are too long together"
               : NULL;
}

static const struct user *user_of(const struct entry *entry, const char *name)
{
    const cJSON *told = json_member(entry->told, name);
    const char *id = told_id(told);
    int64_t number;
    const struct user *user =
        id != NULL && id_parse(id, &number) ? org_user(entry->loaded->org, number) : NULL;
    if (user == NULL && told != NULL && !cJSON_IsNull(told))
        import_lose(entry->converting->losses, entry->where,
                    "%s %s: left out, the org has no such user", name,
                    id != NULL ? id : "without an id");
    return user;
}

/* Each that is not what it is by itself. */
static void convert_people_of(const struct entry *entry)
{
    const struct user *first = &entry->loaded->org->users[0];
    const struct user *owner = user_of(entry, "Owner"), *maker = user_of(entry, "Created_By");
    const struct user *changer = user_of(entry, "Modified_By");
    if (owner != NULL && owner != first)
        put_text(entry->json, "owner", owner->email);
    owner = owner != NULL ? owner : first;
    if (maker != NULL && maker != owner)
        put_text(entry->json, "created_by", maker->email);
    maker = maker != NULL ? maker : owner;
    if (changer != NULL && changer != maker)
        put_text(entry->json, "modified_by", changer->email);
}

static const char *time_of(const struct entry *entry, const char *name)
{
    int64_t time;
    const char *text = told_text(entry->told, name);
    bool is_good = text != NULL && time_parse(text, &time) && time_writable(time);
    if (text != NULL && !is_good)
        import_lose(entry->converting->losses, entry->where, "%s %s: left out", name, text);
    return is_good ? text : NULL;
}

static void convert_times(const struct entry *entry)
{
    const char *created = time_of(entry, "Created_Time"), *modified = time_of(entry, "Modified_Time");
    if (created != NULL)
        put_text(entry->json, "created_time", created);
    if (modified != NULL && (created == NULL || strcmp(created, modified) != 0))
        put_text(entry->json, "modified_time", modified);
}

static const struct layout *layout_of(const struct entry *entry)
{
    const char *id = told_id(json_member(entry->told, "Layout"));
    int64_t number;
    if (id == NULL)
        id = told_id(json_member(entry->told, "$layout_id"));
    const struct layout *layout =
        id != NULL && id_parse(id, &number) ? module_layout(entry->loaded, number) : NULL;
    if (layout == NULL && id != NULL)
        import_lose(entry->converting->losses, entry->where, "layout %s: left out, there is none such",
                    id);
    return layout;
}

static void put_blueprint(const struct entry *entry)
{
    const char *id = told_id(entry->told);
    const char *name = id != NULL ? g_hash_table_lookup(entry->converting->blueprints, id) : NULL;
    const struct org *org = entry->loaded->org;
    bool is_known = false;
    for (size_t i = 0; name != NULL && i < org->blueprint_count; i++)
        for (size_t k = 0; k < entry->loaded->field_count; k++)
            is_known |= org->blueprints[i].field == &entry->loaded->fields[k] &&
                        strcmp(org->blueprints[i].name, name) == 0;
    if (is_known)
        put_text(entry->json, "blueprint", name);
    else if (name != NULL || told_flag(entry->told, "$process_flow"))
        import_lose(entry->converting->losses, entry->where, "blueprint: left out, it is not told");
}

static void put_states(const struct entry *entry)
{
    const cJSON *told = entry->told, *review = json_member(told, "$review_process");
    const char *approval = told_text(told, "$approval_state");
    if (told_flag(told, "$converted"))
        cJSON_AddTrueToObject(entry->json, "converted");
    if (told_flag(told, "$locked_for_me"))
        cJSON_AddTrueToObject(entry->json, "locked");
    if (told_flag(told, "$stop_processing"))
        cJSON_AddTrueToObject(entry->json, "stop_processing");
    if (told_flag(told, "$in_merge"))
        put_text(entry->json, "busy_with", "duplicate_merge");
    if (told_flag(review, "approve") || told_flag(review, "reject"))
        put_text(entry->json, "image_review", "in_approval");
    else if (told_flag(review, "resubmit"))
        put_text(entry->json, "image_review", "rejected");
    if (approval != NULL && strcmp(approval, "approval_process_pending") == 0)
        put_text(entry->json, "approval", "waiting");
    else if (approval != NULL && strcmp(approval, "rejected") == 0)
        put_text(entry->json, "approval", "rejected");
    put_blueprint(entry);
}

/* Fills the entry; false when the record cannot be one here: noted. */
static bool fill(struct entry *entry)
{
    const struct module *loaded = entry->loaded;
    put_text(entry->json, "module", loaded->api_name);
    bool has_id = put_id(entry->converting, entry->where, entry->json, "id", told_id(entry->told));
    entry->layout = layout_of(entry);
    if (entry->layout != NULL && entry->layout != &loaded->layouts[0])
        put_text(entry->json, "layout", entry->layout->name);
    if (entry->layout == NULL)
        entry->layout = &loaded->layouts[0];
    convert_people_of(entry);
    convert_times(entry);
    put_states(entry);
    entry->fields = cJSON_AddObjectToObject(entry->json, "fields");
    convert_values(entry);
    bool goes = settle_together(entry);
    const char *lack = has_id ? lack_of(entry) : "it has no id of its own";
    if (lack == NULL && !goes)
        lack = "its values do not go together";
    if (lack != NULL)
        import_lose(entry->converting->losses, entry->where, "left out: %s", lack);
    return lack == NULL;
}

static void convert_record(struct entry *entry, cJSON *list, const cJSON *told)
{
    struct arena scratch = {.blocks = NULL};
    const char *id = told_id(told);
    entry->told = told;
    entry->scratch = &scratch;
    entry->where =
        arena_printf(&scratch, "%s %s", entry->loaded->api_name, id != NULL ? id : "without an id");
    entry->json = cJSON_CreateObject();
    if (fill(entry))
        cJSON_AddItemToArray(list, entry->json);
    else
        cJSON_Delete(entry->json);
    arena_clear(&scratch);
    entry->scratch = NULL;
    entry->where = NULL;
}

void convert_records(struct converting *converting, struct converted_module *module,
                     const struct module *loaded)
{
    const cJSON *all = module->told != NULL ? module->told->records : NULL, *told;
    bool has_others = shows_parts(converting, module);
    cJSON *list = section_of(module->file, "records");
    GHashTable *known CLEANUP(end_set) = new_set();
    struct entry entry = {.converting = converting, .loaded = loaded, .known = known};
    for (size_t i = 0; i < loaded->field_count; i++)
        g_hash_table_insert(known, (void *)loaded->fields[i].api_name, (void *)&loaded->fields[i]);
    cJSON_ArrayForEach (told, all) {
        const char *id = told_id(told);
        bool is_there = id != NULL && g_hash_table_contains(converting->ids, id);
        if (cJSON_IsObject(told) && !(has_others && is_there))
            convert_record(&entry, list, told);
    }
}
