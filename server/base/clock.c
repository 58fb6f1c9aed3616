#include "base/clock.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* GLib's GTimeZone is the same object as our zone: the name keeps GLib out of other rooms. */
static GTimeZone *timezone_of(const struct zone *zone)
{
    return (GTimeZone *)zone;
}

int64_t clock_now(const struct clock *clock)
{
    return (clock->stands ? 0 : (int64_t)time(NULL)) + clock->seconds;
}

bool clock_set(struct clock *clock, const char *text)
{
    const int64_t century = 3155760000;
    struct clock set = {.seconds = 0};
    char *end = NULL;
    set.stands = time_parse(text, &set.seconds);
    if (!set.stands) {
        if ((text[0] != '+' && text[0] != '-') || !g_ascii_isdigit(text[1]))
            return false;
        set.seconds = strtoll(text, &end, 10);
        if (*end != '\0' || set.seconds > century || set.seconds < -century)
            return false;
    }
    *clock = set;
    return true;
}

int64_t clock_machine_milliseconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_microseconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct zone *zone_new(const char *name)
{
    /* GLib also takes offsets and falls back to UTC for names it can't find: only names are taken
     * here, so that a typing error in a fixture is told. */
    if (strcmp(name, "UTC") != 0 && strchr(name, '/') == NULL)
        return NULL;
    return (struct zone *)g_time_zone_new_identifier(name);
}

void zone_free(struct zone *zone)
{
    if (zone != NULL)
        g_time_zone_unref(timezone_of(zone));
}

void zone_format(const struct zone *zone, int64_t time, char text[TIME_TEXT_SIZE])
{
    GTimeZone *glib_zone = timezone_of(zone);
    int interval = g_time_zone_find_interval(glib_zone, G_TIME_TYPE_UNIVERSAL, time);
    long offset = interval >= 0 ? g_time_zone_get_offset(glib_zone, interval) : 0;
    time_t local = (time_t)(time + offset);
    struct tm parts;
    (void)gmtime_r(&local, &parts);
    size_t length = strftime(text, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
    long minutes = (offset < 0 ? -offset : offset) / 60;
    (void)snprintf(text + length, TIME_TEXT_SIZE - length, "%c%02ld:%02ld", offset < 0 ? '-' : '+',
                   minutes / 60 % 24, minutes % 60);
}

/* GLib reads more forms than the service has ("20210303", week dates): the shape is checked first. */
static bool has_shape(const char *text, const char *shape)
{
    size_t i = 0;
    for (; shape[i] != '\0'; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == '9' ? !digit : text[i] != shape[i])
            return false;
    }
    return true;
}

static bool offset_valid(const char *text)
{
    if (strcmp(text, "Z") == 0)
        return true;
    if ((text[0] != '+' && text[0] != '-') || strlen(text) != 6 || !has_shape(text + 1, "99:99"))
        return false;
    return text[1] < '2' && text[4] < '6';
}

bool time_parse(const char *text, int64_t *time)
{
    if (!has_shape(text, "9999-99-99T99:99:99") || !offset_valid(text + 19))
        return false;
    GDateTime *parsed = g_date_time_new_from_iso8601(text, NULL);
    if (parsed == NULL)
        return false;
    *time = g_date_time_to_unix(parsed);
    g_date_time_unref(parsed);
    return true;
}

bool http_date_parse(const char *text, int64_t *time)
{
    struct tm parts = {.tm_sec = 0};
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (end == NULL || *end != '\0')
        return false;
    *time = (int64_t)timegm(&parts);
    return true;
}

bool date_valid(const char *text)
{
    if (strlen(text) != 10 || !has_shape(text, "9999-99-99"))
        return false;
    long year = strtol(text, NULL, 10), month = strtol(text + 5, NULL, 10);
    long day = strtol(text + 8, NULL, 10);
    return year > 0 && month >= 1 && month <= 12 && day >= 1 &&
           g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year);
}
