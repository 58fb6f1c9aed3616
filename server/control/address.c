#include "control/address.h"

#include <arpa/inet.h>
#include <glib.h>
#include <string.h>

enum { PORT_OF_HTTP = 80, PORT_OF_HTTPS = 443, PORT_MAX = 65535 };

static bool is_name_byte(char byte)
{
    return g_ascii_isalnum(byte) || byte == '-' || byte == '_' || byte == '.';
}

/* How many bytes in front are a name, an IPv4 address, or an IPv6 address in brackets. */
static size_t host_length(const char *text, size_t length)
{
    size_t at = 0;
    if (length == 0 || text[0] != '[') {
        while (at < length && is_name_byte(text[at]))
            at++;
        return at;
    }
    const char *end = memchr(text, ']', length);
    return end != NULL ? (size_t)(end - text) + 1 : 0;
}

/* ":8080", or nothing. */
static bool read_port(const char *text, size_t length, unsigned *port)
{
    enum { DIGITS_MAX = 5 };
    if (length == 0)
        return true;
    if (text[0] != ':' || length == 1 || length > 1 + DIGITS_MAX)
        return false;
    *port = 0;
    for (size_t i = 1; i < length; i++) {
        if (!g_ascii_isdigit(text[i]))
            return false;
        *port = *port * 10 + (unsigned)(text[i] - '0');
    }
    return *port <= PORT_MAX;
}

bool address_read_host(const char *text, size_t length, struct address *address)
{
    *address =
        (struct address){.host = text, .host_length = host_length(text, length), .port = PORT_OF_HTTP};
    return address->host_length > 0 &&
           read_port(text + address->host_length, length - address->host_length, &address->port);
}

bool address_read_origin(const char *text, size_t length, struct address *address)
{
    static const struct {
        const char *text;
        unsigned port;
    } schemes[] = {{"http://", PORT_OF_HTTP}, {"https://", PORT_OF_HTTPS}};
    for (size_t i = 0; i < COUNT(schemes); i++) {
        size_t front = strlen(schemes[i].text);
        if (length < front || g_ascii_strncasecmp(text, schemes[i].text, front) != 0)
            continue;
        if (!address_read_host(text + front, length - front, address))
            return false;
        bool says_port = address->host_length < length - front;
        address->port = says_port ? address->port : schemes[i].port;
        address->scheme = text;
        address->scheme_length = front;
        return true;
    }
    return false;
}

static bool is_same(const char *one, size_t length, const char *other, size_t other_length)
{
    return length == other_length && g_ascii_strncasecmp(one, other, length) == 0;
}

static bool is_same_place(const struct address *one, const struct address *other)
{
    return one->port == other->port &&
           is_same(one->host, one->host_length, other->host, other->host_length);
}

bool address_equals(const struct address *one, const struct address *other)
{
    return is_same(one->scheme, one->scheme_length, other->scheme, other->scheme_length) &&
           is_same_place(one, other);
}

static bool is_ip_address(const char *host, size_t length)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr unused;
    bool is_v6 = length > 2 && host[0] == '[';
    size_t count = is_v6 ? length - 2 : length;
    if (count >= sizeof text)
        return false;
    memcpy(text, is_v6 ? host + 1 : host, count);
    text[count] = '\0';
    return inet_pton(is_v6 ? AF_INET6 : AF_INET, text, &unused) == 1;
}

/* Names that no public server can have. */
static bool is_under_safe(const char *host, size_t length)
{
    static const char *const ends[] = {".localhost", ".internal", ".test"};
    for (size_t i = 0; i < COUNT(ends); i++) {
        size_t end = strlen(ends[i]);
        if (length > end && is_same(host + length - end, end, ends[i], end))
            return true;
    }
    return false;
}

bool address_is_safe(const struct address *address)
{
    const char *host = address->host;
    size_t length = address->host_length;
    if (host[0] == '[')
        return is_ip_address(host, length);
    bool has_dot = memchr(host, '.', length) != NULL;
    return !has_dot || (host[0] != '.' && (is_ip_address(host, length) || is_under_safe(host, length)));
}

bool address_has_name(const struct address *address, const char *name, size_t length)
{
    return is_same(address->host, address->host_length, name, length);
}
