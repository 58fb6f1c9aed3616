/* The app's time, and how the service writes it: ISO 8601, whole seconds, the org's UTC offset. */
#ifndef CRMOCK_BASE_CLOCK_H
#define CRMOCK_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attrs.h"

enum { TIME_TEXT_SIZE = 32 };

/* Where an app's notion of now comes from. Zeroed: the machine's clock. */
struct clock {
    bool stands;     /* it is always `seconds` since 1970 */
    int64_t seconds; /* otherwise added to the machine's clock */
};

/* Seconds since 1970-01-01T00:00:00Z. */
MUSTCHECK int64_t clock_now(const struct clock *clock);
/* The same in milliseconds, for what ends after a while. */
MUSTCHECK int64_t clock_milliseconds(const struct clock *clock);
/* The second in which a millisecond lies. */
MUSTCHECK int64_t time_seconds(int64_t milliseconds);
/* Sets a clock by a text: a moment at which it stands still, or +N or -N seconds to be ahead of or
 * behind the machine's. False when the text is neither, or leads to a time that cannot be written:
 * *clock is then unchanged. */
MUSTCHECK bool clock_set(struct clock *clock, const char *text);
/* Milliseconds since 1970 by the machine's clock, whatever an app's says: for waits that outlive the
 * process. */
MUSTCHECK int64_t clock_machine_milliseconds(void);
/* Microseconds from an arbitrary start, never going back: for durations only. */
MUSTCHECK int64_t clock_microseconds(void);

struct zone; /* a time zone of the tz database, daylight saving included; immutable */

/* The zone of that name ("Asia/Kolkata", "UTC"), or NULL when the machine's tz database lacks it, as it
 * does every path. */
MUSTCHECK struct zone *zone_new(const char *name);
void zone_free(struct zone *zone);
/* Writes e.g. 2021-03-03T12:17:00+05:30 with the offset that holds at that moment. The time is one that
 * can be written. */
void zone_format(const struct zone *zone, int64_t time, char text[TIME_TEXT_SIZE]);

/* Writes e.g. 2021-03-03T06:47:00Z. */
void time_format_utc(int64_t time, char text[TIME_TEXT_SIZE]);

/* True for seconds since 1970 whose year has four digits in every zone, and still has a day later. */
MUSTCHECK bool time_writable(int64_t time);
/* The forms in which the service takes a time, as a set (F5, F9): all have whole seconds and, but for
 * the last, a T. */
enum time_forms {
    TIME_WITH_OFFSET = 1,  /* 2026-06-01T13:00:00+05:30, or Z */
    TIME_SHORT_OFFSET = 2, /* ...+0530 */
    TIME_LOCAL = 4,        /* ...13:00:00 alone, in a zone */
    TIME_HTTP_DATE = 8     /* Mon, 01 Jun 2026 07:30:00 GMT */
};

/* Reads a time in one of the forms; *form, if it is not NULL, says in which. `zone` is for
 * TIME_LOCAL only; NULL: UTC. False when it is malformed or no such day. */
MUSTCHECK bool time_read(const char *text, unsigned forms, const struct zone *zone, int64_t *time,
                         enum time_forms *form);
/* The same in the form TIME_WITH_OFFSET. */
MUSTCHECK bool time_parse(const char *text, int64_t *time);
/* Reads an ISO 8601 duration of weeks, or of days, hours, minutes and seconds (PT2S, P1DT12H, PT0.5S),
 * a century at most; months and years have no length. */
MUSTCHECK bool duration_parse(const char *text, int64_t *milliseconds);
/* True for YYYY-MM-DD that names a day of the calendar. */
MUSTCHECK bool date_valid(const char *text);

#endif
