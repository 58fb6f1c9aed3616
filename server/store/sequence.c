#include "store/sequence.h"

#include "store/db.h"

static const struct sql take = {"UPDATE id_sequence SET next_id = next_id + 1 RETURNING next_id - 1"};

enum store_status id_take(struct db *db, int64_t *id)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &take, "");
    if (row == NULL)
        return STORE_FAILED;
    enum store_status status = db_step(db, row);
    if (status == STORE_OK)
        *id = sqlite3_column_int64(row, 0);
    return status;
}
