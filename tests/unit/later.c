/* Answers that come later. */
#include <glib.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "http/server.h"
#include "unit.h"

enum { WAITING_MAX = 64 };

/* The app: keeps the requests that wait, in the order in which they came. */
struct room {
    struct http_server *server;
    struct arena arena; /* the test's */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    const struct request *waiting[WAITING_MAX];
    struct arena *arenas[WAITING_MAX];
    unsigned count;
};

static void tell(const struct request *request, struct arena *arena, struct response *response)
{
    const char *q = request->query(request, "q");
    *response =
        (struct response){.status = 299,
                          .content_type = "text/plain",
                          .rule = "R",
                          .hint = "hint",
                          .body = arena_printf(arena, "<%s|%s|%.*s>", request->path, q != NULL ? q : "",
                                               (int)request->body_length, request->body)};
    response->body_length = strlen(response->body);
}

struct handing {
    const struct request *request;
    struct arena *arena;
};

static void *answer_handed(void *context)
{
    const struct handing *handing = context;
    struct response response;
    tell(handing->request, handing->arena, &response);
    handing->request->answer(handing->request, &response);
    return NULL;
}

static void keep(struct room *room, const struct request *request, struct arena *arena)
{
    (void)pthread_mutex_lock(&room->mutex);
    room->waiting[room->count] = request;
    room->arenas[room->count++] = arena;
    (void)pthread_cond_broadcast(&room->changed);
    (void)pthread_mutex_unlock(&room->mutex);
}

/* /now is answered at once; /own by answer, in respond; /other by another thread, before respond has
 * returned; what else there is, later. */
static void respond(void *context, const struct request *request, struct arena *arena,
                    struct response *response)
{
    struct handing handing = {request, arena};
    pthread_t thread;
    if (strcmp(request->path, "/now") == 0) {
        tell(request, arena, response);
        return;
    }
    *response = (struct response){.status = 503};
    if (!request->suspend(request))
        return;
    if (strcmp(request->path, "/own") == 0) {
        (void)answer_handed(&handing);
    } else if (strcmp(request->path, "/other") == 0) {
        (void)pthread_create(&thread, NULL, answer_handed, &handing);
        (void)pthread_join(thread, NULL);
    } else {
        keep(context, request, arena);
    }
}

static struct http_options options = {
    .listen = "127.0.0.1",
    .max_body = 10,
    .max_header = 8192,
    .request_memory = 1 << 20,
    .max_connections = 2 * WAITING_MAX,
    .idle_timeout = 60,
    .threads = 2,
    .hints = true,
    .log = &quiet_log,
    .respond = respond,
};

static void open_room_with(struct room *room, const struct http_options *given)
{
    const char *reason = "";
    struct http_options asked = *given;
    *room = (struct room){.count = 0};
    (void)pthread_mutex_init(&room->mutex, NULL);
    (void)pthread_cond_init(&room->changed, NULL);
    asked.context = room;
    room->server = http_bind(&asked, &room->arena, &reason);
    ck_assert_msg(room->server != NULL && http_start(room->server, &reason), "%s", reason);
}

static void open_room(struct room *room)
{
    open_room_with(room, &options);
}

static void close_room(struct room *room)
{
    http_stop(room->server);
    (void)pthread_cond_destroy(&room->changed);
    (void)pthread_mutex_destroy(&room->mutex);
    arena_clear(&room->arena);
}

/* A room with one thread, and a connection beside the one that is looked at: libmicrohttpd asks that
 * which has been silent for longest first, and for its answer before it reads. */
static int open_room_with_another(struct room *room)
{
    struct http_options asked = options;
    asked.threads = 1;
    open_room_with(room, &asked);
    int silent = client_connect(http_url(room->server));
    client_send(silent, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
    (void)client_receive(silent, "</now||>", &room->arena);
    return silent;
}

/* The n-th request that waits, from 0, as soon as it does. */
static const struct request *waiting(struct room *room, unsigned n)
{
    (void)pthread_mutex_lock(&room->mutex);
    while (room->count <= n)
        (void)pthread_cond_wait(&room->changed, &room->mutex);
    const struct request *request = room->waiting[n];
    (void)pthread_mutex_unlock(&room->mutex);
    return request;
}

static void answer(struct room *room, unsigned n)
{
    struct handing handing = {waiting(room, n), room->arenas[n]};
    (void)answer_handed(&handing);
}

static int ask(struct room *room, const char *method, const char *target)
{
    int connection = client_connect(http_url(room->server));
    client_send(connection,
                arena_printf(&room->arena, "%s %s HTTP/1.1\r\nHost: x\r\n\r\n", method, target));
    return connection;
}

static void expect(struct room *room, int connection, const char *text)
{
    const char *got = client_receive(connection, text, &room->arena);
    ck_assert_msg(strstr(got, text) != NULL, "no %s in %s", text, got);
    ck_assert_ptr_null(strstr(got, "HTTP/1.1 503"));
}

/* Answers other requests meanwhile, on both of its threads. */
static void expect_others_answered(struct room *room)
{
    enum { OTHERS = 8 };
    for (int i = 0; i < OTHERS; i++) {
        int other = ask(room, "GET", "/now");
        expect(room, other, "</now||>");
        (void)close(other);
    }
}

static const char *const manners[] = {"/own", "/other", "/late"};

/* Four on a connection: a body, none wanted, and one that ends it. */
START_TEST(an_answer_may_come_at_once_or_late)
{
    const char *path = manners[_i];
    struct room room;
    open_room(&room);
    int connection = ask(&room, "GET", arena_printf(&room.arena, "%s?q=1", path));
    if (strcmp(path, "/late") == 0) {
        expect_others_answered(&room);
        answer(&room, 0);
    }
    expect(&room, connection, arena_printf(&room.arena, "\r\n\r\n<%s|1|>", path));
    client_send(
        connection,
        arena_printf(&room.arena, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", path));
    if (strcmp(path, "/late") == 0)
        answer(&room, 1);
    expect(&room, connection, arena_printf(&room.arena, "\r\n\r\n<%s||abc>", path));
    client_send(connection, arena_printf(&room.arena,
                                         "HEAD %s HTTP/1.1\r\nHost: x\r\n\r\nGET %s HTTP/1.1\r\n"
                                         "Host: x\r\nConnection: close\r\n\r\n",
                                         path, path));
    if (strcmp(path, "/late") == 0) {
        answer(&room, 2);
        answer(&room, 3);
    }
    const char *got = client_receive(connection, NULL, &room.arena);
    const char *second = strstr(got + 1, "HTTP/1.1 299 ");
    ck_assert_msg(second != NULL && strncmp(second - 4, "\r\n\r\n", 4) == 0, "%s", got);
    ck_assert_msg(strstr(got, "<") > second, "%s", got); /* HEAD has no body */
    ck_assert_msg(strstr(second, "X-Crmock-Rule: R\r\nX-Crmock-Hint: hint\r\n") != NULL, "%s", got);
    (void)close(connection);
    close_room(&room);
}
END_TEST

START_TEST(answers_that_come_later_are_logged)
{
    char lines[4096] = "";
    int file = memfd_create("log", MFD_CLOEXEC);
    struct log_sink sink;
    log_sink_open(&sink, file);
    struct log log = {.sink = &sink, .level = LOG_INFO};
    struct http_options asked = options;
    asked.log = &log;
    struct room room;
    open_room_with(&room, &asked);
    int connection = ask(&room, "GET", "/late");
    answer(&room, 0);
    expect(&room, connection, "</late||>");
    (void)close(connection);
    close_room(&room);
    ck_assert_int_gt(pread(file, lines, sizeof lines - 1, 0), 0);
    ck_assert_ptr_nonnull(strstr(lines, "request method=GET path=\"/late\" status=299 us="));
    ck_assert_ptr_nonnull(strstr(lines, " rule=R\n"));
    ck_assert_ptr_null(strstr(lines, "aborted"));
    log_sink_close(&sink);
    (void)close(file);
}
END_TEST

/* Who came last is answered first. */
START_TEST(many_wait_at_once)
{
    int connections[WAITING_MAX];
    struct room room;
    open_room(&room);
    for (unsigned i = 0; i < WAITING_MAX; i++) {
        connections[i] = ask(&room, "GET", arena_printf(&room.arena, "/late?q=%u", i));
        (void)waiting(&room, i);
    }
    expect_others_answered(&room);
    for (unsigned i = WAITING_MAX; i-- > 0;)
        answer(&room, i);
    for (unsigned i = 0; i < WAITING_MAX; i++) {
        expect(&room, connections[i], arena_printf(&room.arena, "</late|%u|>", i));
        (void)close(connections[i]);
    }
    close_room(&room);
}
END_TEST

/* What is told behind a request that waits is read ahead with it, or comes while it waits. */
START_TEST(a_pipeline_waits_for_its_turn)
{
    struct room room;
    open_room(&room);
    int connection = client_connect(http_url(room.server));
    client_send(connection,
                "GET /late?q=1 HTTP/1.1\r\nHost: x\r\n\r\nGET /now?q=2 HTTP/1.1\r\nHost: x\r\n\r\n"
                "GET /late?q=3 HTTP/1.1\r\nHost: x\r\n\r\n");
    const struct request *first = waiting(&room, 0);
    client_send(connection, "GET /now?q=4 HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_others_answered(&room);
    ck_assert_int_eq(first->is_gone(first), false);
    answer(&room, 0);
    const struct request *second = waiting(&room, 1);
    ck_assert_int_eq(second->is_gone(second), false);
    answer(&room, 1);
    const char *got = client_receive(connection, "</now|4|>", &room.arena);
    const char *const order[] = {"</late|1|>", "</now|2|>", "</late|3|>", "</now|4|>"};
    for (size_t i = 0; i < COUNT(order); i++) {
        const char *at = strstr(got, order[i]);
        ck_assert_msg(at != NULL, "no %s in %s", order[i], got);
        got = at;
    }
    (void)close(connection);
    close_room(&room);
}
END_TEST

/* What stands behind the first is read with it, or the wire has read it and not handed it out, or it is
 * not read at all; after the first, or after a part of another. */
static const struct {
    int padding, requests;
    const char *path;
} long_pipelines[] = {{1, 100, "/own"},   {1, 350, "/own"},   {1, 2000, "/own"},
                      {8000, 20, "/now"}, {8000, 20, "/own"}, {1, 350, "/now"}};

START_TEST(a_long_pipeline_is_answered_to_its_end)
{
    static const char start[] = "HTTP/1.1 299 ";
    struct room room;
    int silent = open_room_with_another(&room), connection = client_connect(http_url(room.server));
    GString *text = g_string_new("");
    g_string_printf(text, "GET /late HTTP/1.1\r\nHost: x\r\nX: %0*d\r\n\r\n",
                    long_pipelines[_i].padding, 0);
    for (int i = 0; i < long_pipelines[_i].requests; i++)
        g_string_append_printf(text, "HEAD %s HTTP/1.1\r\nHost: x\r\n\r\n", long_pipelines[_i].path);
    g_string_append(text, "GET /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    client_send(connection, text->str);
    (void)g_string_free(text, TRUE);
    answer(&room, 0);
    int count = 0;
    size_t kept = 0;
    char part[65536];
    for (ssize_t length; (length = recv(connection, part + kept, sizeof part - 1 - kept, 0)) > 0;) {
        char *at = part, *found;
        part[kept + (size_t)length] = '\0';
        for (; (found = strstr(at, start)) != NULL; at = found + strlen(start))
            count++;
        kept = strlen(at) < strlen(start) ? strlen(at) : strlen(start) - 1; /* half of one, maybe */
        memmove(part, at + strlen(at) - kept, kept);
    }
    ck_assert_int_eq(count, long_pipelines[_i].requests + 2);
    (void)close(connection);
    (void)close(silent);
    close_room(&room);
}
END_TEST

static void leave_by_close(int connection)
{
    (void)close(connection);
}

static void leave_by_reset(int connection)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    ck_assert_int_eq(setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    (void)close(connection);
}

/* The end stands behind bytes that nobody reads. */
static void leave_in_a_pipeline(int connection)
{
    client_send(connection, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
    (void)close(connection);
}

static void (*const leavings[])(int connection) = {leave_by_close, leave_by_reset, leave_in_a_pipeline};

START_TEST(a_client_that_leaves_is_told)
{
    struct room room;
    open_room(&room);
    int connection = ask(&room, "GET", "/late");
    const struct request *gone = waiting(&room, 0);
    int other = ask(&room, "GET", "/late?q=stays");
    const struct request *stays = waiting(&room, 1);
    ck_assert_int_eq(gone->is_gone(gone), false);
    leavings[_i](connection);
    while (!gone->is_gone(gone))
        (void)sched_yield();
    ck_assert_int_eq(stays->is_gone(stays), false);
    answer(&room, 0);
    answer(&room, 1);
    expect(&room, other, "</late|stays|>");
    expect_others_answered(&room);
    (void)close(other);
    close_room(&room);
}
END_TEST

/* Half a close looks like a whole one, but who waits for the answer gets it: the end came with the
 * request, or while it waited. */
START_TEST(who_only_stops_sending_is_answered)
{
    struct room room;
    int silent = open_room_with_another(&room);
    int connection = _i == 0 ? client_connect(http_url(room.server)) : ask(&room, "GET", "/late");
    if (_i == 1)
        (void)waiting(&room, 0);
    else
        client_send(connection, "GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
    ck_assert_int_eq(shutdown(connection, SHUT_WR), 0);
    const struct request *request = waiting(&room, 0);
    while (!request->is_gone(request))
        (void)sched_yield();
    answer(&room, 0);
    const char *got = client_receive(connection, NULL, &room.arena);
    ck_assert_msg(strstr(got, "</late||>") != NULL, "%s", got);
    (void)close(connection);
    (void)close(silent);
    close_room(&room);
}
END_TEST

/* Its body is announced as too long, and it is answered before that comes. */
START_TEST(a_refused_request_may_wait)
{
    struct room room;
    open_room(&room);
    int connection = client_connect(http_url(room.server));
    client_send(connection,
                "POST /late HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n");
    ck_assert_int_eq(waiting(&room, 0)->refusal, REFUSAL_BODY_TOO_LARGE);
    answer(&room, 0);
    const char *got = client_receive(connection, NULL, &room.arena);
    ck_assert_msg(strncmp(got, "HTTP/1.1 299 ", 13) == 0 && strstr(got, "</late||>") != NULL, "%s",
                  got);
    (void)close(connection);
    close_room(&room);
}
END_TEST

START_TEST(a_request_that_waits_has_no_timeout)
{
    struct http_options asked = options;
    asked.idle_timeout = 1;
    asked.threads = 1;
    struct room room;
    open_room_with(&room, &asked);
    int connection = ask(&room, "GET", "/late"), silent = client_connect(http_url(room.server));
    (void)waiting(&room, 0);
    ck_assert_str_eq(client_receive(silent, NULL, &room.arena), ""); /* that one has */
    answer(&room, 0);
    expect(&room, connection, "</late||>");
    ck_assert_str_eq(client_receive(connection, NULL, &room.arena), ""); /* and it has one again */
    (void)close(connection);
    (void)close(silent);
    close_room(&room);
}
END_TEST

static void expect_refused(struct room *room)
{
    int connection = ask(room, "GET", "/late");
    const char *got = client_receive(connection, "\r\n\r\n", &room->arena);
    ck_assert_msg(strncmp(got, "HTTP/1.1 503 ", 13) == 0, "%s", got);
    (void)close(connection);
}

START_TEST(half_of_the_connections_may_wait)
{
    enum { MOST = 3 };
    int connections[MOST + 1];
    struct http_options asked = options;
    asked.max_connections = 2 * MOST + 1;
    asked.threads = 1;
    struct room room;
    open_room_with(&room, &asked);
    for (unsigned i = 0; i < MOST; i++) {
        connections[i] = ask(&room, "GET", "/late");
        (void)waiting(&room, i);
    }
    expect_refused(&room);
    answer(&room, 1);
    connections[MOST] = ask(&room, "GET", "/late"); /* there is room again */
    (void)waiting(&room, MOST);
    expect_refused(&room);
    answer(&room, 0);
    answer(&room, 2);
    answer(&room, MOST);
    for (unsigned i = 0; i <= MOST; i++) {
        expect(&room, connections[i], "</late||>");
        (void)close(connections[i]);
    }
    close_room(&room);
}
END_TEST

static void *stop(void *server)
{
    http_stop(server);
    return NULL;
}

/* While it stops: what waits is answered, nothing more may wait. */
START_TEST(a_stop_waits_for_the_answers)
{
    enum { WAITING = 8 };
    int connections[WAITING];
    pthread_t stopping;
    struct room room;
    open_room(&room);
    for (unsigned i = 0; i < WAITING; i++) {
        connections[i] = ask(&room, "GET", arena_printf(&room.arena, "/late?q=%u", i));
        (void)waiting(&room, i);
    }
    int late = client_connect(http_url(room.server));
    ck_assert_int_eq(pthread_create(&stopping, NULL, stop, room.server), 0);
    const char *got = "";
    while (strncmp(got, "HTTP/1.1 503 ", 13) != 0) { /* it has not begun to stop yet */
        client_send(late, "HEAD /own HTTP/1.1\r\nHost: x\r\n\r\n");
        got = client_receive(late, "\r\n\r\n", &room.arena);
    }
    for (unsigned i = 0; i < WAITING; i++)
        answer(&room, i);
    (void)pthread_join(stopping, NULL);
    room.server = NULL;
    for (unsigned i = 0; i < WAITING; i++) {
        expect(&room, connections[i], arena_printf(&room.arena, "</late|%u|>", i));
        (void)close(connections[i]);
    }
    (void)close(late);
    close_room(&room);
}
END_TEST

/* A stop right behind the answer, again and again: it neither loses the answer nor comes before
 * libmicrohttpd has let go of it. */
START_TEST(a_stop_does_not_overtake_an_answer)
{
    enum { ROUNDS = 100 };
    for (int i = 0; i < ROUNDS; i++) {
        struct room room;
        open_room(&room);
        int connection = ask(&room, "GET", "/late");
        answer(&room, 0);
        http_stop(room.server);
        room.server = NULL;
        expect(&room, connection, "</late||>");
        (void)close(connection);
        close_room(&room);
    }
}
END_TEST

/* Nor does it wait for ever for a client that takes no answer. */
START_TEST(a_stop_does_not_wait_for_who_does_not_read)
{
    enum { LARGE = 16 << 20 };
    struct http_options asked = options;
    asked.idle_timeout = 0;
    struct room room;
    open_room_with(&room, &asked);
    int connection = ask(&room, "GET", "/late");
    const struct request *request = waiting(&room, 0);
    const struct response response = {
        .status = 299, .body = arena_alloc(room.arenas[0], LARGE), .body_length = LARGE};
    request->answer(request, &response);
    http_stop(room.server);
    room.server = NULL;
    (void)close(connection);
    close_room(&room);
}
END_TEST

TCase *later_tests(void)
{
    TCase *tests = tcase_create("later");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, an_answer_may_come_at_once_or_late, 0, COUNT(manners));
    tcase_add_test(tests, answers_that_come_later_are_logged);
    tcase_add_test(tests, many_wait_at_once);
    tcase_add_test(tests, a_pipeline_waits_for_its_turn);
    tcase_add_loop_test(tests, a_long_pipeline_is_answered_to_its_end, 0, COUNT(long_pipelines));
    tcase_add_loop_test(tests, a_client_that_leaves_is_told, 0, COUNT(leavings));
    tcase_add_loop_test(tests, who_only_stops_sending_is_answered, 0, 2);
    tcase_add_test(tests, a_refused_request_may_wait);
    tcase_add_test(tests, a_request_that_waits_has_no_timeout);
    tcase_add_test(tests, half_of_the_connections_may_wait);
    tcase_add_test(tests, a_stop_waits_for_the_answers);
    tcase_add_test(tests, a_stop_does_not_overtake_an_answer);
    tcase_add_test(tests, a_stop_does_not_wait_for_who_does_not_read);
    return tests;
}
