#include "store/org_loading.h"

const char *const automation_kind_names[] = {"workflow", "approval", "blueprint", NULL};

static const struct sql rules_of = {
    "SELECT count(*) OVER (), automation_rule.id, module_id, kind, automation_rule.name, field_id, "
    "criteria,"
    " (SELECT count(*) FROM rule_action WHERE rule_id = automation_rule.id)"
    " FROM automation_rule JOIN module ON module.id = module_id"
    " WHERE org_id = ?1 ORDER BY kind DESC, automation_rule.id"};

static bool read_rule(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    struct automation_rule *rule = &loading->org->automation_rules[index];
    int64_t module_id = sqlite3_column_int64(row, 2), field_id = sqlite3_column_int64(row, 5);
    *rule = (struct automation_rule){
        .id = sqlite3_column_int64(row, 1),
        .module = loading_module(loading, module_id),
        .kind = (enum automation_kind)loading_word(row, 3, automation_kind_names),
        .name = loading_text(loading, row, 4),
        .field = field_id != 0 ? loading_field(loading, module_id, field_id) : NULL,
        .criteria = loading_text(loading, row, 6),
        .actions =
            arena_array(loading->arena, (size_t)sqlite3_column_int64(row, 7), sizeof *rule->actions),
    };
    return rule->module != NULL && (field_id == 0 || rule->field != NULL);
}

static const struct sql actions_of = {
    "SELECT 0, rule_id, module_id, rule_action.field_id, value, url FROM rule_action"
    " JOIN automation_rule ON automation_rule.id = rule_id JOIN module ON module.id = module_id"
    " WHERE org_id = ?1 ORDER BY rule_id, position"};

static bool read_action(struct loading *loading, sqlite3_stmt *row, size_t index)
{
    (void)index;
    struct org *org = loading->org;
    int64_t rule_id = sqlite3_column_int64(row, 1), field_id = sqlite3_column_int64(row, 3);
    const struct field *field =
        field_id != 0 ? loading_field(loading, sqlite3_column_int64(row, 2), field_id) : NULL;
    for (size_t i = 0; i < org->automation_rule_count; i++) {
        struct automation_rule *rule = &org->automation_rules[i];
        if (rule->id == rule_id)
            rule->actions[rule->action_count++] = (struct rule_action){
                .field = field,
                .value = loading_text(loading, row, 4),
                .url = loading_text(loading, row, 5),
            };
    }
    return field_id == 0 || field != NULL;
}

enum store_status loading_automation(struct loading *loading)
{
    struct org *org = loading->org;
    enum store_status status = loading_rows(loading, &rules_of, read_rule, &org->automation_rules,
                                            &org->automation_rule_count, sizeof *org->automation_rules);
    return status == STORE_OK ? loading_rows(loading, &actions_of, read_action, NULL, NULL, 0) : status;
}
