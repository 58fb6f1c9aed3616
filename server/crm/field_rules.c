#include "crm/field_rules.h"

#include "crm/access.h"
#include "crm/value.h"

struct field_check {
    const struct user *user;
    const struct field *field; /* NULL: the module has none of that name */
    const cJSON *value;        /* as sent; its name is the field's */
    struct arena *arena;
    struct fault *fault;
};

static enum field_access access_to(const struct field_check *check)
{
    return check->user->profile->fields[check->field->index];
}

static bool is_known_and_allowed(const struct field_check *check)
{
    const struct field *field = check->field;
    if (field != NULL && field->mass_update && field_types[field->type].mass_updatable &&
        !field->read_only)
        return true;
    check->fault->hint =
        field == NULL ? "the module has no field of that name (names are case-sensitive)"
                      : arena_printf(check->arena, "%s is of type %s and not open to mass update",
                                     field->api_name, field_types[field->type].name);
    return false;
}

static bool is_visible(const struct field_check *check)
{
    check->fault->hint = "the field is hidden from the user's profile";
    return may_see_field(check->user, check->field);
}

static bool is_editable(const struct field_check *check)
{
    check->fault->hint = "the user's profile may see the field, not edit it";
    check->fault->permission = "Field_Edit"; /* D12 */
    return access_to(check) == FIELD_EDITABLE;
}

static bool is_outside_layout_rules(const struct field_check *check)
{
    check->fault->hint = "the field is the primary field of a layout rule";
    return !check->field->in_layout_rule;
}

static bool is_outside_validation_rules(const struct field_check *check)
{
    check->fault->hint = "the field is the primary field of a validation rule";
    return !check->field->in_validation_rule;
}

static bool takes_the_value(const struct field_check *check)
{
    return value_fits(check->field, check->value, check->arena, check->fault);
}

static const struct field_rule {
    struct rule rule;
    enum error error;
    bool (*holds)(const struct field_check *check);
} field_rules[] = {
    {{"the module has it and mass update may change it", "E3"},
     ERR_FIELD_NOT_UPDATABLE,
     is_known_and_allowed},
    {{"the user's profile sees it", "E6"}, ERR_FIELD_HIDDEN, is_visible},
    {{"the user's profile edits it", "E17"}, ERR_FIELD_READ_ONLY, is_editable},
    {{"no layout rule has it as primary field", "E4"},
     ERR_FIELD_IN_LAYOUT_RULE,
     is_outside_layout_rules},
    {{"no validation rule has it as primary field", "E5"},
     ERR_FIELD_IN_VALIDATION_RULE,
     is_outside_validation_rules},
    {{"its value fits", "E32"}, ERR_INVALID_VALUE, takes_the_value},
};

const struct rules field_rules_order = {"each field, in the order sent", &field_rules[0].rule,
                                        sizeof field_rules[0], COUNT(field_rules)};

static enum error check_one(const struct field_check *check)
{
    const char *name = check->value->string;
    const char *path = arena_printf(check->arena, "$.data[0].%s", name);
    for (size_t i = 0; i < COUNT(field_rules); i++) {
        *check->fault = (struct fault){.in_data = true, .api_name = name, .json_path = path};
        if (!field_rules[i].holds(check))
            return field_rules[i].error;
    }
    return ERR_NONE;
}

enum error field_rules_check(struct mass_update *update, struct arena *arena, struct fault *fault)
{
    cJSON *value = update->fields->child;
    for (; value != NULL; value = value->next) {
        const struct field_check check = {
            .user = update->user,
            .field = module_field(update->module, value->string),
            .value = value,
            .arena = arena,
            .fault = fault,
        };
        enum error error = check_one(&check);
        if (error != ERR_NONE)
            return error;
        cJSON *kept CLEANUP(json_delete) = value_kept(check.field, value, update->user->org->zone);
        const char *text = json_print(arena, kept != NULL ? kept : value);
        if (check.field->type == TYPE_MULTISELECT && cJSON_IsArray(value))
            text = multiselect_add("[]", text, arena); /* a value sent twice counts once */
        update->changes[update->change_count++] =
            (struct record_change){.field = check.field, .value = text};
    }
    return ERR_NONE;
}
