/* One line an event on stderr: time, level, event, then key=value pairs. Nobody waits for whoever reads
 * them: a line that can't be taken at once is dropped, and how many were is told with the next one that
 * can. */
#ifndef CRMOCK_BASE_LOG_H
#define CRMOCK_BASE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/attrs.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
extern const char *const log_level_names[]; /* by level, ended by NULL */

/* Where lines go. */
struct log_sink {
    int file;
    bool is_own; /* opened by log_sink_open */
    bool is_socket, may_block;
    atomic_uint dropped; /* lines since the last that was taken */
};

/* Lines go to the open file, which stays the caller's and as it is: others may share it. Close with
 * log_sink_close. */
void log_sink_open(struct log_sink *sink, int file);
void log_sink_close(struct log_sink *sink);

struct log {
    struct log_sink *sink; /* borrowed; NULL: nowhere */
    enum log_level level;
};

/* True when lines of the level are written, for what is costly to find out. */
MUSTCHECK bool log_writes(const struct log *log, enum log_level level);

/* Writes a line when the level is on. Safe from any thread; control characters that a client put
 * into a value are written as '?', so that a line stays a line. */
void log_event(const struct log *log, enum log_level level, const char *format, ...) PRINTF(3, 4);

#endif
