#include "base/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listening_socket(const struct addrinfo *address)
{
    int on = 1;
    int fd = socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                    address->ai_protocol);
    if (fd < 0)
        return -1;
    /* Lets a server start again at once; a port that is listened on is refused all the same. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int reason = errno;
    (void)close(fd);
    errno = reason;
    return -1;
}

static const char *url_of(int fd, const char *scheme, struct arena *arena)
{
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    char host[NI_MAXHOST], service[NI_MAXSERV];
    if (getsockname(fd, (struct sockaddr *)&name, &length) != 0 ||
        getnameinfo((struct sockaddr *)&name, length, host, sizeof host, service, sizeof service,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return NULL;
    bool v6 = strchr(host, ':') != NULL;
    return arena_printf(arena, "%s://%s%s%s:%s", scheme, v6 ? "[" : "", host, v6 ? "]" : "", service);
}

int listen_on(const char *address, unsigned port, const char *scheme, struct arena *arena,
              const char **url, const char **reason)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char service[16];
    (void)snprintf(service, sizeof service, "%u", port);
    int code = getaddrinfo(address, service, &hints, &found);
    if (code != 0) {
        *reason = arena_printf(arena, "cannot listen on %s: %s", address, gai_strerror(code));
        return -1;
    }
    int fd = listening_socket(found);
    freeaddrinfo(found);
    if (fd >= 0)
        *url = url_of(fd, scheme, arena);
    if (fd >= 0 && *url != NULL)
        return fd;
    *reason = arena_printf(arena, "cannot listen on %s port %u: %s", address, port, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return -1;
}
