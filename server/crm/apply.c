#include "crm/apply.h"

#include <stdlib.h>
#include <string.h>

#include "crm/value.h"

/* A multi-select picklist that is added to. */
static bool is_added_to(const struct record_change *change, bool over_write)
{
    return change->field->type == TYPE_MULTISELECT && !over_write &&
           strcmp(change->value, "null") != 0; /* D6: null clears */
}

bool is_one_by_one(const struct application *application)
{
    const struct record_check *check = &application->check;
    for (size_t i = 0; i < check->change_count; i++)
        if (is_added_to(&check->changes[i], application->over_write) ||
            must_be_unique(&check->changes[i]))
            return true;
    return application->automates;
}

enum store_status application_begin(struct application *application)
{
    struct record_check *check = &application->check;
    enum store_status status = STORE_OK;
    for (size_t i = 0; i < check->change_count && status != STORE_FAILED; i++)
        if (must_be_unique(&check->changes[i]))
            status =
                record_with_value(check->db, check->module, &check->changes[i], 0, &check->holders[i]);
    if (status == STORE_FAILED)
        return STORE_FAILED;
    mapping_begin(&check->mapping, check->db, application->arena, check->changes, check->change_count);
    application->running = (struct automation){.db = check->db,
                                               .user = check->user,
                                               .module = check->module,
                                               .kinds = application->automation,
                                               .now = application->now,
                                               .arena = application->arena};
    application->automates =
        automation_may_start(&application->running, check->changes, check->change_count);
    return application->automates ? automation_begin(&application->running) : STORE_OK;
}

void application_end(struct application *application)
{
    mapping_end(&application->check.mapping);
    automation_end(&application->running);
}

static enum store_status merge(const struct application *application, int64_t id,
                               struct record_change *change)
{
    const char *current;
    if (!is_added_to(change, application->over_write))
        return STORE_OK;
    enum store_status status =
        record_value(application->check.db, id, change->field, application->arena, &current);
    if (status == STORE_OK)
        change->value = multiselect_add(current, change->value, application->arena);
    return status;
}

static enum store_status write_changes(struct application *application, int64_t id)
{
    struct record_check *check = &application->check;
    struct record_change changes[RECORD_CHANGES_MAX];
    enum store_status status = STORE_OK;
    for (size_t i = 0; i < check->change_count && status == STORE_OK; i++) {
        changes[i] = check->changes[i];
        if (must_be_unique(&changes[i]))
            check->holders[i] = id; /* D18: the first record gets it */
        status = merge(application, id, &changes[i]);
    }
    if (status != STORE_OK || record_update(check->db, id, changes, check->change_count,
                                            check->user->id, application->now) != STORE_OK)
        return STORE_FAILED;
    return application->automates
               ? automation_run(&application->running, id, changes, check->change_count)
               : STORE_OK;
}

enum store_status apply_to_record(struct application *application, struct outcome *outcome)
{
    enum store_status status = record_rules_check(&application->check, outcome);
    if (status != STORE_OK || outcome->error != ERR_NONE)
        return status;
    return write_changes(application, outcome->record.id);
}

/* An id of a call, and where it stands. */
struct place {
    int64_t id;
    size_t index;
};

static int compare_places(const void *one, const void *other)
{
    const struct place *a = one, *b = other;
    return a->id != b->id ? (a->id > b->id) - (a->id < b->id)
                          : (a->index > b->index) - (a->index < b->index);
}

/* For each id the index at which it stands first (D5). */
static const size_t *first_places(const struct mass_update *update, struct arena *arena)
{
    size_t *first = arena_array(arena, update->id_count, sizeof *first);
    struct place *places = arena_array(arena, update->id_count, sizeof *places);
    for (size_t i = 0; i < update->id_count; i++)
        places[i] = (struct place){.id = update->ids[i].id, .index = i};
    qsort(places, update->id_count, sizeof *places, compare_places);
    for (size_t i = 0; i < update->id_count; i++)
        first[places[i].index] =
            i > 0 && places[i].id == places[i - 1].id ? first[places[i - 1].index] : places[i].index;
    return first;
}

/* No record of a call changes what another one's rules look at. */
static enum store_status read_records(struct application *application, const struct mass_update *update,
                                      struct record *records)
{
    for (size_t i = 0; i < update->id_count; i++)
        records[i].id = update->ids[i].id;
    return records_read(application->check.db, update->user->org, records, update->id_count,
                        application->arena);
}

static enum store_status apply_to_ids(struct application *application, const struct mass_update *update,
                                      struct outcome *outcomes, struct fault *fault)
{
    struct record *records = arena_array(application->arena, update->id_count, sizeof *records);
    const size_t *first = first_places(update, application->arena);
    if (read_records(application, update, records) != STORE_OK)
        return STORE_FAILED;
    for (size_t i = 0; i < update->id_count; i++) {
        if (first[i] < i) {
            outcomes[i] = outcomes[first[i]];
            continue;
        }
        outcomes[i] = (struct outcome){.record = records[i]};
        if (apply_to_record(application, &outcomes[i]) != STORE_OK ||
            arena_is_exceeded(application->arena))
            return STORE_FAILED;
        if (outcomes[i].error == ERR_INTERNAL) { /* D17 */
            fault->cause = record_fault_cause(&outcomes[i].record, application->arena);
            return STORE_FAILED;
        }
    }
    return STORE_OK;
}

enum error mass_update_apply(const struct crm *crm, struct db *db, const struct mass_update *update,
                             struct arena *arena, struct outcome *outcomes, int64_t *now,
                             struct fault *fault)
{
    if (store_begin(db, STORE_REQUEST) != STORE_OK)
        return ERR_INTERNAL;
    *now = clock_now(crm->clock);
    struct application application = {
        .check = {.db = db,
                  .user = update->user,
                  .module = update->module,
                  .changes = update->changes,
                  .change_count = update->change_count},
        .over_write = update->over_write,
        .automation = update->automation,
        .now = *now,
        .arena = arena,
    };
    enum store_status status = application_begin(&application);
    if (status == STORE_OK)
        status = apply_to_ids(&application, update, outcomes, fault);
    application_end(&application);
    if (store_end(db, status == STORE_OK) != STORE_OK)
        return arena_is_exceeded(arena) ? ERR_NO_ROOM : ERR_INTERNAL;
    if (application.running.called_webhook)
        automation_call_webhooks(crm);
    return ERR_NONE;
}
