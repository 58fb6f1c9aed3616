/* What writing cases have changed gets its value again. */
#include <string.h>

#include "parity/side.h"

enum { TRIES = 2 };

static bool is_as_it_was(const cJSON *record, const struct side_field *field, struct arena *arena)
{
    const cJSON *value = json_member(record, field->name);
    return strcmp(value != NULL ? json_print(arena, (cJSON *)value) : "null", field->value) == 0;
}

static void set_again(const struct side *side, const struct side_field *field)
{
    struct client_answer answer; /* the record tells whether it helped */
    const struct side_request request = {
        .method = "POST",
        .path = side_fill(side, "v8", "/crm/{version}/{module}/actions/mass_update"),
        .body = arena_printf(side->arena, "{\"data\":[{\"%s\":%s}],\"ids\":[\"%s\"],\"trigger\":[]}",
                             field->name, field->value, side->record)};
    side_ask(side, &request, &answer);
}

/* NULL: none, all are as they were. */
static const struct side_field *first_changed(const struct side *side, const cJSON *record)
{
    for (size_t i = 0; i < side->field_count; i++)
        if (!is_as_it_was(record, &side->fields[i], side->arena))
            return &side->fields[i];
    return NULL;
}

bool side_restore(struct side *side, const char **reason)
{
    const char *state = "it cannot be read";
    side->is_finishing = true;
    for (size_t i = 0; i < TRIES * side->field_count; i++) {
        const cJSON *record = side_read_record(side, side->record);
        const struct side_field *changed = record != NULL ? first_changed(side, record) : NULL;
        if (record != NULL && changed == NULL)
            return true;
        if (changed == NULL)
            continue;
        state = arena_printf(side->arena, "%s was %s", changed->name, changed->value);
        set_again(side, changed);
    }
    *reason = arena_printf(side->arena, "%s: record %s of %s is not as it was: %s", side->url,
                           side->record, side->module, state);
    return false;
}
