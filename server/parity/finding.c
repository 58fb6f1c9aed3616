/* What there is to ask with: a module, a record in no special state, its fields, a view. */
#include <ctype.h>
#include <string.h>

#include "base/utf8.h"
#include "base/word.h"
#include "parity/side.h"

enum {
    FOUND = 200,
    UNAUTHORIZED = 401,
    CANDIDATES = 10,
    IDS = 501,
    TEXT_MOST = 100,
    LAST_DIGITS = 5806,
    VALUES_MOST = 500000
};

/* Nothing has these: they are the highest that an id can be, but for one. */
#define NONE_STEM "922337203685477"

/* Those of the service that can be mass updated, beside an org's own. */
static const char *const modules[] = {
    "Leads",           "Contacts", "Accounts",  "Deals",       "Campaigns", "Products",
    "Vendors",         "Invoices", "Solutions", "Price_Books", "Quotes",    "Sales_Orders",
    "Purchase_Orders", "Tasks",    "Events",    "Calls",       NULL};

/* What happens by itself, or may be ruled, when they change. */
static const char *const delicate[] = {"Stage",  "Pipeline", "Status", "Lead_Status",
                                       "Rating", "Layout",   NULL};

const char *side_text(const cJSON *object, const char *name)
{
    const char *text = json_scalar_text(json_member(object, name));
    return text != NULL ? text : "";
}

static bool is_true(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(json_member(object, name));
}

/* An API name, or an id: as part of a path it is itself. */
static bool is_plain(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789_ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                "abcdefghijklmnopqrstuvwxyz")] == '\0';
}

static bool is_id(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

const cJSON *side_read(struct side *side, const char *path, struct client_answer *answer)
{
    const struct side_request request = {.method = "GET", .path = path};
    side_ask(side, &request, answer);
    cJSON *document = answer->status == FOUND
                          ? json_parse_small(answer->body, answer->length, VALUES_MOST, NULL)
                          : NULL;
    if (document != NULL)
        cJSON_AddItemToArray(side->documents, document);
    return document;
}

/* The list of that name in a document that there must be. */
static const cJSON *read_list(struct side *side, const char *path, const char *name,
                              const char **reason)
{
    struct client_answer answer;
    const cJSON *list = json_member(side_read(side, path, &answer), name);
    cJSON *told CLEANUP(json_delete) =
        answer.status != 0 ? json_parse_small(answer.body, answer.length, VALUES_MOST, NULL) : NULL;
    if (cJSON_IsArray(list))
        return list;
    const char *code = json_scalar_text(json_member(told, "code"));
    code = code != NULL ? utf8_line(side->arena, code, TEXT_MOST) : NULL;
    const char *where = arena_printf(side->arena, "%s%s", side->url, path);
    if (answer.status == 0)
        *reason = arena_printf(side->arena, "%s: %s", where, answer.reason);
    else if (code == NULL)
        *reason = arena_printf(side->arena, "%s: status %u, and nothing that the service answers",
                               where, answer.status);
    else
        *reason = arena_printf(side->arena, "%s: status %u, %s%s", where, answer.status, code,
                               answer.status == UNAUTHORIZED ? ": is it the token?" : "");
    return NULL;
}

static bool can_be_updated(const cJSON *module)
{
    const char *name = side_text(module, "api_name");
    bool is_custom = strcmp(side_text(module, "generated_type"), "custom") == 0;
    return is_true(module, "api_supported") && is_plain(name) &&
           (is_custom || word_index(modules, name) >= 0);
}

/* The names of all that can be, for a line to people. */
static const char *updatable(const cJSON *list, struct arena *arena)
{
    enum { MOST = 400 };
    const char *names = "";
    const cJSON *module;
    cJSON_ArrayForEach (module, list)
        if (can_be_updated(module))
            names = utf8_line_with(arena, names, side_text(module, "api_name"), MOST);
    return names;
}

static const cJSON *module_named(const cJSON *list, const char *name)
{
    const cJSON *module;
    cJSON_ArrayForEach (module, list)
        if (can_be_updated(module) && strcmp(side_text(module, "api_name"), name) == 0)
            return module;
    return NULL;
}

static const cJSON *first_custom(const cJSON *list)
{
    const cJSON *module;
    cJSON_ArrayForEach (module, list)
        if (can_be_updated(module) && strcmp(side_text(module, "generated_type"), "custom") == 0)
            return module;
    return NULL;
}

/* One's own is that of the other's name, else one of its kind. */
static const cJSON *pick_module(const cJSON *list, const char *wanted, const struct side *like)
{
    const cJSON *module = wanted != NULL ? module_named(list, wanted) : NULL;
    if (wanted != NULL && (module != NULL || like == NULL))
        return module;
    if (like != NULL && like->is_custom)
        return first_custom(list);
    for (size_t i = 0; modules[i] != NULL && module == NULL; i++)
        module = module_named(list, modules[i]);
    return module != NULL ? module : first_custom(list);
}

static bool find_module(struct side *side, const struct side *like, const char **reason)
{
    const char *wanted = like != NULL ? like->module : side->parity->options.module;
    const cJSON *list = read_list(side, "/crm/v8/settings/modules", "modules", reason);
    if (list == NULL)
        return false;
    const cJSON *module = pick_module(list, wanted, like);
    if (module == NULL) {
        const char *others = updatable(list, side->arena);
        *reason = arena_printf(side->arena, "%s: there is no module%s%s that can be mass updated%s%s",
                               side->url, wanted != NULL ? " " : "", wanted != NULL ? wanted : "",
                               others[0] != '\0' ? "; there are " : "", others);
        return false;
    }
    side->module = side_text(module, "api_name");
    side->is_custom = strcmp(side_text(module, "generated_type"), "custom") == 0;
    return true;
}

/* Not locked, nor under approval, review or anything else that has it refused. */
static bool is_ordinary(const cJSON *record)
{
    static const char *const states[] = {"$in_merge",  "$locked_for_me",   "$process_flow",
                                         "$converted", "$stop_processing", "Locked__s"};
    const cJSON *review = json_member(record, "$review_process"), *step;
    const char *approval = side_text(record, "$approval_state");
    for (size_t i = 0; i < COUNT(states); i++)
        if (is_true(record, states[i]))
            return false;
    cJSON_ArrayForEach (step, review)
        if (cJSON_IsTrue(step))
            return false;
    return !cJSON_IsFalse(json_member(record, "$editable")) &&
           !cJSON_IsFalse(json_member(record, "$approved")) &&
           (approval[0] == '\0' || strcmp(approval, "approved") == 0);
}

const cJSON *side_read_record(struct side *side, const char *id)
{
    struct client_answer answer;
    const char *path = arena_printf(side->arena, "/crm/v8/%s/%s", side->module, id);
    return cJSON_GetArrayItem(json_member(side_read(side, path, &answer), "data"), 0);
}

/* The one that is asked for, or the first in no special state. NULL: none. */
static const cJSON *find_record(struct side *side, const char **reason)
{
    const char *wanted = side->is_own ? NULL : side->parity->options.record;
    if (wanted != NULL) {
        const cJSON *record = side_read_record(side, wanted);
        *reason = arena_printf(side->arena, "%s: there is no record %s of %s", side->url, wanted,
                               side->module);
        side->record = record != NULL ? wanted : NULL;
        return record;
    }
    struct client_answer answer;
    const char *path =
        arena_printf(side->arena, "/crm/v8/%s?fields=id&per_page=%d", side->module, CANDIDATES);
    const cJSON *list = json_member(side_read(side, path, &answer), "data"), *entry;
    cJSON_ArrayForEach (entry, list) {
        const char *id = side_text(entry, "id");
        const cJSON *record = is_id(id) ? side_read_record(side, id) : NULL;
        if (record != NULL && is_ordinary(record)) {
            side->record = id;
            return record;
        }
    }
    return NULL;
}

static bool is_settable(const cJSON *field)
{
    return is_plain(side_text(field, "api_name")) &&
           !cJSON_IsFalse(json_member(field, "mass_update")) &&
           !cJSON_IsFalse(json_member(field, "visible")) && !is_true(field, "read_only") &&
           !is_true(field, "field_read_only");
}

/* A value that can be written as it is read. */
static bool is_single(const cJSON *value)
{
    return !cJSON_IsObject(value) && !cJSON_IsArray(value);
}

static struct side_field described(const struct side *side, const cJSON *field, const cJSON *record)
{
    const char *name = side_text(field, "api_name"), *type = side_text(field, "data_type");
    const cJSON *value = json_member(record, name);
    return (struct side_field){.name = name,
                               .value =
                                   value != NULL ? json_print(side->arena, (cJSON *)value) : "null",
                               .metadata = field,
                               .is_picklist = strcmp(type, "picklist") == 0,
                               .is_text = strcmp(type, "text") == 0};
}

/* How well a field can be set to its own value and to another; 0: not at all. */
static int fitness(const struct side_field *field, const struct side *like)
{
    if ((!field->is_picklist && !field->is_text) || word_index(delicate, field->name) >= 0)
        return 0;
    bool is_set = strcmp(field->value, "null") != 0;
    bool is_preferred = like == NULL || like->fields[0].name == NULL
                            ? field->is_picklist
                            : like->fields[0].is_picklist == field->is_picklist;
    return 1 + is_preferred + (is_set ? 2 : 0) + (like != NULL && is_preferred ? 2 : 0);
}

static void take_first(struct side *side, const cJSON *list, const cJSON *record,
                       const struct side *like)
{
    int best = 0;
    const cJSON *entry;
    cJSON_ArrayForEach (entry, list) {
        struct side_field field = described(side, entry, record);
        int fits = is_settable(entry) ? fitness(&field, like) : 0;
        if (fits > best) {
            best = fits;
            side->fields[0] = field;
        }
    }
    side->field_count = best > 0 ? 1 : 0;
}

/* Another of a picklist's values, or another text. */
static const char *other_value(const struct side *side)
{
    const struct side_field *field = &side->fields[0];
    const cJSON *entry, *values = json_member(field->metadata, "pick_list_values");
    if (field->is_text)
        return "\"Crmock\"";
    cJSON_ArrayForEach (entry, values) {
        const cJSON *value = json_member(entry, "actual_value");
        const char *text = cJSON_IsString(value) ? json_print(side->arena, (cJSON *)value) : "null";
        if (cJSON_IsString(value) && strcmp(value->valuestring, "-None-") != 0 &&
            strcmp(text, field->value) != 0)
            return text;
    }
    return field->value;
}

static bool find_fields(struct side *side, const cJSON *record, const struct side *like,
                        const char **reason)
{
    const char *path = arena_printf(side->arena, "/crm/v8/settings/fields?module=%s", side->module);
    const cJSON *list = read_list(side, path, "fields", reason), *entry;
    if (list == NULL)
        return false;
    take_first(side, list, record, like);
    *reason = arena_printf(side->arena, "%s: %s has no picklist or text that can be mass updated",
                           side->url, side->module);
    if (side->field_count == 0)
        return false;
    side->other = other_value(side);
    cJSON_ArrayForEach (entry, list) {
        const char *name = side_text(entry, "api_name");
        bool is_further = is_settable(entry) && is_single(json_member(record, name)) &&
                          strcmp(name, side->fields[0].name) != 0;
        if (is_further && side->field_count < SIDE_FIELDS)
            side->fields[side->field_count++] = described(side, entry, record);
    }
    return true;
}

static bool find_view(struct side *side, const char **reason)
{
    struct client_answer answer;
    const char *wanted = side->is_own ? NULL : side->parity->options.view;
    const char *path =
        arena_printf(side->arena, "/crm/v8/settings/custom_views?module=%s", side->module);
    const cJSON *list = json_member(side_read(side, path, &answer), "custom_views"), *entry;
    cJSON_ArrayForEach (entry, list) {
        const char *id = side_text(entry, "id");
        if (side->view == NULL && is_id(id) && (wanted == NULL || strcmp(id, wanted) == 0))
            side->view = id;
    }
    *reason = arena_printf(side->arena, "%s: there is no view %s of %s", side->url,
                           wanted != NULL ? wanted : "", side->module);
    return wanted == NULL || side->view != NULL;
}

/* True when the service says that there is nothing: what it does not answer, or refuses, may be there.
 */
static bool is_nothing(struct side *side, const char *path, const char *list, const char **reason)
{
    enum { NO_CONTENT = 204, BAD = 400, UNKNOWN = 404 };
    struct client_answer answer;
    const cJSON *document = side_read(side, path, &answer);
    bool is_there = cJSON_GetArraySize(json_member(document, list)) > 0;
    bool is_told = answer.status == NO_CONTENT || answer.status == BAD || answer.status == UNKNOWN ||
                   cJSON_IsObject(document);
    if (is_told && !is_there)
        return true;
    const char *why =
        is_there ? "is there, which is so in no org"
        : answer.status == 0
            ? answer.reason
            : arena_printf(side->arena, "status %u, expected that it is not there", answer.status);
    *reason = arena_printf(side->arena, "%s%s: %s", side->url, path, why);
    return false;
}

/* Cases that must change nothing are about a record and a view that there are none of: that is made
 * sure of. */
static bool find_none(struct side *side, const char **reason)
{
    side->none = arena_printf(side->arena, NONE_STEM "%d", LAST_DIGITS);
    side->ids = "";
    for (int i = 0; i < IDS; i++)
        side->ids = arena_printf(side->arena, "%s%s\"" NONE_STEM "%d\"", side->ids, i > 0 ? "," : "",
                                 LAST_DIGITS - i);
    const char *record = arena_printf(side->arena, "/crm/v8/%s/%s", side->module, side->none);
    const char *view = arena_printf(side->arena, "/crm/v8/settings/custom_views/%s?module=%s",
                                    side->none, side->module);
    return is_nothing(side, record, "data", reason) && is_nothing(side, view, "custom_views", reason);
}

static bool are_options_plain(const struct parity_options *options, struct arena *arena,
                              const char **reason)
{
    const struct {
        const char *name, *text, *expected;
        bool (*is)(const char *text);
    } rules[] = {{"--module", options->module, "an API name", is_plain},
                 {"--record", options->record, "an id", is_id},
                 {"--view", options->view, "an id", is_id}};
    for (size_t i = 0; i < COUNT(rules); i++)
        if (rules[i].text != NULL && !rules[i].is(rules[i].text)) {
            *reason = arena_printf(arena, "%s: expected %s", rules[i].name, rules[i].expected);
            return false;
        }
    return true;
}

bool side_find(struct side *side, const struct side *like, const char **reason)
{
    side->documents = cJSON_CreateArray();
    if (!are_options_plain(&side->parity->options, side->arena, reason) ||
        !find_module(side, like, reason) || !find_none(side, reason))
        return false;
    const cJSON *record = find_record(side, reason);
    bool is_asked = !side->is_own && side->parity->options.record != NULL;
    return (record != NULL || !is_asked) && find_fields(side, record, like, reason) &&
           find_view(side, reason);
}

void side_clear(struct side *side)
{
    cJSON_Delete(side->documents);
}
