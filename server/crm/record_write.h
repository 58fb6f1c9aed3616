/* Records that clients insert, update and delete. */
#ifndef CRMOCK_CRM_RECORD_WRITE_H
#define CRMOCK_CRM_RECORD_WRITE_H

#include "base/json.h"
#include "crm/error.h"
#include "store/record_data.h"

/* The record that has a unique field's value already (F18). */
struct duplicate {
    int64_t id;
    const struct user *owner;
    const struct module *module;
};

/* One record of a call. */
struct record_write {
    struct db *db;
    const struct user *user;
    const struct module *module;
    const cJSON *fields; /* as sent: API names and values */
    size_t index;        /* its place in "data", for json_path */
    const char *at;      /* where the fields stand, for json_path; NULL: in data[index] */
    int64_t now;
    struct arena *arena;
    /* What came of it. */
    struct fault fault;
    const struct field *duplicate; /* of an upsert that updated: the field that found the record */
    struct record record;          /* id, created_by and created_time are told to the client */
};

/* In the caller's transaction. ERR_NONE, or the row that refuses the record with write->fault filled,
 * and nothing written. Members that no field is called by, and fields that clients don't set, are
 * ignored. */
MUSTCHECK enum error record_write_insert(struct record_write *write);
/* The same for the record of that id: the fields that are sent replace what it has. */
MUSTCHECK enum error record_write_update(struct record_write *write, const char *id);
/* Updates the record that has the same value in one of the fields (`count` of them, in that order), or
 * inserts one when there is none. */
MUSTCHECK enum error record_write_upsert(struct record_write *write, const struct field *const *fields,
                                         size_t count);
/* Takes what is sent of the fields that a transition asks for, and performs the transition when none of
 * the mandatory ones is missing any more (*performed). P8 and P9: there is no such transition for the
 * record. */
MUSTCHECK enum error record_write_transition(struct record_write *write, const char *id,
                                             const char *transition_id, bool *performed);
MUSTCHECK enum error record_write_delete(struct record_write *write, const char *id);

#endif
