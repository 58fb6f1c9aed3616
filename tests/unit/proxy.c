/* The proxy's door, and what becomes of those who knock. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/service_host.h"
#include "client.h"
#include "proxy/connect.h"
#include "proxy/proxy.h"
#include "unit.h"

#define GOOD "CONNECT www.zohoapis.com:443 HTTP/1.1\r\nHost: www.zohoapis.com:443\r\n\r\n"
#define LINE(line) line "\r\n\r\n"
#define HEADER(header) "CONNECT www.zohoapis.com:443 HTTP/1.1\r\n" header "\r\n\r\n"
#define ESTABLISHED "HTTP/1.1 200 Connection established\r\n\r\n"
#define BYTES(text) text, sizeof(text) - 1

enum { MANY = 500, HOUR = 3600 };

/* Who takes the sockets: keeps them, in the order in which they came. */
struct rig {
    struct proxy *proxy;
    struct arena arena; /* the test's */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct adopted {
        int socket;
        enum proxy_way way;
    } adopted[MANY];
    unsigned count, taken;
    atomic_bool refuses;
    atomic_int thread; /* of the proxy; known once it has handed a socket over */
};

static bool serves(void *context, const char *host, size_t length)
{
    (void)context;
    return service_host_is(host, length);
}

static bool adopt(void *context, int socket, enum proxy_way way)
{
    struct rig *rig = context;
    if (rig->refuses) {
        (void)close(socket);
        return false;
    }
    (void)pthread_mutex_lock(&rig->mutex);
    atomic_store(&rig->thread, gettid());
    rig->adopted[rig->count++] = (struct adopted){socket, way};
    (void)pthread_cond_broadcast(&rig->changed);
    (void)pthread_mutex_unlock(&rig->mutex);
    return true;
}

static const struct proxy_options options = {
    .listen = "127.0.0.1",
    .most = 16,
    .head_seconds = HOUR,
    .serves = serves,
    .adopt = adopt,
    .log = &quiet_log,
};

static void open_rig_with(struct rig *rig, const struct proxy_options *given)
{
    const char *reason = "";
    struct proxy_options asked = *given;
    *rig = (struct rig){.count = 0};
    (void)pthread_mutex_init(&rig->mutex, NULL);
    (void)pthread_cond_init(&rig->changed, NULL);
    asked.context = rig;
    rig->proxy = proxy_bind(&asked, &rig->arena, &reason);
    ck_assert_msg(rig->proxy != NULL && proxy_start(rig->proxy, &reason), "%s", reason);
}

static void open_rig(struct rig *rig)
{
    open_rig_with(rig, &options);
}

static void end(struct proxy *proxy)
{
    proxy_stop(proxy);
    proxy_free(proxy);
}

static void close_rig(struct rig *rig)
{
    end(rig->proxy);
    ck_assert_uint_eq(rig->count, rig->taken);
    (void)pthread_cond_destroy(&rig->changed);
    (void)pthread_mutex_destroy(&rig->mutex);
    arena_clear(&rig->arena);
}

/* The next socket that is handed over. */
static int take(struct rig *rig, enum proxy_way way)
{
    (void)pthread_mutex_lock(&rig->mutex);
    while (rig->count == rig->taken)
        (void)pthread_cond_wait(&rig->changed, &rig->mutex);
    struct adopted adopted = rig->adopted[rig->taken++];
    (void)pthread_mutex_unlock(&rig->mutex);
    ck_assert_int_eq(adopted.way, way);
    return adopted.socket;
}

static int knock(struct rig *rig)
{
    return client_connect(proxy_url(rig->proxy));
}

static void send_bytes(int connection, const char *bytes, size_t length)
{
    ck_assert_int_eq(send(connection, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

/* Waits for `length` bytes or, when there are less, for the end, which must be no reset. */
static const char *receive(int connection, size_t length, struct arena *arena)
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

/* All that comes until the end. */
static const char *receive_all(int connection, struct arena *arena)
{
    enum { ROOM = 4096 };
    return receive(connection, ROOM, arena);
}

/* Fails unless bytes go from one to the other, and no others are in between. */
static void must_pass(int from, int to, struct arena *arena)
{
    client_send(from, "bytes");
    ck_assert_str_eq(receive(to, strlen("bytes"), arena), "bytes");
}

static void must_be_connected(int client, int socket, struct arena *arena)
{
    must_pass(client, socket, arena);
    must_pass(socket, client, arena);
}

static void close_both(int client, int socket)
{
    (void)close(client);
    (void)close(socket);
}

/* Another client comes and goes: what others had sent before was looked at then. */
static void settle(struct rig *rig)
{
    int client = knock(rig);
    client_send(client, GOOD);
    close_both(client, take(rig, PROXY_TUNNEL));
}

/* A whole head of so many bytes. */
static const char *head_of(size_t length, struct arena *arena)
{
    size_t rest = strlen(HEADER("X: "));
    return arena_printf(arena, HEADER("X: %0*d"), (int)(length - rest), 0);
}

/* Waits until the proxy's thread is seen asleep so many times in a row: one that something wakes again
 * and again is not. */
static void must_rest(struct rig *rig)
{
    enum { TIMES = 200 };
    char name[64], state[512] = "";
    (void)snprintf(name, sizeof name, "/proc/self/task/%d/stat", atomic_load(&rig->thread));
    for (int times = 0; times < TIMES;) {
        FILE *file = fopen(name, "re");
        ck_assert_ptr_nonnull(file);
        ck_assert_ptr_nonnull(fgets(state, sizeof state, file));
        (void)fclose(file);
        times = strstr(state, ") S ") != NULL ? times + 1 : 0;
    }
}

START_TEST(a_tunnel_is_handed_over)
{
    struct rig rig;
    open_rig(&rig);
    int client = knock(&rig);
    client_send(client, GOOD);
    int socket = take(&rig, PROXY_TUNNEL);
    ck_assert_int_ne(fcntl(socket, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_ne(fcntl(socket, F_GETFD) & FD_CLOEXEC, 0);
    ck_assert_str_eq(receive(client, strlen(ESTABLISHED), &rig.arena), ESTABLISHED);
    must_be_connected(client, socket, &rig.arena);
    close_both(client, socket);
    close_rig(&rig);
}
END_TEST

START_TEST(a_head_may_come_byte_by_byte)
{
    struct rig rig;
    open_rig(&rig);
    int client = knock(&rig);
    for (const char *at = GOOD; *at != '\0'; at++) {
        send_bytes(client, at, 1);
        if (at[1] != '\0')
            settle(&rig);
    }
    int socket = take(&rig, PROXY_TUNNEL);
    ck_assert_str_eq(receive(client, strlen(ESTABLISHED), &rig.arena), ESTABLISHED);
    must_be_connected(client, socket, &rig.arena);
    close_both(client, socket);
    close_rig(&rig);
}
END_TEST

START_TEST(the_largest_head_is_read)
{
    struct rig rig;
    open_rig(&rig);
    int client = knock(&rig);
    send_bytes(client, head_of(CONNECT_HEAD_MAX, &rig.arena), CONNECT_HEAD_MAX);
    close_both(client, take(&rig, PROXY_TUNNEL));
    close_rig(&rig);
}
END_TEST

/* In one piece, and with the head cut in two. */
START_TEST(what_is_sent_early_stays_in_the_socket)
{
    static const char sent[] = GOOD "\x16\x03\x01 early \r\n\r\n";
    struct rig rig;
    open_rig(&rig);
    for (size_t cut = 0; cut < strlen(GOOD); cut += strlen(GOOD) - 1) {
        int client = knock(&rig);
        send_bytes(client, sent, cut);
        settle(&rig);
        send_bytes(client, sent + cut, sizeof sent - 1 - cut);
        int socket = take(&rig, PROXY_TUNNEL);
        ck_assert_str_eq(receive(socket, sizeof sent - sizeof GOOD, &rig.arena),
                         sent + sizeof GOOD - 1);
        must_pass(client, socket, &rig.arena);
        close_both(client, socket);
    }
    close_rig(&rig);
}
END_TEST

/* Not for the proxy to judge. */
static const struct {
    const char *bytes;
    size_t length;
} others[] = {
    {BYTES("GET http://www.zohoapis.com/ HTTP/1.1\r\nHost: www.zohoapis.com\r\n\r\n")},
    {BYTES("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")},
    {BYTES("connect www.zohoapis.com:443 HTTP/1.1\r\n\r\n")},
    {BYTES("CONNECTED www.zohoapis.com:443 HTTP/1.1\r\n\r\n")},
    {BYTES("\r\n" GOOD)},
    {BYTES("\x16\x03\x01\x02")},
    {BYTES("\0")},
};

START_TEST(other_requests_are_handed_over_untouched)
{
    struct rig rig;
    open_rig(&rig);
    for (size_t i = 0; i < COUNT(others); i++) {
        int client = knock(&rig);
        send_bytes(client, others[i].bytes, others[i].length);
        int socket = take(&rig, PROXY_FORWARD);
        ck_assert_mem_eq(receive(socket, others[i].length, &rig.arena), others[i].bytes,
                         others[i].length);
        must_be_connected(client, socket, &rig.arena);
        close_both(client, socket);
    }
    close_rig(&rig);
}
END_TEST

/* Sends a request, and fails unless it is refused with a line, and the connection ended in order. */
static void must_refuse(struct rig *rig, const char *bytes, size_t length, const char *status,
                        const char *why)
{
    int client = knock(rig);
    send_bytes(client, bytes, length);
    const char *answer = receive_all(client, &rig->arena), *body = strstr(answer, "\r\n\r\n");
    const char *start = arena_printf(&rig->arena, "HTTP/1.1 %s", status);
    ck_assert_msg(strncmp(answer, start, strlen(start)) == 0, "%s: %s", bytes, answer);
    ck_assert_ptr_nonnull(strstr(answer, "\r\nConnection: close\r\n"));
    ck_assert_ptr_nonnull(strstr(answer, "\r\nContent-Type: text/plain\r\n"));
    ck_assert_ptr_nonnull(
        strstr(answer, arena_printf(&rig->arena, "\r\nContent-Length: %zu\r\n", strlen(body) - 4)));
    ck_assert_msg(strstr(body, why) != NULL, "%s: %s", why, answer);
    ck_assert_ptr_eq(strchr(body + 4, '\n'), body + strlen(body) - 1);
    (void)close(client);
}

START_TEST(malformed_requests_are_refused)
{
    struct rig rig;
    open_rig(&rig);
    must_refuse(&rig, BYTES(LINE("CONNECT www.zohoapis.com HTTP/1.1")), "400 ", "a host and its port");
    must_refuse(&rig, BYTES("CONNECT www.zohoapis.com:443 HTTP/1.1\n"), "400 ", "CR and LF");
    must_refuse(&rig, BYTES("CONNECT www.zohoapis.com:443 HTTP/1.1\r\nContent-Length: 5\r\n"), "400 ",
                "no content");
    close_rig(&rig);
}
END_TEST

START_TEST(a_head_that_is_too_large_is_refused)
{
    struct rig rig;
    open_rig(&rig);
    must_refuse(&rig, head_of(CONNECT_HEAD_MAX + 1, &rig.arena), CONNECT_HEAD_MAX + 1, "431 ", "8192");
    close_rig(&rig);
}
END_TEST

static const char *const elsewhere[] = {
    "www.example.com:443", "www.zohoapis.com:80", "www.zohoapis.com:8443", "zoho.com:443",
    "127.0.0.1:443",       "[::1]:443",           "www.zohoapis.com.:443",
};

START_TEST(nothing_leaves)
{
    struct rig rig;
    open_rig(&rig);
    for (size_t i = 0; i < COUNT(elsewhere); i++) {
        const char *head = arena_printf(&rig.arena, LINE("CONNECT %s HTTP/1.1"), elsewhere[i]);
        must_refuse(&rig, head, strlen(head), "403 Forbidden by crmock\r\n",
                    arena_printf(&rig.arena, "%s is refused", elsewhere[i]));
        must_refuse(&rig, head, strlen(head), "403 ", "nothing leaves crmock");
    }
    close_rig(&rig);
}
END_TEST

START_TEST(a_start_like_connects_is_refused)
{
    struct rig rig;
    open_rig(&rig);
    int client = knock(&rig);
    client_send(client, "CO");
    settle(&rig);
    client_send(client, "PY http://www.zohoapis.com/ HTTP/1.1\r\n");
    const char *answer = receive_all(client, &rig.arena);
    ck_assert_ptr_eq(strstr(answer, "HTTP/1.1 400 "), answer);
    (void)close(client);
    close_rig(&rig);
}
END_TEST

/* More than is in the socket when it is refused: one that is closed with unread bytes is reset, and
 * what is sent to it then fails, the second time at the latest. */
START_TEST(who_sends_on_sees_his_refusal)
{
    enum { LONG = 100000, TIMES = 5 };
    static char bytes[LONG] = LINE("CONNECT www.example.com:443 HTTP/1.1");
    struct rig rig;
    open_rig(&rig);
    int client = knock(&rig);
    send_bytes(client, bytes, sizeof bytes);
    ck_assert_ptr_nonnull(strstr(receive_all(client, &rig.arena), "www.example.com"));
    for (int i = 0; i < TIMES; i++) {
        settle(&rig);
        send_bytes(client, bytes, 1);
    }
    must_rest(&rig);
    (void)close(client);
    close_rig(&rig);
}
END_TEST

START_TEST(a_refusal_is_drained_for_so_long)
{
    struct proxy_options asked = options;
    struct rig rig;
    asked.most = 1;
    asked.head_seconds = 1;
    open_rig_with(&rig, &asked);
    int silent = knock(&rig);
    client_send(silent, LINE("CONNECT www.example.com:443 HTTP/1.1"));
    settle(&rig);
    (void)close(silent);
    close_rig(&rig);
}
END_TEST

START_TEST(a_refusal_is_drained_so_far)
{
    enum { FAR = 32 << 20 }; /* what the system holds of it on its way is some of that */
    static const char bytes[65536];
    size_t all = 0;
    struct rig rig;
    open_rig(&rig);
    int client = knock(&rig);
    client_send(client, LINE("CONNECT www.example.com:443 HTTP/1.1"));
    for (ssize_t count = 1; count > 0; all += count > 0 ? (size_t)count : 0)
        count = send(client, bytes, sizeof bytes, MSG_NOSIGNAL);
    ck_assert_uint_lt(all, FAR);
    ck_assert(errno == EPIPE || errno == ECONNRESET);
    (void)close(client);
    close_rig(&rig);
}
END_TEST

static void must_time_out(struct rig *rig, int client)
{
    const char *answer = receive_all(client, &rig->arena);
    ck_assert_ptr_eq(strstr(answer, "HTTP/1.1 408 "), answer);
    (void)close(client);
}

/* Whether they say nothing, stop in between, or send one byte after the other. */
START_TEST(a_head_must_be_whole_in_time)
{
    enum { BETWEEN = 20 };
    struct proxy_options asked = options;
    struct rig rig;
    asked.head_seconds = 1;
    open_rig_with(&rig, &asked);
    int idle = knock(&rig), slow = knock(&rig), dripping = knock(&rig);
    struct pollfd answered = {.fd = dripping, .events = POLLIN};
    client_send(slow, "CONNECT www.zohoapis.com");
    client_send(dripping, "CONNECT ");
    do
        send_bytes(dripping, "a", 1);
    while (poll(&answered, 1, BETWEEN) == 0);
    must_time_out(&rig, idle);
    must_time_out(&rig, slow);
    must_time_out(&rig, dripping);
    close_rig(&rig);
}
END_TEST

static void end_sending(int connection)
{
    ck_assert_int_eq(shutdown(connection, SHUT_WR), 0);
}

START_TEST(who_sends_no_more_is_served)
{
    struct rig rig;
    open_rig(&rig);
    int client = knock(&rig);
    client_send(client, GOOD "early");
    end_sending(client);
    int socket = take(&rig, PROXY_TUNNEL);
    ck_assert_str_eq(receive_all(socket, &rig.arena), "early");
    (void)receive(client, strlen(ESTABLISHED), &rig.arena);
    must_pass(socket, client, &rig.arena);
    close_both(client, socket);
    close_rig(&rig);
}
END_TEST

START_TEST(half_a_request_is_refused)
{
    struct rig rig;
    open_rig(&rig);
    int client = knock(&rig);
    client_send(client, "CONNECT www.zoho");
    end_sending(client);
    const char *answer = receive_all(client, &rig.arena);
    ck_assert_ptr_eq(strstr(answer, "HTTP/1.1 400 "), answer);
    (void)close(client);
    client = knock(&rig);
    end_sending(client);
    ck_assert_str_eq(receive_all(client, &rig.arena), "");
    (void)close(client);
    close_rig(&rig);
}
END_TEST

/* Has a connection reset, not ended, when it is closed. */
static void reset(int connection)
{
    const struct linger at_once = {.l_onoff = 1};
    ck_assert_int_eq(setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    (void)close(connection);
}

/* There is room for one, so that each must be forgotten for the next to be served. */
START_TEST(who_leaves_is_forgotten)
{
    static const char *const starts[] = {"", "C", "CONNECT www.zoho"};
    struct proxy_options asked = options;
    struct rig rig;
    asked.most = 1;
    open_rig_with(&rig, &asked);
    for (size_t i = 0; i < COUNT(starts); i++) {
        int client = knock(&rig);
        client_send(client, starts[i]);
        reset(client);
        settle(&rig);
        client = knock(&rig);
        client_send(client, starts[i]);
        (void)close(client);
        settle(&rig);
    }
    close_rig(&rig);
}
END_TEST

START_TEST(who_waits_costs_nothing)
{
    struct proxy_options asked = options;
    struct rig rig;
    asked.most = 2;
    open_rig_with(&rig, &asked);
    int first = knock(&rig);
    client_send(first, "CONNECT www.zoho");
    settle(&rig);
    must_rest(&rig);
    int second = knock(&rig), third = knock(&rig);
    client_send(first, "apis.com:443");
    client_send(second, "C");
    client_send(third, GOOD);
    must_rest(&rig);
    (void)close(first);
    close_both(third, take(&rig, PROXY_TUNNEL));
    (void)close(second);
    close_rig(&rig);
}
END_TEST

START_TEST(who_comes_beyond_the_most_waits)
{
    struct proxy_options asked = options;
    struct rig rig;
    asked.most = 2;
    open_rig_with(&rig, &asked);
    int first = knock(&rig), second = knock(&rig), third = knock(&rig);
    client_send(third, GOOD);
    client_send(second, "CONNECT ");
    client_send(first, GOOD);
    int socket = take(&rig, PROXY_TUNNEL);
    (void)receive(first, strlen(ESTABLISHED), &rig.arena);
    must_be_connected(first, socket, &rig.arena);
    close_both(first, socket);
    socket = take(&rig, PROXY_TUNNEL);
    (void)receive(third, strlen(ESTABLISHED), &rig.arena);
    must_be_connected(third, socket, &rig.arena);
    close_both(third, socket);
    (void)close(second);
    close_rig(&rig);
}
END_TEST

/* Each needs a descriptor at both ends. */
static struct rlimit allow_descriptors(void)
{
    struct rlimit before, more;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    more = (struct rlimit){.rlim_cur = before.rlim_max, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &more), 0);
    return before;
}

static void knock_many(struct rig *rig)
{
    static int clients[MANY];
    size_t half = strlen(GOOD) / 2;
    for (size_t i = 0; i < MANY; i++) {
        clients[i] = knock(rig);
        send_bytes(clients[i], GOOD, half);
    }
    for (size_t i = MANY; i > 0; i--)
        client_send(clients[i - 1], &GOOD[half]);
    for (size_t i = 0; i < MANY; i++)
        (void)receive(clients[i], strlen(ESTABLISHED), &rig->arena);
    for (size_t i = 0; i < MANY; i++)
        (void)close(take(rig, PROXY_TUNNEL));
    for (size_t i = 0; i < MANY; i++) {
        ck_assert_str_eq(receive_all(clients[i], &rig->arena), "");
        (void)close(clients[i]);
    }
}

START_TEST(many_are_served_at_once)
{
    struct rlimit before = allow_descriptors();
    struct proxy_options asked = options;
    struct rig rig;
    asked.most = MANY;
    open_rig_with(&rig, &asked);
    knock_many(&rig);
    close_rig(&rig);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}
END_TEST

START_TEST(a_stop_waits_for_nobody)
{
    static const char *const starts[] = {"", "CONNECT ", LINE("CONNECT www.example.com:443 HTTP/1.1")};
    int clients[COUNT(starts)];
    struct proxy_options asked = options;
    struct rig rig;
    asked.most = COUNT(starts) + 1;
    open_rig_with(&rig, &asked);
    for (size_t i = 0; i < COUNT(starts); i++) {
        clients[i] = knock(&rig);
        client_send(clients[i], starts[i]);
    }
    settle(&rig);
    struct arena arena = {.blocks = NULL};
    close_rig(&rig);
    for (size_t i = 0; i < COUNT(starts); i++) {
        bool is_refused = strlen(starts[i]) > strlen("CONNECT ");
        const char *answer = receive_all(clients[i], &arena);
        ck_assert_int_eq(strstr(answer, " 403 ") != NULL, is_refused);
        (void)close(clients[i]);
    }
    arena_clear(&arena);
}
END_TEST

START_TEST(a_stop_may_come_before_anything)
{
    struct arena arena = {.blocks = NULL};
    const char *reason = "";
    end(NULL);
    struct proxy *proxy = proxy_bind(&options, &arena, &reason);
    ck_assert_msg(proxy != NULL, "%s", reason);
    end(proxy);
    proxy = proxy_bind(&options, &arena, &reason);
    ck_assert_msg(proxy != NULL && proxy_start(proxy, &reason), "%s", reason);
    end(proxy);
    arena_clear(&arena);
}
END_TEST

START_TEST(an_address_that_is_taken_is_told)
{
    struct proxy_options asked = options;
    struct rig rig;
    const char *reason = "";
    open_rig(&rig);
    asked.port = (unsigned)strtoul(strrchr(proxy_url(rig.proxy), ':') + 1, NULL, 10);
    ck_assert_ptr_null(proxy_bind(&asked, &rig.arena, &reason));
    ck_assert_str_eq(reason, arena_printf(&rig.arena, "cannot listen on 127.0.0.1 port %u: %s",
                                          asked.port, strerror(EADDRINUSE)));
    close_rig(&rig);
}
END_TEST

/* A log that a test reads. */
struct told {
    struct log_sink sink;
    struct log log;
    int ends[2];
    FILE *lines;
};

static void open_told(struct told *told, struct proxy_options *asked)
{
    ck_assert_int_eq(pipe2(told->ends, O_CLOEXEC), 0);
    log_sink_open(&told->sink, told->ends[1]);
    told->log = (struct log){.sink = &told->sink, .level = LOG_INFO};
    told->lines = fdopen(told->ends[0], "r");
    asked->log = &told->log;
}

/* Fails unless the next line has the text. */
static void must_tell(struct told *told, const char *text)
{
    char line[1024] = "";
    ck_assert_ptr_nonnull(fgets(line, sizeof line, told->lines));
    ck_assert_msg(strstr(line, text) != NULL, "%s", line);
}

/* Fails when there is another line. */
static void close_told(struct told *told)
{
    char line[1024];
    log_sink_close(&told->sink);
    (void)close(told->ends[1]);
    ck_assert_msg(fgets(line, sizeof line, told->lines) == NULL, "%s", line);
    (void)fclose(told->lines);
}

START_TEST(who_is_not_adopted_is_told_of)
{
    struct proxy_options asked = options;
    struct told told;
    struct rig rig;
    open_told(&told, &asked);
    open_rig_with(&rig, &asked);
    rig.refuses = true;
    int client = knock(&rig);
    client_send(client, GOOD);
    ck_assert_str_eq(receive_all(client, &rig.arena), ESTABLISHED);
    (void)close(client);
    client = knock(&rig);
    client_send(client, "G");
    must_tell(&told, "info proxy hand-over failed way=tunnel\n");
    must_tell(&told, "info proxy hand-over failed way=forward\n");
    (void)close(client);
    close_rig(&rig);
    close_told(&told);
}
END_TEST

/* Leaves the process so many descriptors that are not in use yet; what was allowed before. */
static struct rlimit leave_descriptors(unsigned count)
{
    struct rlimit before;
    int next = dup(STDERR_FILENO);
    (void)close(next);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit less = {.rlim_cur = (rlim_t)next + count, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &less), 0);
    return before;
}

/* The client's own descriptor is the one that it is left. It is told once, however often it is tried in
 * vain, until it has gone well. */
static void knock_without_descriptors(struct rig *rig, struct told *told)
{
    enum { TRIES = 300 }; /* milliseconds in which there are some */
    struct rlimit before = leave_descriptors(1);
    struct pollfd lines = {.fd = told->ends[0], .events = POLLIN};
    int client = knock(rig);
    client_send(client, GOOD);
    must_tell(told, "warning proxy cannot accept");
    ck_assert_int_eq(poll(&lines, 1, TRIES), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    close_both(client, take(rig, PROXY_TUNNEL));
}

START_TEST(without_descriptors_it_waits_for_some)
{
    struct proxy_options asked = options;
    struct told told;
    struct rig rig;
    open_told(&told, &asked);
    open_rig_with(&rig, &asked);
    knock_without_descriptors(&rig, &told);
    knock_without_descriptors(&rig, &told);
    close_rig(&rig);
    close_told(&told);
}
END_TEST

static TCase *door_tests(void)
{
    TCase *tests = tcase_create("door");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, a_tunnel_is_handed_over);
    tcase_add_test(tests, a_head_may_come_byte_by_byte);
    tcase_add_test(tests, the_largest_head_is_read);
    tcase_add_test(tests, what_is_sent_early_stays_in_the_socket);
    tcase_add_test(tests, other_requests_are_handed_over_untouched);
    tcase_add_test(tests, malformed_requests_are_refused);
    tcase_add_test(tests, a_head_that_is_too_large_is_refused);
    tcase_add_test(tests, nothing_leaves);
    tcase_add_test(tests, a_start_like_connects_is_refused);
    tcase_add_test(tests, who_sends_on_sees_his_refusal);
    tcase_add_test(tests, a_refusal_is_drained_for_so_long);
    tcase_add_test(tests, a_refusal_is_drained_so_far);
    tcase_add_test(tests, a_head_must_be_whole_in_time);
    tcase_add_test(tests, who_sends_no_more_is_served);
    tcase_add_test(tests, half_a_request_is_refused);
    return tests;
}

static TCase *limit_tests(void)
{
    TCase *tests = tcase_create("limits");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, who_leaves_is_forgotten);
    tcase_add_test(tests, who_waits_costs_nothing);
    tcase_add_test(tests, who_comes_beyond_the_most_waits);
    tcase_add_test(tests, many_are_served_at_once);
    tcase_add_test(tests, a_stop_waits_for_nobody);
    tcase_add_test(tests, a_stop_may_come_before_anything);
    tcase_add_test(tests, an_address_that_is_taken_is_told);
    tcase_add_test(tests, who_is_not_adopted_is_told_of);
    return tests;
}

static TCase *descriptor_tests(void)
{
    TCase *tests = tcase_create("descriptors");
    tcase_set_timeout(tests, 300);
    tcase_set_tags(tests, DESCRIPTOR_TESTS);
    tcase_add_test(tests, without_descriptors_it_waits_for_some);
    return tests;
}

Suite *proxy_suite(void)
{
    Suite *suite = suite_create("proxy");
    suite_add_tcase(suite, connect_tests());
    suite_add_tcase(suite, door_tests());
    suite_add_tcase(suite, limit_tests());
    suite_add_tcase(suite, descriptor_tests());
    return suite;
}
