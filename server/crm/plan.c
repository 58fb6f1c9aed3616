#include "base/id.h"
#include "crm/access.h"
#include "crm/criteria.h"
#include "crm/field_rules.h"
#include "crm/mass_update.h"
#include "crm/record_rules.h"

struct planning {
    struct mass_update *update;
    struct arena *arena;
    struct fault *fault;
};

static enum error fail_at(struct fault *fault, enum error error, const char *api_name,
                          const char *json_path, const char *hint)
{
    *fault = (struct fault){.api_name = api_name, .json_path = json_path, .hint = hint};
    return error;
}

/* Which keys to leave out. */
static const char *alone_hint(const struct planning *plan)
{
    const struct mass_update *update = plan->update;
    const struct {
        const char *name;
        bool is_sent;
    } others[] = {{"cvid", update->view_id != NULL},
                  {"territory", update->territory != NULL},
                  {"criteria", update->criteria != NULL}};
    const char *list = "";
    for (size_t i = 0; i < COUNT(others); i++)
        if (others[i].is_sent)
            list =
                arena_printf(plan->arena, "%s%s%s", list, list[0] != '\0' ? ", " : "", others[i].name);
    return arena_printf(plan->arena, "leave out ids, or leave out %s: ids stands alone", list);
}

static enum error one_selector(const struct planning *plan)
{
    const struct mass_update *update = plan->update;
    if (update->id_count == 0)
        return ERR_NONE;
    const char *hint = alone_hint(plan); /* D3 */
    if (update->view_id != NULL)
        return fail_at(plan->fault, ERR_INVALID_VALUE, "cvid", "$.cvid", hint);
    if (update->territory != NULL)
        return fail_at(plan->fault, ERR_INVALID_VALUE, "territory", "$.territory", hint);
    if (update->criteria != NULL)
        return fail_at(plan->fault, ERR_INVALID_VALUE, "criteria", "$.criteria", hint);
    return ERR_NONE;
}

static enum error some_selector(const struct planning *plan)
{
    const struct mass_update *update = plan->update;
    if (update->id_count > 0 || update->view_id != NULL)
        return ERR_NONE;
    if (update->territory != NULL || update->criteria != NULL)
        return fail_at(plan->fault, ERR_NO_SELECTOR, "cvid", "$.cvid",
                       "territory and criteria narrow a view: name it by cvid");
    return fail_at(plan->fault, ERR_NO_SELECTOR, "ids", "$.ids",
                   "name records by ids, or a view by cvid");
}

static enum error ids_within_limit(const struct planning *plan)
{
    if (plan->update->id_count <= MASS_UPDATE_IDS_MAX)
        return ERR_NONE;
    *plan->fault =
        (struct fault){.limit = MASS_UPDATE_IDS_MAX,
                       .hint = arena_printf(plan->arena, "%zu ids sent", plan->update->id_count)};
    return ERR_TOO_MANY_RECORDS;
}

static enum error some_field(const struct planning *plan)
{
    if (plan->update->fields != NULL && plan->update->fields->child != NULL)
        return ERR_NONE;
    return fail_at(plan->fault, ERR_NO_FIELD, "data", "$.data",
                   "data is a list of one object with the fields to update");
}

static enum error fields_within_limit(const struct planning *plan)
{
    const struct module *module = plan->update->module;
    size_t count = (size_t)cJSON_GetArraySize(plan->update->fields), limit = module->mass_update_fields;
    if (count <= limit)
        return ERR_NONE;
    enum error error = fail_at(plan->fault, ERR_TOO_MANY_FIELDS, "data", "$.data",
                               arena_printf(plan->arena, "%zu fields sent; %s takes %zu in a call",
                                            count, module->api_name, limit));
    plan->fault->limit = (int64_t)limit;
    return error;
}

static enum error each_field(const struct planning *plan)
{
    return field_rules_check(plan->update, plan->arena, plan->fault);
}

static enum error edition_schedules(const struct planning *plan)
{
    *plan->fault = (struct fault){.hint = "the org's edition has no scheduled mass update"};
    return plan->update->user->org->scheduled_mass_update ? ERR_NONE : ERR_EDITION_CANNOT_SCHEDULE;
}

static enum error profile_schedules(const struct planning *plan)
{
    *plan->fault = (struct fault){.hint = "the user's profile may not schedule a mass update"};
    return plan->update->user->profile->schedule_mass_update ? ERR_NONE : ERR_MAY_NOT_SCHEDULE;
}

/* E37 */
static enum error fields_are_scheduled(const struct planning *plan)
{
    const struct mass_update *update = plan->update;
    for (size_t i = 0; i < update->change_count; i++) {
        const struct field *field = update->changes[i].field;
        if (field->scheduled_mass_update)
            continue;
        enum error error = fail_at(plan->fault, ERR_FIELD_NOT_SCHEDULED, field->api_name,
                                   arena_printf(plan->arena, "$.data[0].%s", field->api_name),
                                   "the field is open to a call by ids, and not to one by view");
        plan->fault->in_data = true;
        return error;
    }
    return ERR_NONE;
}

static enum error view_exists(const struct planning *plan)
{
    int64_t id;
    if (id_parse(plan->update->view_id, &id))
        plan->update->view = org_view(plan->update->user->org, id);
    if (plan->update->view != NULL)
        return ERR_NONE;
    return fail_at(plan->fault, ERR_INVALID_VIEW, "cvid", "$.cvid",
                   "the org has no custom view of that id");
}

static enum error view_is_of_module(const struct planning *plan)
{
    const struct module *module = plan->update->view->module;
    if (module == plan->update->module)
        return ERR_NONE;
    enum error error = fail_at(plan->fault, ERR_VIEW_OF_OTHER_MODULE, "cvid", "$.cvid",
                               arena_printf(plan->arena, "the view belongs to %s", module->api_name));
    plan->fault->permission = "Custom_View"; /* D12 */
    return error;
}

static enum error view_is_shared(const struct planning *plan)
{
    if (may_use_view(plan->update->user, plan->update->view))
        return ERR_NONE;
    enum error error = fail_at(plan->fault, ERR_VIEW_NOT_SHARED, "cvid", "$.cvid",
                               "the view is not shared with the user");
    plan->fault->permission = "Custom_View"; /* D12 */
    return error;
}

static enum error territories_enabled(const struct planning *plan)
{
    *plan->fault = (struct fault){.hint = "the org does not use territories"};
    return plan->update->territory == NULL || plan->update->user->org->territories_enabled
               ? ERR_NONE
               : ERR_TERRITORIES_OFF;
}

static enum error module_has_territories(const struct planning *plan)
{
    *plan->fault = (struct fault){.hint = "records of this module are in no territory"};
    return plan->update->territory == NULL || plan->update->module->territories
               ? ERR_NONE
               : ERR_MODULE_WITHOUT_TERRITORIES;
}

static enum error territory_exists(const struct planning *plan)
{
    struct mass_update *update = plan->update;
    int64_t id;
    if (update->territory == NULL)
        return ERR_NONE;
    if (id_parse(update->territory_id, &id))
        update->selection.territory = org_territory(update->user->org, id);
    if (update->selection.territory != NULL)
        return ERR_NONE;
    return fail_at(plan->fault, ERR_INVALID_ID, "id", "$.territory.id",
                   "the org has no territory of that id");
}

static enum error criteria_hold(const struct planning *plan)
{
    struct mass_update *update = plan->update;
    return update->criteria == NULL
               ? ERR_NONE
               : criteria_read(update->module, update->criteria, "$.criteria", CRITERIA_COMPARISONS_MAX,
                               plan->arena, &update->selection.request, plan->fault);
}

struct plan_rule {
    struct rule rule;
    enum error (*check)(const struct planning *plan);
};

static const struct plan_rule request_rules[] = {
    {{"ids stands alone", "E32"}, one_selector},
    {{"ids or cvid is given", "E10"}, some_selector},
    {{"at most 500 ids", "E13"}, ids_within_limit},
    {{"there is a field", "E1"}, some_field},
    {{"no more fields than the module allows", "E2"}, fields_within_limit},
    {{"each field, in the order sent", "E3 E6 E17 E4 E5 E32"}, each_field},
};

static const struct plan_rule scheduler_rules[] = {
    {{"the edition schedules mass updates", "E36"}, edition_schedules},
    {{"the profile may schedule", "E25"}, profile_schedules},
    {{"a call by view may change each field", "E37"}, fields_are_scheduled},
    {{"the view exists", "E7"}, view_exists},
    {{"the view is of the module", "E19"}, view_is_of_module},
    {{"the view is shared with the user", "E18"}, view_is_shared},
    {{"the org uses territories", "E34"}, territories_enabled},
    {{"the module has territories", "E35"}, module_has_territories},
    {{"the territory exists", "E7"}, territory_exists},
    {{"the criteria fit the module", "E32"}, criteria_hold},
};

/* Checked by mass_update_schedule, in the transaction that adds the job. */
static const struct rule job_rules[] = {
    {"no job of the view is waiting or running", "E12"},
    {"the selection has a record", "E15"},
    {"the selection has at most 50,000 records", "E13"},
};

static const struct rules request_order = {"every call", &request_rules[0].rule,
                                           sizeof request_rules[0], COUNT(request_rules)};
static const struct rules scheduler_order = {"a call by view", &scheduler_rules[0].rule,
                                             sizeof scheduler_rules[0], COUNT(scheduler_rules)};
static const struct rules job_order = {"its selection", job_rules, sizeof job_rules[0],
                                       COUNT(job_rules)};

const struct rules *const mass_update_order[MASS_UPDATE_STAGES] = {
    &request_order, &field_rules_order, &scheduler_order, &job_order, &record_rules_order,
};

static enum error first_failure(const struct planning *plan, const struct plan_rule *rules,
                                size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum error error = rules[i].check(plan);
        if (error != ERR_NONE)
            return error;
    }
    return ERR_NONE;
}

enum error mass_update_plan(struct mass_update *update, struct arena *arena, struct fault *fault)
{
    const struct planning plan = {.update = update, .arena = arena, .fault = fault};
    update->selection.module = update->module;
    enum error error = first_failure(&plan, request_rules, COUNT(request_rules));
    if (error == ERR_NONE && update->view_id != NULL)
        error = first_failure(&plan, scheduler_rules, COUNT(scheduler_rules));
    if (error == ERR_NONE)
        *fault = (struct fault){.hint = NULL}; /* rules that hold leave theirs behind */
    return error;
}
