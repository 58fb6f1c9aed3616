#include "base/redirect.h"

#include <arpa/inet.h>
#include <glib.h>
#include <string.h>

/* What no URI has (RFC 3986), and browsers mend in ways of their own: a backslash is a slash to them,
 * and a line's end is nothing. */
static bool has_foreign_byte(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text <= ' ' || *text > '~' || strchr("\"<>\\^`{|}", *text) != NULL)
            return true;
    return false;
}

static const char *fault_of(GUri *uri)
{
    const char *scheme = g_uri_get_scheme(uri), *host = g_uri_get_host(uri);
    if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
        return "its scheme is http or https";
    if (host == NULL || host[0] == '\0')
        return "it names a host, behind two slashes";
    if (g_uri_get_userinfo(uri) != NULL)
        return "it has no user name in front of the host";
    if (g_uri_get_fragment(uri) != NULL)
        return "it has no fragment, which begins with #";
    return NULL;
}

const char *redirect_fault(const char *uri)
{
    if (has_foreign_byte(uri))
        return "it has no blanks, line ends, backslashes, or other characters that must be"
               " percent-encoded";
    GUri *parsed = g_uri_parse(uri, G_URI_FLAGS_ENCODED, NULL);
    if (parsed == NULL)
        return "it is a whole address, http://host/path or https://host/path";
    const char *fault = fault_of(parsed);
    g_uri_unref(parsed);
    return fault;
}

static bool is_loopback(const char *host)
{
    enum { LOOPBACK_NET = 127, HOST_BITS = 24 };
    struct in_addr address;
    struct in6_addr address_6;
    if (g_ascii_strcasecmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &address) == 1)
        return ntohl(address.s_addr) >> HOST_BITS == LOOPBACK_NET;
    return inet_pton(AF_INET6, host, &address_6) == 1 && IN6_IS_ADDR_LOOPBACK(&address_6);
}

bool redirect_is_loopback(const char *uri)
{
    if (redirect_fault(uri) != NULL)
        return false;
    GUri *parsed = g_uri_parse(uri, G_URI_FLAGS_ENCODED, NULL);
    bool is_one = is_loopback(g_uri_get_host(parsed));
    g_uri_unref(parsed);
    return is_one;
}
