/* One line an event on stderr: time, level, event, then key=value pairs. */
#ifndef CRMOCK_BASE_LOG_H
#define CRMOCK_BASE_LOG_H

#include <stdio.h>

#include "base/attrs.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
extern const char *const log_level_names[]; /* by level, ended by NULL */

struct log {
    FILE *stream; /* borrowed */
    enum log_level level;
};

/* Writes a line when the level is on. Safe from any thread; control characters that a client put
 * into a value are written as '?', so that a line stays a line. */
void log_event(const struct log *log, enum log_level level, const char *format, ...) PRINTF(3, 4);

#endif
