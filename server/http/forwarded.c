#include "http/forwarded.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/network.h"
#include "base/word.h"
#include "http/head.h"

static bool has_peer(const char *text, size_t length, const void *peer)
{
    return network_has(text, length, peer);
}

/* The last of what the headers of a name list. */
struct last {
    const char *name, *value;
};

static void note(void *context, const char *name, const char *value)
{
    struct last *last = context;
    if (strcasecmp(name, last->name) != 0)
        return;
    const char *comma = strrchr(value, ',');
    last->value = comma != NULL ? comma + 1 : value;
    last->value += strspn(last->value, " \t");
}

static const char *last_of(const struct request *request, const char *name)
{
    struct last last = {.name = name};
    request->each(request, PART_HEADERS, note, &last);
    return last.value;
}

static const char *scheme_of(const char *text)
{
    return text == NULL                     ? NULL
           : strcasecmp(text, "https") == 0 ? "https"
           : strcasecmp(text, "http") == 0  ? "http"
                                            : NULL;
}

static bool is_port(const char *text)
{
    enum { DIGITS_MAX = 5, PORT_MAX = 65535 };
    size_t length = text != NULL ? strlen(text) : 0;
    return length > 0 && length <= DIGITS_MAX && strspn(text, "0123456789") == length &&
           strtoul(text, NULL, 10) <= PORT_MAX;
}

/* A port of its own, where the host has none, unless it is what its scheme has anyway. */
static const char *host_with_port(const char *host, const char *port, const char *scheme,
                                  struct arena *arena)
{
    const char *usual = scheme != NULL && strcmp(scheme, "https") == 0 ? "443" : "80";
    bool has_port = head_host_length(host, strlen(host)) < strlen(host);
    return has_port || !is_port(port) || strcmp(port, usual) == 0
               ? host
               : arena_printf(arena, "%s:%s", host, port);
}

struct forwarded forwarded_read(const char *const *trusted, const struct sockaddr *peer,
                                const struct request *request, struct arena *arena)
{
    struct forwarded forwarded = {.scheme = NULL};
    if (!word_any(trusted, has_peer, peer))
        return forwarded;
    forwarded.scheme = scheme_of(last_of(request, "X-Forwarded-Proto"));
    const char *host = last_of(request, "X-Forwarded-Host");
    if (host != NULL && host[0] != '\0' && head_is_host(host, strlen(host)))
        forwarded.host =
            host_with_port(host, last_of(request, "X-Forwarded-Port"), forwarded.scheme, arena);
    return forwarded;
}
