#include "crm/automation.h"

#include <string.h>

#include "crm/blueprint.h"
#include "crm/criteria.h"
#include "store/automation.h"
#include "store/delivery.h"
#include "store/record_data.h"

struct armed_rule {
    const struct automation_rule *rule;
    cJSON *tree; /* what the criteria borrow from; owned */
    const struct criteria *criteria;
};

static bool is_wanted(const struct automation *automation, enum automation_kind kind)
{
    return (automation->kinds & AUTOMATION_BIT(kind)) != 0;
}

/* A call names the module of a record, or one that shows its records, or one of those that it shows. */
static bool concerns(const struct automation *automation, const struct automation_rule *rule)
{
    return is_wanted(automation, rule->kind) && (module_shows(rule->module, automation->module) ||
                                                 module_shows(automation->module, rule->module));
}

static bool starts_a_blueprint(const struct automation *automation, const struct field *field,
                               const struct blueprint *blueprint)
{
    return is_wanted(automation, AUTOMATION_BLUEPRINT) && blueprint->start_count > 0 &&
           strcmp(blueprint->field->api_name, field->api_name) == 0;
}

bool automation_may_start(const struct automation *automation, const struct record_change *changes,
                          size_t count)
{
    const struct org *org = automation->user->org;
    for (size_t i = 0; i < org->automation_rule_count; i++)
        if (concerns(automation, &org->automation_rules[i]))
            return true;
    for (size_t i = 0; i < org->blueprint_count; i++)
        for (size_t k = 0; k < count; k++)
            if (starts_a_blueprint(automation, changes[k].field, &org->blueprints[i]))
                return true;
    return false;
}

static enum store_status arm(struct automation *automation, const struct automation_rule *rule)
{
    struct armed_rule *armed = &automation->rules[automation->rule_count++];
    *armed = (struct armed_rule){.rule = rule};
    if (rule->criteria == NULL)
        return STORE_OK;
    struct fault fault;
    armed->tree = json_parse(rule->criteria, strlen(rule->criteria), NULL);
    return criteria_read(rule->module, armed->tree, "$", SIZE_MAX, automation->arena, &armed->criteria,
                         &fault) == ERR_NONE
               ? STORE_OK
               : STORE_FAILED;
}

enum store_status automation_begin(struct automation *automation)
{
    const struct org *org = automation->user->org;
    enum store_status status = STORE_OK;
    automation->rules =
        arena_array(automation->arena, org->automation_rule_count, sizeof *automation->rules);
    for (size_t i = 0; i < org->automation_rule_count && status == STORE_OK; i++)
        if (concerns(automation, &org->automation_rules[i]))
            status = arm(automation, &org->automation_rules[i]);
    return status;
}

void automation_end(struct automation *automation)
{
    for (size_t i = 0; i < automation->rule_count; i++)
        cJSON_Delete(automation->rules[i].tree);
    automation->rule_count = 0;
}

/* One record's run. */
struct run {
    struct automation *automation;
    int64_t record_id;
    const struct record_change **changes; /* those of the call, then those of rules */
    size_t change_count;
    bool *fired; /* by rule */
};

/* By name: Activities and Tasks have each a field for the same values. */
static bool has_changed(const struct run *run, const struct field *field)
{
    for (size_t i = 0; i < run->change_count; i++)
        if (field == NULL || strcmp(run->changes[i]->field->api_name, field->api_name) == 0)
            return true;
    return false;
}

/* STORE_OK when the record, as it is now, is one of those that the rule is for. */
static enum store_status fits(const struct run *run, const struct armed_rule *armed)
{
    const struct selection selection = {
        .module = armed->rule->module, .view = armed->criteria, .record_id = run->record_id};
    int64_t count;
    enum store_status status = selection_count(run->automation->db, &selection, &count);
    return status == STORE_OK && count == 0 ? STORE_NOT_FOUND : status;
}

static enum store_status note(const struct run *run, int64_t rule_id)
{
    const struct automation *automation = run->automation;
    return firing_add(automation->db, rule_id, run->record_id, automation->user->id, automation->now);
}

static enum store_status set_field(struct run *run, const struct rule_action *action)
{
    const struct automation *automation = run->automation;
    struct record_change *change = arena_alloc(automation->arena, sizeof *change);
    *change = (struct record_change){.field = action->field, .value = action->value};
    run->changes[run->change_count++] = change;
    return record_update(automation->db, run->record_id, change, 1, automation->user->id,
                         automation->now);
}

static enum store_status fire(struct run *run, const struct automation_rule *rule)
{
    enum store_status status = note(run, rule->id);
    if (status == STORE_OK && rule->kind == AUTOMATION_APPROVAL)
        status = record_await_approval(run->automation->db, run->record_id);
    for (size_t i = 0; i < rule->action_count && status == STORE_OK; i++)
        if (rule->actions[i].url == NULL)
            status = set_field(run, &rule->actions[i]);
    return status;
}

/* Fires the first rule that has not fired and may; *again says whether there was one. */
static enum store_status fire_next(struct run *run, bool *again)
{
    const struct automation *automation = run->automation;
    *again = false;
    for (size_t i = 0; i < automation->rule_count; i++) {
        const struct armed_rule *armed = &automation->rules[i];
        if (run->fired[i] || !has_changed(run, armed->rule->field))
            continue;
        enum store_status status = fits(run, armed);
        if (status == STORE_FAILED)
            return STORE_FAILED;
        if (status != STORE_OK)
            continue;
        run->fired[i] = *again = true;
        return fire(run, armed->rule);
    }
    return STORE_OK;
}

static enum store_status enter_blueprint(const struct run *run, const struct record *record)
{
    const struct automation *automation = run->automation;
    if (!is_wanted(automation, AUTOMATION_BLUEPRINT) || record->blueprint_id != 0)
        return STORE_OK;
    for (size_t i = 0; i < run->change_count; i++) {
        const struct record_change *change = run->changes[i];
        const struct field *field = module_field(record->module, change->field->api_name);
        cJSON *value CLEANUP(json_delete) = json_parse(change->value, strlen(change->value), NULL);
        const struct blueprint *started =
            field == NULL ? NULL : blueprint_started_by(automation->user->org, field, value);
        if (started == NULL)
            continue;
        enum store_status status = record_enter_blueprint(automation->db, run->record_id, started->id);
        return status == STORE_OK ? note(run, started->id) : status;
    }
    return STORE_OK;
}

static void add_user(const struct automation *automation, cJSON *object, const char *name, int64_t id)
{
    const struct user *user = org_user(automation->user->org, id);
    cJSON *told = cJSON_AddObjectToObject(object, name);
    json_add_id(told, "id", id);
    if (user != NULL) {
        json_add_text(told, "name", user->name);
        json_add_text(told, "email", user->email);
    }
}

static void add_time(const struct automation *automation, cJSON *object, const char *name, int64_t time)
{
    char text[TIME_TEXT_SIZE];
    zone_format(automation->user->org->zone, time, text);
    json_add_text(object, name, arena_strdup(automation->arena, text));
}

/* What a webhook is sent: the rule and the record, as both are when all is done. */
static const char *webhook_body(const struct automation *automation, const struct automation_rule *rule,
                                const struct record_data *record)
{
    cJSON *body CLEANUP(json_delete) = cJSON_CreateObject();
    json_add_text(body, "module", record->state.module->api_name);
    cJSON *named = cJSON_AddObjectToObject(body, "workflow_rule");
    json_add_id(named, "id", rule->id);
    json_add_text(named, "name", rule->name);
    cJSON *told = json_parse(record->fields, strlen(record->fields), NULL);
    cJSON_AddItemToObject(body, "record", told);
    json_add_id(told, "id", record->state.id);
    add_user(automation, told, "Owner", record->state.owner_id);
    add_user(automation, told, "Created_By", record->state.created_by);
    add_user(automation, told, "Modified_By", record->modified_by);
    add_time(automation, told, "Created_Time", record->state.created_time);
    add_time(automation, told, "Modified_Time", record->modified_time);
    return json_print(automation->arena, body);
}

static enum store_status call_webhooks(const struct run *run, const struct automation_rule *rule,
                                       const struct record_data *record)
{
    struct automation *automation = run->automation;
    enum store_status status = STORE_OK;
    for (size_t i = 0; i < rule->action_count && status == STORE_OK; i++) {
        if (rule->actions[i].url == NULL)
            continue;
        automation->called_webhook = true;
        status = delivery_add(automation->db, rule->id, &record->state, rule->actions[i].url,
                              webhook_body(automation, rule, record), clock_machine_milliseconds());
    }
    return status;
}

static enum store_status finish(const struct run *run)
{
    struct automation *automation = run->automation;
    struct record_data record;
    enum store_status status = record_data_read(automation->db, automation->user->org, run->record_id,
                                                automation->arena, &record);
    if (status == STORE_OK)
        status = enter_blueprint(run, &record.state);
    for (size_t i = 0; i < automation->rule_count && status == STORE_OK; i++)
        if (run->fired[i])
            status = call_webhooks(run, automation->rules[i].rule, &record);
    return status;
}

enum store_status automation_run(struct automation *automation, int64_t record_id,
                                 const struct record_change *changes, size_t count)
{
    size_t most = count;
    for (size_t i = 0; i < automation->rule_count; i++)
        most += automation->rules[i].rule->action_count;
    struct run run = {
        .automation = automation,
        .record_id = record_id,
        .changes = arena_array(automation->arena, most, sizeof *run.changes),
        .fired = arena_array(automation->arena, automation->rule_count, sizeof *run.fired),
    };
    for (size_t i = 0; i < count; i++)
        run.changes[run.change_count++] = &changes[i];
    enum store_status status = STORE_OK;
    for (bool again = true; again && status == STORE_OK;)
        status = fire_next(&run, &again);
    return status == STORE_OK ? finish(&run) : status;
}

void automation_call_webhooks(const struct crm *crm)
{
    workers_wake(crm->deliverers);
    bell_ring(crm->webhooks_changed);
}
