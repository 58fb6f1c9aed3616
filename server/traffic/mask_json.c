/* Secrets in JSON: by the names of members, and in every text and number. */
#include <string.h>

#include "traffic/masking.h"

static char *own(const char *text)
{
    const size_t size = strlen(text) + 1;
    return memcpy(must_alloc(size), text, size);
}

/* What the item says, cut; a number of which something is cut is a text then. */
static void cut_scalar(struct secrets *secrets, cJSON *item, bool is_secret)
{
    const char *value = json_scalar_text(item);
    if (value == NULL)
        return;
    const char *told = is_secret ? secret_told(secrets, value) : secrets_cut(secrets, value);
    if (told == value)
        return;
    char *copy = own(told);
    cJSON_free(item->valuestring);
    item->valuestring = copy;
    item->type = (item->type & ~0xFF) | cJSON_String;
}

static void cut_name(struct secrets *secrets, cJSON *item)
{
    const char *told = secrets_cut(secrets, item->string);
    if (told == item->string)
        return;
    char *copy = own(told);
    cJSON_free(item->string);
    item->string = copy;
}

/* The item and those behind it. */
static void cut_items(struct secrets *secrets, cJSON *item, unsigned place, bool is_secret)
{
    for (; item != NULL; item = item->next) {
        bool is_one = is_secret || (item->string != NULL &&
                                    secret_is_named(item->string, strlen(item->string), place));
        cut_scalar(secrets, item, is_one);
        cut_items(secrets, item->child, place, is_one);
        cut_name(secrets, item);
    }
}

void secrets_cut_json(struct secrets *secrets, cJSON *tree)
{
    if (tree != NULL)
        cut_items(secrets, tree, IN_MEMBERS, false);
}

/* Members of a match whose own members are names of such a place. */
static unsigned place_of(const char *at)
{
    static const struct {
        const char *at;
        unsigned place;
    } places[] = {{"$.headers", IN_HEADERS}, {"$.query", IN_PARAMETERS}, {"$.form", IN_PARAMETERS}};
    for (size_t i = 0; i < COUNT(places); i++)
        if (strncmp(at, places[i].at, strlen(places[i].at)) == 0)
            return places[i].place;
    return IN_MEMBERS;
}

/* True when one of the names in the path is a secret's. */
static bool is_named(const char *at, unsigned place)
{
    static const char ends[] = ".[]\"'";
    for (at += strcspn(at, ends); *at != '\0';) {
        at += strspn(at, ends);
        size_t length = strcspn(at, ends);
        if (secret_is_named(at, length, place))
            return true;
        at += length;
    }
    return false;
}

/* A body that is no JSON. */
static cJSON *cut_body(struct secrets *secrets, const char *text)
{
    size_t length = strlen(text);
    return cJSON_CreateString(secrets_cut_bytes(secrets, text, &length, secrets->body_kind));
}

cJSON *secrets_cut_at(struct secrets *secrets, const char *at, const cJSON *value)
{
    if (cJSON_IsString(value) && strcmp(at, "$.body") == 0)
        return cut_body(secrets, value->valuestring);
    cJSON *copy = value != NULL ? cJSON_Duplicate(value, true) : NULL;
    if (copy != NULL)
        cut_items(secrets, copy, place_of(at), is_named(at, place_of(at)));
    return copy;
}
