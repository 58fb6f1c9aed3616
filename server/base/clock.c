#include "base/clock.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const int64_t century = 3155760000; /* seconds */

/* GLib's GTimeZone is the same object as our zone: the name keeps GLib out of other rooms. */
static GTimeZone *timezone_of(const struct zone *zone)
{
    return (GTimeZone *)zone;
}

/* Not by time(2), which goes on some milliseconds late: what a client has just read is before it. */
int64_t clock_now(const struct clock *clock)
{
    return time_seconds(clock_milliseconds(clock));
}

int64_t clock_milliseconds(const struct clock *clock)
{
    return (clock->stands ? 0 : clock_machine_milliseconds()) + clock->seconds * 1000;
}

int64_t time_seconds(int64_t milliseconds)
{
    return milliseconds / 1000 - (milliseconds % 1000 < 0);
}

bool clock_set(struct clock *clock, const char *text)
{
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
    if (!time_writable(clock_now(&set)))
        return false;
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

/* Parts of letters, digits, _, + and -, joined by single slashes: no path leads out of the database. */
static bool is_zone_name(const char *name)
{
    for (bool begins = true;; name++) {
        bool is_part = g_ascii_isalnum(*name) || (*name != '\0' && strchr("_+-", *name) != NULL);
        if (!is_part && (begins || *name != '/'))
            return *name == '\0' && !begins;
        begins = !is_part;
    }
}

/* The database has lists and folders too, and GLib objects to what is no zone. */
static bool is_in_database(const char *name)
{
    static const char mark[] = {'T', 'Z', 'i', 'f'};
    const char *folder = g_getenv("TZDIR");
    char *path = g_build_filename(folder != NULL ? folder : "/usr/share/zoneinfo", name, NULL);
    char bytes[sizeof mark] = "";
    struct stat found;
    bool is_zone = stat(path, &found) == 0 && S_ISREG(found.st_mode);
    FILE *file = is_zone ? fopen(path, "rbe") : NULL;
    is_zone = file != NULL && fread(bytes, sizeof bytes, 1, file) == 1 &&
              memcmp(bytes, mark, sizeof mark) == 0;
    if (file != NULL)
        (void)fclose(file);
    g_free(path);
    return is_zone;
}

struct zone *zone_new(const char *name)
{
    /* GLib also takes paths and offsets, and trusts what it finds: it is handed nothing but names. */
    if (strcmp(name, "UTC") != 0 && !(is_zone_name(name) && is_in_database(name)))
        return NULL;
    return (struct zone *)g_time_zone_new_identifier(name);
}

void zone_free(struct zone *zone)
{
    if (zone != NULL)
        g_time_zone_unref(timezone_of(zone));
}

static void put_digits(char *at, size_t count, long number)
{
    for (; count > 0; number /= 10)
        at[--count] = (char)('0' + number % 10);
}

/* Of the years 0001 to 9999 in UTC, a day from either end, for no zone is one from UTC. */
enum { DAY = 86400 };
static const int64_t earliest = -62135596800 + DAY, latest = 253402300799 - DAY;

/* Writes the digits of a time into its shape. What crmock takes is within what can be written; what
 * somebody wrote to a store that lasts need not be. */
static void put_time(char *text, int64_t time, long offset)
{
    time_t local = (time_t)(CLAMP(time, earliest, latest) + offset);
    struct tm parts;
    (void)gmtime_r(&local, &parts);
    put_digits(text, 4, parts.tm_year + 1900);
    put_digits(text + 5, 2, parts.tm_mon + 1);
    put_digits(text + 8, 2, parts.tm_mday);
    put_digits(text + 11, 2, parts.tm_hour);
    put_digits(text + 14, 2, parts.tm_min);
    put_digits(text + 17, 2, parts.tm_sec);
}

void time_format_utc(int64_t time, char text[TIME_TEXT_SIZE])
{
    static const char shape[] = "0000-00-00T00:00:00Z";
    memcpy(text, shape, sizeof shape);
    put_time(text, time, 0);
}

void zone_format(const struct zone *zone, int64_t time, char text[TIME_TEXT_SIZE])
{
    static const char shape[] = "0000-00-00T00:00:00+00:00";
    GTimeZone *glib_zone = timezone_of(zone);
    int interval = g_time_zone_find_interval(glib_zone, G_TIME_TYPE_UNIVERSAL, time);
    long offset = interval >= 0 ? g_time_zone_get_offset(glib_zone, interval) : 0;
    long minutes = (offset < 0 ? -offset : offset) / 60;
    memcpy(text, shape, sizeof shape);
    put_time(text, time, offset);
    text[19] = offset < 0 ? '-' : '+';
    put_digits(text + 20, 2, minutes / 60);
    put_digits(text + 23, 2, minutes % 60);
}

bool time_writable(int64_t time)
{
    return time >= earliest + DAY && time <= latest - DAY; /* what is derived from it is written, too */
}

/* Digits where the shape has 9, and what stands there else. What is read behind it relies on it. */
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

/* A day of the calendar, by the first ten characters, which have the shape of one. */
static bool is_day(const char *text)
{
    long year = strtol(text, NULL, 10), month = strtol(text + 5, NULL, 10);
    long day = strtol(text + 8, NULL, 10);
    return year > 0 && month >= 1 && month <= 12 && day >= 1 &&
           g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year);
}

/* What may stand behind the seconds; '+' is any sign. */
static const struct {
    enum time_forms form;
    const char *shape;
} offsets[] = {
    {TIME_WITH_OFFSET, "Z"},
    {TIME_WITH_OFFSET, "+99:99"},
    {TIME_SHORT_OFFSET, "+9999"},
    {TIME_LOCAL, ""},
};

static bool has_offset(const char *text, const char *shape)
{
    if (strlen(text) != strlen(shape))
        return false;
    if (shape[0] != '+')
        return strcmp(text, shape) == 0;
    enum { FURTHEST = 14 * 60 }; /* minutes that a place is ahead, and less behind, of UTC */
    bool is_signed = text[0] == '+' || text[0] == '-';
    if (!is_signed || !has_shape(text + 1, shape + 1))
        return false;
    const char *minutes = text + strlen(text) - 2;
    int tens = minutes[0] - '0', whole = (text[1] - '0') * 10 + text[2] - '0';
    return tens < 6 && whole * 60 + tens * 10 + minutes[1] - '0' <= FURTHEST;
}

/* The form of an ISO 8601 time by its offset; 0: none of them. */
static unsigned form_of(const char *offset)
{
    for (size_t i = 0; i < COUNT(offsets); i++)
        if (has_offset(offset, offsets[i].shape))
            return offsets[i].form;
    return 0;
}

static bool http_date_read(const char *text, int64_t *time)
{
    /* RFC 9110, 5.6.7: the form of today, and two that are obsolete and to be read all the same */
    static const char *const shapes[] = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                                         "%a %b %e %H:%M:%S %Y"};
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct tm parts = {.tm_sec = 0};
        const char *end = strptime(text, shapes[i], &parts);
        if (end == NULL || *end != '\0')
            continue;
        int day = parts.tm_mday;
        *time = (int64_t)timegm(&parts);
        return parts.tm_mday == day; /* else the month has no such day */
    }
    return false;
}

static int number_at(const char *text, size_t digits)
{
    int number = 0;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + text[i] - '0';
    return number;
}

/* What a time of the right shape says, as if it were in UTC. False: there is no such time. */
static bool read_local(const char *text, int64_t *time)
{
    struct tm parts = {.tm_year = number_at(text, 4) - 1900,
                       .tm_mon = number_at(text + 5, 2) - 1,
                       .tm_mday = number_at(text + 8, 2),
                       .tm_hour = number_at(text + 11, 2),
                       .tm_min = number_at(text + 14, 2),
                       .tm_sec = number_at(text + 17, 2)};
    /* no leap seconds: SQL has none */
    bool is_one = is_day(text) && parts.tm_hour < 24 && parts.tm_min < 60 && parts.tm_sec < 60;
    *time = is_one ? (int64_t)timegm(&parts) : 0;
    return is_one;
}

/* Seconds from UTC by an offset of one of the shapes above, or by a zone (NULL: UTC) for a local time,
 * which is moved on when clocks leap over it. */
static int64_t offset_of(const char *offset, const struct zone *zone, int64_t *local)
{
    if (offset[0] == 'Z')
        return 0;
    if (offset[0] != '\0') {
        int minutes = number_at(offset + 1, 2) * 60 + number_at(offset + strlen(offset) - 2, 2);
        return (offset[0] == '-' ? -60 : 60) * (int64_t)minutes;
    }
    if (zone == NULL)
        return 0;
    gint64 moved = *local;
    int interval = g_time_zone_adjust_time(timezone_of(zone), G_TIME_TYPE_STANDARD, &moved);
    *local = moved;
    return g_time_zone_get_offset(timezone_of(zone), interval);
}

bool time_read(const char *text, unsigned forms, const struct zone *zone, int64_t *time,
               enum time_forms *form)
{
    static const char shape[] = "9999-99-99T99:99:99";
    bool is_http_date = (forms & TIME_HTTP_DATE) != 0 && http_date_read(text, time);
    unsigned found = TIME_HTTP_DATE;
    if (!is_http_date) {
        const char *offset = text + sizeof shape - 1;
        int64_t local;
        found = has_shape(text, shape) ? form_of(offset) & forms : 0;
        if (found == 0 || !read_local(text, &local))
            return false;
        int64_t seconds = offset_of(offset, zone, &local);
        *time = local - seconds;
    }
    if (form != NULL)
        *form = (enum time_forms)found;
    return true;
}

bool time_parse(const char *text, int64_t *time)
{
    return time_read(text, TIME_WITH_OFFSET, NULL, time, NULL);
}

/* The units of a duration in their order. */
static const struct {
    char letter;
    int64_t seconds;
} units[] = {{'W', INT64_C(7) * 86400}, {'D', 86400}, {'H', 3600}, {'M', 60}, {'S', 1}};
enum { DAYS = 1, HOURS = 2, SECONDS = 4, UNITS = 5 };

/* Digits, perhaps with a fraction, as milliseconds; *at moves behind them. False when there are none,
 * or too many. */
static bool number_parse(const char **at, int64_t *milliseconds, bool *has_fraction)
{
    char *end;
    if (!g_ascii_isdigit(**at))
        return false;
    int64_t whole = strtoll(*at, &end, 10), weight = 100;
    if (whole > century)
        return false;
    *milliseconds = whole * 1000;
    *has_fraction = *end == '.';
    if (*has_fraction && !g_ascii_isdigit(*++end))
        return false;
    for (; g_ascii_isdigit(*end); end++, weight /= 10)
        *milliseconds += (*end - '0') * weight;
    *at = end;
    return true;
}

bool duration_parse(const char *text, int64_t *milliseconds)
{
    const char *at = text + 1;
    int64_t sum = 0, number;
    size_t unit = 0; /* the first that may still come */
    bool is_in_day = false, has_fraction;
    if (text[0] != 'P' || *at == '\0')
        return false;
    for (; *at != '\0'; at++) {
        if (*at == 'T' && !is_in_day && unit <= HOURS) {
            is_in_day = true;
            unit = HOURS;
            at++;
        }
        if (!number_parse(&at, &number, &has_fraction))
            return false;
        size_t last = is_in_day ? UNITS : HOURS;
        while (unit < last && units[unit].letter != *at)
            unit++;
        if (unit >= last || (has_fraction && unit != SECONDS) ||
            number > (century * 1000 - sum) / units[unit].seconds)
            return false;
        sum += number * units[unit].seconds;
        unit = unit < DAYS ? UNITS : unit + 1; /* weeks stand alone */
    }
    *milliseconds = sum;
    return true;
}

bool date_valid(const char *text)
{
    return strlen(text) == 10 && has_shape(text, "9999-99-99") && is_day(text);
}
