#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "store/fixture_sections.h"
#include "store/lock.h"
#include "store/record_data.h"

enum { FIELDS_MAX = 512 };

static const char number_mark[] = "{n}";

/* One field's values as JSON text; a generated record takes them in turn. */
struct values {
    const char *name;
    const char **texts;
    size_t count;
    size_t longest; /* bytes of a record's text at most */
};

/* What one entry of "records" describes: one record, or `count` that differ by their number. */
struct template
{
    const struct node *node;
    const struct module *module;
    const struct layout *layout; /* NULL: the module's first */
    int64_t count;
    bool numbered; /* {n} in a text stands for the record's number, from 1 */
    struct values fields[FIELDS_MAX];
    size_t field_count;
};

/* A growing text. */
struct text {
    char *bytes;
    size_t length, room;
};

static void append(struct text *text, const char *bytes, size_t length)
{
    if (text->length + length + 1 > text->room) {
        text->room = (text->length + length + 128) * 2;
        text->bytes = must_realloc(text->bytes, text->room);
    }
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

static void append_numbered(struct text *text, const char *value, const char *number)
{
    const char *mark;
    while (number != NULL && (mark = strstr(value, number_mark)) != NULL) {
        append(text, value, (size_t)(mark - value));
        append(text, number, strlen(number));
        value = mark + sizeof number_mark - 1;
    }
    append(text, value, strlen(value));
}

/* The fields of the n-th record as a JSON object, as an SQL function of n: so that one statement makes
 * all records of an entry, which is what large generated views need. */
static void fields_of(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    const struct template *template = sqlite3_user_data(context);
    int64_t n = sqlite3_value_int64(arguments[0]);
    char number[24];
    (void)snprintf(number, sizeof number, "%lld", (long long)n);
    struct text text = {NULL, 0, 0};
    append(&text, "{", 1);
    for (size_t i = 0; i < template->field_count; i++) {
        const struct values *values = &template->fields[i];
        if (i > 0)
            append(&text, ",", 1);
        append(&text, "\"", 1);
        append(&text, values->name, strlen(values->name));
        append(&text, "\":", 2);
        append_numbered(&text, values->texts[(size_t)(n - 1) % values->count],
                        template->numbered ? number : NULL);
    }
    append(&text, "}", 1);
    sqlite3_result_text64(context, text.bytes, text.length, free, SQLITE_UTF8);
}

/* A value as the n-th record will have it; the bytes are the caller's. */
static struct text numbered_text(const struct template *template, const char *value, int64_t n)
{
    char number[24];
    (void)snprintf(number, sizeof number, "%lld", (long long)n);
    struct text text = {NULL, 0, 0};
    append_numbered(&text, value, template->numbered ? number : NULL);
    return text;
}

/* The value as the n-th record has it; owned by the caller. NULL: it is no JSON then. */
static cJSON *value_at(const struct template *template, const char *value, int64_t n, size_t *length)
{
    char number[24];
    (void)snprintf(number, sizeof number, "%lld", (long long)n);
    struct text text = {NULL, 0, 0};
    append_numbered(&text, value, template->numbered ? number : NULL);
    cJSON *json = json_parse(text.bytes, text.length, NULL);
    *length = text.length;
    free(text.bytes);
    return json;
}

/* Checks a value as the n-th record will have it; its length then. */
static size_t check_value_at(const struct template *template, const struct field *field,
                             const struct node *node, const char *value, int64_t n)
{
    struct loader *loader = node->loader;
    size_t length;
    cJSON *json CLEANUP(json_delete) = value_at(template, value, n, &length);
    cJSON *kept CLEANUP(json_delete) = NULL;
    const char *expected;
    bool is_numbered = template->numbered && strstr(value, number_mark) != NULL;
    if (json == NULL)
        node_fail(node, "expected {n} only inside a text");
    else if (!loader->rules->value(field, json, loader->arena, &expected))
        node_fail(node, "expected %s", expected);
    else if (loader->rules->missing(field, json))
        node_fail(node, "expected a value: the field is mandatory");
    else if (is_numbered)
        kept = loader->rules->kept(field, json, template->module->org->zone);
    if (kept != NULL)
        node_fail(node, "expected the value as records keep it, for it has {n}: a time with its offset,"
                        " a reference as an object");
    return length;
}

/* The same as the last record will have it, where its number is longest, and, where there is a number,
 * as the first one of each length of that will. */
static size_t check_value(const struct template *template, const struct field *field,
                          const struct node *node, const char *value)
{
    for (int64_t n = 1; template->numbered && n < template->count && !node_failed(node); n *= 10)
        (void)check_value_at(template, field, node, value, n);
    return check_value_at(template, field, node, value, template->count);
}

static void read_field(struct template *template, const struct node *node, cJSON *value)
{
    struct arena *arena = node->loader->arena;
    const struct field *field = module_field(template->module, value->string);
    const cJSON *cycle = json_member(value, "$cycle");
    struct values *values = &template->fields[template->field_count++];
    if (field == NULL || !field->visible) {
        node_fail(node, "expected the API name of a field of %s", template->module->api_name);
        return;
    }
    if (cycle != NULL && cycle->child == NULL)
        node_fail(node, "expected a list of values for $cycle");
    values->name = field->api_name;
    values->count = cycle != NULL ? (size_t)cJSON_GetArraySize(cycle) : 1;
    values->texts = arena_array(arena, values->count, sizeof *values->texts);
    cJSON *one = cycle != NULL ? cycle->child : value;
    for (size_t i = 0; one != NULL && i < values->count; i++, one = one->next) {
        values->texts[i] = json_print(arena, one);
        size_t length = check_value(template, field, node, values->texts[i]);
        cJSON *kept CLEANUP(json_delete) =
            node_failed(node) ? NULL
                              : node->loader->rules->kept(field, one, template->module->org->zone);
        if (kept != NULL) {
            const char *text = json_print(arena, kept);
            length += strlen(text) - strlen(values->texts[i]);
            values->texts[i] = text;
        }
        values->longest = length > values->longest ? length : values->longest;
    }
}

/* What a request would be refused for, of all fields together. */
static void check_fields(const struct template *template, const struct node *fields)
{
    const struct module *module = template->module;
    size_t size = 1; /* for the brace that stands before; where the last comma would, the other does */
    for (size_t i = 0; i < template->field_count; i++)
        size += sizeof "\"\":," - 1 + strlen(template->fields[i].name) + template->fields[i].longest;
    if (size > RECORD_FIELDS_MAX)
        node_fail(fields, "expected at most %d bytes of JSON in a record", RECORD_FIELDS_MAX);
    for (size_t i = 0; i < module->field_count; i++) {
        const struct field *field = &module->fields[i];
        const struct node node = node_member(fields, field->api_name);
        if (node.json == NULL && fields->loader->rules->missing(field, NULL))
            node_fail(&node, "expected a value: the field is mandatory");
    }
}

static size_t greatest_divisor(size_t one, size_t other)
{
    while (other != 0) {
        size_t rest = one % other;
        one = other;
        other = rest;
    }
    return one;
}

/* The n-th record's values that have to go together with others. */
static cJSON *mapped_values(const struct template *template, int64_t n)
{
    cJSON *fields = cJSON_CreateObject();
    for (size_t i = 0; i < template->field_count; i++) {
        const struct values *values = &template->fields[i];
        const char *text = values->texts[(size_t)(n - 1) % values->count];
        if (!module_field(template->module, values->name)->is_mapped)
            continue;
        struct text numbered = numbered_text(template, text, n);
        cJSON_AddItemToObject(fields, values->name, json_parse(numbered.bytes, numbered.length, NULL));
        free(numbered.bytes);
    }
    return fields;
}

/* After how many records those values come again; FIXTURE_GENERATE_MAX: not before the last. */
static int64_t period_of(const struct template *template)
{
    size_t period = 1;
    for (size_t i = 0; i < template->field_count; i++) {
        const struct values *values = &template->fields[i];
        if (!module_field(template->module, values->name)->is_mapped)
            continue;
        for (size_t k = 0; k < values->count; k++)
            if (template->numbered && strstr(values->texts[k], number_mark) != NULL)
                return FIXTURE_GENERATE_MAX;
        period = period / greatest_divisor(period, values->count) * values->count;
        if (period > FIXTURE_GENERATE_MAX)
            return FIXTURE_GENERATE_MAX;
    }
    return (int64_t)period;
}

/* Each of the combinations that values which are taken in turn come to. */
static void check_together(const struct template *template, const struct node *node)
{
    struct loader *loader = node->loader;
    const struct layout *layout =
        template->layout != NULL ? template->layout : &template->module->layouts[0];
    int64_t period = period_of(template), last = period < template->count ? period : template->count;
    for (int64_t n = 1; n <= last && !node_failed(node); n++) {
        cJSON *fields CLEANUP(json_delete) = mapped_values(template, n);
        const char *name = "", *expected = "";
        if (loader->rules->together(template->module, layout, fields, loader->arena, &name, &expected))
            continue;
        const struct node field = node_member(node, name);
        node_fail(&field, "expected %s", expected);
    }
}

static void read_fields(struct template *template)
{
    const struct node fields = node_member(template->node, "fields");
    if (fields.json != NULL && !cJSON_IsObject(fields.json))
        node_fail(&fields, "expected an object of API names and values");
    if (cJSON_GetArraySize(fields.json) > FIELDS_MAX)
        node_fail(&fields, "expected at most %d fields", FIELDS_MAX);
    cJSON *value = fields.json != NULL ? fields.json->child : NULL;
    for (; value != NULL && !node_failed(&fields); value = value->next) {
        const struct node node = node_member(&fields, value->string);
        node_once(&node, value);
        read_field(template, &node, value);
    }
    if (!node_failed(&fields))
        check_fields(template, &fields);
    if (!node_failed(&fields))
        check_together(template, &fields);
}

static const struct sql add_record = {
    "INSERT INTO record (id, module_id, owner_id, created_by, modified_by, created_time,"
    " modified_time, converted, lock_id, stop_processing, busy_with, image_review, approval,"
    " blueprint_id, layout_id, fault, fields)"
    " WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?16)"
    " SELECT ?1 + (n - 1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 + (n - 1), ?10, ?11, ?12, ?13, ?14,"
    " ?17, ?15, fields_of(n) FROM numbers"};

static const char *const busy_words[] = {"image_validation", "duplicate_merge", NULL};
static const char *const image_words[] = {"rejected", "in_approval", NULL};
static const char *const approval_words[] = {"waiting", "approved", "rejected", NULL};

static const struct sql blueprint_of = {
    "SELECT blueprint.id FROM blueprint JOIN field ON field.id = field_id"
    " WHERE module_id = ?1 AND blueprint.name = ?2"};

static int64_t user_or(const struct node *node, const char *name, int64_t otherwise)
{
    const struct node member = node_member(node, name);
    return member.json != NULL ? find_user(&member) : otherwise;
}

static const struct sql layout_of = {"SELECT id FROM layout WHERE module_id = ?1 AND name = ?2"};

static const struct layout *layout_or_none(const struct template *template)
{
    const struct node member = node_member(template->node, "layout");
    if (member.json == NULL)
        return NULL;
    return module_layout(template->module,
                         node_find(&member, "the name of a layout of the module", &layout_of, "it",
                                   template->module->id, node_text(&member)));
}

static int64_t blueprint_or_none(const struct template *template)
{
    const struct node member = node_member(template->node, "blueprint");
    if (member.json == NULL)
        return 0;
    return node_find(&member, "the name of a blueprint of the module", &blueprint_of, "it",
                     template->module->id, node_text(&member));
}

static const struct sql add_lock = {
    "INSERT INTO record_lock (id, locked_by, locked_time, reason)"
    " WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?5)"
    " SELECT ?1 + (n - 1), ?2, ?3, ?4 FROM numbers"};

/* "locked" is true, or an object that says more; each record has a lock of its own. The first one's id,
 * 0 for none. */
static int64_t lock_or_none(const struct template *template, int64_t owner, int64_t created)
{
    const struct node lock = node_member(template->node, "locked");
    if (cJSON_IsObject(lock.json))
        node_has_only(&lock, "id by_rule by time reason");
    else if (!may_flag(template->node, "locked", false))
        return 0;
    bool by_rule = may_flag(&lock, "by_rule", false);
    const char *reason = may_text(&lock, "reason", NULL);
    const struct node said = node_member(&lock, "reason");
    if (reason != NULL && utf8_length(reason) > LOCK_REASON_MAX)
        node_fail(&said, "expected at most %d characters", LOCK_REASON_MAX);
    int64_t id = id_or_next(&lock, template->count);
    node_insert(&lock, &add_lock, "iIiti", id, by_rule ? 0 : user_or(&lock, "by", owner),
                may_time(&lock, "time", created), reason, template->count);
    return id;
}

static void write_records(const struct template *template, int64_t first_id)
{
    const struct node *node = template->node;
    int64_t owner = user_or(node, "owner", node->loader->org->users[0].id);
    int64_t created_by = user_or(node, "created_by", owner);
    int64_t modified_by = user_or(node, "modified_by", created_by);
    int64_t created = may_time(node, "created_time", node->loader->source->now);
    node->loader->dates_records |= node_member(node, "created_time").json == NULL;
    int64_t modified = may_time(node, "modified_time", created);
    int64_t converted = may_flag(node, "converted", false);
    int64_t lock = lock_or_none(template, owner, created);
    int64_t stopped = may_flag(node, "stop_processing", false);
    const char *busy = may_word(node, "busy_with", busy_words);
    const char *image = may_word(node, "image_review", image_words);
    const char *approval = may_word(node, "approval", approval_words);
    int64_t blueprint = blueprint_or_none(template);
    node_insert(node, &add_record, "iiiiiiiiIitttIiiI", first_id, template->module->id, owner,
                created_by, modified_by, created, modified, converted, lock, stopped, busy, image,
                approval, blueprint, (int64_t)may_flag(node, "fault", false), template->count,
                template->layout != NULL ? template->layout->id : INT64_C(0));
}

/* The records of an entry, for its lists. */
struct range {
    int64_t first, last;
};

static const struct sql add_record_territory = {
    "INSERT INTO record_territory (territory_id, record_id)"
    " SELECT ?1, id FROM record WHERE id BETWEEN ?2 AND ?3"};

static void load_record_territory(const struct node *node, void *context)
{
    const struct range *range = context;
    node_insert(node, &add_record_territory, "iii", find_territory(node), range->first, range->last);
}

static const struct sql add_record_share = {"INSERT INTO record_share (user_id, record_id)"
                                            " SELECT ?1, id FROM record WHERE id BETWEEN ?2 AND ?3"};

static void load_record_share(const struct node *node, void *context)
{
    const struct range *range = context;
    node_insert(node, &add_record_share, "iii", find_user(node), range->first, range->last);
}

void load_record(const struct node *node, void *context)
{
    (void)context;
    node_has_only(node, "module id generate owner created_by modified_by created_time modified_time"
                        " fields territories shared_with converted locked stop_processing busy_with"
                        " image_review approval blueprint layout fault");
    const struct node module = node_member(node, "module"), shares = node_member(node, "shared_with");
    const struct node territories = node_member(node, "territories");
    struct template *template = arena_alloc(node->loader->arena, sizeof *template);
    template->node = node;
    template->module = org_module_of_id(node->loader->org, find_module(&module));
    template->numbered = node_member(node, "generate").json != NULL;
    template->count = may_number(node, "generate", 1, 1, FIXTURE_GENERATE_MAX);
    if (template->module == NULL)
        return; /* the fault is noted */
    if (node->loader->org->user_count == 0)
        node_fail(node, "expected a user in the org to own it");
    if (territories.json != NULL && !template->module->territories)
        node_fail(&territories, "expected none: the module has no territories");
    template->layout = layout_or_none(template);
    read_fields(template);
    if (node_failed(node))
        return;
    int64_t first = id_or_next(node, template->count);
    if (sqlite3_create_function(node->loader->db->handle, "fields_of", 1, SQLITE_UTF8, template,
                                fields_of, NULL, NULL) != SQLITE_OK)
        node_fail(node, "SQLite takes no function");
    write_records(template, first);
    struct range range = {.first = first, .last = first + (template->count - 1)};
    node_each(&territories, load_record_territory, &range);
    node_each(&shares, load_record_share, &range);
}
