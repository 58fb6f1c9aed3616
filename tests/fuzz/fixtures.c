/* One file of fixtures, loaded as a start loads it; what has been loaded is then asked about. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

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

/* Records with the field, in every shape that a value has. */
static const char *records_with(const struct field *field, struct arena *arena)
{
    static const char *const values[] = {"\"1\"", "1", "true", "null", "[\"1\"]", "{\"id\":\"1\"}"};
    cJSON *records = cJSON_CreateArray();
    for (size_t i = 0; i < COUNT(values); i++) {
        cJSON *record = cJSON_CreateObject();
        cJSON_AddItemToObject(record, field->api_name, json_text(values[i]));
        cJSON_AddItemToArray(records, record);
    }
    const char *printed = json_print(arena, records);
    cJSON_Delete(records);
    return printed;
}

/* Each module is listed; fields are set, by inserts and through views. */
static void ask_about(const struct module *module, const char *token, struct arena *arena)
{
    const char *path = arena_printf(arena, "/crm/v2/%s", module->api_name);
    const char *update = arena_printf(arena, "%s/actions/mass_update", path);
    ask(token, "GET", path, NULL, NULL);
    ask(token, "GET", "/crm/v8/settings/fields",
        arena_printf(arena, "module=%s%c", module->api_name, '\0'), NULL);
    for (size_t i = 0; i < module->field_count && i < 4; i++) {
        const char *records = records_with(&module->fields[i], arena);
        ask(token, "POST", path, NULL, arena_printf(arena, "{\"data\":%s}", records));
        for (size_t k = 0; k < module->org->view_count && k < 2; k++)
            ask(token, "POST", update, NULL,
                arena_printf(arena, "{\"data\":[{\"%s\":\"1\"}],\"cvid\":\"%lld\"}",
                             module->fields[i].api_name, (long long)module->org->views[k].id));
    }
}

/* By the first token that the file has. */
static void ask_about_all(const cJSON *json, struct arena *arena)
{
    const cJSON *first = json_member(json, "tokens");
    const char *token = json_scalar_text(json_member(first != NULL ? first->child : NULL, "token"));
    for (size_t i = 0; i < fuzzed.orgs.count; i++)
        for (size_t k = 0; k < fuzzed.orgs.list[i].module_count && k < 4; k++)
            ask_about(&fuzzed.orgs.list[i].modules[k], token != NULL ? token : "", arena);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena arena = {NULL};
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
