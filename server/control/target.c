#include "control/target.h"

#include <string.h>

/* How many bytes in front are the prefix and what follows it down to the next slash; 0: there are none.
 */
static size_t sandbox_length(const char *target, size_t length)
{
    static const char prefix[] = "/_s/";
    enum { PREFIX = sizeof prefix - 1 };
    if (length < PREFIX || memcmp(target, prefix, PREFIX) != 0)
        return 0;
    const char *slash = memchr(target + PREFIX, '/', length - PREFIX);
    const char *query = memchr(target + PREFIX, '?', length - PREFIX);
    bool is_cut = slash == NULL || (query != NULL && query < slash);
    return is_cut ? 0 : (size_t)(slash - target);
}

bool control_is_target(const char *target, size_t length)
{
    static const char path[] = "/_crmock";
    enum { PATH = sizeof path - 1 };
    size_t sandbox = sandbox_length(target, length);
    target += sandbox;
    length -= sandbox;
    return length >= PATH && memcmp(target, path, PATH) == 0 &&
           (length == PATH || target[PATH] == '/' || target[PATH] == '?');
}
