#include "setting.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/network.h"
#include "base/utf8.h"
#include "base/word.h"
#include "control/address.h"

static_assert((int)CONTROL_TEXTS_MAX == (int)HTTP_TEXTS_MAX, "lists are of one length");

const char *const switch_names[] = {"off", "on", NULL};

static bool store_number(const struct setting *option, const char *text, void *target)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || value < option->least ||
        value > option->most)
        return false;
    if (option->kind == SIZE)
        *(size_t *)target = (size_t)value;
    else if (option->kind == PORT)
        *(struct http_port *)target = (struct http_port){true, (unsigned)value};
    else
        *(unsigned *)target = (unsigned)value;
    return true;
}

/* Seconds, or milliseconds when "ms" follows, as milliseconds. */
static bool store_duration(const struct setting *option, const char *text, int64_t *target)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10), unit = strcmp(end, "ms") == 0 ? 1 : 1000;
    if (!isdigit((unsigned char)text[0]) || (unit > 1 && *end != '\0') || errno != 0 ||
        value < option->least || value > option->most * 1000 / unit)
        return false;
    *target = (int64_t)(value * unit);
    return true;
}

/* Enums are unsigned ints to gcc and clang when, as here, none of their values is negative. */
static bool store_choice(const char *const *names, const char *text, unsigned *choice)
{
    int index = word_index(names, text);
    if (index >= 0)
        *choice = (unsigned)index;
    return index >= 0;
}

static bool is_host(const char *text, size_t length)
{
    struct address address;
    return address_read_host(text, length, &address) && address.host_length == length &&
           text[length - 1] != '.';
}

static bool is_origin(const char *text, size_t length)
{
    struct address address;
    return address_read_origin(text, length, &address);
}

/* An address, or a name whose first part may be a *. */
static bool is_name(const char *text, size_t length)
{
    size_t star = length > 2 && strncmp(text, "*.", 2) == 0 ? 2 : 0;
    return is_host(text + star, length - star) || network_is_one(text, length);
}

static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return false;
    return true;
}

/* What stands behind a host is a path, without what ends one, or a page would read otherwise. */
static bool store_url(const char *text, const char **target)
{
    struct address address;
    size_t front = strcspn(text, "/"), all = strlen(text);
    front += all - front > 2 ? strcspn(text + front + 2, "/") + 2 : 0;
    *target = text;
    return address_read_origin(text, front, &address) && address.host_length > 0 &&
           text[all - 1] != '/' && strcspn(text + front, "\"'<>\\?#") == all - front &&
           is_plain(text) && utf8_valid(text, all);
}

/* Adds to a list whose end is NULL. Each text is one, or several with commas between. */
static bool store_text(const char **list, const char *text, bool (*is_one)(const char *, size_t))
{
    size_t count = 0;
    while (list[count] != NULL)
        count++;
    for (const char *at = text; at != NULL; at = strchr(at, ',')) {
        at += at > text;
        if (!is_one(at, strcspn(at, ",")))
            return false;
    }
    if (count < CONTROL_TEXTS_MAX)
        list[count] = text;
    return count < CONTROL_TEXTS_MAX;
}

static bool store_switch(const char *text, bool *target)
{
    int index = word_index(switch_names, text);
    *target = index == 1;
    return index >= 0;
}

bool setting_store(const struct setting *option, const char *text, struct options *options)
{
    void *target = (char *)options + option->offset;
    switch (option->kind) {
    case TEXT:
    case SECRET:
        *(const char **)target = text;
        return text[0] != '\0';
    case CHOICE:
        return store_choice(option->choices, text, target);
    case TIME:
        return clock_set(target, text);
    case DURATION:
        return store_duration(option, text, target);
    case ON:
    case OFF:
        *(bool *)target = option->kind == ON;
        return true;
    case SWITCH:
        return store_switch(text, target);
    case HOSTS:
        return store_text(target, text, is_host);
    case ORIGINS:
        return store_text(target, text, is_origin);
    case NAMES:
        return store_text(target, text, is_name);
    case NETWORKS:
        return store_text(target, text, network_is_one);
    case URL:
        return store_url(text, target);
    default:
        return store_number(option, text, target);
    }
}

static bool is_list(enum setting_kind kind)
{
    return kind == HOSTS || kind == ORIGINS || kind == NAMES || kind == NETWORKS;
}

bool setting_is_of(const struct setting *option, const char *command)
{
    return word_is_among(option->commands != NULL ? option->commands : COMMAND_SERVE, command);
}

void setting_empty(const struct setting *option, struct options *options)
{
    if (is_list(option->kind))
        *(const char **)((char *)options + option->offset) = NULL;
}

static cJSON *text_or_null(const char *text)
{
    return text != NULL ? cJSON_CreateString(text) : cJSON_CreateNull();
}

static cJSON *tell_port(const struct http_port *port)
{
    return port->is_asked ? json_integer(port->number) : cJSON_CreateNull();
}

static cJSON *tell_list(const char *const *list)
{
    cJSON *told = cJSON_CreateArray();
    for (; *list != NULL; list++)
        for (const char *at = *list; at != NULL; at = strchr(at, ',')) {
            at += at > *list;
            char *one = strndup(at, strcspn(at, ","));
            cJSON_AddItemToArray(told, text_or_null(one));
            free(one);
        }
    return told;
}

static cJSON *tell_time(const struct clock *clock)
{
    char text[TIME_TEXT_SIZE];
    if (clock->stands)
        time_format_utc(clock->seconds, text);
    else
        (void)snprintf(text, sizeof text, "%+" PRId64, clock->seconds);
    return text_or_null(clock->stands || clock->seconds != 0 ? text : NULL);
}

static cJSON *tell_duration(int64_t milliseconds)
{
    char text[TIME_TEXT_SIZE];
    (void)snprintf(text, sizeof text, "%" PRId64 "ms", milliseconds);
    return milliseconds % 1000 == 0 ? json_integer(milliseconds / 1000) : cJSON_CreateString(text);
}

cJSON *setting_tell(const struct setting *option, const struct options *options)
{
    const void *value = (const char *)options + option->offset;
    switch (option->kind) {
    case TEXT:
    case URL:
        return text_or_null(*(const char *const *)value);
    case SECRET:
        return text_or_null(*(const char *const *)value != NULL ? "********" : NULL);
    case CHOICE:
        return cJSON_CreateString(option->choices[*(const unsigned *)value]);
    case TIME:
        return tell_time(value);
    case DURATION:
        return tell_duration(*(const int64_t *)value);
    case ON:
    case OFF:
        return cJSON_CreateBool(*(const bool *)value == (option->kind == ON));
    case SWITCH:
        return cJSON_CreateString(switch_names[*(const bool *)value ? 1 : 0]);
    case HOSTS:
    case ORIGINS:
    case NAMES:
    case NETWORKS:
        return tell_list(value);
    case PORT:
        return tell_port(value);
    case SIZE:
        return json_integer((int64_t) * (const size_t *)value);
    default:
        return json_integer(*(const unsigned *)value);
    }
}
