/* What is personal in an imported org is replaced: shapes, sameness, nothing left, and it loads. */
#include "import/anonymous.h"

#include <glib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "crm/fixture_rules.h"
#include "fixture/fixture.h"
#include "unit.h"

static struct arena arena;
static struct import_losses losses;

static void open_test(void)
{
    arena = (struct arena){.blocks = NULL};
    losses = (struct import_losses){.arena = &arena};
}

static void close_test(void)
{
    arena_clear(&arena);
}

/* JSON with ' for ". Ended by the caller. */
static cJSON *json_of(const char *text)
{
    char *copy = g_strdelimit(arena_strdup(&arena, text), "'", '"');
    cJSON *json = json_parse(copy, strlen(copy), NULL);
    ck_assert_msg(json != NULL, "no JSON: %s", text);
    return json;
}

static const char *anonymized(cJSON *json, const char *seed)
{
    struct import_file file = {.name = "org.json", .json = json};
    struct import_files files = {.list = &file, .count = 1};
    import_anonymize(&files, seed, &losses);
    return json_print(&arena, json);
}

/* Where a path of names and indices leads: "records.0.fields.Name". */
static const cJSON *at(const cJSON *json, const char *path)
{
    char **names = g_strsplit(path, ".", -1);
    for (size_t i = 0; names[i] != NULL; i++)
        json = g_ascii_isdigit(names[i][0]) ? cJSON_GetArrayItem(json, (int)strtol(names[i], NULL, 10))
                                            : json_member(json, names[i]);
    g_strfreev(names);
    ck_assert_msg(json != NULL, "nothing at %s", path);
    return json;
}

static const char *text_at(const cJSON *json, const char *path)
{
    const char *text = json_scalar_text(at(json, path));
    ck_assert_msg(text != NULL, "no text at %s", path);
    return text;
}

/* A module with a field of each type that is replaced, and others. */
static const char things[] =
    "'org': {'id': '7', 'name': 'Northwind Traders', 'time_zone': 'UTC'},"
    "'roles': [{'name': 'Boss of Northwind'}],"
    "'profiles': [{'name': 'Administrator', 'administrator': true, 'modules': {'*': {}}}],"
    "'territories': [{'name': 'Southern'}],"
    "'users': [{'name': 'Bobby Tables', 'email': 'bobby.tables@northwind.com', 'role':"
    "  'Boss of Northwind', 'profile': 'Administrator'},"
    " {'name': 'Zoë Müller', 'email': 'zoe@northwind.com', 'role': 'Boss of Northwind',"
    "  'profile': 'Administrator'}],"
    "'clients': [{'id': '1000.MINE', 'secret': 's'}],"
    "'tokens': [{'token': '1000.mine', 'client': '1000.MINE', 'user': 'zoe@northwind.com',"
    "  'scopes': 'ZohoCRM.modules.ALL'}],"
    "'modules': [{'api_name': 'Things', 'custom': true, 'territories': true, 'fields': ["
    " {'api_name': 'Name', 'type': 'text', 'mandatory': true},"
    " {'api_name': 'Code', 'type': 'text', 'unique': true},"
    " {'api_name': 'Notes', 'type': 'textarea'}, {'api_name': 'Page', 'type': 'rich_text'},"
    " {'api_name': 'Email', 'type': 'email', 'unique': true}, {'api_name': 'Phone', 'type': 'phone'},"
    " {'api_name': 'Site', 'type': 'website'}, {'api_name': 'Number', 'type': 'autonumber'},"
    " {'api_name': 'Sum', 'type': 'formula'}, {'api_name': 'Files', 'type': 'fileupload'},"
    " {'api_name': 'Kind', 'type': 'picklist', 'values': ['Northwind', 'Other']},"
    " {'api_name': 'Kinds', 'type': 'multiselectpicklist', 'values': ['Large', 'Small']},"
    " {'api_name': 'Big', 'type': 'bigint'}, {'api_name': 'Day', 'type': 'date'},"
    " {'api_name': 'Then', 'type': 'datetime'}, {'api_name': 'Price', 'type': 'currency'},"
    " {'api_name': 'Flag', 'type': 'boolean'},"
    " {'api_name': 'Parent', 'type': 'lookup', 'lookup': 'Things'},"
    " {'api_name': 'Helper', 'type': 'userlookup'},"
    " {'api_name': 'Rows', 'type': 'subform', 'lookup': 'Thing_Rows'}]},"
    " {'api_name': 'Thing_Rows', 'fields': [{'api_name': 'Line', 'type': 'text'},"
    "  {'api_name': 'Sort', 'type': 'picklist', 'values': ['Blue']},"
    "  {'api_name': 'Inner', 'type': 'subform', 'lookup': 'Thing_Rows'}]}]";

static const char rules[] =
    "'fields': [{'module': 'Things', 'api_name': 'More', 'type': 'text', 'length': 11}],"
    "'views': [{'module': 'Things', 'id': '90', 'name': 'Mine', 'shared_with': ['zoe@northwind.com'],"
    "  'criteria': {'group_operator': 'and', 'group': ["
    "   {'field': {'api_name': 'Name'}, 'comparator': 'equal', 'value': 'Acme Industries'},"
    "   {'field': {'api_name': 'Name'}, 'comparator': 'starts_with', 'value': 'Acme'},"
    "   {'field': {'api_name': 'Kind'}, 'comparator': 'in', 'value': ['Northwind']},"
    "   {'field': {'api_name': 'Email'}, 'comparator': 'not_equal', 'value': '${EMPTY}'},"
    "   {'field': {'api_name': 'Helper'}, 'comparator': 'equal', 'value': {'id': '81', 'name':"
    "     'Bobby Tables'}},"
    "   {'field': {'api_name': 'Created_Time'}, 'comparator': 'greater_than', 'value':"
    "     '2024-01-02T03:04:05Z'}]}}],"
    "'workflow_rules': [{'module': 'Things', 'name': 'Rename', 'criteria': [{'field': {'api_name':"
    "   'More'}, 'comparator': 'in', 'value': ['Zoë Müller', 'Sesame']}],"
    "   'actions': [{'field': 'Name', 'value': 'Acme Industries'}, {'field': 'Kind', 'value': "
    "'Other'}]}]";

static const char two_records[] =
    "'records': ["
    " {'module': 'Things', 'id': '100', 'owner': 'zoe@northwind.com', 'created_by':"
    "  'bobby.tables@northwind.com', 'shared_with': ['bobby.tables@northwind.com'], 'territories':"
    "  ['Southern'], 'locked': {'by': 'zoe@northwind.com', 'reason': 'Bobby asked for it'},"
    "  'created_time': '2024-01-02T03:04:05Z', 'fields': {'Name': 'Acme Industries', 'Code': 'AC-0042',"
    "  'Notes': 'Call Frederick\\n  at 555-7654321!', 'Page': '<p "
    "class=\\\"bold\\\">Hello&nbsp;<b>Margaret"
    "</b><Hubert></p>', 'Email': 'frederick@acme.com', 'Phone': '+44 (7779) 330-558', 'Site':"
    "  'https://www.acme.com/about?who=frederick', 'Number': 'THG-000123', 'Sum': 'Frederick Acme',"
    "  'Files': [{'file_Name': 'passport frederick.pdf', 'extn': 'pdf', 'attachment_Id': '3652', 'id':"
    "  '12', 'Creation_Time': '2024-01-02T03:04:05Z'}], 'Kind': 'Northwind', 'Kinds': ['Large'], 'Big':"
    "  '123456789012345678', 'Day': '2024-01-02', 'Then': '2024-01-02T03:04:05Z', 'Price': 12.50, "
    "'Flag':"
    "  true, 'More': 'Zoë Müller', 'Parent': {'id': '101', 'name': 'Globex Corporation'}, 'Helper':"
    "  {'id': '102', 'name': 'Bobby Tables', 'email': 'bobby.tables@northwind.com'},"
    "  'Rows': [{'id': '5', 'Line': 'Hidden widget', 'Sort': 'Blue', 'Inner': [{'Line': 'Inmost"
    " gadget'}], 'Parent_Id': {'id': '100', 'name': 'Acme Industries'}, 'Odd': 'Stranger'}]}},"
    " {'module': 'Things', 'id': '101', 'owner': 'bobby.tables@northwind.com', 'fields': {'Name': "
    "'Globex"
    " Corporation', 'Code': null, 'Notes': '', 'More': 'Northwind', 'Email': 'ann@globex.org', 'Site':"
    "  'acme.com', 'Unknown': ['Whoever', 7, {'id': '55', 'name': 'Somebody'}]}}]";

/* That org, with more. Ended by the caller. */
static cJSON *org_with(const char *more)
{
    return json_of(arena_printf(&arena, "{%s%s}", things, more));
}

static cJSON *whole_org(void)
{
    return org_with(arena_printf(&arena, ", %s, %s", rules, two_records));
}

static const char *const personal[] = {
    "Northwind Traders",
    "Bobby",
    "Tables",
    "bobby.tables@northwind.com",
    "Zoë",
    "Müller",
    "zoe@",
    ".com",
    "Acme",
    "Industries",
    "AC-0042",
    "Frederick",
    "7654321",
    "Hello",
    "bold",
    "Margaret",
    "Hubert",
    "7779",
    "330-558",
    "about",
    "THG",
    "000123",
    "passport",
    "Globex",
    "Hidden",
    "widget",
    "Inmost",
    "gadget",
    "Stranger",
    "asked",
    "Corporation",
    "Sesame",
    ".org",
    "Whoever",
    "Somebody",
};

START_TEST(nothing_personal_is_left)
{
    cJSON *json CLEANUP(json_delete) = whole_org();
    char *text = g_ascii_strdown(anonymized(json, "seed"), -1);
    for (size_t i = 0; i < COUNT(personal); i++) {
        char *small = g_ascii_strdown(personal[i], -1);
        const char *found = strstr(text, small);
        ck_assert_msg(found == NULL, "%s in ...%.60s", small, found);
        g_free(small);
    }
    g_free(text);
}
END_TEST

/* Texts of any value may differ, and nothing else. */
static void assert_same_structure(const cJSON *one, const cJSON *other)
{
    ck_assert_int_eq(one->type & 0xFF, other->type & 0xFF);
    ck_assert_str_eq(one->string != NULL ? one->string : "",
                     other->string != NULL ? other->string : "");
    if (cJSON_IsNumber(one))
        ck_assert_str_eq(one->valuestring, other->valuestring);
    const cJSON *a = one->child, *b = other->child;
    for (; a != NULL && b != NULL; a = a->next, b = b->next)
        assert_same_structure(a, b);
    ck_assert(a == NULL && b == NULL);
}

START_TEST(what_is_not_personal_stays)
{
    static const char *const paths[] = {"org.id",
                                        "org.time_zone",
                                        "roles",
                                        "profiles",
                                        "territories",
                                        "clients",
                                        "tokens.0.token",
                                        "tokens.0.scopes",
                                        "modules",
                                        "fields",
                                        "views.0.name",
                                        "views.0.id",
                                        "views.0.criteria.group.2.value",
                                        "views.0.criteria.group.3.value",
                                        "views.0.criteria.group.4.value.id",
                                        "views.0.criteria.group.5",
                                        "workflow_rules.0.name",
                                        "workflow_rules.0.actions.1",
                                        "records.0.id",
                                        "records.0.territories",
                                        "records.0.created_time",
                                        "records.0.fields.Kind",
                                        "records.0.fields.Kinds",
                                        "records.0.fields.Big",
                                        "records.0.fields.Day",
                                        "records.0.fields.Then",
                                        "records.0.fields.Price",
                                        "records.0.fields.Flag",
                                        "records.0.fields.Parent.id",
                                        "records.0.fields.Files.0.extn",
                                        "records.0.fields.Files.0.attachment_Id",
                                        "records.0.fields.Files.0.Creation_Time",
                                        "records.0.fields.Rows.0.id",
                                        "records.0.fields.Rows.0.Sort",
                                        "records.1.fields.Code",
                                        "records.1.fields.Notes",
                                        "records.1.fields.Unknown.2.id"};
    cJSON *before CLEANUP(json_delete) = whole_org(), *after CLEANUP(json_delete) = whole_org();
    (void)anonymized(after, "seed");
    assert_same_structure(before, after);
    for (size_t i = 0; i < COUNT(paths); i++)
        ck_assert_msg(json_equal(at(before, paths[i]), at(after, paths[i])), "%s", paths[i]);
}
END_TEST

START_TEST(a_value_is_the_same_wherever_it_stands)
{
    static const char *const same[][2] = {
        {"users.1.email", "records.0.owner"},
        {"users.1.email", "records.0.locked.by"},
        {"users.1.email", "views.0.shared_with.0"},
        {"users.1.email", "tokens.0.user"},
        {"users.1.name", "records.0.fields.More"},
        {"users.1.name", "workflow_rules.0.criteria.0.value.0"},
        {"users.0.email", "records.0.shared_with.0"},
        {"users.0.email", "records.0.fields.Helper.email"},
        {"users.0.name", "records.0.fields.Helper.name"},
        {"users.0.name", "views.0.criteria.group.4.value.name"},
        {"records.0.fields.Name", "views.0.criteria.group.0.value"},
        {"records.0.fields.Name", "workflow_rules.0.actions.0.value"},
        {"records.0.fields.Name", "records.0.fields.Rows.0.Parent_Id.name"},
        {"records.1.fields.Name", "records.0.fields.Parent.name"},
    };
    cJSON *json CLEANUP(json_delete) = whole_org();
    (void)anonymized(json, "seed");
    for (size_t i = 0; i < COUNT(same); i++)
        ck_assert_str_eq(text_at(json, same[i][0]), text_at(json, same[i][1]));
    const char *domain = strchr(text_at(json, "records.0.fields.Email"), '@') + 1;
    ck_assert_ptr_nonnull(strstr(text_at(json, "records.0.fields.Site"), domain));
    ck_assert_str_eq(text_at(json, "records.1.fields.Site"), domain);
}
END_TEST

static void assert_loads(const cJSON *document)
{
    const struct fixture_source source = {.now = 1700000000};
    const struct store_options options = {.log = &quiet_log};
    struct fixture_fault fault = {.text = NULL};
    const char *reason = "";
    bool is_new;
    struct store *store = store_open(&options, &arena, &is_new, &reason);
    ck_assert_msg(store != NULL, "%s", reason);
    bool is_loaded = fixtures_load_documents(store, document, &source, &fixture_rules, &arena, &fault);
    ck_assert_msg(is_loaded, "%s: %s", fault.at != NULL ? fault.at : "?", fault.text);
    store_close(store);
}

/* What no fixtures have is there for the sake of the other tests. */
START_TEST(it_loads_as_before)
{
    cJSON *json CLEANUP(json_delete) = whole_org();
    cJSON_DeleteItemFromObject(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "workflow_rules"), 0),
                               "id");
    cJSON_DeleteItemFromObject(
        cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "records"), 1), "fields"),
        "Unknown");
    assert_loads(json);
    (void)anonymized(json, "seed");
    assert_loads(json);
}
END_TEST

START_TEST(the_seed_and_nothing_else_decides)
{
    cJSON *one CLEANUP(json_delete) = whole_org(), *again CLEANUP(json_delete) = whole_org();
    cJSON *other CLEANUP(json_delete) = whole_org();
    const char *text = anonymized(one, "seed");
    ck_assert_str_eq(text, anonymized(again, "seed"));
    ck_assert_str_ne(text, anonymized(other, "sead"));
}
END_TEST

/* So that views select by it whom they selected; only a whole domain is sure to. */
START_TEST(a_part_of_an_email_that_is_its_domain)
{
    cJSON *json CLEANUP(json_delete) = org_with(
        ", 'views': [{'module': 'Things', 'name': 'Whole', 'criteria': ["
        "{'field': {'api_name': 'Email'}, 'comparator': 'ends_with', 'value': '@Fjord.co.uk'}]},"
        "{'module': 'Things', 'name': 'Part', 'criteria': ["
        "{'field': {'api_name': 'Email'}, 'comparator': 'contains', 'value': 'fjord.co.uk'},"
        "{'field': {'api_name': 'Email'}, 'comparator': 'starts_with', 'value': 'ann.'},"
        "{'field': {'api_name': 'Email'}, 'comparator': 'ends_with', 'value': '${X}'}]}],"
        "'records': [{'module': 'Things', 'fields': {'Email': 'ann.lee@fjord.co.uk'}}]");
    (void)anonymized(json, "seed");
    const char *domain = strchr(text_at(json, "records.0.fields.Email"), '@');
    ck_assert_str_ne(domain, "@fjord.co.uk");
    ck_assert_str_eq(text_at(json, "views.0.criteria.0.value"), domain);
    ck_assert_str_eq(text_at(json, "views.1.criteria.0.value"), domain + 1);
    ck_assert_str_ne(text_at(json, "views.1.criteria.1.value"), "ann.");
    ck_assert_str_eq(text_at(json, "views.1.criteria.2.value"), "${X}");
    ck_assert_uint_eq(losses.count, 1);
    ck_assert_ptr_nonnull(strstr(losses.list[0].what, "\"Part\""));
}
END_TEST

START_TEST(what_is_not_as_it_was_is_told_once)
{
    static const char *const told[][2] = {
        {"Things.Name", "the criteria of \"Mine\" compare a part"},
        {"Thing_Rows.Parent_Id", "no field of that name"},
        {"Thing_Rows.Odd", "no field of that name"},
        {"Things.Unknown", "no field of that name"},
        {"Things.Email", "longer than it was"},
    };
    cJSON *json CLEANUP(json_delete) =
        org_with(", 'views': [{'module': 'Things', 'name': 'Mine', 'criteria': ["
                 "{'field': {'api_name': 'Name'}, 'comparator': 'contains', 'value': 'x'},"
                 "{'field': {'api_name': 'Name'}, 'comparator': 'less_than', 'value': 'x'},"
                 "{'field': {'api_name': 'Price'}, 'comparator': 'less_than', 'value': 3}]}],"
                 "'records': [{'module': 'Things', 'fields': {'Rows': [{'Parent_Id': 'a', 'Odd': 'b'}],"
                 "'Unknown': 'x', 'Email': 'a@b.co'}},"
                 "{'module': 'Things', 'fields': {'Unknown': 'y', 'Email': 'b@b.co'}}]");
    (void)anonymized(json, "seed");
    ck_assert_uint_eq(losses.count, COUNT(told));
    for (size_t i = 0; i < COUNT(told); i++) {
        size_t found = 0;
        for (size_t k = 0; k < losses.count; k++)
            found += strcmp(losses.list[k].where, told[i][0]) == 0 &&
                     strstr(losses.list[k].what, told[i][1]) != NULL;
        ck_assert_msg(found == 1, "%s: %zu", told[i][0], found);
    }
}
END_TEST

/* A text of so many characters, of ASCII and others. */
static char *random_text(GRand *rand, int most)
{
    static const char *const letters[] = {"a", "B", "s", "T", "e",  "o", "R", "n",  "7",
                                          "0", " ", "-", ".", "\n", "ß", "É", "界", "😀",
                                          "@", "<", "&", "%", "/",  "{", "\""};
    GString *text = g_string_new(NULL);
    for (int i = g_rand_int_range(rand, 1, most); i > 0; i--)
        g_string_append(text,
                        letters[g_rand_int_range(rand, 0, g_rand_int_range(rand, 1, COUNT(letters)))]);
    return g_string_free(text, FALSE);
}

static char *random_word(GRand *rand)
{
    GString *word = g_string_new(NULL);
    for (int i = g_rand_int_range(rand, 5, 12); i > 0; i--)
        g_string_append_c(word, (char)('a' + g_rand_int_range(rand, 0, 26)));
    return g_string_free(word, FALSE);
}

static char *random_value(GRand *rand, int which)
{
    char *one = random_word(rand), *two = random_word(rand), *result = NULL;
    unsigned number = (unsigned)g_rand_int_range(rand, 1000, 10000);
    switch (which) {
    case 0:
        result = g_strdup_printf("%s%u@%s.com", one, number, two);
        break;
    case 1:
        result =
            g_strdup_printf("+%u (%u) %u-%u", number % 90 + 10, number % 900 + 100, number, number + 7);
        break;
    case 2:
        result = g_strdup_printf("http%s://%s.%s.org/%s?%u", number % 2 != 0 ? "s" : "", one, two, one,
                                 number);
        break;
    default:
        result = g_strdup_printf("%s, %s %u", one, two, number);
    }
    g_free(one);
    g_free(two);
    return result;
}

/* Each word of so many letters in a text. Ended by the caller. */
static GHashTable *words_of(const char *text)
{
    GHashTable *words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    char *small = g_ascii_strdown(text, -1);
    for (const char *word = small; *word != '\0';) {
        size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz");
        if (length >= 5)
            g_hash_table_add(words, g_strndup(word, length));
        word += length > 0 ? length : 1;
    }
    g_free(small);
    return words;
}

static cJSON *random_records(GRand *rand, int count)
{
    static const char *const fields[] = {"Email", "Phone", "Site", "Name", "Notes", "Page", "Code"};
    cJSON *records = cJSON_CreateArray();
    for (int i = 0; i < count; i++) {
        cJSON *record = cJSON_CreateObject(), *values = cJSON_AddObjectToObject(record, "fields");
        cJSON_AddStringToObject(record, "module", "Things");
        for (int k = 0; k < (int)COUNT(fields); k++) {
            char *value = k < 4 ? random_value(rand, k) : random_text(rand, 120);
            cJSON_AddStringToObject(values, fields[k], value);
            g_free(value);
        }
        cJSON_AddItemToArray(records, record);
    }
    return records;
}

/* Words of a record's values in what became of it, but for those that all websites have. */
static void assert_no_word_left(const cJSON *fields, GHashTable *words)
{
    const cJSON *value;
    cJSON_ArrayForEach (value, fields) {
        GHashTable *originals = words_of(value->valuestring);
        GHashTableIter each;
        gpointer word;
        g_hash_table_iter_init(&each, originals);
        while (g_hash_table_iter_next(&each, &word, NULL))
            ck_assert_msg(strcmp(word, "https") == 0 || !g_hash_table_contains(words, word), "%s",
                          (const char *)word);
        g_hash_table_destroy(originals);
    }
}

START_TEST(of_any_values_no_word_is_left_and_they_load)
{
    GRand *rand = g_rand_new_with_seed((guint32)_i);
    cJSON *json CLEANUP(json_delete) = org_with("");
    cJSON *records = random_records(rand, 150);
    cJSON *before CLEANUP(json_delete) = cJSON_Duplicate(records, true);
    cJSON_AddItemToObject(json, "records", records);
    (void)anonymized(json, "seed");
    cJSON *metadata CLEANUP(json_delete) = org_with("");
    char *told = json_print(&arena, metadata), *all = json_print(&arena, records);
    GHashTable *words = words_of(all);
    for (int i = 0; i < 150; i++) {
        const cJSON *old = at(cJSON_GetArrayItem(before, i), "fields"), *value;
        const cJSON *new = at(cJSON_GetArrayItem(records, i), "fields")->child;
        assert_no_word_left(old, words);
        cJSON_ArrayForEach (value, old) {
            ck_assert(utf8_valid(new->valuestring, strlen(new->valuestring)));
            ck_assert_uint_eq(utf8_length(new->valuestring), utf8_length(value->valuestring));
            new = new->next;
        }
    }
    ck_assert_ptr_nonnull(strstr(told, "Boss of Northwind"));
    g_hash_table_destroy(words);
    assert_loads(json);
    g_rand_free(rand);
}
END_TEST

/* A tree of any shape, whose members often have names that mean something. */
static cJSON *random_tree(GRand *rand, int depth)
{
    static const char *const names[] = {
        "org",        "users",  "records", "views",       "tokens", "modules",  "fields", "module",
        "api_name",   "type",   "lookup",  "name",        "email",  "criteria", "group",  "field",
        "comparator", "value",  "actions", "shared_with", "locked", "by",       "reason", "owner",
        "id",         "Things", "Name",    "Rows",        "text",   "subform"};
    int kind = g_rand_int_range(rand, 0, depth > 0 ? 12 : 6);
    char *text =
        kind == 0 ? random_text(rand, 20) : g_strdup(names[g_rand_int_range(rand, 0, COUNT(names))]);
    cJSON *tree = NULL;
    if (kind < 3)
        tree = cJSON_CreateString(text);
    else if (kind < 6)
        tree = kind == 3 ? cJSON_CreateNull() : kind == 4 ? cJSON_CreateTrue() : json_integer(7);
    else
        tree = kind < 9 ? cJSON_CreateArray() : cJSON_CreateObject();
    g_free(text);
    for (int i = kind < 6 ? 0 : g_rand_int_range(rand, 0, 6); i > 0; i--) {
        cJSON *member = random_tree(rand, depth - 1);
        if (kind < 9)
            cJSON_AddItemToArray(tree, member);
        else
            cJSON_AddItemToObject(tree, names[g_rand_int_range(rand, 0, COUNT(names))], member);
    }
    return tree;
}

START_TEST(any_json_is_walked_over)
{
    GRand *rand = g_rand_new_with_seed(7);
    for (int i = 0; i < 3000; i++) {
        cJSON *json CLEANUP(json_delete) = random_tree(rand, 7);
        cJSON *before CLEANUP(json_delete) = cJSON_Duplicate(json, true);
        (void)anonymized(json, "seed");
        assert_same_structure(before, json);
    }
    g_rand_free(rand);
}
END_TEST

/* As convert may make them: texts that the tree does not own. */
START_TEST(borrowed_texts_are_left_alone)
{
    cJSON *json CLEANUP(json_delete) = cJSON_CreateObject();
    cJSON *named = cJSON_AddObjectToObject(json, "org");
    json_add_text(named, "name", "Northwind");
    const char *text = anonymized(json, "seed");
    ck_assert(g_regex_match_simple("^{\"org\":{\"name\":\"[A-Z][a-z]{8}\"}}$", text, 0, 0));
    ck_assert_ptr_null(strstr(text, "Northwind"));
}
END_TEST

Suite *anonymous_suite(void)
{
    Suite *suite = suite_create("anonymous");
    TCase *tests = tcase_create("anonymous");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, open_test, close_test);
    tcase_add_test(tests, nothing_personal_is_left);
    tcase_add_test(tests, what_is_not_personal_stays);
    tcase_add_test(tests, a_value_is_the_same_wherever_it_stands);
    tcase_add_test(tests, it_loads_as_before);
    tcase_add_test(tests, the_seed_and_nothing_else_decides);
    tcase_add_test(tests, a_part_of_an_email_that_is_its_domain);
    tcase_add_test(tests, what_is_not_as_it_was_is_told_once);
    tcase_add_loop_test(tests, of_any_values_no_word_is_left_and_they_load, 0, 8);
    tcase_add_test(tests, any_json_is_walked_over);
    tcase_add_test(tests, borrowed_texts_are_left_alone);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, pseudonyms_tests());
    suite_add_tcase(suite, crowds_tests());
    return suite;
}
