#include "store/difference.h"

#include <stdlib.h>

#include "base/id.h"
#include "store/db.h"
#include "store/tree.h"

bool sight_open(struct sight *sight, struct image *image, const struct log *log)
{
    const struct store_options options = {.image = image, .log = log};
    struct arena arena = {.blocks = NULL};
    const char *reason;
    bool is_new;
    *sight = (struct sight){.image = image, .store = store_open(&options, &arena, &is_new, &reason)};
    if (sight->store == NULL)
        log_event(log, LOG_ERROR, "store failed reason=\"%s\"", reason);
    else
        sight->db = store_acquire(sight->store);
    arena_clear(&arena);
    return sight->db != NULL;
}

void sight_close(struct sight *sight)
{
    if (sight->db != NULL)
        store_release(sight->db);
    store_close(sight->store);
    *sight = (struct sight){.db = NULL};
}

static const struct sql root_of = {"SELECT rootpage FROM sqlite_schema WHERE name = ?1"};

static enum store_status find_tree(const struct sight *sight, const char *table, struct tree *tree)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(sight->db, &root_of, "t", table);
    enum store_status status = row == NULL ? STORE_FAILED : db_step(sight->db, row);
    if (status == STORE_OK)
        *tree = (struct tree){.image = sight->image, .root = (uint32_t)sqlite3_column_int64(row, 0)};
    return status == STORE_OK ? STORE_OK : STORE_FAILED;
}

static enum store_status find_trees(const struct sight *one, const struct sight *other,
                                    const char *table, struct tree trees[2])
{
    enum store_status status = find_tree(one, table, &trees[0]);
    return status == STORE_OK ? find_tree(other, table, &trees[1]) : status;
}

static enum store_status differing_rows(const struct sight *one, const struct sight *other,
                                        const char *table, struct id_list *ids)
{
    struct tree trees[2];
    enum store_status status = find_trees(one, other, table, trees);
    if (status == STORE_OK && !trees_differing_ids(&trees[0], &trees[1], ids))
        return db_failed(one->db, table);
    return status;
}

static const struct sql record_of_lock = {"SELECT id FROM record WHERE lock_id = ?1"};

static enum store_status add_locked(const struct sight *sight, int64_t lock_id, struct id_list *ids)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(sight->db, &record_of_lock, "i", lock_id);
    enum store_status status = row == NULL ? STORE_FAILED : db_step(sight->db, row);
    if (status == STORE_OK)
        id_list_add(ids, sqlite3_column_int64(row, 0));
    return status == STORE_FAILED ? STORE_FAILED : STORE_OK;
}

/* The records whose locks differ. */
static enum store_status compare_locks(const struct sight *one, const struct sight *other,
                                       struct id_list *ids)
{
    struct id_list locks = {.ids = NULL};
    enum store_status status = differing_rows(one, other, "record_lock", &locks);
    for (size_t i = 0; i < locks.count && status == STORE_OK; i++) {
        status = add_locked(one, locks.ids[i], ids);
        if (status == STORE_OK)
            status = add_locked(other, locks.ids[i], ids);
    }
    free(locks.ids);
    return status;
}

/* What records are joined to, in the order of both columns. */
static const struct {
    const char *table;
    struct sql rows;
} joined[] = {
    {"record_territory", {"SELECT record_id, territory_id FROM record_territory ORDER BY 1, 2"}},
    {"record_share", {"SELECT record_id, user_id FROM record_share ORDER BY 1, 2"}},
};

static int by_pair(sqlite3_stmt *one, sqlite3_stmt *other)
{
    for (int i = 0; i < 2; i++) {
        int64_t a = sqlite3_column_int64(one, i), b = sqlite3_column_int64(other, i);
        if (a != b)
            return a < b ? -1 : 1;
    }
    return 0;
}

/* Adds the record of each pair that one side has and the other lacks. */
static enum store_status merge(const struct sight *one, const struct sight *other,
                               const struct sql *rows, struct id_list *ids)
{
    sqlite3_stmt *left CLEANUP(db_done) = db_query(one->db, rows, "");
    sqlite3_stmt *right CLEANUP(db_done) = db_query(other->db, rows, "");
    enum store_status ours = left == NULL ? STORE_FAILED : db_step(one->db, left);
    enum store_status theirs = right == NULL ? STORE_FAILED : db_step(other->db, right);
    while ((ours == STORE_OK || theirs == STORE_OK) && ours != STORE_FAILED && theirs != STORE_FAILED) {
        int order = ours != STORE_OK ? 1 : theirs != STORE_OK ? -1 : by_pair(left, right);
        if (order != 0)
            id_list_add(ids, sqlite3_column_int64(order < 0 ? left : right, 0));
        if (order <= 0)
            ours = db_step(one->db, left);
        if (order >= 0)
            theirs = db_step(other->db, right);
    }
    return ours == STORE_FAILED || theirs == STORE_FAILED ? STORE_FAILED : STORE_OK;
}

static enum store_status compare_joined(const struct sight *one, const struct sight *other,
                                        struct id_list *ids)
{
    enum store_status status = STORE_OK;
    for (size_t i = 0; i < COUNT(joined) && status == STORE_OK; i++) {
        struct tree trees[2];
        bool same = false;
        status = find_trees(one, other, joined[i].table, trees);
        if (status == STORE_OK && !trees_are_same(&trees[0], &trees[1], &same))
            return db_failed(one->db, joined[i].table);
        if (status == STORE_OK && !same)
            status = merge(one, other, &joined[i].rows, ids);
    }
    return status;
}

static void sort_once(struct id_list *ids)
{
    size_t kept = 0;
    ids_sort(ids->ids, ids->count);
    for (size_t i = 0; i < ids->count; i++)
        if (kept == 0 || ids->ids[kept - 1] != ids->ids[i])
            ids->ids[kept++] = ids->ids[i];
    ids->count = kept;
}

enum store_status sights_compare(const struct sight *one, const struct sight *other, int64_t **ids,
                                 size_t *count)
{
    struct id_list list = {.ids = NULL};
    enum store_status status = differing_rows(one, other, "record", &list);
    if (status == STORE_OK)
        status = compare_locks(one, other, &list);
    if (status == STORE_OK)
        status = compare_joined(one, other, &list);
    sort_once(&list);
    *ids = list.ids;
    *count = list.count;
    return status;
}
