#include "import/whole.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

static char *passing_name(const char *name)
{
    return g_strconcat(".", name, WHOLE_SUFFIX, NULL);
}

bool whole_is_passing(const char *name)
{
    size_t length = strlen(name), suffix = strlen(WHOLE_SUFFIX);
    return name[0] == '.' && length > suffix + 1 && strcmp(name + length - suffix, WHOLE_SUFFIX) == 0;
}

bool whole_prepare(int folder, const char *name, const char *text, size_t length)
{
    enum { MODE = 0666 };
    char *passing = passing_name(name);
    bool is_whole = file_make(folder, passing, MODE, text, length, false);
    int reason = errno;
    if (!is_whole)
        (void)unlinkat(folder, passing, 0);
    g_free(passing);
    errno = reason;
    return is_whole;
}

bool whole_place(int folder, const char *name)
{
    char *passing = passing_name(name);
    bool is_placed = renameat(folder, passing, folder, name) == 0;
    int reason = errno;
    g_free(passing);
    errno = reason;
    return is_placed;
}

void whole_forget(int folder, const char *name)
{
    char *passing = passing_name(name);
    (void)unlinkat(folder, passing, 0);
    g_free(passing);
}

bool whole_write(int folder, const char *name, const char *text, size_t length)
{
    return whole_prepare(folder, name, text, length) && whole_place(folder, name);
}
