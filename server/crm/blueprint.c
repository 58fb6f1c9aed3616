#include "crm/blueprint.h"

#include <string.h>

#include "base/id.h"
#include "crm/access.h"

static bool is_among(const char *const *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

const struct blueprint *blueprint_started_by(const struct org *org, const struct field *field,
                                             const cJSON *value)
{
    for (size_t i = 0; cJSON_IsString(value) && i < org->blueprint_count; i++) {
        const struct blueprint *blueprint = &org->blueprints[i];
        if (blueprint->field == field &&
            is_among(blueprint->starts, blueprint->start_count, value->valuestring))
            return blueprint;
    }
    return NULL;
}

const char *blueprint_state(const struct blueprint *blueprint, const cJSON *fields)
{
    const cJSON *value = json_member(fields, blueprint->field->api_name);
    return cJSON_IsString(value) ? value->valuestring : "-None-";
}

bool transition_leads_from(const struct transition *transition, const char *state)
{
    return transition->from_count > 0 ? is_among(transition->from, transition->from_count, state)
                                      : strcmp(transition->next_value, state) != 0;
}

const struct transition *blueprint_transition(const struct blueprint *blueprint, const char *id,
                                              const char *state)
{
    int64_t number;
    for (size_t i = 0; id_parse(id, &number) && i < blueprint->transition_count; i++) {
        const struct transition *transition = &blueprint->transitions[i];
        if (transition->id == number)
            return transition_leads_from(transition, state) ? transition : NULL;
    }
    return NULL;
}

bool blueprint_ends_at(const struct blueprint *blueprint, const char *state)
{
    for (size_t i = 0; i < blueprint->transition_count; i++)
        if (transition_leads_from(&blueprint->transitions[i], state))
            return false;
    return true;
}

struct transition_progress transition_progress(const struct transition *transition, const cJSON *fields)
{
    struct transition_progress progress = {.complete = true};
    for (size_t i = 0; i < transition->field_count; i++) {
        const struct transition_field *asked = &transition->fields[i];
        const cJSON *value = json_member(fields, asked->field->api_name);
        if (value != NULL && !json_is_blank(value))
            progress.filled++;
        else if (asked->mandatory)
            progress.complete = false;
    }
    return progress;
}

enum error blueprint_of_record(struct db *db, const struct user *user, const struct module *module,
                               const char *id, struct arena *arena, struct record_data *record,
                               const struct blueprint **blueprint, struct fault *fault)
{
    enum store_status status = read_seen_record(db, user, module, id, arena, record);
    if (status == STORE_FAILED)
        return ERR_INTERNAL;
    *fault = (struct fault){.id = id, .hint = "the module has no record of that id for this user"};
    if (status != STORE_OK)
        return ERR_INVALID_ID;
    if (record->state.locked) {
        fault->hint = "the record is locked";
        return ERR_RECORD_LOCKED;
    }
    *blueprint = org_blueprint(user->org, record->state.blueprint_id);
    *fault = (struct fault){.hint = "the record is in no blueprint"};
    return *blueprint != NULL ? ERR_NONE : ERR_NOT_IN_PROCESS;
}
