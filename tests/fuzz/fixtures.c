/* One file of fixtures, loaded as a start loads it; what has been loaded is then asked about. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "fuzz_json.h"

enum { GENERATED_MAX = 2000 };

static struct fuzz_api fuzzed;
static char folder[256], file_name[300];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fuzz_api_open(&fuzzed);
    const char *parent = getenv("TMPDIR");
    (void)snprintf(folder, sizeof folder, "%s/fixtures-XXXXXX", parent != NULL ? parent : "/tmp");
    if (mkdtemp(folder) == NULL)
        fuzz_fail("%s cannot be made", folder);
    (void)snprintf(file_name, sizeof file_name, "%s/one.json", folder);
    return 0;
}

static void write_file(const unsigned char *data, size_t size)
{
    int file = open(file_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || write(file, data, size) != (ssize_t)size)
        fuzz_fail("%s cannot be written", file_name);
    (void)close(file);
}

/* Millions of records are a matter of seconds, and no fault. */
static bool generates_too_many(const cJSON *json)
{
    const cJSON *record;
    cJSON_ArrayForEach (record, json_member(json, "records"))
        if (cJSON_GetNumberValue(json_member(record, "generate")) > GENERATED_MAX)
            return true;
    return false;
}

static void ask(const char *token, const char *method, const char *path, const char *query,
                const char *body)
{
    const struct fuzz_call call = {.method = method,
                                   .path = path,
                                   .token = token,
                                   .query = query,
                                   .body = body,
                                   .body_length = body != NULL ? strlen(body) : 0};
    (void)fuzz_api_ask(&fuzzed, &call);
}

enum { MODULES_MAX = 4, FIELDS_MAX = 6, VIEWS_MAX = 2 };

/* Records with one field each, in every shape that a value has. */
static const char *records_with(const struct field *fields, size_t count, struct arena *arena)
{
    static const char *const values[] = {"\"1\"", "1", "true", "null", "[\"1\"]", "{\"id\":\"1\"}"};
    cJSON *records = cJSON_CreateArray();
    for (size_t i = 0; i < count * COUNT(values); i++) {
        cJSON *record = cJSON_CreateObject();
        cJSON_AddItemToObject(record, fields[i / COUNT(values)].api_name,
                              json_text(values[i % COUNT(values)]));
        cJSON_AddItemToArray(records, record);
    }
    const char *printed = json_print(arena, records);
    cJSON_Delete(records);
    return printed;
}

/* The last fields are set, the org's own: by inserts and through views; what there is is listed. */
static void ask_about(const struct module *module, const char *token, struct arena *arena)
{
    const char *path = arena_printf(arena, "/crm/v8/%s", module->api_name);
    const char *update = arena_printf(arena, "%s/actions/mass_update", path);
    size_t count = module->field_count < FIELDS_MAX ? module->field_count : FIELDS_MAX;
    const struct field *fields = module->fields + (module->field_count - count);
    ask(token, "GET", "/crm/v8/settings/fields",
        arena_printf(arena, "module=%s%c", module->api_name, '\0'), NULL);
    ask(token, "POST", path, NULL,
        arena_printf(arena, "{\"data\":%s}", records_with(fields, count, arena)));
    for (size_t i = 0; i < module->org->view_count && i < VIEWS_MAX; i++)
        ask(token, "POST", update, NULL,
            arena_printf(arena, "{\"data\":[{\"%s\":\"1\"}],\"cvid\":\"%lld\"}",
                         fields[i % count].api_name, (long long)module->org->views[i].id));
    ask(token, "GET", path, "fields=id\0", NULL);
}

/* By the first token that the file has. */
static void ask_about_all(const cJSON *json, struct arena *arena)
{
    const cJSON *first = json_member(json, "tokens");
    const char *token = json_scalar_text(json_member(first != NULL ? first->child : NULL, "token"));
    for (size_t i = 0; i < fuzzed.orgs.count; i++)
        for (size_t k = 0; k < fuzzed.orgs.list[i].module_count && k < MODULES_MAX; k++)
            ask_about(&fuzzed.orgs.list[i].modules[k], token != NULL ? token : "", arena);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena arena = {.blocks = NULL};
    const char *reason = "";
    cJSON *json = json_parse((const char *)data, size, NULL);
    if (!generates_too_many(json)) {
        write_file(data, size);
        if (fuzz_api_load(&fuzzed, folder, &arena, &reason))
            ask_about_all(json, &arena);
        else if (reason[0] == '\0')
            fuzz_fail("refused without a reason");
    }
    cJSON_Delete(json);
    arena_clear(&arena);
    return 0;
}

size_t LLVMFuzzerCustomMutator(unsigned char *data, size_t size, size_t most, unsigned seed)
{
    return fuzz_json_mutate(data, size, most, seed);
}

size_t LLVMFuzzerCustomCrossOver(const unsigned char *one, size_t one_size, const unsigned char *other,
                                 size_t other_size, unsigned char *out, size_t most, unsigned seed)
{
    return fuzz_json_cross(one, one_size, other, other_size, out, most, seed);
}
