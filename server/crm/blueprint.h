/* Blueprints: the states of a record in one, and the transitions that lead on from there. */
#ifndef CRMOCK_CRM_BLUEPRINT_H
#define CRMOCK_CRM_BLUEPRINT_H

#include "base/json.h"
#include "crm/error.h"
#include "store/record_data.h"

/* The blueprint of the field that a record enters when a client gives the field that value; NULL: none.
 */
MUSTCHECK const struct blueprint *blueprint_started_by(const struct org *org, const struct field *field,
                                                       const cJSON *value);

/* The state that a record of the blueprint is in, by its fields; "-None-" when the picklist has no
 * value. Borrowed from `fields`. */
MUSTCHECK const char *blueprint_state(const struct blueprint *blueprint, const cJSON *fields);

MUSTCHECK bool transition_leads_from(const struct transition *transition, const char *state);
/* The transition of that id, when it leads from the state; else NULL. */
MUSTCHECK const struct transition *blueprint_transition(const struct blueprint *blueprint,
                                                        const char *id, const char *state);
/* True for a state from which no transition leads: a record that gets there leaves the blueprint. */
MUSTCHECK bool blueprint_ends_at(const struct blueprint *blueprint, const char *state);

/* How many of the fields that a transition asks for have a value, and whether the mandatory ones do. */
struct transition_progress {
    size_t filled;
    bool complete;
};
MUSTCHECK struct transition_progress transition_progress(const struct transition *transition,
                                                         const cJSON *fields);

/* Finds a record that the user sees, and its blueprint. E7, E27 (it is locked) or P8 (it is in no
 * blueprint) with *fault filled. */
MUSTCHECK enum error blueprint_of_record(struct db *db, const struct user *user,
                                         const struct module *module, const char *id,
                                         struct arena *arena, struct record_data *record,
                                         const struct blueprint **blueprint, struct fault *fault);

#endif
