#include "import/anonymous.h"

#include <glib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/word.h"
#include "import/pseudonym.h"
#include "store/field_type.h"

/* Everything is walked over twice: the texts are told, then replaced. */
struct walk {
    struct pseudonyms *pseudonyms;
    struct import_losses *losses;
    GHashTable *types; /* "Deals.Amount" to the struct type of that field */
    GHashTable *noted; /* what stands in losses already */
    bool replaces;
    const char *module, *field; /* where the walk is, for losses; the field may be a member or NULL */
    const char *rule;           /* in which it is when it is in criteria */
};

struct type {
    enum field_type type;
    const char *rows; /* of a subform: the module of its line items */
};

static void note(struct walk *walk, const char *what)
{
    char *where = walk->field != NULL ? g_strdup_printf("%s.%s", walk->module, walk->field)
                                      : g_strdup(walk->module);
    char *both = g_strdup_printf("%s %s", where, what);
    if (g_hash_table_add(walk->noted, both))
        import_lose(walk->losses, where, "%s", what);
    g_free(where);
}

/* Whether the tree owns the text that it has, or not, it owns that which it gets. */
static void put_string(cJSON *item, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = cJSON_malloc(size);
    if ((item->type & cJSON_IsReference) == 0)
        cJSON_free(item->valuestring);
    item->valuestring = memcpy(copy, text, size);
    item->type &= ~cJSON_IsReference;
}

static void replace(struct walk *walk, cJSON *item)
{
    bool is_longer;
    const char *pseudonym = pseudonym_of(walk->pseudonyms, item->valuestring, &is_longer);
    if (pseudonym == NULL)
        return;
    if (is_longer)
        note(walk,
             "a value is longer than it was: it is too short for a made-up one that no other has");
    put_string(item, pseudonym);
}

static void visit_text(struct walk *walk, cJSON *item, enum pseudonym_kind kind)
{
    if (!cJSON_IsString(item) || item->valuestring[0] == '\0')
        return;
    if (walk->replaces)
        replace(walk, item);
    else
        pseudonyms_tell(walk->pseudonyms, item->valuestring, kind);
}

/* A text, or those in a list. */
static void visit_texts(struct walk *walk, cJSON *item, enum pseudonym_kind kind)
{
    visit_text(walk, item, kind);
    cJSON *member;
    cJSON_ArrayForEach (member, item) {
        visit_texts(walk, member, kind);
    }
}

static cJSON *member_of(cJSON *object, const char *name)
{
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, name) : NULL;
}

/* Members of objects that are the value of a field, or part of it, and tell what they are about. */
static bool is_structure(const char *name)
{
    return word_is_among("id api_name module se_module type extn", name) ||
           g_str_has_suffix(name, "_Id") || g_str_has_suffix(name, "_id");
}

static bool is_time(const char *text)
{
    int64_t time;
    return date_valid(text) || time_parse(text, &time);
}

static bool is_id(const char *text)
{
    int64_t id;
    return id_parse(text, &id);
}

/* What has no type of its own: every text in it that is not seen to be something else. */
static void visit_anything(struct walk *walk, cJSON *item)
{
    if (item != NULL && cJSON_IsString(item) && !is_time(item->valuestring))
        visit_text(walk, item, PSEUDONYM_TEXT);
    cJSON *member;
    cJSON_ArrayForEach (member, item) {
        if (member->string == NULL || !is_structure(member->string) || !cJSON_IsString(member))
            visit_anything(walk, member);
    }
}

/* Lookups may be ids by themselves, or a list of them. */
static void visit_reference(struct walk *walk, cJSON *item)
{
    if (item != NULL && cJSON_IsString(item) && is_id(item->valuestring))
        return;
    if (!cJSON_IsArray(item)) {
        visit_anything(walk, item);
        return;
    }
    cJSON *member;
    cJSON_ArrayForEach (member, item) {
        visit_reference(walk, member);
    }
}

static void visit_fields(struct walk *walk, const char *module, cJSON *fields);

static void visit_rows(struct walk *walk, const struct type *type, cJSON *rows)
{
    const char *field = walk->field, *module = walk->module;
    cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        visit_fields(walk, type->rows, row);
        if (!cJSON_IsObject(row))
            visit_reference(walk, row);
    }
    walk->field = field;
    walk->module = module;
}

/* What is done with values of a type. */
enum treatment { STAYS, REPLACED, REFERENCE, ANYTHING, ROWS };

static const struct {
    enum treatment treatment;
    enum pseudonym_kind kind;
} treatments[FIELD_TYPES] = {
    [TYPE_TEXT] = {REPLACED, PSEUDONYM_TEXT},
    [TYPE_TEXTAREA] = {REPLACED, PSEUDONYM_TEXT},
    [TYPE_RICH_TEXT] = {REPLACED, PSEUDONYM_MARKUP},
    [TYPE_PHONE] = {REPLACED, PSEUDONYM_TEXT},
    [TYPE_WEBSITE] = {REPLACED, PSEUDONYM_WEBSITE},
    [TYPE_EMAIL] = {REPLACED, PSEUDONYM_EMAIL},
    [TYPE_AUTONUMBER] = {REPLACED, PSEUDONYM_TEXT},
    [TYPE_PROFILE_IMAGE] = {REPLACED, PSEUDONYM_TEXT},
    [TYPE_FORMULA] = {.treatment = ANYTHING},
    [TYPE_FILE_UPLOAD] = {.treatment = ANYTHING},
    [TYPE_IMAGE_UPLOAD] = {.treatment = ANYTHING},
    [TYPE_LOOKUP] = {.treatment = REFERENCE},
    [TYPE_OWNER_LOOKUP] = {.treatment = REFERENCE},
    [TYPE_USER_LOOKUP] = {.treatment = REFERENCE},
    [TYPE_MULTISELECT_LOOKUP] = {.treatment = REFERENCE},
    [TYPE_SUBFORM] = {.treatment = ROWS},
};

static void visit_typed(struct walk *walk, const struct type *type, cJSON *value)
{
    switch (treatments[type->type].treatment) {
    case STAYS:
        break;
    case REPLACED:
        visit_texts(walk, value, treatments[type->type].kind);
        break;
    case REFERENCE:
        visit_reference(walk, value);
        break;
    case ANYTHING:
        visit_anything(walk, value);
        break;
    case ROWS:
        visit_rows(walk, type, value);
        break;
    }
}

/* Those that each module has by itself. */
static const struct {
    const char *name;
    struct type type;
} system_fields[] = {
    {"id", {.type = TYPE_BIGINT}},
    {"Owner", {.type = TYPE_OWNER_LOOKUP}},
    {"Created_By", {.type = TYPE_OWNER_LOOKUP}},
    {"Modified_By", {.type = TYPE_OWNER_LOOKUP}},
    {"Created_Time", {.type = TYPE_DATETIME}},
    {"Modified_Time", {.type = TYPE_DATETIME}},
    {"Layout", {.type = TYPE_LAYOUT}},
};

static const struct type *type_of(const struct walk *walk, const char *module, const char *field)
{
    for (size_t i = 0; i < COUNT(system_fields); i++)
        if (strcmp(system_fields[i].name, field) == 0)
            return &system_fields[i].type;
    char *name = g_strdup_printf("%s.%s", module, field);
    const struct type *type = g_hash_table_lookup(walk->types, name);
    g_free(name);
    return type;
}

static void visit_field(struct walk *walk, const char *module, const char *field, cJSON *value)
{
    const struct type *type = type_of(walk, module, field);
    walk->module = module;
    walk->field = field;
    if (type != NULL) {
        visit_typed(walk, type, value);
        return;
    }
    visit_anything(walk, value);
    note(walk, "the files have no field of that name: its texts are replaced as free text");
}

static void visit_fields(struct walk *walk, const char *module, cJSON *fields)
{
    cJSON *value;
    if (cJSON_IsObject(fields))
        cJSON_ArrayForEach (value, fields) {
            visit_field(walk, module, value->string, value);
        }
}

static const char *text_member(const cJSON *object, const char *name)
{
    const cJSON *text = json_member(object, name);
    return cJSON_IsString(text) ? text->valuestring : "";
}

/* Comparators by which a text that is replaced finds what it found before. */
static const char exact[] = "equal not_equal in not_in";

/* "${CURRENTUSER}" and their like. */
static bool is_variable(const cJSON *value)
{
    return cJSON_IsString(value) && g_str_has_prefix(value->valuestring, "${");
}

static void note_inexact(struct walk *walk)
{
    char *what = g_strdup_printf("the criteria of \"%s\" compare a part or the order of texts that are"
                                 " replaced: they may select other records",
                                 walk->rule);
    note(walk, what);
    g_free(what);
}

/* A comparison with a part of emails, or with their order. A domain is a part that they have in common
 * afterwards as well. */
static void visit_part_of_emails(struct walk *walk, const cJSON *comparison, cJSON *value)
{
    bool is_whole_domain = cJSON_IsString(value) && value->valuestring[0] == '@' &&
                           strcmp(text_member(comparison, "comparator"), "ends_with") == 0;
    if (!is_whole_domain)
        note_inexact(walk);
    if (!is_variable(value))
        visit_texts(walk, value, PSEUDONYM_DOMAIN);
}

static void visit_comparison(struct walk *walk, const char *module, cJSON *comparison)
{
    const cJSON *field = json_member(comparison, "field");
    const char *name = cJSON_IsString(field) ? field->valuestring : text_member(field, "api_name");
    const struct type *type = type_of(walk, module, name);
    cJSON *value = member_of(comparison, "value");
    bool is_part = type != NULL && treatments[type->type].treatment == REPLACED &&
                   !word_is_among(exact, text_member(comparison, "comparator"));
    if (value == NULL)
        return;
    walk->module = module;
    walk->field = name;
    if (is_part && type->type == TYPE_EMAIL) {
        visit_part_of_emails(walk, comparison, value);
        return;
    }
    if (is_part)
        note_inexact(walk);
    if (!is_variable(value))
        visit_field(walk, module, name, value);
}

static void visit_criteria(struct walk *walk, const char *module, cJSON *criteria)
{
    cJSON *member, *group = member_of(criteria, "group");
    if (cJSON_IsObject(criteria) && group == NULL) {
        visit_comparison(walk, module, criteria);
        return;
    }
    cJSON *list = group != NULL ? group : criteria;
    cJSON_ArrayForEach (member, list) {
        visit_criteria(walk, module, member);
    }
}

static void visit_members(struct walk *walk, cJSON *entry, const char *const names[],
                          enum pseudonym_kind kind)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        walk->field = names[i];
        visit_texts(walk, member_of(entry, names[i]), kind);
    }
}

static const char *const name_members[] = {"name", NULL};

static void visit_org(struct walk *walk, cJSON *org)
{
    walk->module = "org";
    visit_members(walk, org, name_members, PSEUDONYM_TEXT);
}

static void visit_user(struct walk *walk, cJSON *user)
{
    static const char *const emails[] = {"email", NULL};
    walk->module = "users";
    visit_members(walk, user, name_members, PSEUDONYM_TEXT);
    visit_members(walk, user, emails, PSEUDONYM_EMAIL);
}

/* Of clients and tokens. */
static void visit_credential(struct walk *walk, cJSON *credential)
{
    static const char *const emails[] = {"user", NULL};
    walk->module = "tokens";
    visit_members(walk, credential, emails, PSEUDONYM_EMAIL);
}

/* Of views, workflow rules and approval processes. */
static void visit_rule(struct walk *walk, cJSON *rule)
{
    static const char *const emails[] = {"shared_with", NULL};
    const char *module = text_member(rule, "module");
    walk->module = module;
    walk->rule = text_member(rule, "name");
    visit_members(walk, rule, emails, PSEUDONYM_EMAIL);
    visit_criteria(walk, module, member_of(rule, "criteria"));
    cJSON *action;
    cJSON_ArrayForEach (action, member_of(rule, "actions")) {
        if (json_member(action, "value") != NULL)
            visit_field(walk, module, text_member(action, "field"), member_of(action, "value"));
    }
}

static void visit_record(struct walk *walk, cJSON *record)
{
    static const char *const emails[] = {"owner", "created_by", "modified_by", "shared_with", NULL};
    static const char *const lock_emails[] = {"by", NULL}, *const lock_texts[] = {"reason", NULL};
    const char *module = text_member(record, "module");
    visit_fields(walk, module, member_of(record, "fields"));
    walk->module = module;
    visit_members(walk, record, emails, PSEUDONYM_EMAIL);
    visit_members(walk, member_of(record, "locked"), lock_emails, PSEUDONYM_EMAIL);
    visit_members(walk, member_of(record, "locked"), lock_texts, PSEUDONYM_TEXT);
}

static const struct {
    const char *name;
    void (*visit)(struct walk *walk, cJSON *entry);
} sections[] = {
    {"org", visit_org},
    {"users", visit_user},
    {"clients", visit_credential},
    {"tokens", visit_credential},
    {"views", visit_rule},
    {"workflow_rules", visit_rule},
    {"approval_processes", visit_rule},
    {"records", visit_record},
};

static void visit_file(struct walk *walk, cJSON *file)
{
    for (size_t i = 0; i < COUNT(sections); i++) {
        cJSON *entry, *section = member_of(file, sections[i].name);
        if (cJSON_IsObject(section))
            sections[i].visit(walk, section);
        else
            cJSON_ArrayForEach (entry, section) {
                sections[i].visit(walk, entry);
            }
    }
}

static void add_type(struct walk *walk, const char *module, const cJSON *field)
{
    const char *name = text_member(field, "api_name"), *lookup = text_member(field, "lookup");
    enum field_type found;
    if (!field_type_find(text_member(field, "type"), &found))
        return;
    struct type *type = g_new(struct type, 1);
    *type = (struct type){.type = found, .rows = lookup[0] != '\0' ? lookup : name};
    g_hash_table_insert(walk->types, g_strdup_printf("%s.%s", module, name), type);
}

static void add_types(struct walk *walk, const cJSON *file)
{
    const cJSON *module, *field;
    cJSON_ArrayForEach (module, json_member(file, "modules")) {
        cJSON_ArrayForEach (field, json_member(module, "fields")) {
            add_type(walk, text_member(module, "api_name"), field);
        }
    }
    cJSON_ArrayForEach (field, json_member(file, "fields")) {
        add_type(walk, text_member(field, "module"), field);
    }
}

void import_anonymize(struct import_files *files, const char *seed, struct import_losses *losses)
{
    struct walk walk = {
        .pseudonyms = pseudonyms_new(seed),
        .losses = losses,
        .types = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
        .noted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };
    for (size_t i = 0; i < files->count; i++)
        add_types(&walk, files->list[i].json);
    for (int pass = 0; pass < 2; pass++) {
        walk.replaces = pass == 1;
        for (size_t i = 0; i < files->count; i++)
            visit_file(&walk, files->list[i].json);
    }
    g_hash_table_destroy(walk.noted);
    g_hash_table_destroy(walk.types);
    pseudonyms_free(walk.pseudonyms);
}
