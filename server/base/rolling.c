#include "base/rolling.h"

struct rolling_second {
    int64_t second, number;
};

static struct rolling_second *at(const struct rolling *rolling, guint index)
{
    return &g_array_index(rolling->seconds, struct rolling_second, index);
}

static guint length_of(const struct rolling *rolling)
{
    return rolling->seconds != NULL ? rolling->seconds->len : 0;
}

void rolling_clear(struct rolling *rolling)
{
    if (rolling->seconds != NULL)
        (void)g_array_free(rolling->seconds, TRUE);
    *rolling = (struct rolling){.seconds = NULL};
}

void rolling_add(struct rolling *rolling, int64_t now, int64_t number)
{
    if (rolling->seconds == NULL)
        rolling->seconds = g_array_new(FALSE, FALSE, sizeof(struct rolling_second));
    guint count = length_of(rolling);
    rolling->total += number;
    if (count > 0 && at(rolling, count - 1)->second == now) {
        at(rolling, count - 1)->number += number;
        return;
    }
    const struct rolling_second added = {.second = now, .number = number};
    g_array_append_val(rolling->seconds, added);
}

/* What lies ahead is as of now. */
static void take_along(struct rolling *rolling, int64_t now)
{
    guint count = length_of(rolling), kept = count;
    int64_t ahead = 0;
    while (kept > 0 && at(rolling, kept - 1)->second > now)
        ahead += at(rolling, --kept)->number;
    if (kept == count)
        return;
    g_array_set_size(rolling->seconds, kept);
    rolling->total -= ahead;
    rolling_add(rolling, now, ahead);
}

int64_t rolling_count(struct rolling *rolling, int64_t now, int64_t length)
{
    take_along(rolling, now);
    guint count = length_of(rolling), old = 0;
    while (old < count && at(rolling, old)->second <= now - length)
        rolling->total -= at(rolling, old++)->number;
    if (old > 0)
        g_array_remove_range(rolling->seconds, 0, old);
    return rolling->total;
}

int64_t rolling_falls_to(const struct rolling *rolling, int64_t most, int64_t length)
{
    int64_t left = rolling->total, falls = INT64_MIN;
    guint count = length_of(rolling);
    for (guint i = 0; i < count && left > most; i++) {
        left -= at(rolling, i)->number;
        falls = at(rolling, i)->second + length;
    }
    return falls;
}
