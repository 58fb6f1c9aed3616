#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "traffic/faults.h"

enum { FILE_MAX = 16 << 20 };

static const char *fault_of(const cJSON *list, const struct json_place *place, is_rule_fn *is_rule,
                            struct arena *arena)
{
    struct match_fault fault;
    if (list == NULL)
        return arena_printf(arena, "line %zu, column %zu: expected JSON (UTF-8)", place->line,
                            place->column);
    struct faults *tried = faults_new();
    bool fits = faults_begin(tried, list, "$", is_rule, arena, &fault);
    faults_free(tried);
    return fits ? NULL : arena_printf(arena, "%s: %s", fault.at, fault.expected);
}

cJSON *faults_load(const char *path, is_rule_fn *is_rule, struct arena *arena, const char **reason)
{
    struct file_text text;
    struct json_place place = {.line = 0};
    const char *fault = file_read(path, FILE_MAX, arena, &text);
    cJSON *list = NULL;
    if (fault == NULL) {
        list = json_parse(text.bytes, text.length, &place);
        free(text.bytes);
        fault = fault_of(list, &place, is_rule, arena);
    }
    if (fault == NULL)
        return list;
    *reason = arena_printf(arena, "--faults: %s: %s", path, fault);
    cJSON_Delete(list);
    return NULL;
}
