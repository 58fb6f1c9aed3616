#include "store/fixture_ids.h"

#include <glib.h>
#include <string.h>

#include "base/id.h"
#include "store/sequence.h"

/* How many records an entry makes, each with an id, and those that are locked with one of a lock as
 * well. A wrong number is told when the entry is loaded. */
static int64_t generated(const cJSON *object)
{
    const cJSON *count = json_member(object, "generate");
    double number = json_is_integer(count) ? cJSON_GetNumberValue(count) : 1;
    return number >= 1 && number <= FIXTURE_GENERATE_MAX ? (int64_t)number : 1;
}

/* `count` ids stand in a row at each id of this object. */
static void collect(const cJSON *item, int64_t count, GArray *ranges)
{
    struct id_range range;
    const cJSON *id = json_member(item, "id"), *member;
    if (cJSON_IsString(id) && id_parse(id->valuestring, &range.first) &&
        range.first <= INT64_MAX - (count - 1)) {
        range.last = range.first + (count - 1);
        g_array_append_val(ranges, range);
    }
    cJSON_ArrayForEach (member, item) {
        const char *name = member->string != NULL ? member->string : "";
        bool is_of_each = strcmp(name, "locked") == 0;
        bool is_value = strcmp(name, "fields") == 0 && cJSON_IsObject(member);
        if (!is_value) /* of records: it refers to what has an id */
            collect(member, is_of_each ? count : generated(member), ranges);
    }
}

static int by_first(const void *one, const void *other)
{
    const struct id_range *a = one, *b = other;
    return (a->first > b->first) - (a->first < b->first);
}

/* Joins those that overlap or touch. */
static size_t join(struct id_range *ranges, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct id_range *last = kept > 0 ? &ranges[kept - 1] : NULL;
        if (last == NULL || ranges[i].first - 1 > last->last)
            ranges[kept++] = ranges[i];
        else if (ranges[i].last > last->last)
            last->last = ranges[i].last;
    }
    return kept;
}

enum store_status fixture_ids_reserve(struct db *db, const struct fixture_folders *folders)
{
    GArray *ranges = g_array_new(false, false, sizeof(struct id_range));
    for (size_t i = 0; i < folders->count; i++)
        for (size_t k = 0; k < folders->list[i].count; k++)
            collect(folders->list[i].files[k].json, 1, ranges);
    g_array_sort(ranges, by_first);
    struct id_range *list = (struct id_range *)(void *)ranges->data;
    enum store_status status = ids_reserve(db, list, join(list, ranges->len));
    g_array_free(ranges, true);
    return status;
}
