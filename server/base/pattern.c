#include "base/pattern.h"

#include <glib.h>

/* GLib's GRegex is the same object as our pattern: the name keeps GLib out of other rooms. */
static GRegex *regex_of(const struct pattern *pattern)
{
    return (GRegex *)pattern;
}

struct pattern *pattern_new(const char *text)
{
    /* Where a text can be cut in many ways, a hostile one makes the matcher try them all: no further
     * than this. */
    static const char bound[] = "(*LIMIT_MATCH=20000)";
    char *bounded = g_strconcat(bound, text, NULL);
    GError *error = NULL;
    GRegex *regex = g_regex_new(bounded, G_REGEX_RAW | G_REGEX_DOLLAR_ENDONLY, 0, &error);
    if (regex == NULL)
        g_error("%s", error->message); /* not reached: see the header */
    g_free(bounded);
    return (struct pattern *)regex;
}

void pattern_free(struct pattern *pattern)
{
    if (pattern != NULL)
        g_regex_unref(regex_of(pattern));
}

bool pattern_fits(const struct pattern *pattern, const char *text)
{
    return g_regex_match(regex_of(pattern), text, 0, NULL);
}
