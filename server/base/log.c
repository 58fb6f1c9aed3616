#include "base/log.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char *const log_level_names[] = {"error", "warning", "info", "debug", NULL};

/* Pipes and terminals are opened once more, without waiting: the flag is the open file's, which the
 * parent and the terminal's other programs have, too. */
void log_sink_open(struct log_sink *sink, int file)
{
    struct stat what = {0};
    *sink = (struct log_sink){.file = file};
    (void)fstat(file, &what);
    sink->is_socket = S_ISSOCK(what.st_mode);
    if (!S_ISFIFO(what.st_mode) && !S_ISCHR(what.st_mode))
        return;
    char name[sizeof "/proc/self/fd/" + 3 * sizeof file];
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    int own = open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    sink->is_own = own >= 0;
    sink->may_block = own < 0;
    if (own >= 0)
        sink->file = own;
}

void log_sink_close(struct log_sink *sink)
{
    if (sink->is_own)
        (void)close(sink->file);
    sink->is_own = false;
}

/* False: it would have to wait. A line is short enough for a pipe to take it whole or not at all. */
static bool put(const struct log_sink *sink, const char *line, size_t length)
{
    struct pollfd ready = {.fd = sink->file, .events = POLLOUT};
    if (sink->is_socket)
        return send(sink->file, line, length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
    if (sink->may_block && poll(&ready, 1, 0) < 1)
        return false;
    return write(sink->file, line, length) >= 0;
}

enum { LINE_SIZE = 1024 };

static size_t begin_line(char line[LINE_SIZE], enum log_level level)
{
    struct timespec now;
    struct tm utc;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    size_t length = strftime(line, LINE_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    return length + (size_t)snprintf(line + length, LINE_SIZE - length, ".%03ldZ %s ",
                                     now.tv_nsec / 1000000, log_level_names[level]);
}

/* Tells how many lines were dropped; false when that is not taken either. */
static bool put_count(const struct log_sink *sink, unsigned count)
{
    char line[LINE_SIZE];
    size_t length = begin_line(line, LOG_WARNING);
    int more = snprintf(line + length, sizeof line - length, "log lines dropped count=%u\n", count);
    return put(sink, line, length + (size_t)more);
}

static void put_or_count(struct log_sink *sink, const char *line, size_t length)
{
    unsigned dropped = atomic_exchange_explicit(&sink->dropped, 0, memory_order_relaxed);
    if (dropped == 0 || put_count(sink, dropped)) {
        dropped = 0;
        if (put(sink, line, length))
            return;
    }
    (void)atomic_fetch_add_explicit(&sink->dropped, dropped + 1, memory_order_relaxed);
}

bool log_writes(const struct log *log, enum log_level level)
{
    return level <= log->level && log->sink != NULL;
}

void log_event(const struct log *log, enum log_level level, const char *format, ...)
{
    if (!log_writes(log, level))
        return;
    char line[LINE_SIZE];
    size_t length = begin_line(line, level);
    va_list args;
    va_start(args, format);
    int more = vsnprintf(line + length, sizeof line - length - 1, format, args);
    va_end(args);
    if (more > 0) {
        size_t room = sizeof line - length - 2;
        length += (size_t)more < room ? (size_t)more : room;
    }
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = '?';
    line[length++] = '\n';
    put_or_count(log->sink, line, length);
}
