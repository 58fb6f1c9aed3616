/* What is taken for JSON is JSON, by another's reading too. What is printed is read as it was. Not the
 * other way round: SQLite takes {[""]:0}. */
#include <sqlite3.h>
#include <string.h>

#include "fuzz.h"

static sqlite3_stmt *json_valid;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    sqlite3 *handle = NULL;
    if (sqlite3_open(":memory:", &handle) != SQLITE_OK ||
        sqlite3_prepare_v2(handle, "SELECT json_valid(?1)", -1, &json_valid, NULL) != SQLITE_OK)
        fuzz_fail("SQLite: %s", sqlite3_errmsg(handle));
    return 0;
}

/* By SQLite, which does not forgive a byte order mark, as RFC 8259 lets one do. */
static bool is_valid(const char *text, size_t length)
{
    static const char mark[] = "\xEF\xBB\xBF";
    if (strncmp(text, mark, sizeof mark - 1) == 0) {
        text += sizeof mark - 1;
        length -= sizeof mark - 1;
    }
    (void)sqlite3_bind_text64(json_valid, 1, text, length, SQLITE_STATIC, SQLITE_UTF8);
    bool valid = sqlite3_step(json_valid) == SQLITE_ROW && sqlite3_column_int(json_valid, 0) == 1;
    (void)sqlite3_reset(json_valid);
    return valid;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena arena = {.blocks = NULL};
    const char *bytes = (const char *)data; /* without an end of their own: reading on is a fault */
    const char *text = arena_strndup(&arena, bytes, size);
    cJSON *tree = json_parse(bytes, size, NULL);
    if (tree == NULL) {
        arena_clear(&arena);
        return 0;
    }
    if (!is_valid(text, size))
        fuzz_fail("what is no JSON is taken");
    const char *printed = json_print(&arena, tree);
    cJSON *again = json_parse(printed, strlen(printed), NULL);
    if (again == NULL || !is_valid(printed, strlen(printed)))
        fuzz_fail("what was printed is no JSON: %s", printed);
    if (strcmp(json_print(&arena, again), printed) != 0)
        fuzz_fail("it is read otherwise than it was printed: %s", printed);
    cJSON_Delete(again);
    cJSON_Delete(tree);
    arena_clear(&arena);
    return 0;
}
