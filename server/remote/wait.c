/* How long is waited between tries, and how many there are. */
#include <glib.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/random.h"
#include "remote/inside.h"

enum { SLICE = 50000, GROWTH_MOST = 60, RETRY_MS = 1000 }; /* a slice is of microseconds */

/* Waits by trouble. Who was throttled at the token endpoint waits out its ten minutes. */
static const unsigned most_waits[] = {
    [TROUBLE_BROKEN] = 5, [TROUBLE_THROTTLED] = 7, [TROUBLE_TOKENS_THROTTLED] = 18};

bool remote_is_stopping(const struct remote *remote)
{
    return remote->options.is_stopping != NULL && remote->options.is_stopping(remote->options.context);
}

/* Several that were refused together are not to come again together. */
static int64_t with_chance(int64_t length)
{
    enum { DIGITS = 5, OF = 0x10000 };
    char chance[DIGITS];
    random_text(chance, sizeof chance);
    return length - length * (int64_t)strtoul(chance, NULL, 16) / 2 / OF;
}

int64_t remote_wait_length(const struct remote_options *options, enum trouble trouble, unsigned waits)
{
    int64_t unit = options->retry > 0 ? options->retry : RETRY_MS;
    int64_t growth = waits < 6 ? (int64_t)1 << waits : GROWTH_MOST;
    if (waits >= most_waits[trouble])
        return 0;
    /* One asks for a token, and all others wait for it. */
    return trouble == TROUBLE_TOKENS_THROTTLED ? unit * growth : with_chance(unit * growth);
}

bool remote_wait(const struct remote *remote, enum trouble trouble, struct patience *patience)
{
    int64_t length = remote_wait_length(&remote->options, trouble, patience->waits[trouble]++);
    int64_t end = clock_microseconds() + length * 1000;
    if (length == 0)
        return false;
    for (int64_t left; (left = end - clock_microseconds()) > 0;) {
        if (remote_is_stopping(remote))
            return false;
        g_usleep((gulong)(left < SLICE ? left : SLICE));
    }
    return !remote_is_stopping(remote);
}
