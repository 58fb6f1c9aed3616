#include "store/org_loading.h"

#include <string.h>

#include "base/word.h"

enum store_status loading_rows(struct loading *loading, const struct sql *sql, row_fn *read, void *list,
                               size_t *count, size_t size)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(loading->db, sql, "i", loading->org->id);
    if (row == NULL)
        return STORE_FAILED;
    size_t index = 0;
    enum store_status status;
    while ((status = db_step(loading->db, row)) == STORE_OK) {
        if (index == 0 && list != NULL) {
            *count = (size_t)sqlite3_column_int64(row, 0);
            void *members = arena_array(loading->arena, *count, size);
            memcpy(list, &members, sizeof members);
        }
        if (!read(loading, row, index++)) {
            log_event(loading->db->log, LOG_ERROR,
                      "store broken reason=\"metadata that refers to nothing\" statement=\"%.200s\"",
                      sql->text);
            return STORE_FAILED;
        }
    }
    return status == STORE_NOT_FOUND ? STORE_OK : STORE_FAILED;
}

const char *loading_text(struct loading *loading, sqlite3_stmt *row, int column)
{
    return db_text(row, column, loading->arena);
}

int loading_word(sqlite3_stmt *row, int column, const char *const words[])
{
    int index = word_index(words, (const char *)sqlite3_column_text(row, column));
    return index >= 0 ? index : 0; /* the schema's checks allow no other */
}

struct module *loading_module(struct loading *loading, int64_t id)
{
    /* 0 would be the id of those that are not read yet */
    for (size_t i = 0; id != 0 && i < loading->org->module_count; i++)
        if (loading->org->modules[i].id == id)
            return &loading->org->modules[i];
    return NULL;
}

struct field *loading_field(struct loading *loading, int64_t module_id, int64_t field_id)
{
    struct module *module = loading_module(loading, module_id);
    for (size_t i = 0; module != NULL && i < module->field_count; i++)
        if (module->fields[i].id == field_id)
            return &module->fields[i];
    return NULL;
}

static void mark(struct loading *loading, int64_t module_id, const char *api_name)
{
    struct module *module = loading_module(loading, module_id);
    for (size_t i = 0; module != NULL && i < module->field_count; i++)
        if (strcmp(module->fields[i].api_name, api_name) == 0)
            module->fields[i].is_mapped = true;
}

void loading_mark_mapped(struct loading *loading, const struct module *module, const char *api_name)
{
    mark(loading, module->id, api_name);
    if (module->part_of != NULL)
        mark(loading, module->part_of->id, api_name);
}
