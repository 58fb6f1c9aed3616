#include "store/fixture_node.h"

#include <stdarg.h>
#include <string.h>

#include "base/id.h"
#include "store/sequence.h"

static const char *path_of(const struct node *node)
{
    struct arena *arena = node->loader->arena;
    if (node->above == NULL)
        return arena_printf(arena, "%s: $", node->name);
    const char *above = path_of(node->above);
    return node->name != NULL ? arena_printf(arena, "%s.%s", above, node->name)
                              : arena_printf(arena, "%s[%zu]", above, node->index);
}

void node_fail(const struct node *node, const char *format, ...)
{
    struct loader *loader = node->loader;
    if (loader->failure != NULL)
        return;
    va_list args;
    va_start(args, format);
    const char *fault = arena_vprintf(loader->arena, format, args);
    va_end(args);
    loader->failure = arena_printf(loader->arena, "%s: %s", path_of(node), fault);
}

struct node node_member(const struct node *node, const char *name)
{
    return (struct node){
        .loader = node->loader, .above = node, .name = name, .json = json_member(node->json, name)};
}

static bool is_among(const char *name, const char *names)
{
    size_t length = strlen(name);
    for (const char *at = names; (at = strstr(at, name)) != NULL; at += length)
        if ((at == names || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

void node_once(const struct node *member, const cJSON *json)
{
    if (member->json != json)
        node_fail(member, "expected once");
}

void node_has_only(const struct node *node, const char *names)
{
    if (!cJSON_IsObject(node->json)) {
        node_fail(node, "expected an object");
        return;
    }
    const cJSON *member;
    cJSON_ArrayForEach (member, node->json) {
        const struct node found = node_member(node, member->string);
        if (member->string[0] == '\0' || !is_among(member->string, names))
            node_fail(&found, "expected one of the members %s", names);
        node_once(&found, member);
    }
}

void node_each(const struct node *list, node_fn *read, void *context)
{
    if (list->json == NULL)
        return;
    if (!cJSON_IsArray(list->json))
        node_fail(list, "expected a list");
    struct node entry = {.loader = list->loader, .above = list};
    for (entry.json = list->json->child; entry.json != NULL && !node_failed(list);
         entry.json = entry.json->next) {
        read(&entry, context);
        entry.index++;
    }
}

const char *node_text(const struct node *node)
{
    if (cJSON_IsString(node->json) && node->json->valuestring[0] != '\0')
        return node->json->valuestring;
    node_fail(node, "expected a text");
    return "";
}

const char *want_text(const struct node *node, const char *name)
{
    const struct node member = node_member(node, name);
    return node_text(&member);
}

const char *may_text(const struct node *node, const char *name, const char *otherwise)
{
    const struct node member = node_member(node, name);
    return member.json == NULL ? otherwise : node_text(&member);
}

bool may_flag(const struct node *node, const char *name, bool otherwise)
{
    const struct node member = node_member(node, name);
    if (member.json != NULL && !cJSON_IsBool(member.json))
        node_fail(&member, "expected true or false");
    return member.json == NULL ? otherwise : cJSON_IsTrue(member.json);
}

int64_t may_number(const struct node *node, const char *name, int64_t otherwise, int64_t least,
                   int64_t most)
{
    const struct node member = node_member(node, name);
    if (member.json == NULL)
        return otherwise;
    double value = cJSON_GetNumberValue(member.json);
    if (json_is_integer(member.json) && value >= (double)least && value <= (double)most)
        return (int64_t)value;
    node_fail(&member, "expected a whole number from %lld to %lld", (long long)least, (long long)most);
    return otherwise;
}

int64_t may_time(const struct node *node, const char *name, int64_t otherwise)
{
    const struct node member = node_member(node, name);
    int64_t time = otherwise;
    if (member.json == NULL)
        return otherwise;
    if (!cJSON_IsString(member.json) || !time_parse(member.json->valuestring, &time))
        node_fail(&member, "expected a time like 2026-01-31T09:30:00+05:30");
    else if (!time_writable(time))
        node_fail(&member,
                  "expected a time of the years 0001 to 9999, and not their first or last days");
    return time;
}

const char *may_word(const struct node *node, const char *name, const char *const words[])
{
    const char *text = may_text(node, name, NULL), *known = words[0];
    for (size_t i = 0; text != NULL && words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0)
            return words[i];
        known = i == 0 ? known : arena_printf(node->loader->arena, "%s, %s", known, words[i]);
    }
    const struct node member = node_member(node, name);
    if (text != NULL)
        node_fail(&member, "expected one of %s", known);
    return NULL;
}

int64_t id_or_next(const struct node *node, int64_t count)
{
    const struct node member = node_member(node, "id");
    int64_t id = 0;
    if (member.json == NULL) {
        if (ids_take(node->loader->db, count, &id) != STORE_OK)
            node_fail(node, "no id could be taken (the log says why)");
    } else if (!cJSON_IsString(member.json) || !id_parse(member.json->valuestring, &id)) {
        node_fail(&member, "expected an id: a string of 1 to 19 digits");
    } else if (id > INT64_MAX - (count - 1)) {
        node_fail(&member, "expected an id with %lld behind it, of which the last is %lld at most",
                  (long long)(count - 1), (long long)INT64_MAX);
    }
    return node_failed(node) ? 0 : id; /* no other is good to reckon with */
}

void node_insert(const struct node *node, const struct sql *sql, const char *types, ...)
{
    if (node_failed(node))
        return;
    va_list args;
    va_start(args, types);
    enum store_status status = db_vrun(node->loader->db, sql, types, args);
    va_end(args);
    if (status == STORE_CONFLICT)
        node_fail(node, "expected a value of its own: %s", sqlite3_errmsg(node->loader->db->handle));
    else if (status != STORE_OK)
        node_fail(node, "the store took no more (the log says why)");
}

int64_t node_find(const struct node *node, const char *what, const struct sql *sql, const char *types,
                  ...)
{
    if (node_failed(node))
        return 0;
    va_list args;
    va_start(args, types);
    sqlite3_stmt *row CLEANUP(db_done) = db_vquery(node->loader->db, sql, types, args);
    va_end(args);
    if (row != NULL && db_step(node->loader->db, row) == STORE_OK)
        return sqlite3_column_int64(row, 0);
    node_fail(node, "expected %s", what);
    return 0;
}
