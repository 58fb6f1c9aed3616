#include "crm/locking.h"

#include "base/id.h"
#include "crm/access.h"
#include "store/sequence.h"

enum { RECORD_POSITION = 1, LOCK_POSITION = 3 }; /* in the path, counted from the module */

static enum error refuse(struct locking *locking, enum error error, int path_index, const char *hint)
{
    locking->fault = (struct fault){.path_index = path_index, .hint = hint};
    return error;
}

static enum error find_record(struct locking *locking)
{
    enum store_status status = read_seen_record(locking->db, locking->user, locking->module,
                                                locking->record_id, locking->arena, &locking->record);
    if (status == STORE_FAILED)
        return ERR_INTERNAL;
    return status == STORE_OK ? ERR_NONE
                              : refuse(locking, ERR_NO_SUCH_PARENT, RECORD_POSITION,
                                       "the module has no record of that id, or none for this user");
}

enum error locking_find(struct locking *locking)
{
    enum error error = find_record(locking);
    if (error != ERR_NONE)
        return error;
    int64_t asked = 0;
    enum store_status status =
        lock_of_record(locking->db, locking->record.state.id, locking->arena, &locking->lock);
    if (status == STORE_FAILED)
        return ERR_INTERNAL;
    if (locking->lock_id == NULL ||
        (status == STORE_OK && id_parse(locking->lock_id, &asked) && asked == locking->lock.id))
        return ERR_NONE;
    return refuse(locking, ERR_INVALID_ID, LOCK_POSITION, "the record has no lock of that id");
}

/* Finds what is to be changed, which the user must be allowed to. */
static enum error find_to_change(struct locking *locking)
{
    enum error error = locking_find(locking);
    if (error != ERR_NONE)
        return error;
    enum store_status status = may_edit_record(locking->db, locking->user, &locking->record.state);
    if (status == STORE_FAILED)
        return ERR_INTERNAL;
    if (status != STORE_OK) {
        locking->fault = (struct fault){.in_data = true,
                                        .id = locking->record_id,
                                        .hint = "the user sees the record, and may not edit it"};
        return ERR_RECORD_NOT_SHARED;
    }
    return locking->lock.id != 0 && locking->lock.locked_by == 0
               ? refuse(locking, ERR_LOCKED_BY_RULE, RECORD_POSITION, "a rule has locked the record")
               : ERR_NONE;
}

static enum error answer_of(enum store_status status)
{
    return status == STORE_OK ? ERR_NONE : ERR_INTERNAL;
}

enum error locking_lock(struct locking *locking, const char *reason)
{
    enum error error = find_to_change(locking);
    if (error == ERR_LOCKED_BY_RULE || (error == ERR_NONE && locking->lock.id != 0))
        return refuse(locking, ERR_ALREADY_LOCKED, RECORD_POSITION, "unlock the record first");
    if (error != ERR_NONE)
        return error;
    locking->lock = (struct record_lock){
        .locked_by = locking->user->id, .locked_time = locking->now, .reason = reason};
    enum store_status status = id_take(locking->db, &locking->lock.id);
    if (status == STORE_OK)
        status = lock_set(locking->db, locking->record.state.id, &locking->lock);
    return answer_of(status);
}

enum error locking_set_reason(struct locking *locking, const char *reason)
{
    enum error error = find_to_change(locking);
    return error != ERR_NONE ? error
                             : answer_of(lock_set_reason(locking->db, locking->lock.id, reason));
}

enum error locking_unlock(struct locking *locking)
{
    enum error error = find_to_change(locking);
    return error != ERR_NONE
               ? error
               : answer_of(lock_remove(locking->db, locking->record.state.id, locking->lock.id));
}
