/* Inside the store room only: the ids that fixtures give. */
#ifndef CRMOCK_STORE_FIXTURE_IDS_H
#define CRMOCK_STORE_FIXTURE_IDS_H

#include "store/db.h"
#include "store/fixture_files.h"

/* Reserves all of them before anything is loaded, so that what is to be given an id gets another. */
MUSTCHECK enum store_status fixture_ids_reserve(struct db *db, const struct fixture_folders *folders);

#endif
