#include "proxy/connect.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "base/grammar.h"

static const char method[] = "CONNECT ";

/* "[::1]" */
static bool is_address_in_brackets(struct text text)
{
    char address[CONNECT_HOST_MAX + 1] = "";
    if (text.length < 2 || text.at[0] != '[' || text.at[text.length - 1] != ']')
        return false;
    memcpy(address, text.at + 1, text.length - 2);
    return strspn(address, "0123456789abcdefABCDEF:.") == text.length - 2 &&
           strchr(address, ':') != NULL && g_hostname_is_ip_address(address);
}

static bool is_host(struct text text)
{
    size_t length = 0;
    if (text.length > CONNECT_HOST_MAX)
        return false;
    while (length < text.length && grammar_is_name_byte(text.at[length]))
        length++;
    return (length > 0 && length == text.length) || is_address_in_brackets(text);
}

/* 0: it is none. */
static unsigned port_of(struct text text)
{
    enum { DIGITS_MAX = 5, PORT_MAX = 65535 };
    unsigned port = 0;
    if (text.length > DIGITS_MAX)
        return 0;
    for (size_t i = 0; i < text.length; i++) {
        if (!g_ascii_isdigit(text.at[i]))
            return 0;
        port = port * 10 + (unsigned)(text.at[i] - '0');
    }
    return port <= PORT_MAX ? port : 0;
}

/* "host:port". What is wrong, or NULL. */
static const char *take_authority(struct text text, struct connect_head *head)
{
    const char *colon = memrchr(text.at, ':', text.length);
    if (colon == NULL)
        return "CONNECT asks for a host and its port, as www.zohoapis.com:443";
    struct text host = {text.at, (size_t)(colon - text.at)};
    if (!is_host(host))
        return "the host is no name, IPv4 address, or IPv6 address in brackets";
    head->host = host.at;
    head->host_length = host.length;
    head->port = port_of((struct text){colon + 1, text.length - host.length - 1});
    return head->port == 0 ? "the port is a number from 1 to 65535" : NULL;
}

/* A later minor version is spoken to as 1.1. */
static bool is_version(struct text text)
{
    static const char front[] = "HTTP/1.";
    return text.length == sizeof front && memcmp(text.at, front, sizeof front - 1) == 0 &&
           g_ascii_isdigit(text.at[sizeof front - 1]);
}

static const char *take_request_line(struct text line, struct connect_head *head)
{
    struct text target = {line.at + sizeof method - 1, line.length - (sizeof method - 1)};
    const char *blank = memchr(target.at, ' ', target.length);
    if (blank == NULL)
        return "a request line is CONNECT, host:port and HTTP/1.1, with one blank between";
    size_t length = (size_t)(blank - target.at);
    if (!is_version((struct text){blank + 1, target.length - length - 1}))
        return "HTTP/1.1 and HTTP/1.0 are spoken, with one blank in front";
    return take_authority((struct text){target.at, length}, head);
}

static bool is_zero(struct text text)
{
    size_t zeros = 0;
    while (zeros < text.length && text.at[zeros] == '0')
        zeros++;
    return zeros > 0 && zeros == text.length;
}

/* Of the headers none matters but those that tell of content: a proxy that took none and one that did
 * would find the tunnel's first byte at different places. */
static const char *check_header(struct text line)
{
    struct text name = {line.at, grammar_token_length(line)};
    if (name.length == 0 || name.length == line.length || line.at[name.length] != ':')
        return "a header is a name, a colon at once behind it, and a value, on one line";
    struct text value =
        grammar_trimmed((struct text){line.at + name.length + 1, line.length - name.length - 1});
    if (grammar_says(name, "Transfer-Encoding") ||
        (grammar_says(name, "Content-Length") && !is_zero(value)))
        return "CONNECT has no content";
    return NULL;
}

/* A line without its end; the first one is the request line. */
static const char *take_line(struct text line, bool is_first, struct connect_head *head)
{
    if (grammar_has_control_byte(line))
        return "the head has a control character (a bare CR?)";
    return is_first ? take_request_line(line, head) : check_header(line);
}

enum connect_verdict connect_read(const char *bytes, size_t length, struct connect_head *head)
{
    const char *end = bytes + MIN(length, CONNECT_HEAD_MAX), *at = bytes, *feed;
    *head = (struct connect_head){.wrong = NULL};
    if (memcmp(bytes, method, MIN(length, sizeof method - 1)) != 0)
        return CONNECT_OTHER;
    while ((feed = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        struct text line = {at, (size_t)(feed - at) - 1};
        if (feed == at || feed[-1] != '\r')
            head->wrong = "a line ends with CR and LF";
        else if (line.length > 0)
            head->wrong = take_line(line, at == bytes, head);
        if (head->wrong != NULL)
            return CONNECT_MALFORMED;
        at = feed + 1;
        head->length = (size_t)(at - bytes);
        if (line.length == 0)
            return CONNECT_WHOLE;
    }
    return length > CONNECT_HEAD_MAX ? CONNECT_TOO_LARGE : CONNECT_AWAITED;
}
