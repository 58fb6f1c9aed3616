/* What M says of a body, and bodies held against it. */
#include <glib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "traffic/match_walk.h"

static void read_value(struct reading *reading, const struct place *place, const cJSON *json);
static void hold_value(struct walk *walk, const struct place *place, const cJSON *expected,
                       const cJSON *found);

static bool types_equal(const cJSON *one, const cJSON *other)
{
    return (one->type & 0xFF) == (other->type & 0xFF);
}

static void read_entries(struct reading *reading, const struct place *place, const cJSON *list)
{
    struct place at = {.above = place};
    for (const cJSON *entry = list->child; entry != NULL; entry = entry->next, at.index++)
        read_value(reading, &at, entry);
}

static void read_any(struct reading *reading, const struct place *place, const cJSON *json)
{
    if (!cJSON_IsTrue(json))
        reading_refuse(reading, place, "expected true");
}

static void hold_any(struct walk *walk, const struct place *place, const cJSON *expected,
                     const cJSON *found)
{
    (void)walk, (void)place, (void)expected, (void)found; /* it is there */
}

static void read_contains(struct reading *reading, const struct place *place, const cJSON *json)
{
    if (cJSON_IsArray(json))
        read_entries(reading, place, json);
    else
        reading_refuse(reading, place, "expected a list");
}

static bool some_entry_fits(struct walk *walk, const struct place *place, const cJSON *expected,
                            const cJSON *list)
{
    const cJSON *entry;
    cJSON_ArrayForEach (entry, list) {
        struct walk one = {.effort = walk->effort, .stops = true};
        hold_value(&one, place, expected, entry);
        if (one.distance == 0)
            return true;
        if (walk->effort->is_spent)
            return false;
    }
    return false;
}

/* The entry that differs least, of those that have members or entries as what is expected has. */
static const cJSON *nearest_entry(struct walk *walk, const struct place *place, const cJSON *expected,
                                  const cJSON *list)
{
    const cJSON *entry, *nearest = NULL;
    size_t least = SIZE_MAX;
    for (entry = list->child; entry != NULL && !walk->effort->is_spent; entry = entry->next) {
        struct walk one = {.effort = walk->effort};
        if (expected->child == NULL || !types_equal(expected, entry))
            continue;
        hold_value(&one, place, expected, entry);
        nearest = one.distance < least ? entry : nearest;
        least = one.distance < least ? one.distance : least;
    }
    return nearest;
}

/* The nearest is looked for only when none fits, so that a request that fits takes the same steps
 * whatever the walk is for: the three answers never contradict each other. */
static void hold_contains(struct walk *walk, const struct place *place, const cJSON *expected,
                          const cJSON *found)
{
    const struct place list = {.above = place, .name = expected->child->string};
    struct place at = {.above = &list};
    if (!cJSON_IsArray(found)) {
        walk_differ(walk, place, expected, found);
        return;
    }
    for (const cJSON *entry = expected->child->child; entry != NULL && !walk_ends(walk);
         entry = entry->next, at.index++) {
        if (some_entry_fits(walk, &at, entry, found))
            continue;
        const cJSON *nearest = walk->stops ? NULL : nearest_entry(walk, &at, entry, found);
        if (nearest != NULL)
            hold_value(walk, &at, entry, nearest);
        else
            walk_differ(walk, &at, entry, NULL);
    }
}

/* What an object's only member can say in the place of a value. */
static const struct wildcard {
    const char *name;
    read_fn *read;
    void (*hold)(struct walk *walk, const struct place *place, const cJSON *expected,
                 const cJSON *found);
} wildcards[] = {
    {"$any", read_any, hold_any},
    {"$contains", read_contains, hold_contains},
};

static const struct wildcard *wildcard_named(const char *name)
{
    for (size_t i = 0; i < COUNT(wildcards); i++)
        if (strcmp(wildcards[i].name, name) == 0)
            return &wildcards[i];
    return NULL;
}

/* Of a value that was read; NULL: it stands for itself. */
static const struct wildcard *wildcard_of(const cJSON *json)
{
    bool has_one = cJSON_IsObject(json) && json->child != NULL && json->child->string[0] == '$';
    return has_one ? wildcard_named(json->child->string) : NULL;
}

static void read_member(struct reading *reading, const struct place *place, const cJSON *json)
{
    const struct wildcard *wildcard = wildcard_named(place->name);
    if (place->name[0] != '$')
        read_value(reading, place, json);
    else if (wildcard == NULL)
        reading_refuse(reading, place, "expected one of: $any $contains");
    else if (json->prev != json || json->next != NULL) /* the first one's prev is the last */
        reading_refuse(reading, place, "expected no other member beside it");
    else
        wildcard->read(reading, place, json);
}

static void read_value(struct reading *reading, const struct place *place, const cJSON *json)
{
    if (reading->depth == MATCH_DEPTH_MAX) {
        reading_refuse(reading, place, "expected at most %d values within each other", MATCH_DEPTH_MAX);
        return;
    }
    reading->depth++;
    if (cJSON_IsObject(json))
        reading_members(reading, place, json, read_member);
    else if (cJSON_IsArray(json))
        read_entries(reading, place, json);
    reading->depth--;
}

void read_body(struct reading *reading, const struct place *place, const cJSON *json)
{
    read_value(reading, place, json);
}

/* "id", "Layout_ID", "related_ids"; not "paid". */
static bool names_ids(const char *name)
{
    static const char *const words[] = {"id", "ids"};
    size_t length = strlen(name);
    for (size_t i = 0; i < COUNT(words); i++) {
        size_t tail = strlen(words[i]);
        if (length >= tail && g_ascii_strcasecmp(name + length - tail, words[i]) == 0 &&
            (length == tail || name[length - tail - 1] == '_'))
            return true;
    }
    return g_ascii_strcasecmp(name, "cvid") == 0;
}

static bool stands_for_id(const struct place *place)
{
    for (; place != NULL; place = place->above)
        if (place->name != NULL && names_ids(place->name))
            return true;
    return false;
}

static bool numbers_equal(const cJSON *one, const cJSON *other)
{
    bool are_equal = one->valuedouble == other->valuedouble;
    if (json_is_integer(one) && json_is_integer(other) && one->valuedouble != 0) /* -0 is 0 */
        are_equal = strcmp(one->valuestring, other->valuestring) == 0;
    return are_equal;
}

/* Values without members or entries; of a number and a text, the number is whole. */
static bool leaves_equal(struct walk *walk, const struct place *place, const cJSON *expected,
                         const cJSON *found)
{
    const char *text = json_scalar_text(expected), *other = json_scalar_text(found);
    if (cJSON_IsNumber(expected) && cJSON_IsNumber(found))
        return numbers_equal(expected, found);
    if (text == NULL || other == NULL)
        return types_equal(expected, found);
    if (cJSON_IsNumber(expected) || cJSON_IsNumber(found)) {
        const cJSON *number = cJSON_IsNumber(expected) ? expected : found;
        if (!json_is_integer(number) || !stands_for_id(place))
            return false;
    }
    return walk_read(walk, text) && strcmp(text, other) == 0;
}

static const cJSON *find_member(struct walk *walk, const cJSON *object, const char *name)
{
    const cJSON *member;
    cJSON_ArrayForEach (member, object)
        if (!walk_spend(walk, 1) || !walk_read(walk, name))
            return NULL;
        else if (strcmp(member->string, name) == 0)
            return member;
    return NULL;
}

static void hold_members(struct walk *walk, const struct place *place, const cJSON *expected,
                         const cJSON *found)
{
    for (const cJSON *member = expected->child; member != NULL && !walk_ends(walk);
         member = member->next) {
        const struct place at = {.above = place, .name = member->string};
        hold_value(walk, &at, member, find_member(walk, found, member->string));
    }
}

static void hold_entries(struct walk *walk, const struct place *place, const cJSON *expected,
                         const cJSON *found)
{
    struct place at = {.above = place};
    const cJSON *entry = expected->child, *other = found->child;
    for (; entry != NULL && !walk_ends(walk); entry = entry->next, at.index++) {
        hold_value(walk, &at, entry, other);
        other = other != NULL ? other->next : NULL;
    }
    if (other != NULL && !walk_ends(walk))
        walk_differ_by(walk, 1, place, expected, found); /* it has more */
}

static void hold_value(struct walk *walk, const struct place *place, const cJSON *expected,
                       const cJSON *found)
{
    const struct wildcard *wildcard = wildcard_of(expected);
    if (found == NULL || !walk_spend(walk, 1)) {
        walk_differ(walk, place, expected, found);
        return;
    }
    if (wildcard != NULL)
        wildcard->hold(walk, place, expected, found);
    else if (cJSON_IsObject(expected) && cJSON_IsObject(found))
        hold_members(walk, place, expected, found);
    else if (cJSON_IsArray(expected) && cJSON_IsArray(found))
        hold_entries(walk, place, expected, found);
    else if (!leaves_equal(walk, place, expected, found))
        walk_differ(walk, place, expected, found);
}

/* The body as it was sent, to be told. */
static const cJSON *bytes_found(const struct walk *walk, const struct seen *seen)
{
    if (walk->findings == NULL || seen->body_length == 0)
        return NULL;
    struct arena *arena = walk->findings->arena;
    const char *bytes = arena_strndup(arena, seen->body, seen->body_length);
    return walk_text(walk, utf8_repaired_bytes(arena, bytes, seen->body_length));
}

static bool bytes_equal(struct walk *walk, const cJSON *expected, const struct seen *seen)
{
    const char *text = cJSON_IsString(expected) ? expected->valuestring : NULL;
    if (text == NULL || !walk_read(walk, text) || strlen(text) != seen->body_length)
        return false;
    return text[0] == '\0' || memcmp(text, seen->body, seen->body_length) == 0;
}

void hold_body(struct walk *walk, const struct place *place, const cJSON *expected,
               const struct seen *seen)
{
    const struct wildcard *wildcard = wildcard_of(expected);
    if (bytes_equal(walk, expected, seen))
        return;
    if (seen->json != NULL)
        hold_value(walk, place, expected, seen->json);
    else if (seen->body_length == 0 || wildcard == NULL || wildcard->hold != hold_any)
        walk_differ(walk, place, expected, bytes_found(walk, seen));
}
