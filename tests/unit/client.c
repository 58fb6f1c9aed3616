#include "client.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int client_connect(const char *url)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port =
                                      htons((uint16_t)strtoul(strrchr(url, ':') + 1, NULL, 10))};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

void client_send_bytes(int connection, const char *bytes, size_t length)
{
    ck_assert_int_eq(send(connection, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

void client_send(int connection, const char *text)
{
    client_send_bytes(connection, text, strlen(text));
}

const char *client_receive(int connection, const char *text, struct arena *arena)
{
    size_t length = 0, room = 65536;
    char *answer = arena_alloc(arena, room);
    ssize_t count = 1;
    while (count > 0 && (text == NULL || strstr(answer, text) == NULL)) {
        if (room - length < 2) {
            char *larger = arena_alloc(arena, room *= 2);
            memcpy(larger, answer, length);
            answer = larger;
        }
        count = recv(connection, answer + length, room - 1 - length, 0);
        length += count > 0 ? (size_t)count : 0;
    }
    return answer;
}

const char *client_receive_bytes(int connection, size_t length, struct arena *arena)
{
    char *bytes = arena_alloc(arena, length + 1);
    ssize_t count = 1;
    for (size_t all = 0; all < length && count > 0; all += (size_t)count) {
        struct pollfd ready = {.fd = connection, .events = POLLIN};
        ck_assert_int_eq(poll(&ready, 1, -1), 1);
        count = recv(connection, bytes + all, length - all, 0);
        ck_assert_msg(count >= 0, "%s", strerror(errno));
    }
    return bytes;
}

const char *client_receive_all(int connection, struct arena *arena)
{
    enum { ROOM = 4096 };
    return client_receive_bytes(connection, ROOM, arena);
}

const char *client_exchange(const char *url, const char *request, struct arena *arena)
{
    int fd = client_connect(url);
    client_send(fd, request);
    const char *answer = client_receive(fd, NULL, arena);
    (void)close(fd);
    return answer;
}

const char *client_request(struct arena *arena, const char *method, const char *path, const char *body)
{
    return arena_printf(arena,
                        "%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer 1000.crmock.admin\r\n"
                        "Connection: close\r\nContent-Length: %zu\r\n\r\n%s",
                        method, path, strlen(body), body);
}
