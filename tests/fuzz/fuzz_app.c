#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ANSWER_MILLISECONDS = 300000, /* the machine may be busy with others, and this is nice to them */
    QUIET_MILLISECONDS = 3,
    PATIENCE_MILLISECONDS = 1000,
    PIECES_MAX = 32,
    ASKED_MAX = 256, /* inputs */
    ANSWER_ROOM = 1 << 22
};

void fuzz_app_prepare(struct fuzz_app *fuzzed)
{
    fuzzed->log = memfd_create("log", MFD_CLOEXEC);
    if (fcntl(fuzzed->log, F_SETFL, O_APPEND) != 0)
        fuzz_fail("no file for the log");
    log_sink_open(&fuzzed->sink, fuzzed->log);
    const char *folder = getenv("TMPDIR");
    fuzzed->options = (struct app_options){
        .log = {.sink = &fuzzed->sink, .level = LOG_ERROR},
        .uses_cache = true,
        .cache =
            arena_printf(&fuzzed->arena, "%s/cache-%d", folder != NULL ? folder : "/tmp", getpid()),
        .jobs = {.batch = 500},
        .token_ttl = 3600000,
        .http = {.listen = "127.0.0.1",
                 .max_body = 2000,
                 .max_header = 4096,
                 .max_memory = 256 << 20, /* as by default; with none records are all refused */
                 .request_memory = 32 << 20,
                 .max_connections = 64,
                 .adopts = true,
                 .idle_timeout = 0, /* what ends by it has not ended in time */
                 .threads = 1,
                 .hints = true},
    };
}

static void start(struct fuzz_app *fuzzed)
{
    const char *reason = "";
    struct arena arena = {.blocks = NULL};
    fuzzed->app = app_start(&fuzzed->options, &arena, &reason);
    if (fuzzed->app == NULL)
        fuzz_fail("%s", reason);
    app_settle(fuzzed->app);
    fuzzed->asked = 0;
    arena_clear(&arena);
}

void fuzz_app_ready(struct fuzz_app *fuzzed)
{
    if (fuzzed->app != NULL && fuzzed->asked++ == ASKED_MAX) {
        app_stop(fuzzed->app);
        fuzzed->app = NULL;
    }
    if (fuzzed->app == NULL)
        start(fuzzed);
    (void)ftruncate(fuzzed->log, 0);
}

/* Lets the server take what was written, so that it sees the pieces one by one; not for ever, for it
 * need not. */
static void wait_until_taken(int socket)
{
    int left = 1;
    for (int i = 0; i < 200 && left > 0; i++) {
        if (ioctl(socket, SIOCOUTQ, &left) != 0)
            return;
        (void)sched_yield();
    }
}

static void send_pieces(int socket, size_t piece, const char *bytes, size_t count)
{
    if (piece < count / PIECES_MAX + 1 && piece > 0)
        piece = count / PIECES_MAX + 1;
    while (count > 0) {
        size_t length = piece == 0 || piece > count ? count : piece;
        ssize_t sent = send(socket, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return; /* it has refused to read on */
        bytes += sent;
        count -= (size_t)sent;
        if (count > 0)
            wait_until_taken(socket);
    }
}

/* True when there is something to read, or the end, within that time; the clock of libFuzzer's -timeout
 * interrupts it now and then. */
static bool comes(int socket, int milliseconds)
{
    struct pollfd wanted = {.fd = socket, .events = POLLIN};
    int ready;
    do
        ready = poll(&wanted, 1, milliseconds);
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

/* Events come for as long as they are read. */
static bool is_stream(const char *answers, size_t length)
{
    static const char word[] = "\r\nContent-Type: text/event-stream\r\n";
    const char *head_end = memmem(answers, length, "\r\n\r\n", 4);
    return head_end != NULL &&
           memmem(answers, (size_t)(head_end - answers) + 2, word, sizeof word - 1) != NULL;
}

static size_t receive(int socket, char *answers, size_t room, bool ends_at_stream)
{
    size_t length = 0;
    while (!ends_at_stream || !is_stream(answers, length)) {
        if (!comes(socket, ANSWER_MILLISECONDS))
            fuzz_fail("no end of the answer within %d ms, after: %.*s", ANSWER_MILLISECONDS,
                      (int)length, answers);
        ssize_t got = recv(socket, answers + length, room - length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return length;
        length += (size_t)got;
        if (length == room)
            fuzz_fail("an answer of more than %zu bytes", room);
    }
    return length;
}

static int connected(struct fuzz_app *fuzzed)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0 ||
        !app_adopt(fuzzed->app, ends[1]))
        fuzz_fail("no connection");
    return ends[0];
}

static const char *header(const char *head, const char *end, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = head; (at = memmem(at, (size_t)(end - at), "\r\n", 2)) != NULL;) {
        at += 2;
        if ((size_t)(end - at) > length && strncasecmp(at, name, length) == 0)
            return at + length + strspn(at + length, " ");
    }
    return NULL;
}

const char *fuzz_answer_next(const char *at, const char *end, struct fuzz_answer *answer)
{
    const char *head_end = memmem(at, (size_t)(end - at), "\r\n\r\n", 4);
    bool is_one =
        head_end != NULL && head_end - at > 12 && strncmp(at, "HTTP/1.1 ", 9) == 0 && at[12] == ' ';
    answer->status = is_one ? strtoul(at + 9, NULL, 10) : 0;
    if (answer->status < 100 || answer->status > 599)
        fuzz_fail("no answer of HTTP/1.1: %.*s", (int)(end - at), at);
    const char *length = header(at, head_end + 2, "Content-Length:");
    answer->type = header(at, head_end + 2, "Content-Type:");
    answer->body = head_end + 4;
    answer->length = length != NULL ? strtoul(length, NULL, 10) : 0;
    size_t left = (size_t)(end - answer->body);
    if (left == 0 || strncmp(answer->body, "HTTP/1.1 ", 9) == 0)
        answer->length = 0; /* of HEAD: what its body would be */
    if (answer->length > left)
        fuzz_fail("an answer of %zu bytes breaks off after %zu: %.*s", answer->length, left,
                  (int)(end - at), at);
    return answer->body + answer->length;
}

/* What a store holds that has been broken is served as it stands there. */
static bool must_be_json(const struct fuzz_app *fuzzed, const struct fuzz_answer *answer)
{
    return answer->length > 0 && (answer->status >= 400 || fuzzed->options.db == NULL);
}

static void check_answers(const struct fuzz_app *fuzzed, const char *answers, size_t length)
{
    const char *at = answers, *end = answers + length;
    while (at < end) {
        struct fuzz_answer answer;
        const char *next = fuzz_answer_next(at, end, &answer);
        bool is_logged = lseek(fuzzed->log, 0, SEEK_END) > 0;
        if (answer.status == 500 && !is_logged)
            fuzz_fail("a failure that the log knows nothing of: %.*s", (int)(next - at), at);
        bool says_json = answer.type != NULL && strncmp(answer.type, "application/json", 16) == 0;
        bool says_html = answer.type != NULL && strncmp(answer.type, "text/html", 9) == 0;
        if (answer.status >= 400 && answer.length > 0 && !says_json && !says_html)
            fuzz_fail("a refusal that is no JSON: %.*s", (int)(next - at), at);
        cJSON *body = says_json ? json_parse(answer.body, answer.length, NULL) : NULL;
        if (says_json && must_be_json(fuzzed, &answer) && body == NULL)
            fuzz_fail("no JSON, though it says so: %.*s", (int)(next - at), at);
        cJSON_Delete(body);
        at = next;
    }
}

/* A request of another client is answered whatever was sent, and after it. */
static void check_health(struct fuzz_app *fuzzed)
{
    static const char request[] = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    char answer[1024];
    int socket = connected(fuzzed);
    send_pieces(socket, 0, request, sizeof request - 1);
    size_t length = receive(socket, answer, sizeof answer, false);
    if (length < 15 || strncmp(answer, "HTTP/1.1 200 OK", 15) != 0)
        fuzz_fail("it is not well: %.*s", (int)length, answer);
    (void)close(socket);
}

const char *fuzz_app_exchange(struct fuzz_app *fuzzed, const struct fuzz_sending *sending,
                              const char *bytes, size_t count, struct arena *arena)
{
    static char answers[ANSWER_ROOM]; /* of the target's one thread */
    int socket = connected(fuzzed);
    size_t length = 0;
    if (sending->end == END_DEAF)
        (void)shutdown(socket, SHUT_RD);
    send_pieces(socket, sending->piece, bytes, count);
    if (sending->end == END_LATER)
        (void)comes(socket, QUIET_MILLISECONDS);
    if (sending->end == END_HALF || sending->end == END_LATER) {
        (void)shutdown(socket, SHUT_WR);
        length = receive(socket, answers, sizeof answers, false);
    }
    (void)close(socket);
    check_answers(fuzzed, answers, length);
    if (sending->end == END_VANISH || sending->end == END_DEAF)
        check_health(fuzzed);
    return arena_strndup(arena, answers, length);
}

const char *fuzz_app_ask(struct fuzz_app *fuzzed, const char *bytes, size_t count, struct arena *arena,
                         size_t *length)
{
    static char answers[ANSWER_ROOM];
    int socket = connected(fuzzed);
    send_pieces(socket, 0, bytes, count);
    if (!comes(socket, PATIENCE_MILLISECONDS))
        (void)shutdown(socket, SHUT_WR);
    *length = receive(socket, answers, sizeof answers, true);
    (void)close(socket);
    return arena_strndup(arena, answers, *length);
}
