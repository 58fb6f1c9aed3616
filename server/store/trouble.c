#include "store/db.h"

/* SQLite's primary result codes, as a person may be told of them. */
static const struct trouble {
    int code;
    const char *text;
} troubles[] = {
    {SQLITE_BUSY, "another program holds the store's lock"},
    {SQLITE_FULL, "the disk is full, the store cannot grow"},
    {SQLITE_READONLY, "the store may not be written, its file or folder is read-only"},
    {SQLITE_CORRUPT, "the store's file is damaged"},
    {SQLITE_NOTADB, "the store's file is no database any more"},
    {SQLITE_IOERR, "the disk fails to read or write the store"},
    {SQLITE_CANTOPEN, "the store cannot be opened: it is gone, or too many files are open"},
    {SQLITE_PERM, "the system does not permit to use the store"},
    {SQLITE_NOMEM, "there is no memory left for the store"},
    {SQLITE_INTERRUPT,
     "the request's queries take more than --request-time or --request-steps lets them"},
};

static const char *text_of(int code)
{
    for (size_t i = 0; i < COUNT(troubles); i++)
        if (troubles[i].code == code)
            return troubles[i].text;
    return NULL;
}

const char *store_trouble(struct store *store, const struct db *db, struct arena *arena)
{
    enum { PRIMARY = 0xff };
    int code = (db != NULL ? db->code : store_open_code(store)) & PRIMARY;
    const char *text = text_of(code), *path = store_path(store);
    if (code == SQLITE_OK)
        return NULL;
    if (code == SQLITE_BUSY)
        return arena_printf(arena, "%s, which was waited for, for %d s: %s", text,
                            DB_BUSY_MILLISECONDS / 1000, path);
    if (code == SQLITE_INTERRUPT)
        return text; /* no fault of the file's */
    if (text != NULL)
        return arena_printf(arena, "%s: %s", text, path);
    return arena_printf(arena, "the store fails: %s: %s",
                        db != NULL ? db->failure : "(the log says why)", path);
}
