#include "traffic/match.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_size.h"
#include "traffic/glob.h"
#include "traffic/match_walk.h"

struct trait;

/* True when a text that was found is what a text of M says. */
typedef bool text_fits_fn(struct walk *walk, const char *expected, const char *found);
typedef void hold_fn(struct walk *walk, const struct trait *trait, const struct place *place,
                     const cJSON *expected, const struct seen *seen);

static read_fn read_text, read_path, read_version, read_texts, read_status;
static text_fits_fn text_fits, word_fits, path_fits, version_fits, header_fits;
static hold_fn hold_text, hold_texts, hold_headers, hold_status, hold_json;

/* A member that M may have. */
static const struct trait {
    const char *name;
    read_fn *read;
    hold_fn *hold;
    size_t offset;      /* in struct seen, of a text or of pairs */
    text_fits_fn *fits; /* of these */
    unsigned needs;
    bool is_of_answers;
} traits[] = {
#define SEEN(member, fits) offsetof(struct seen, member), fits
    {"method", read_text, hold_text, SEEN(method, word_fits), 0, false},
    {"path", read_path, hold_text, SEEN(path, path_fits), 0, false},
    {"module", read_text, hold_text, SEEN(module, word_fits), 0, false},
    {"version", read_version, hold_text, SEEN(version, version_fits), 0, false},
    {"query", read_texts, hold_texts, SEEN(query, text_fits), MATCH_QUERY, false},
    {"token", read_text, hold_text, SEEN(token, text_fits), 0, false},
    {"user", read_text, hold_text, SEEN(user, text_fits), MATCH_USER, false},
    {"headers", read_texts, hold_headers, SEEN(headers, header_fits), MATCH_HEADERS, false},
    {"form", read_texts, hold_texts, SEEN(form, text_fits), MATCH_FORM, false},
    {"body", read_body, hold_json, SEEN(json, NULL), MATCH_JSON, false},
    {"status", read_status, hold_status, SEEN(status, NULL), 0, true},
    {"rule", read_text, hold_text, SEEN(rule, text_fits), 0, true},
#undef SEEN
};

struct match {
    cJSON *json;
    unsigned needs;
    size_t count;
    struct {
        const struct trait *trait;
        const cJSON *json;
    } asked[COUNT(traits)]; /* in M's order */
};

static void read_text(struct reading *reading, const struct place *place, const cJSON *json)
{
    if (!cJSON_IsString(json) || json->valuestring[0] == '\0')
        reading_refuse(reading, place, "expected a text");
}

static void read_path(struct reading *reading, const struct place *place, const cJSON *json)
{
    const char *path = cJSON_IsString(json) ? json->valuestring : "";
    if (path[0] != '/' && path[0] != '*')
        reading_refuse(reading, place, "expected a path, which begins with / or *");
    else if (g_str_has_prefix(path, "/_s/")) /* no request is seen with it: it would never fit */
        reading_refuse(reading, place, "expected a path without the /_s/{id} of its sandbox");
}

/* "v2.1" is called 2.1. */
static const char *without_v(const char *version)
{
    return version + (version[0] == 'v' ? 1 : 0);
}

static bool is_version(const char *text)
{
    static const char digits[] = "0123456789";
    size_t whole = strspn(text, digits),
           part = text[whole] == '.' ? strspn(text + whole + 1, digits) : 0;
    return whole > 0 && text[whole + (part > 0 ? part + 1 : 0)] == '\0';
}

static void read_version(struct reading *reading, const struct place *place, const cJSON *json)
{
    if (!cJSON_IsString(json) || !is_version(without_v(json->valuestring)))
        reading_refuse(reading, place, "expected a version, such as v8 or v2.1");
}

static void read_value(struct reading *reading, const struct place *place, const cJSON *json)
{
    if (!cJSON_IsString(json))
        reading_refuse(reading, place, "expected a text");
}

static void read_texts(struct reading *reading, const struct place *place, const cJSON *json)
{
    reading_members(reading, place, json, read_value);
    if (json->child == NULL)
        reading_refuse(reading, place, "expected a name and its text");
}

static void read_status(struct reading *reading, const struct place *place, const cJSON *json)
{
    enum { LEAST = 100, MOST = 599 };
    double status = cJSON_GetNumberValue(json); /* NaN: it is none */
    if (!json_is_integer(json) || status < LEAST || status > MOST)
        reading_refuse(reading, place, "expected a whole number from %d to %d", LEAST, MOST);
}

/* "method path module", as far as M may have them. */
static const char *trait_names(struct arena *arena, bool of_answers)
{
    const char *names = traits[0].name;
    for (size_t i = 1; i < COUNT(traits); i++)
        if (of_answers || !traits[i].is_of_answers)
            names = arena_printf(arena, "%s %s", names, traits[i].name);
    return names;
}

static const struct trait *trait_named(const char *name, bool of_answers)
{
    for (size_t i = 0; i < COUNT(traits); i++)
        if (strcmp(traits[i].name, name) == 0 && (of_answers || !traits[i].is_of_answers))
            return &traits[i];
    return NULL;
}

static void read_trait(struct reading *reading, const struct place *place, const cJSON *json)
{
    const struct trait *trait = trait_named(place->name, reading->of_answers);
    if (trait != NULL)
        trait->read(reading, place, json);
    else
        reading_refuse(reading, place, "expected one of: %s",
                       trait_names(reading->arena, reading->of_answers));
}

/* Of M that was read: it has no member but these, and each once. */
static struct match *match_new(const cJSON *json)
{
    struct match *match = must_alloc(sizeof *match);
    *match = (struct match){.json = cJSON_Duplicate(json, true)};
    const cJSON *member;
    cJSON_ArrayForEach (member, match->json) {
        const struct trait *trait = trait_named(member->string, true);
        match->needs |= trait->needs;
        match->asked[match->count].trait = trait;
        match->asked[match->count++].json = member;
    }
    return match;
}

struct match *match_read(const cJSON *json, const char *at, bool of_answers, struct arena *arena,
                         struct match_fault *fault)
{
    *fault = (struct match_fault){.at = NULL};
    struct reading reading = {.arena = arena, .fault = fault, .of_answers = of_answers};
    const struct place top = {.name = at};
    if (json != NULL && json_size(json) > MATCH_SIZE_MAX)
        reading_refuse(&reading, &top, "expected at most %d bytes of JSON", MATCH_SIZE_MAX);
    reading_members(&reading, &top, json, read_trait);
    return fault->at == NULL ? match_new(json) : NULL;
}

void match_free(struct match *match)
{
    if (match != NULL)
        cJSON_Delete(match->json);
    free(match);
}

const cJSON *match_json(const struct match *match)
{
    return match->json;
}

unsigned match_needs(const struct match *match)
{
    return match->needs;
}

static bool text_fits(struct walk *walk, const char *expected, const char *found)
{
    return walk_spend(walk, 1) && walk_read(walk, expected) && strcmp(expected, found) == 0;
}

static bool word_fits(struct walk *walk, const char *expected, const char *found)
{
    return walk_spend(walk, 1) && walk_read(walk, expected) && g_ascii_strcasecmp(expected, found) == 0;
}

static bool version_fits(struct walk *walk, const char *expected, const char *found)
{
    return text_fits(walk, without_v(expected), without_v(found));
}

static bool glob_is(struct walk *walk, const char *glob, const char *found, char mark)
{
    struct effort *effort = walk->effort;
    bool fits = glob_fits(glob, found, mark, &effort->steps);
    effort->is_spent = effort->is_spent || effort->steps == 0;
    return fits;
}

static bool path_fits(struct walk *walk, const char *expected, const char *found)
{
    return glob_is(walk, expected, found, '/');
}

static bool header_fits(struct walk *walk, const char *expected, const char *found)
{
    return glob_is(walk, expected, found, '\0');
}

static const void *seen_member(const struct seen *seen, const struct trait *trait)
{
    return (const char *)seen + trait->offset;
}

static void hold_text(struct walk *walk, const struct trait *trait, const struct place *place,
                      const cJSON *expected, const struct seen *seen)
{
    const char *found = *(const char *const *)seen_member(seen, trait);
    if (found == NULL || !trait->fits(walk, expected->valuestring, found))
        walk_differ(walk, place, expected, walk_text(walk, found));
}

/* All that is there by that name, to be told. */
static const cJSON *pairs_found(struct walk *walk, const struct pairs *pairs, const char *name,
                                text_fits_fn *is_name)
{
    cJSON *first = NULL, *last = NULL;
    if (walk->findings == NULL)
        return NULL;
    for (size_t i = 0; i < pairs->count; i++) {
        if (!is_name(walk, name, pairs->list[i].name))
            continue;
        cJSON *item = walk_text(walk, pairs->list[i].value);
        if (first == NULL)
            first = item;
        else
            last->next = item;
        last = item;
    }
    if (first == last)
        return first;
    cJSON *list = arena_alloc(walk->findings->arena, sizeof *list);
    list->type = cJSON_Array | cJSON_IsReference;
    list->child = first;
    return list;
}

static bool some_pair_fits(struct walk *walk, const struct trait *trait, const struct pairs *pairs,
                           const cJSON *expected, text_fits_fn *is_name)
{
    for (size_t i = 0; i < pairs->count && !walk->effort->is_spent; i++)
        if (is_name(walk, expected->string, pairs->list[i].name) &&
            trait->fits(walk, expected->valuestring, pairs->list[i].value))
            return true;
    return false;
}

static void hold_pairs(struct walk *walk, const struct trait *trait, const struct place *place,
                       const cJSON *expected, const struct pairs *pairs, text_fits_fn *is_name)
{
    for (const cJSON *member = expected->child; member != NULL && !walk_ends(walk);
         member = member->next) {
        const struct place at = {.above = place, .name = member->string};
        if (!some_pair_fits(walk, trait, pairs, member, is_name))
            walk_differ(walk, &at, member, pairs_found(walk, pairs, member->string, is_name));
    }
}

static void hold_texts(struct walk *walk, const struct trait *trait, const struct place *place,
                       const cJSON *expected, const struct seen *seen)
{
    hold_pairs(walk, trait, place, expected, seen_member(seen, trait), text_fits);
}

static void hold_headers(struct walk *walk, const struct trait *trait, const struct place *place,
                         const cJSON *expected, const struct seen *seen)
{
    hold_pairs(walk, trait, place, expected, seen_member(seen, trait), word_fits);
}

static void hold_json(struct walk *walk, const struct trait *trait, const struct place *place,
                      const cJSON *expected, const struct seen *seen)
{
    (void)trait;
    hold_body(walk, place, expected, seen);
}

static void hold_status(struct walk *walk, const struct trait *trait, const struct place *place,
                        const cJSON *expected, const struct seen *seen)
{
    (void)trait;
    if ((unsigned)expected->valueint != seen->status)
        walk_differ(walk, place, expected, seen->status != 0 ? walk_number(walk, seen->status) : NULL);
}

/* The walk, whatever it is for. */
static size_t hold(const struct match *match, const struct seen *seen, bool stops,
                   struct findings *findings, struct effort *effort)
{
    struct walk walk = {.effort = effort, .stops = stops, .findings = findings};
    const struct place top = {.name = "$"};
    for (size_t i = 0; i < match->count && !walk_ends(&walk); i++) {
        const struct trait *trait = match->asked[i].trait;
        const struct place place = {.above = &top, .name = trait->name};
        trait->hold(&walk, trait, &place, match->asked[i].json, seen);
    }
    return walk.distance;
}

static size_t hold_within(const struct match *match, const struct seen *seen, bool stops, size_t *steps)
{
    const size_t most = *steps < MATCH_STEPS_MAX ? *steps : MATCH_STEPS_MAX;
    struct effort effort = {.steps = most};
    size_t distance = hold(match, seen, stops, NULL, &effort);
    *steps -= most - effort.steps;
    return distance;
}

bool match_fits(const struct match *match, const struct seen *seen, size_t *steps)
{
    return hold_within(match, seen, true, steps) == 0;
}

size_t match_distance(const struct match *match, const struct seen *seen, size_t *steps)
{
    return hold_within(match, seen, false, steps);
}

size_t match_differences(const struct match *match, const struct seen *seen, struct arena *arena,
                         struct difference **list)
{
    struct findings findings = {.arena = arena};
    struct effort effort = {.steps = MATCH_STEPS_MAX};
    (void)hold(match, seen, false, &findings, &effort);
    *list = findings.list;
    return findings.count;
}
