/* Who may see a view and touch a record: profiles, roles and sharing. */
#ifndef CRMOCK_CRM_ACCESS_H
#define CRMOCK_CRM_ACCESS_H

#include "store/record_data.h"
#include "store/selection.h"

/* True for an administrator, for a view open to everyone, and for those it is shared with (E18). */
MUSTCHECK bool may_use_view(const struct user *user, const struct view *view);

/* False for a field that is hidden, from everyone or from the user's profile (E6). */
MUSTCHECK bool may_see_field(const struct user *user, const struct field *field);

/* STORE_OK when the user may edit the record: an administrator, its owner, a user whose role is above
 * the owner's, anyone in a module that is public for editing, those it is shared with.
 * STORE_NOT_FOUND when not (E11). */
MUSTCHECK enum store_status may_edit_record(struct db *db, const struct user *user,
                                            const struct record *record);

/* What a list of the module's records is narrowed to for the user; NULL: he sees them all. Arena-owned.
 */
MUSTCHECK const struct reader *reader_of(const struct user *user, const struct module *module,
                                         struct arena *arena);
/* STORE_OK when the user sees the record: he may edit it, or the module is open to everyone. */
MUSTCHECK enum store_status may_see_record(struct db *db, const struct user *user,
                                           const struct record *record);
/* Reads the record that a text names, when the module shows it and the user sees it; STORE_NOT_FOUND
 * when there is none such. Texts are owned by the arena. */
MUSTCHECK enum store_status read_seen_record(struct db *db, const struct user *user,
                                             const struct module *module, const char *id,
                                             struct arena *arena, struct record_data *data);

#endif
