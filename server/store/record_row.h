/* Inside the store room only: a record as a row of a query. */
#ifndef CRMOCK_STORE_RECORD_ROW_H
#define CRMOCK_STORE_RECORD_ROW_H

#include "store/db.h"
#include "store/record.h"

/* The columns that record_of_row reads, first in the query and in this order. */
#define RECORD_COLUMNS                                                                                 \
    "record.id, record.module_id, owner_id, created_by, created_time, blueprint_id, converted,"        \
    " lock_id IS NOT NULL, stop_processing, busy_with IS NOT NULL, image_review IS NOT NULL,"          \
    " approval IS 'waiting', fault"

enum { RECORD_COLUMN_COUNT = 13 };

struct record record_of_row(sqlite3_stmt *row, const struct org *org);

#endif
