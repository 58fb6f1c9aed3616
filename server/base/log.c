#include "base/log.h"

#include <stdarg.h>
#include <time.h>

const char *const log_level_names[] = {"error", "warning", "info", "debug", NULL};

void log_event(const struct log *log, enum log_level level, const char *format, ...)
{
    if (level > log->level)
        return;
    char line[1024];
    struct timespec now;
    struct tm utc;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    size_t length = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%S", &utc);
    int more = snprintf(line + length, sizeof line - length, ".%03ldZ %s ", now.tv_nsec / 1000000,
                        log_level_names[level]);
    length += (size_t)more;
    va_list args;
    va_start(args, format);
    more = vsnprintf(line + length, sizeof line - length - 1, format, args);
    va_end(args);
    if (more > 0) {
        size_t room = sizeof line - length - 2;
        length += (size_t)more < room ? (size_t)more : room;
    }
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = '?';
    line[length++] = '\n';
    (void)fwrite(line, 1, length, log->stream); /* one call: stdio's lock keeps lines whole */
}
