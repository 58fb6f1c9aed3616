/* A store that lasts, and has changed: it is refused or served.
 * An input that starts with SQL's UPDATE or DELETE is a script, run without the schema's checks. Any
 * other is a list of changed bytes, four bytes each: three of a place, one of what stands there then; a
 * place beyond CUT cuts the file. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "fuzz_json.h"

enum { CHANGES_MAX = 64, CUT = 0x800000, COLUMNS_MAX = 400 };

static struct fuzz_app fuzzed;
static const char *name;
static char *bytes, *changed; /* the file's */
static size_t size_of_file;
static struct {
    const char *table, *column;
} columns[COLUMNS_MAX];
static size_t column_count;

/* What is there before and after a run of the app. */
static void remove_file(void)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < COUNT(suffixes); i++) {
        char path[300];
        (void)snprintf(path, sizeof path, "%s%s", name, suffixes[i]);
        (void)unlink(path);
    }
}

static void stop(void)
{
    app_stop(fuzzed.app);
    fuzzed.app = NULL;
}

static void read_file(void)
{
    int file = open(name, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0)
        fuzz_fail("%s is not there", name);
    size_of_file = (size_t)status.st_size;
    bytes = arena_alloc(&fuzzed.arena, size_of_file);
    changed = arena_alloc(&fuzzed.arena, size_of_file);
    if (read(file, bytes, size_of_file) != (ssize_t)size_of_file)
        fuzz_fail("%s cannot be read", name);
    (void)close(file);
}

static void write_file(const char *content, size_t length)
{
    remove_file();
    int file = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (write(file, content, length) != (ssize_t)length)
        fuzz_fail("%s cannot be written", name);
    (void)close(file);
}

static int add_column(void *context, int count, char **values, char **names)
{
    (void)context;
    (void)count;
    (void)names;
    if (column_count == COLUMNS_MAX)
        return 1;
    columns[column_count].table = arena_strdup(&fuzzed.arena, values[0]);
    columns[column_count++].column = arena_strdup(&fuzzed.arena, values[1]);
    return 0;
}

/* Without the schema's checks of its own. False when SQLite does not take it. */
static bool run_script(const char *script, int (*take)(void *, int, char **, char **))
{
    sqlite3 *handle = NULL;
    bool done = sqlite3_open(name, &handle) == SQLITE_OK &&
                sqlite3_exec(handle, "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF",
                             NULL, NULL, NULL) == SQLITE_OK &&
                sqlite3_exec(handle, script, take, NULL, NULL) == SQLITE_OK;
    (void)sqlite3_close(handle);
    return done;
}

/* It is under way when the store is opened. */
static const char job[] =
    "INSERT INTO job (id, module_id, view_id, user_id, status, changes, scheduled_time, waits_since,"
    " total) SELECT 3000001, module_id, 1000001, min(user.id), 'RUNNING', '{\"over_write\":false,"
    "\"trigger\":[\"workflow\"],\"fields\":{\"City\":\"y\",\"Revenue\":5}}', 1, 1000, 6 FROM user, "
    "custom_view"
    " WHERE custom_view.id = 1000001;"
    "INSERT INTO job_record (job_id, record_id) SELECT 3000001, id FROM record";

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fuzz_app_prepare(&fuzzed);
    const char *folder = getenv("TMPDIR");
    name = arena_printf(&fuzzed.arena, "%s/lasting-%d.db", folder != NULL ? folder : "/tmp", getpid());
    fuzzed.options.db = name;
    fuzzed.options.fixtures = FUZZ_FOLDER "/store";
    remove_file();
    fuzz_app_ready(&fuzzed);
    stop();
    if (!run_script("SELECT t.name, c.name FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c"
                    " WHERE t.type = 'table' ORDER BY 1, 2",
                    add_column))
        fuzz_fail("%s has no schema", name);
    if (!run_script(job, NULL))
        fuzz_fail("%s takes no job", name);
    read_file();
    return 0;
}

/* The file's length after the changes. */
static size_t change(struct fuzz_input *input)
{
    size_t length = size_of_file;
    memcpy(changed, bytes, size_of_file);
    for (int i = 0; i < CHANGES_MAX && input->end - input->at >= 4; i++) {
        size_t place = (size_t)fuzz_byte(input) << 16U;
        place |= (size_t)fuzz_byte(input) << 8U;
        place |= fuzz_byte(input);
        unsigned char byte = fuzz_byte(input);
        if ((place & CUT) != 0)
            length = place % size_of_file;
        else
            changed[place % size_of_file] = (char)byte;
    }
    return length;
}

static const char *const requests[] = {
    "GET /crm/v2/Leads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\nConnection: close\r\n\r\n",
    "GET /crm/v8/settings/fields?module=Leads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n"
    "Connection: close\r\n\r\n",
    "GET /crm/v8/Leads?fields=City&cvid=1000002 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n"
    "Connection: close\r\n\r\n",
    "POST /crm/v8/Leads/actions/mass_update HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n"
    "Connection: close\r\nContent-Length: 40\r\n\r\n{\"data\":[{\"City\":\"x\"}],\"cvid\":\"1000001\"}",
    "POST /crm/v8/Leads/actions/mass_update HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n"
    "Connection: close\r\nContent-Length: "
    "41\r\n\r\n{\"data\":[{\"City\":\"x\"}],\"ids\":[\"2000001\"]}",
    "POST /crm/v2/Leads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n"
    "Connection: close\r\nContent-Length: 30\r\n\r\n{\"data\":[{\"Last_Name\":\"x\"}]}  ",
    "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
};

static void ask(void)
{
    static const struct fuzz_sending whole = {.end = END_HALF};
    struct arena arena = {.blocks = NULL};
    for (size_t i = 0; i < COUNT(requests); i++)
        if (fuzz_app_exchange(&fuzzed, &whole, requests[i], strlen(requests[i]), &arena)[0] == '\0')
            fuzz_fail("no answer");
    arena_clear(&arena);
}

static void start_and_ask(void)
{
    struct arena arena = {.blocks = NULL};
    const char *reason = "";
    fuzzed.app = app_start(&fuzzed.options, &arena, &reason);
    if (fuzzed.app != NULL) {
        ask();
        stop();
    } else if (reason[0] == '\0') {
        fuzz_fail("refused without a reason");
    }
    arena_clear(&arena);
}

static bool is_script(const unsigned char *data, size_t size)
{
    return size > 7 && (memcmp(data, "UPDATE ", 7) == 0 || memcmp(data, "DELETE ", 7) == 0);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena arena = {.blocks = NULL};
    struct fuzz_input input = {.at = data, .end = data + size};
    bool is_changed = true;
    if (is_script(data, size)) {
        write_file(bytes, size_of_file);
        is_changed = run_script(fuzz_rest(&input, &arena), NULL);
    } else {
        size_t length = change(&input);
        write_file(changed, length);
    }
    if (is_changed)
        start_and_ask();
    arena_clear(&arena);
    return 0;
}

/* A statement that sets a column, in one row or all, or deletes rows. */
static const char *any_statement(unsigned seed, struct arena *arena)
{
    static const char *const values[] = {"NULL",
                                         "0",
                                         "1",
                                         "2",
                                         "-1",
                                         "9223372036854775807",
                                         "''",
                                         "'x'",
                                         "'{}'",
                                         "'[1]'",
                                         "'{\"a\":'",
                                         "'*'",
                                         "'/etc/passwd'",
                                         "'lookup'",
                                         "'date'",
                                         "'hidden'",
                                         "'workflow'",
                                         "zeroblob(9)",
                                         "printf('%9999d', 1)",
                                         "(SELECT max(id) FROM org)",
                                         "(SELECT max(id) FROM user)",
                                         "(SELECT max(id) FROM module)",
                                         "(SELECT max(id) FROM field)",
                                         "(SELECT min(id) FROM field)",
                                         "(SELECT max(id) FROM role)",
                                         "(SELECT min(id) FROM layout_section)"};
    size_t which = seed % column_count;
    const char *table = columns[which].table, *column = columns[which].column;
    seed /= (unsigned)column_count;
    const char *rows = seed % 2 == 0
                           ? ""
                           : arena_printf(arena, " WHERE %s = (SELECT %s FROM %s LIMIT 1 OFFSET %u)",
                                          column, column, table, seed / 2 % 4);
    seed /= 8;
    if (seed % 8 == 0)
        return arena_printf(arena, "DELETE FROM %s%s;", table, rows);
    return arena_printf(arena, "UPDATE OR IGNORE %s SET %s = %s%s;", table, column,
                        values[seed / 8 % COUNT(values)], rows);
}

size_t LLVMFuzzerCustomMutator(unsigned char *data, size_t size, size_t most, unsigned seed)
{
    if (seed % 3 == 0)
        return LLVMFuzzerMutate(data, size, most);
    struct arena arena = {.blocks = NULL};
    const char *statement = any_statement(seed / 3, &arena);
    size_t length = strnlen(statement, most), kept = is_script(data, size) ? size : 0;
    if (kept + length > most)
        kept = 0;
    memcpy(data + kept, statement, length);
    arena_clear(&arena);
    return kept + length;
}
