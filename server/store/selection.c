#include "store/selection.h"

#include <string.h>

#include "store/db.h"

/* A statement in the making: its text, and what its question marks stand for, in order. */
struct building {
    sqlite3_str *text;
    const struct operand *bound[1024];
    size_t count;
};

static const struct operand *keep(struct building *sql, const struct operand *operand)
{
    if (sql->count < COUNT(sql->bound))
        sql->bound[sql->count] = operand;
    sql->count++;
    return operand;
}

static void bind_one(struct building *sql, const struct operand *operand)
{
    sqlite3_str_appendall(sql->text, "?");
    (void)keep(sql, operand);
}

static const struct system_column {
    const char *api_name, *column;
} system_columns[] = {
    {"id", "record.id"},
    {"Owner", "owner_id"},
    {"Created_By", "created_by"},
    {"Modified_By", "modified_by"},
    {"Created_Time", "created_time"},
    {"Modified_Time", "modified_time"},
};

/* The SQL that reads a field of the record. API names are checked when fixtures are loaded: letters,
 * digits and underscores; %w and %q guard it all the same. */
static void append_field(struct building *sql, const struct criteria *leaf)
{
    for (size_t i = 0; i < COUNT(system_columns); i++) {
        if (strcmp(leaf->field->api_name, system_columns[i].api_name) != 0)
            continue;
        sqlite3_str_appendall(sql->text, system_columns[i].column);
        return;
    }
    const char *path = leaf->field->path;
    if (leaf->field->type == TYPE_BIGINT)
        sqlite3_str_appendf(sql->text, "CAST(json_extract(fields, '%q') AS INTEGER)", path);
    else if (leaf->kind == COMPARE_ID)
        sqlite3_str_appendf(sql->text, "CAST(json_extract(fields, '%q.id') AS INTEGER)", path);
    else if (leaf->kind == COMPARE_TIME && leaf->field->type == TYPE_DATETIME)
        sqlite3_str_appendf(sql->text, "unixepoch(json_extract(fields, '%q'))", path);
    else
        sqlite3_str_appendf(sql->text, "json_extract(fields, '%q')", path);
}

/* A field without value: also an empty text, or a list without members. */
static void append_empty(struct building *sql, const struct criteria *leaf)
{
    append_field(sql, leaf);
    sqlite3_str_appendall(sql->text, " IS NULL");
    if (leaf->kind != COMPARE_TEXT && leaf->kind != COMPARE_SET)
        return;
    sqlite3_str_appendall(sql->text, " OR ");
    append_field(sql, leaf);
    sqlite3_str_appendall(sql->text, leaf->kind == COMPARE_SET ? " = '[]'" : " = ''");
}

/* x = a. */
static void append_equal(struct building *sql, const struct criteria *leaf,
                         const struct operand *operand)
{
    if (operand->kind == OPERAND_EMPTY) {
        append_empty(sql, leaf);
        return;
    }
    if (leaf->kind == COMPARE_SET) {
        sqlite3_str_appendf(sql->text, "EXISTS (SELECT 1 FROM json_each(fields, '%q') WHERE value = ",
                            leaf->field->path);
        bind_one(sql, operand);
        sqlite3_str_appendall(sql->text, " COLLATE NOCASE)");
        return;
    }
    append_field(sql, leaf);
    sqlite3_str_appendall(sql->text, " = ");
    bind_one(sql, operand);
    if (leaf->kind == COMPARE_TEXT)
        sqlite3_str_appendall(sql->text, " COLLATE NOCASE");
}

/* `before` x `after`, with the operand where the question mark goes. */
static void append_around(struct building *sql, const struct criteria *leaf,
                          const struct operand *operand, const char *before, const char *between,
                          const char *after)
{
    sqlite3_str_appendall(sql->text, before);
    append_field(sql, leaf);
    sqlite3_str_appendall(sql->text, between);
    bind_one(sql, operand);
    sqlite3_str_appendall(sql->text, after);
}

static void append_test(struct building *sql, const struct criteria *leaf,
                        const struct operand *operand)
{
    const char *collate = leaf->kind == COMPARE_TEXT ? " COLLATE NOCASE" : "";
    switch (leaf->comparator) {
    case CMP_LESS_THAN:
        append_around(sql, leaf, operand, "", " < ", collate);
        return;
    case CMP_LESS_EQUAL:
        append_around(sql, leaf, operand, "", " <= ", collate);
        return;
    case CMP_GREATER_THAN:
        append_around(sql, leaf, operand, "", " > ", collate);
        return;
    case CMP_GREATER_EQUAL:
        append_around(sql, leaf, operand, "", " >= ", collate);
        return;
    case CMP_CONTAINS:
    case CMP_NOT_CONTAINS:
        if (leaf->kind == COMPARE_SET)
            append_equal(sql, leaf, operand);
        else
            append_around(sql, leaf, operand, "instr(lower(", "), lower(", ")) > 0");
        return;
    case CMP_STARTS_WITH:
        append_around(sql, leaf, operand, "instr(lower(", "), lower(", ")) = 1");
        return;
    case CMP_ENDS_WITH:
        append_around(sql, leaf, operand, "substr(lower(", "), -length(", ")) = lower(");
        bind_one(sql, operand);
        sqlite3_str_appendall(sql->text, ")");
        return;
    default:
        append_equal(sql, leaf, operand);
        return;
    }
}

static bool is_negated(enum comparator comparator)
{
    return comparator == CMP_NOT_EQUAL || comparator == CMP_NOT_IN || comparator == CMP_NOT_CONTAINS ||
           comparator == CMP_NOT_BETWEEN;
}

/* The negated comparators are the exact opposite of the others, so a record without a value is
 * "not equal" to any: IS TRUE turns SQL's unknown into no before it is negated. */
static void append_leaf(struct building *sql, const struct criteria *leaf)
{
    sqlite3_str_appendall(sql->text, is_negated(leaf->comparator) ? "NOT ((" : "((");
    if (leaf->comparator == CMP_BETWEEN || leaf->comparator == CMP_NOT_BETWEEN) {
        const char *collate = leaf->kind == COMPARE_TEXT ? " COLLATE NOCASE" : "";
        append_around(sql, leaf, &leaf->operands[0], "", " >= ", collate);
        append_around(sql, leaf, &leaf->operands[1], " AND ", " <= ", collate);
    } else {
        for (size_t i = 0; i < leaf->operand_count; i++) {
            sqlite3_str_appendall(sql->text, i > 0 ? " OR " : "");
            append_test(sql, leaf, &leaf->operands[i]);
        }
    }
    sqlite3_str_appendall(sql->text, ") IS TRUE)");
}

static void append_criteria(struct building *sql, const struct criteria *criteria)
{
    if (!criteria->is_group) {
        append_leaf(sql, criteria);
        return;
    }
    sqlite3_str_appendall(sql->text, "(");
    for (size_t i = 0; i < criteria->count; i++) {
        if (i > 0)
            sqlite3_str_appendall(sql->text, criteria->any ? " OR " : " AND ");
        append_criteria(sql, criteria->members[i]);
    }
    sqlite3_str_appendall(sql->text, criteria->count == 0 ? "1)" : ")");
}

static void append_reader(struct building *sql, const struct reader *reader)
{
    sqlite3_str_appendf(sql->text,
                        " AND (record.id IN (SELECT record_id FROM record_share WHERE user_id = %lld)"
                        " OR owner_id IN (%lld",
                        (long long)reader->user_id, (long long)reader->user_id);
    for (size_t i = 0; i < reader->owner_count; i++)
        sqlite3_str_appendf(sql->text, ", %lld", (long long)reader->owners[i]);
    sqlite3_str_appendall(sql->text, "))");
}

static void append_selection(struct building *sql, const struct selection *selection)
{
    sqlite3_str_appendf(sql->text,
                        " FROM record WHERE module_id IN"
                        " (SELECT id FROM module WHERE id = %lld OR part_of = %lld)",
                        (long long)selection->module->id, (long long)selection->module->id);
    if (selection->record_id != 0)
        sqlite3_str_appendf(sql->text, " AND record.id = %lld", (long long)selection->record_id);
    if (selection->territory != NULL)
        sqlite3_str_appendf(
            sql->text,
            " AND record.id IN (WITH RECURSIVE chosen (id) AS (SELECT %lld UNION SELECT"
            " territory.id FROM territory JOIN chosen ON parent_id = chosen.id AND %d)"
            " SELECT record_id FROM record_territory JOIN chosen ON territory_id = chosen.id)",
            (long long)selection->territory->id, selection->include_child ? 1 : 0);
    if (selection->reader != NULL)
        append_reader(sql, selection->reader);
    if (selection->modified_since != NULL)
        sqlite3_str_appendf(sql->text, " AND modified_time >= %lld",
                            (long long)*selection->modified_since);
    const struct criteria *filters[] = {selection->view, selection->request};
    for (size_t i = 0; i < COUNT(filters); i++) {
        if (filters[i] == NULL)
            continue;
        sqlite3_str_appendall(sql->text, " AND ");
        append_criteria(sql, filters[i]);
    }
}

static int bind_operand(sqlite3_stmt *statement, int at, const struct operand *operand)
{
    switch (operand->kind) {
    case OPERAND_TEXT:
        return sqlite3_bind_text(statement, at, operand->text, -1, SQLITE_STATIC);
    case OPERAND_INTEGER:
        return sqlite3_bind_int64(statement, at, operand->integer);
    case OPERAND_REAL:
        return sqlite3_bind_double(statement, at, operand->real);
    default:
        return sqlite3_bind_null(statement, at);
    }
}

static void finalize(sqlite3_stmt **statement)
{
    (void)sqlite3_finalize(*statement);
}

static void drop_text(char **text)
{
    sqlite3_free(*text);
}

/* Prepares what was built and binds it; NULL after a logged error. */
static sqlite3_stmt *finish(struct db *db, struct building *sql)
{
    char *text CLEANUP(drop_text) = sqlite3_str_finish(sql->text);
    sqlite3_stmt *statement = NULL;
    bool ready = text != NULL && sql->count <= COUNT(sql->bound) &&
                 sqlite3_prepare_v2(db->handle, text, -1, &statement, NULL) == SQLITE_OK;
    for (size_t i = 0; i < sql->count && ready; i++)
        ready = bind_operand(statement, (int)i + 1, sql->bound[i]) == SQLITE_OK;
    if (ready)
        return statement;
    (void)db_failed(db, text != NULL ? text : "a selection");
    (void)sqlite3_finalize(statement);
    return NULL;
}

/* Runs what was built to its first row or its end. */
static enum store_status run(struct db *db, struct building *sql, int64_t *first_column)
{
    sqlite3_stmt *statement CLEANUP(finalize) = finish(db, sql);
    if (statement == NULL)
        return STORE_FAILED;
    enum store_status status = db_step(db, statement);
    if (status == STORE_OK)
        *first_column = sqlite3_column_int64(statement, 0);
    return status == STORE_OK || status == STORE_NOT_FOUND ? STORE_OK : STORE_FAILED;
}

enum store_status selection_fix(struct db *db, const struct selection *selection, int64_t job_id,
                                int64_t limit, int64_t *count)
{
    struct building sql = {.text = sqlite3_str_new(db->handle)};
    int64_t unused;
    sqlite3_str_appendf(sql.text, "INSERT INTO job_record (job_id, record_id) SELECT %lld, record.id",
                        (long long)job_id);
    append_selection(&sql, selection);
    sqlite3_str_appendf(sql.text, " LIMIT %lld", (long long)limit + 1);
    if (run(db, &sql, &unused) != STORE_OK)
        return STORE_FAILED;
    *count = sqlite3_changes64(db->handle);
    return STORE_OK;
}

enum store_status selection_count(struct db *db, const struct selection *selection, int64_t *count)
{
    struct building sql = {.text = sqlite3_str_new(db->handle)};
    sqlite3_str_appendall(sql.text, "SELECT count(*)");
    append_selection(&sql, selection);
    return run(db, &sql, count);
}

enum store_status selection_page(struct db *db, const struct selection *selection,
                                 const struct page *page, int64_t *ids, size_t *count)
{
    struct building sql = {.text = sqlite3_str_new(db->handle)};
    const struct criteria sort = {.field = page->sort_by,
                                  .kind = page->sort_by->type == TYPE_DATETIME ? COMPARE_TIME
                                                                               : COMPARE_TEXT};
    sqlite3_str_appendall(sql.text, "SELECT record.id");
    append_selection(&sql, selection);
    sqlite3_str_appendall(sql.text, " ORDER BY ");
    append_field(&sql, &sort);
    sqlite3_str_appendf(sql.text, " COLLATE NOCASE %s, record.id LIMIT %lld OFFSET %lld",
                        page->descending ? "DESC" : "ASC", (long long)page->limit,
                        (long long)page->offset);
    sqlite3_stmt *row CLEANUP(finalize) = finish(db, &sql);
    if (row == NULL)
        return STORE_FAILED;
    *count = 0;
    enum store_status status;
    while ((status = db_step(db, row)) == STORE_OK)
        ids[(*count)++] = sqlite3_column_int64(row, 0);
    return status == STORE_NOT_FOUND ? STORE_OK : STORE_FAILED;
}
