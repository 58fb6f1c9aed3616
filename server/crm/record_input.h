/* Inside the crm room: what a client sends of a record, checked and taken. Of each function, ERR_NONE
 * or the row that refuses the record, with write->fault filled. */
#ifndef CRMOCK_CRM_RECORD_INPUT_H
#define CRMOCK_CRM_RECORD_INPUT_H

#include "crm/mapping.h"
#include "crm/record_write.h"

/* Fills write->fault: a refusal of the record, or with a name of that member of it. Returns `error`. */
enum error input_refuse(struct record_write *write, enum error error, const char *name,
                        const char *hint);

/* Puts what is sent into `fields` and *values, and checks it all; `id` is 0 for a new record. */
MUSTCHECK enum error input_take(struct record_write *write, cJSON *fields, int64_t id,
                                struct record_values *values);
/* Puts one value into `fields`, if clients may set the field (NULL: there is none such), checked by
 * itself. */
MUSTCHECK enum error input_take_value(struct record_write *write, const struct field *field,
                                      cJSON *value, cJSON *fields, int64_t id);
/* Whether the record of `id` (0: a new one), as it would be, goes together: see mapping.h. */
MUSTCHECK enum error input_check_mapping(struct record_write *write, const struct mapped_record *record,
                                         int64_t id);
/* The values as they are to be written, unless they are too many for a record. */
MUSTCHECK enum error input_keep_values(struct record_write *write, cJSON *fields,
                                       struct record_values *values);

/* The module whose pipelines and layouts count: a module that shows another one's records has none for
 * them. */
MUSTCHECK const struct module *input_module(const struct record_write *write);

#endif
