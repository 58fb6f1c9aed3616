#include "crm/record_rules.h"

#include <inttypes.h>
#include <string.h>

#include "crm/access.h"

typedef enum store_status holds_fn(const struct record_check *check, struct outcome *outcome);

static enum store_status yes_if(bool holds)
{
    return holds ? STORE_OK : STORE_NOT_FOUND;
}

static enum store_status exists(const struct record_check *check, struct outcome *outcome)
{
    return yes_if(module_shows(check->module, outcome->record.module));
}

static enum store_status is_shared(const struct record_check *check, struct outcome *outcome)
{
    return may_edit_record(check->db, check->user, &outcome->record);
}

static enum store_status is_not_converted(const struct record_check *check, struct outcome *outcome)
{
    (void)check;
    return yes_if(!outcome->record.converted);
}

static enum store_status is_not_locked(const struct record_check *check, struct outcome *outcome)
{
    (void)check;
    return yes_if(!outcome->record.locked);
}

static enum store_status is_not_busy(const struct record_check *check, struct outcome *outcome)
{
    (void)check;
    return yes_if(!outcome->record.busy);
}

static enum store_status is_not_in_image_review(const struct record_check *check,
                                                struct outcome *outcome)
{
    (void)check;
    return yes_if(!outcome->record.in_image_review);
}

static enum store_status awaits_no_approval(const struct record_check *check, struct outcome *outcome)
{
    (void)check;
    return yes_if(!outcome->record.awaits_approval);
}

static enum store_status is_processed(const struct record_check *check, struct outcome *outcome)
{
    (void)check;
    return yes_if(!outcome->record.stop_processing);
}

static enum store_status leaves_blueprint_alone(const struct record_check *check,
                                                struct outcome *outcome)
{
    const struct blueprint *blueprint = org_blueprint(check->user->org, outcome->record.blueprint_id);
    /* by name: Activities and Tasks have each a field for the same values */
    for (size_t i = 0; blueprint != NULL && i < check->change_count; i++)
        if (strcmp(check->changes[i].field->api_name, blueprint->field->api_name) == 0)
            return STORE_NOT_FOUND;
    return STORE_OK;
}

bool must_be_unique(const struct record_change *change)
{
    return change->field->is_unique && strcmp(change->value, "null") != 0;
}

/* A record may be given the value that it has, unless another has it too. */
static enum store_status is_no_duplicate(const struct record_check *check, struct outcome *outcome)
{
    for (size_t i = 0; i < check->change_count; i++) {
        int64_t other = 0;
        if (check->holders[i] == 0)
            continue;
        if (check->holders[i] != outcome->record.id)
            return STORE_NOT_FOUND;
        enum store_status status =
            record_with_value(check->db, check->module, &check->changes[i], outcome->record.id, &other);
        if (status != STORE_NOT_FOUND)
            return status == STORE_OK ? STORE_NOT_FOUND : STORE_FAILED;
    }
    return STORE_OK;
}

static enum store_status layout_has_values(const struct record_check *check, struct outcome *outcome)
{
    return mapping_layout_offers(&check->mapping, &outcome->record, &outcome->mismatch);
}

static enum store_status layout_has_pipeline(const struct record_check *check, struct outcome *outcome)
{
    return mapping_layout_has_pipeline(&check->mapping, &outcome->record, &outcome->mismatch);
}

static enum store_status pipeline_has_stage(const struct record_check *check, struct outcome *outcome)
{
    return mapping_pipeline_has_stage(&check->mapping, &outcome->record, &outcome->mismatch);
}

static enum store_status is_without_fault(const struct record_check *check, struct outcome *outcome)
{
    (void)check;
    return yes_if(!outcome->record.fault);
}

static const struct record_rule {
    struct rule rule;
    enum error error;
    holds_fn *holds;
    const char *hint;
} record_rules[] = {
    {{"the module has it", "E7"}, ERR_INVALID_ID, exists, "the module has no record of that id"},
    {{"the user may edit it", "E11"},
     ERR_RECORD_NOT_SHARED,
     is_shared,
     "the record is another user's and not shared with this one"},
    {{"it is not converted", "E33"}, ERR_CONVERTED, is_not_converted, "the lead has been converted"},
    {{"it is not locked", "E27"}, ERR_RECORD_LOCKED, is_not_locked, "the record is locked"},
    {{"no image validation or duplicate merge runs", "E26"},
     ERR_RECORD_BUSY,
     is_not_busy,
     "image validation or a merge of duplicates is running for the record"},
    {{"image validation has not rejected it or put it up for approval", "E28"},
     ERR_IN_IMAGE_REVIEW,
     is_not_in_image_review,
     "image validation rejected the record or has it in approval"},
    {{"it awaits no approval", "E14"},
     ERR_AWAITS_APPROVAL,
     awaits_no_approval,
     "the record waits in an approval process"},
    {{"it is not in stop processing", "E8"},
     ERR_STOP_PROCESSING,
     is_processed,
     "the record is in stop processing"},
    {{"its blueprint does not govern a field of the call", "E9"},
     ERR_IN_BLUEPRINT,
     leaves_blueprint_alone,
     "the record is in the blueprint of that picklist; other fields update"},
    {{"its layout offers the picklists' values", "M1"},
     ERR_VALUE_NOT_IN_LAYOUT,
     layout_has_values,
     "the record's layout does not offer that value"},
    {{"its layout has the pipeline", "M2"},
     ERR_PIPELINE_NOT_IN_LAYOUT,
     layout_has_pipeline,
     "the record's layout does not have that pipeline"},
    {{"its pipeline has the stage", "M3"},
     ERR_STAGE_NOT_IN_PIPELINE,
     pipeline_has_stage,
     "the record's pipeline does not have that stage"},
    {{"no other record has its unique fields' values", "D18"},
     ERR_DUPLICATE,
     is_no_duplicate,
     "the field is unique, and another record has that value"},
    {{"fixtures injected no fault", "E23"},
     ERR_INTERNAL,
     is_without_fault,
     "the record's fixture says \"fault\": true"},
};

const char *record_fault_cause(const struct record *record, struct arena *arena)
{
    return arena_printf(arena, "fixtures injected this fault: record %" PRId64 " says fault: true",
                        record->id);
}

const struct rules record_rules_order = {"each record", &record_rules[0].rule, sizeof record_rules[0],
                                         COUNT(record_rules)};

enum store_status record_rules_check(const struct record_check *check, struct outcome *outcome)
{
    outcome->error = ERR_NONE;
    outcome->hint = NULL;
    for (size_t i = 0; i < COUNT(record_rules); i++) {
        enum store_status status = record_rules[i].holds(check, outcome);
        if (status == STORE_OK)
            continue;
        outcome->error = record_rules[i].error;
        outcome->hint = record_rules[i].hint;
        return status == STORE_FAILED ? STORE_FAILED : STORE_OK;
    }
    return STORE_OK;
}
