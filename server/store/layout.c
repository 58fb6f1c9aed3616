/* What a new store is laid out with, and whether one is. */
#include <string.h>

#include "base/embedded.h"
#include "store/inside.h"

enum { LAYOUT_VERSION = 7, APPLICATION_ID = 0x43524d4b /* "CRMK" */ };

static const struct sql layout_of = {
    "SELECT (SELECT user_version FROM pragma_user_version),"
    " (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)"};

enum store_status store_check_layout(struct db *db, struct arena *arena, bool *is_new,
                                     const char **reason)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(db, &layout_of, "");
    if (row == NULL || db_step(db, row) != STORE_OK) {
        *reason = arena_printf(arena, "not a store of crmock: %s", sqlite3_errmsg(db->handle));
        return STORE_FAILED;
    }
    int version = sqlite3_column_int(row, 0), application = sqlite3_column_int(row, 1);
    *is_new = version == 0 && (application == 0 || application == APPLICATION_ID) &&
              sqlite3_column_int(row, 2) == 0;
    if (*is_new)
        return STORE_OK;
    if (application != APPLICATION_ID) {
        *reason = "not a store of crmock: another program's database";
        return STORE_FAILED;
    }
    if (version != LAYOUT_VERSION) {
        *reason = arena_printf(arena, "layout version %d; this crmock reads version %d", version,
                               LAYOUT_VERSION);
        return STORE_FAILED;
    }
    return STORE_OK;
}

/* A store in memory that breaks while it is laid out is thrown away: it needs no journal for that. Nor
 * need references and words be checked again that the loader has looked up; a lasting store, which
 * takes longer anyway, checks them, and so do the tests of the default fixtures. */
static const char lasting_journal[] = "PRAGMA journal_mode = DELETE";
static const char no_journal[] = "PRAGMA journal_mode = OFF; PRAGMA foreign_keys = OFF;"
                                 "PRAGMA ignore_check_constraints = ON";

/* Without a journal, which would be another store's to who finds it beside an empty file. */
static const char mark[] = "PRAGMA journal_mode = MEMORY; PRAGMA application_id = 0x43524d4b";

bool store_mark(struct store *store)
{
    if (store_is_in_memory(store))
        return true;
    struct db *db = store_connect(store);
    bool is_marked = db != NULL && db_script(db, mark) == STORE_OK;
    db_close(db);
    return is_marked;
}

static const char *journal_of(const struct store *store, bool can_undo)
{
    static const char in_memory[] = "PRAGMA journal_mode = MEMORY; PRAGMA foreign_keys = OFF;"
                                    "PRAGMA ignore_check_constraints = ON";
    if (!store_is_in_memory(store))
        return lasting_journal;
    return can_undo ? in_memory : no_journal;
}

struct db *store_begin_new(struct store *store, bool can_undo)
{
    struct db *db = store_mark(store) ? store_connect(store) : NULL;
    if (db == NULL)
        return NULL;
    const struct embedded_file *schema = embedded_find("schema.sql");
    if (schema != NULL && db_script(db, journal_of(store, can_undo)) == STORE_OK &&
        db_script(db, "BEGIN EXCLUSIVE") == STORE_OK && db_script(db, schema->text) == STORE_OK)
        return db;
    db_close(db);
    return NULL;
}

bool store_end_new(struct db *db, bool keep)
{
    struct store *store = db->store;
    bool lasts = !store_is_in_memory(store);
    bool kept =
        keep && db_script(db, lasts ? "COMMIT; PRAGMA journal_mode = WAL" : "COMMIT") == STORE_OK;
    db_close(db);
    if (!kept || lasts)
        return kept;
    struct image *image = memory_image(&store->memory); /* what it goes on with */
    image_free(image);
    return image != NULL;
}

bool store_is_laid_out(struct db *db)
{
    struct arena arena = {.blocks = NULL};
    const char *reason;
    bool is_new = true;
    bool is_laid_out = store_check_layout(db, &arena, &is_new, &reason) == STORE_OK && !is_new;
    arena_clear(&arena);
    return is_laid_out;
}
