#include "traffic/match_walk.h"

#include <glib.h>
#include <stdarg.h>
#include <string.h>

static void append_place(GString *text, const struct place *place)
{
    if (place->above != NULL)
        append_place(text, place->above);
    if (place->name == NULL)
        g_string_append_printf(text, "[%zu]", place->index);
    else
        g_string_append_printf(text, "%s%s", place->above != NULL ? "." : "", place->name);
}

/* "$.body.data[0]". */
static const char *place_text(const struct place *place, struct arena *arena)
{
    GString *text = g_string_new(NULL);
    append_place(text, place);
    const char *copy = arena_strndup(arena, text->str, text->len);
    (void)g_string_free(text, TRUE);
    return copy;
}

void reading_refuse(struct reading *reading, const struct place *place, const char *format, ...)
{
    if (reading->fault->at != NULL)
        return;
    va_list args;
    va_start(args, format);
    *reading->fault = (struct match_fault){.at = place_text(place, reading->arena),
                                           .expected = arena_vprintf(reading->arena, format, args)};
    va_end(args);
}

void reading_members(struct reading *reading, const struct place *place, const cJSON *object,
                     read_fn *read)
{
    if (!cJSON_IsObject(object)) {
        reading_refuse(reading, place, "expected an object");
        return;
    }
    GHashTable *names = g_hash_table_new(g_str_hash, g_str_equal);
    for (const cJSON *member = object->child; member != NULL && reading->fault->at == NULL;
         member = member->next) {
        const struct place at = {.above = place, .name = member->string};
        if (g_hash_table_add(names, member->string))
            read(reading, &at, member);
        else
            reading_refuse(reading, &at, "expected it once");
    }
    g_hash_table_destroy(names);
}

bool walk_spend(struct walk *walk, size_t steps)
{
    struct effort *effort = walk->effort;
    effort->is_spent = effort->is_spent || effort->steps < steps;
    effort->steps -= effort->is_spent ? effort->steps : steps;
    return !effort->is_spent;
}

bool walk_read(struct walk *walk, const char *text)
{
    enum { BYTES_OF_STEP = 64 };
    return walk_spend(walk, strlen(text) / BYTES_OF_STEP);
}

bool walk_ends(const struct walk *walk)
{
    return walk->effort->is_spent || (walk->stops && walk->distance > 0);
}

/* At least one. To count them takes steps, too: in a $contains it is done for each entry of a list. */
static size_t leaves_of(struct walk *walk, const cJSON *json)
{
    size_t count = 0;
    for (const cJSON *member = json->child; member != NULL && walk_spend(walk, 1);
         member = member->next)
        count += leaves_of(walk, member);
    return count > 0 ? count : 1;
}

static void list_difference(struct findings *findings, const struct place *place, const cJSON *expected,
                            const cJSON *found)
{
    if (findings->count == MATCH_DIFFERENCES_MAX ||
        (findings->count > 0 && arena_is_exceeded(findings->arena)))
        return;
    if (findings->count == findings->room) {
        findings->room = findings->room > 0 ? 2 * findings->room : 8;
        struct difference *list = arena_array(findings->arena, findings->room, sizeof *list);
        if (findings->count > 0)
            memcpy(list, findings->list, findings->count * sizeof *list);
        findings->list = list;
    }
    findings->list[findings->count++] = (struct difference){
        .at = place_text(place, findings->arena), .expected = expected, .found = found};
}

void walk_differ(struct walk *walk, const struct place *place, const cJSON *expected,
                 const cJSON *found)
{
    walk_differ_by(walk, walk->stops ? 1 : leaves_of(walk, expected), place, expected, found);
}

void walk_differ_by(struct walk *walk, size_t distance, const struct place *place,
                    const cJSON *expected, const cJSON *found)
{
    walk->distance += distance;
    if (walk->findings != NULL)
        list_difference(walk->findings, place, expected, found);
}

cJSON *walk_text(const struct walk *walk, const char *text)
{
    if (walk->findings == NULL || text == NULL)
        return NULL;
    cJSON *item = arena_alloc(walk->findings->arena, sizeof *item);
    item->type = cJSON_String | cJSON_IsReference;
    item->valuestring = (char *)text;
    return item;
}

cJSON *walk_number(const struct walk *walk, unsigned number)
{
    if (walk->findings == NULL)
        return NULL;
    cJSON *item = walk_text(walk, arena_printf(walk->findings->arena, "%u", number));
    item->type = cJSON_Number;
    (void)cJSON_SetNumberHelper(item, number);
    return item;
}
