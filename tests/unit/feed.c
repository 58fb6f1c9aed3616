/* Answers whose body comes in pieces, that end without one, and what is told of a request's arrival and
 * end. */
#include <glib.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "http/server.h"
#include "unit.h"

enum { LARGE = 50000 }; /* more than a piece has as a rule */

/* A source that has what the test has given it, and the server that asks it. */
struct spring {
    struct http_server *server;
    struct arena arena; /* the test's */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    const char *pieces;    /* to be had; NULL ends a read */
    ptrdiff_t at_end;      /* what a read answers when there are none */
    struct waker *waker;   /* once it has been asked */
    unsigned reads, ended; /* times */
    unsigned arrived, departed;
    int client, there; /* its socket, and the bytes that it could read at the first departure */
    struct source source;
};

static ptrdiff_t read_piece(void *context, struct waker *waker, char *buffer, size_t size)
{
    struct spring *spring = context;
    (void)pthread_mutex_lock(&spring->mutex);
    spring->waker = waker;
    spring->reads++;
    size_t length = strlen(spring->pieces);
    length = length < size ? length : size;
    memcpy(buffer, spring->pieces, length);
    spring->pieces += length;
    ptrdiff_t answer = length > 0 ? (ptrdiff_t)length : spring->at_end;
    (void)pthread_cond_broadcast(&spring->changed);
    (void)pthread_mutex_unlock(&spring->mutex);
    return answer;
}

static void count(struct spring *spring, unsigned *number)
{
    (void)pthread_mutex_lock(&spring->mutex);
    (*number)++;
    (void)pthread_cond_broadcast(&spring->changed);
    (void)pthread_mutex_unlock(&spring->mutex);
}

static void end(void *context)
{
    struct spring *spring = context;
    (void)pthread_mutex_lock(&spring->mutex);
    spring->waker = NULL;
    (void)pthread_mutex_unlock(&spring->mutex);
    count(spring, &spring->ended);
}

static void append(void *context, const char *name, const char *value)
{
    g_string_append_printf(context, "%s=%s;", name, value);
}

/* /long has a length, /open and /piece none; /drop ends; what else there is tells the parts of the
 * request. */
static void respond(void *context, const struct request *request, struct arena *arena,
                    struct response *response)
{
    struct spring *spring = context;
    *response = (struct response){.status = 200, .content_type = "text/plain"};
    ck_assert_ptr_eq(request->ticket, request->query(request, "unseen") == NULL ? spring : NULL);
    response->drops = strcmp(request->path, "/drop") == 0;
    bool is_piece = strcmp(request->path, "/piece") == 0;
    if (strcmp(request->path, "/long") == 0 || strcmp(request->path, "/open") == 0 || is_piece) {
        spring->source = (struct source){.context = spring,
                                         .has_length = strcmp(request->path, "/long") == 0,
                                         .piece = is_piece ? LARGE : 0,
                                         .read = read_piece,
                                         .end = end};
        response->body_length = 6;
        response->source = &spring->source;
        return;
    }
    GString *text = g_string_new("");
    request->each(request, PART_QUERY, append, text);
    request->each(request, PART_FORM, append, text);
    request->each(request, PART_HEADERS, append, text);
    response->body = arena_strdup(arena, text->str);
    response->body_length = text->len;
    (void)g_string_free(text, TRUE);
}

static bool awaits(void *context)
{
    (void)context;
    return true;
}

static void *arrive(void *context, const struct request *request, struct arena *arena)
{
    (void)arena;
    struct spring *spring = context;
    if (request->query(request, "unseen") != NULL)
        return NULL;
    count(spring, &spring->arrived);
    return spring;
}

static void depart(void *context, void *ticket)
{
    ck_assert_ptr_eq(context, ticket);
    struct spring *spring = context;
    (void)pthread_mutex_lock(&spring->mutex);
    if (spring->departed == 0)
        (void)ioctl(spring->client, FIONREAD, &spring->there);
    (void)pthread_mutex_unlock(&spring->mutex);
    count(spring, &spring->departed);
}

static void open_spring(struct spring *spring, const char *pieces, ptrdiff_t at_end)
{
    const struct http_options options = {.listen = "127.0.0.1",
                                         .max_body = 1000,
                                         .max_header = 8192,
                                         .request_memory = 1 << 20,
                                         .max_connections = 16,
                                         .idle_timeout = 60,
                                         .threads = 1,
                                         .log = &quiet_log,
                                         .respond = respond,
                                         .awaits_arrivals = awaits,
                                         .arrive = arrive,
                                         .depart = depart,
                                         .context = spring};
    const char *reason = "";
    *spring = (struct spring){.pieces = pieces, .at_end = at_end};
    (void)pthread_mutex_init(&spring->mutex, NULL);
    (void)pthread_cond_init(&spring->changed, NULL);
    spring->server = http_bind(&options, &spring->arena, &reason);
    ck_assert_msg(spring->server != NULL && http_start(spring->server, &reason), "%s", reason);
}

static void close_spring(struct spring *spring)
{
    http_stop(spring->server);
    ck_assert_uint_eq(spring->arrived, spring->departed);
    (void)pthread_cond_destroy(&spring->changed);
    (void)pthread_mutex_destroy(&spring->mutex);
    arena_clear(&spring->arena);
}

static void wait_for(struct spring *spring, const unsigned *number, unsigned least)
{
    (void)pthread_mutex_lock(&spring->mutex);
    while (*number < least)
        (void)pthread_cond_wait(&spring->changed, &spring->mutex);
    (void)pthread_mutex_unlock(&spring->mutex);
}

/* Gives what comes next, once it has been asked; nobody when it has ended. The waker is woken under the
 * lock that `end` takes. */
static void give(struct spring *spring, const char *pieces, ptrdiff_t at_end)
{
    (void)pthread_mutex_lock(&spring->mutex);
    while (spring->ended == 0 && (spring->waker == NULL || *spring->pieces != '\0'))
        (void)pthread_cond_wait(&spring->changed, &spring->mutex);
    spring->pieces = pieces;
    spring->at_end = at_end;
    if (spring->waker != NULL)
        spring->waker->wake(spring->waker);
    (void)pthread_mutex_unlock(&spring->mutex);
}

static int ask(struct spring *spring, const char *target, const char *more)
{
    int connection = client_connect(http_url(spring->server));
    client_send(connection,
                arena_printf(&spring->arena, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n%s", target, more));
    return connection;
}

static const char other[] = "GET /other?a=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/* A request stands behind it on the connection; the one thread answers others meanwhile. */
static const struct {
    const char *path, *got;
} bodies[] = {{"/long", "Content-Length: 6\r\n"}, {"/open", "Transfer-Encoding: chunked\r\n"}};

START_TEST(a_body_comes_in_pieces)
{
    struct spring spring;
    open_spring(&spring, "ab", SOURCE_RESTS);
    int connection = ask(&spring, bodies[_i].path, other);
    give(&spring, "cd", SOURCE_RESTS);
    const char *meanwhile = client_exchange(http_url(spring.server), other, &spring.arena);
    ck_assert_ptr_nonnull(strstr(meanwhile, "a=1;"));
    ck_assert_uint_eq(spring.ended, 0);
    give(&spring, "ef", SOURCE_ENDS);
    const char *got = client_receive(connection, NULL, &spring.arena);
    ck_assert_msg(strstr(got, bodies[_i].got) != NULL && strstr(got, "ef") != NULL, "%s", got);
    const char *second = strstr(got, "a=1;");
    ck_assert_msg(second != NULL && second > strstr(got, "ef"), "%s", got);
    wait_for(&spring, &spring.departed, 3);
    wait_for(&spring, &spring.ended, 1);
    ck_assert_uint_eq(spring.ended, 1);
    (void)close(connection);
    close_spring(&spring);
}
END_TEST

/* Each of what ends a body in the middle: the source, the server's end, the client. */
static const struct {
    const char *path;
    int who;
} broken[] = {{"/long", 0}, {"/open", 0}, {"/long", 1}, {"/open", 1}, {"/long", 2}, {"/open", 2}};

START_TEST(a_body_breaks)
{
    struct spring spring;
    open_spring(&spring, "ab", SOURCE_RESTS);
    int connection = ask(&spring, broken[_i].path, "");
    (void)client_receive(connection, "ab", &spring.arena);
    if (broken[_i].who == 0)
        give(&spring, "c", SOURCE_BREAKS);
    else if (broken[_i].who == 1)
        http_stop(spring.server);
    else {
        (void)shutdown(connection, SHUT_RDWR);
        give(&spring, "c", SOURCE_RESTS); /* what is sent tells it */
        give(&spring, "d", SOURCE_RESTS);
    }
    if (broken[_i].who != 2) {
        const char *got = client_receive(connection, NULL, &spring.arena);
        ck_assert_ptr_null(strstr(got, "0\r\n\r\n"));
    }
    wait_for(&spring, &spring.ended, 1);
    ck_assert_uint_eq(spring.ended, 1);
    (void)close(connection);
    if (broken[_i].who == 1)
        spring.server = NULL;
    close_spring(&spring);
}
END_TEST

/* It is asked for as much at once, and ends with the connection. */
START_TEST(a_body_of_large_pieces)
{
    struct spring spring;
    char *piece = g_strnfill(LARGE, 'a');
    open_spring(&spring, piece, SOURCE_ENDS);
    int connection = ask(&spring, "/piece", "");
    const char *got = client_receive(connection, NULL, &spring.arena);
    ck_assert_ptr_nonnull(strstr(got, "Connection: close\r\n"));
    ck_assert_int_eq(strcmp(strstr(got, "\r\n\r\n") + 4, piece), 0);
    wait_for(&spring, &spring.ended, 1);
    ck_assert_uint_eq(spring.reads, 2);
    (void)close(connection);
    close_spring(&spring);
    g_free(piece);
}
END_TEST

START_TEST(a_dropped_request_has_no_answer)
{
    struct spring spring;
    open_spring(&spring, "", SOURCE_RESTS);
    int connection = ask(&spring, "/drop", other);
    ck_assert_str_eq(client_receive(connection, NULL, &spring.arena), "");
    wait_for(&spring, &spring.departed, 1);
    (void)close(connection);
    close_spring(&spring);
}
END_TEST

/* A HEAD has no body, whatever its source has; nor the end of one, after which nothing comes on that
 * connection. */
static const struct {
    const char *path, *close, *got;
} heads[] = {{"/long", "Connection: close\r\n", "Content-Length: 6\r\n"},
             {"/open", "", "Connection: close\r\n"}};

START_TEST(no_body_is_read_for_a_head)
{
    struct spring spring;
    open_spring(&spring, "abcdef", SOURCE_ENDS);
    const char *head = arena_printf(&spring.arena, "HEAD %s HTTP/1.1\r\nHost: x\r\n%s\r\n",
                                    heads[_i].path, heads[_i].close);
    const char *got = client_exchange(http_url(spring.server), head, &spring.arena);
    ck_assert_ptr_nonnull(strstr(got, heads[_i].got));
    ck_assert_str_eq(strstr(got, "\r\n\r\n"), "\r\n\r\n");
    wait_for(&spring, &spring.ended, 1);
    ck_assert_ptr_null(spring.waker);
    ck_assert_uint_eq(spring.ended, 1);
    close_spring(&spring);
}
END_TEST

START_TEST(every_name_is_told)
{
    struct spring spring;
    open_spring(&spring, "", SOURCE_RESTS);
    const char *got = client_exchange(
        http_url(spring.server),
        "POST /parts?b=%C3%A4&b=2&unseen HTTP/1.1\r\nHost: x\r\nX-One: 1\r\nConnection: close\r\n"
        "Cookie: a=b\r\ncookie: c\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nf=1&g=%2B",
        &spring.arena);
    ck_assert_ptr_nonnull(strstr(got, "b=ä;b=2;unseen=;f=1;g=+;"));
    ck_assert_ptr_nonnull(strstr(got, "X-One=1;"));
    ck_assert_ptr_nonnull(strstr(got, "Cookie=a=b;cookie=c;")); /* libmicrohttpd sees none */
    ck_assert_uint_eq(spring.arrived, 0);
    close_spring(&spring);
}
END_TEST

/* Its headers have come, its body has not; then the client leaves. */
START_TEST(an_arrival_is_told_before_the_body_is_there)
{
    struct spring spring;
    open_spring(&spring, "", SOURCE_RESTS);
    int connection = client_connect(http_url(spring.server));
    client_send(connection, "POST /parts HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
    wait_for(&spring, &spring.arrived, 1);
    ck_assert_uint_eq(spring.departed, 0);
    (void)close(connection);
    wait_for(&spring, &spring.departed, 1);
    close_spring(&spring);
}
END_TEST

/* Whoever has a whole answer finds that its call is over: nothing is read before that is told. */
static const char *const parting[] = {
    "GET /parts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "GET /parts HTTP/1.0\r\n\r\n",
    "HEAD /parts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "HEAD /long HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "GET /long HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "GET /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
};

START_TEST(a_call_is_over_before_its_answer_is_out)
{
    struct spring spring;
    open_spring(&spring, "abcdef", SOURCE_ENDS);
    int client = client_connect(http_url(spring.server));
    (void)pthread_mutex_lock(&spring.mutex); /* a socket that is written is not seen to order things */
    spring.client = client;
    (void)pthread_mutex_unlock(&spring.mutex);
    client_send(client, parting[_i]);
    wait_for(&spring, &spring.departed, 1);
    const char *got = client_receive(spring.client, NULL, &spring.arena);
    ck_assert_msg((size_t)spring.there < strlen(got), "%d: %s", spring.there, got);
    (void)close(spring.client);
    close_spring(&spring);
}
END_TEST

TCase *feed_tests(void)
{
    TCase *tests = tcase_create("feed");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, a_body_comes_in_pieces, 0, COUNT(bodies));
    tcase_add_loop_test(tests, a_body_breaks, 0, COUNT(broken));
    tcase_add_test(tests, a_body_of_large_pieces);
    tcase_add_test(tests, a_dropped_request_has_no_answer);
    tcase_add_loop_test(tests, no_body_is_read_for_a_head, 0, COUNT(heads));
    tcase_add_test(tests, every_name_is_told);
    tcase_add_test(tests, an_arrival_is_told_before_the_body_is_there);
    tcase_add_loop_test(tests, a_call_is_over_before_its_answer_is_out, 0, COUNT(parting));
    return tests;
}
