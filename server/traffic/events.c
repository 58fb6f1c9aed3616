#include "traffic/events.h"

#include <glib.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "jobs/worker.h"

const struct events_timing events_timing = {.comment = 15000, .keep = 300000};

enum { ID_LINE_MAX = 24, NOTE_MAX = 80 };

/* As it is sent. Its id is known last: room is left for it, which it need not fill. */
struct event {
    size_t begin, end; /* of what counts in the text */
    char text[];
};

struct events {
    atomic_uint owners; /* who made it, and the listeners */
    atomic_bool are_heard;
    struct worker *worker; /* wakes listeners, has them get comments, forgets */
    struct events_timing timing;
    /* Taken before the other one: while listeners are woken, and when one comes or goes. Who reads does
     * not wait for it, so that whatever waking takes, nobody holds it who is waited for. */
    pthread_mutex_t waking;
    GQueue listeners;
    pthread_mutex_t mutex; /* guards what follows, and what the listeners say of themselves */
    struct event **ring;   /* of EVENTS_MAX; NULL while they are not heard */
    int64_t first, next;   /* ids: of the oldest that is kept, of the one to come */
    size_t bytes;
    unsigned listening, resting;
    unsigned comments;  /* that there have been */
    int64_t comment_at; /* of clock_microseconds, when the next is due */
    int64_t left_at;    /* likewise, when the last listener left; 0: none has */
    bool is_closed;
    struct attendant attendant;
};

struct listener {
    GList link; /* among the listeners */
    struct events *events;
    struct waker *waker;
    bool rests;
    int64_t next;  /* id of the event that it gets next */
    size_t offset; /* in what of it is sent */
    unsigned comments;
    char note[NOTE_MAX]; /* a comment, which it gets before that */
    size_t note_length, note_sent;
};

static void clear_attendant(struct attendant *attendant)
{
    if (attendant->context != NULL)
        attendant->free(attendant->context);
}

/* Frees those before that id, under the mutex. */
static void drop_before(struct events *events, int64_t id)
{
    for (; events->first < id; events->first++) {
        struct event **place = &events->ring[events->first % EVENTS_MAX];
        events->bytes -= (*place)->end;
        free(*place);
    }
}

/* Frees all, under the mutex. Whoever resumes behind the last has missed what was not told meanwhile:
 * hence the id that nothing gets. */
static void forget(struct events *events)
{
    atomic_store(&events->are_heard, false);
    if (events->ring == NULL)
        return;
    drop_before(events, events->next);
    events->first = ++events->next;
    free(events->ring);
    events->ring = NULL;
}

static void release(struct events *events)
{
    if (atomic_fetch_sub(&events->owners, 1) != 1)
        return;
    forget(events);
    (void)pthread_mutex_destroy(&events->waking);
    (void)pthread_mutex_destroy(&events->mutex);
    free(events);
}

/* The waker of a listener that rests, which then does not; NULL: it reads. */
static struct waker *take_waker(struct listener *listener)
{
    struct events *events = listener->events;
    (void)pthread_mutex_lock(&events->mutex);
    struct waker *waker = listener->rests ? listener->waker : NULL;
    events->resting -= listener->rests;
    listener->rests = false;
    (void)pthread_mutex_unlock(&events->mutex);
    return waker;
}

static void wake_all(struct events *events)
{
    (void)pthread_mutex_lock(&events->waking);
    for (GList *link = events->listeners.head; link != NULL; link = link->next) {
        struct waker *waker = take_waker(link->data);
        if (waker != NULL)
            waker->wake(waker);
    }
    (void)pthread_mutex_unlock(&events->waking);
}

/* What is due by now, under the mutex. Milliseconds until something else is, at the earliest. Those who
 * left long ago will not resume: *gone is to be freed then. */
static int64_t go_on(struct events *events, int64_t now, struct attendant *gone)
{
    int64_t forget_at = events->left_at + events->timing.keep * 1000;
    if (events->listening > 0) {
        bool is_due = now >= events->comment_at;
        events->comments += is_due;
        events->comment_at = is_due ? now + events->timing.comment * 1000 : events->comment_at;
        return (events->comment_at - now) / 1000 + 1;
    }
    if (!atomic_load(&events->are_heard))
        return WORKER_IDLE;
    if (now < forget_at)
        return (forget_at - now) / 1000 + 1;
    forget(events);
    *gone = events->attendant;
    events->attendant = (struct attendant){.context = NULL};
    return WORKER_IDLE;
}

static int64_t step(void *context)
{
    struct events *events = context;
    struct attendant gone = {.context = NULL};
    (void)pthread_mutex_lock(&events->mutex);
    int64_t pause = go_on(events, clock_microseconds(), &gone);
    (void)pthread_mutex_unlock(&events->mutex);
    clear_attendant(&gone);
    wake_all(events);
    return pause;
}

struct events *events_new(struct pool *pool, const struct events_timing *timing)
{
    struct events *events = must_alloc(sizeof *events);
    int64_t first = clock_machine_milliseconds() * 1000;
    *events =
        (struct events){.timing = *timing, .listeners = G_QUEUE_INIT, .first = first, .next = first};
    atomic_init(&events->owners, 1);
    atomic_init(&events->are_heard, false);
    (void)pthread_mutex_init(&events->waking, NULL);
    (void)pthread_mutex_init(&events->mutex, NULL);
    events->worker = worker_new(pool, step, events);
    return events;
}

void events_close(struct events *events)
{
    (void)pthread_mutex_lock(&events->mutex);
    struct attendant gone = events->attendant;
    events->attendant = (struct attendant){.context = NULL};
    events->is_closed = true;
    atomic_store(&events->are_heard, false);
    (void)pthread_mutex_unlock(&events->mutex);
    clear_attendant(&gone);
    wake_all(events);
}

void events_free(struct events *events)
{
    if (events == NULL)
        return;
    events_close(events);
    worker_free(events->worker);
    release(events);
}

bool events_are_heard(const struct events *events)
{
    return atomic_load_explicit(&events->are_heard, memory_order_relaxed);
}

/* One line a field: a line's end in JSON is a blank between its values. */
static struct event *new_event(const char *kind, const char *json)
{
    size_t size = strlen("event: \ndata: \n\n") + strlen(kind) + strlen(json);
    struct event *event = must_alloc(sizeof *event + ID_LINE_MAX + size + 1);
    *event = (struct event){.begin = ID_LINE_MAX, .end = ID_LINE_MAX + size};
    char *text = event->text + ID_LINE_MAX, *end = text + size - 2;
    (void)snprintf(text, size + 1, "event: %s\ndata: %s\n\n", kind, json);
    for (char *at = end - strlen(json); (at += strcspn(at, "\r\n")) < end;)
        *at = ' ';
    return event;
}

/* Puts its id in front. */
static void number(struct event *event, int64_t id)
{
    char line[ID_LINE_MAX + 1];
    int length = snprintf(line, sizeof line, "id: %" PRId64 "\n", id);
    event->begin -= (size_t)length;
    memcpy(event->text + event->begin, line, (size_t)length);
}

/* The newest stays, however large it is: those who read get it. */
static void add(struct events *events, struct event *event)
{
    number(event, events->next);
    while (events->next - events->first == EVENTS_MAX ||
           (events->next > events->first && events->bytes + event->end > EVENTS_BYTES))
        drop_before(events, events->first + 1);
    events->ring[events->next++ % EVENTS_MAX] = event;
    events->bytes += event->end;
}

void events_tell(struct events *events, const char *kind, const char *json)
{
    if (!events_are_heard(events))
        return;
    struct event *event = new_event(kind, json);
    (void)pthread_mutex_lock(&events->mutex);
    bool is_heard = atomic_load(&events->are_heard), are_to_wake = is_heard && events->resting > 0;
    if (is_heard)
        add(events, event);
    (void)pthread_mutex_unlock(&events->mutex);
    if (!is_heard)
        free(event);
    if (are_to_wake)
        worker_wake(events->worker);
}

/* What there is of the text behind what is sent of it, as far as there is room. */
static size_t copy(const char *text, size_t length, size_t *sent, char *buffer, size_t room)
{
    size_t count = length - *sent < room ? length - *sent : room;
    memcpy(buffer, text + *sent, count);
    *sent += count;
    return count;
}

static void note(struct listener *listener, const char *format, ...) PRINTF(2, 3);
static void note(struct listener *listener, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    listener->note_length = (size_t)vsnprintf(listener->note, sizeof listener->note, format, args);
    listener->note_sent = 0;
    va_end(args);
}

/* The next bytes for a listener, of whatever it is in the midst of; 0: there is nothing more. */
static size_t next_bytes(struct listener *listener, char *buffer, size_t room)
{
    struct events *events = listener->events;
    bool is_between = listener->offset == 0 && listener->note_sent == listener->note_length;
    if (is_between && listener->comments != events->comments) {
        listener->comments = events->comments;
        note(listener, ":\n\n");
    }
    if (listener->note_sent < listener->note_length)
        return copy(listener->note, listener->note_length, &listener->note_sent, buffer, room);
    if (listener->next == events->next)
        return 0;
    const struct event *event = events->ring[listener->next % EVENTS_MAX];
    size_t length = event->end - event->begin;
    size_t count = copy(event->text + event->begin, length, &listener->offset, buffer, room);
    if (listener->offset == length) {
        listener->next++;
        listener->offset = 0;
    }
    return count;
}

static ptrdiff_t read_events(void *context, struct waker *waker, char *buffer, size_t size)
{
    struct listener *listener = context;
    struct events *events = listener->events;
    size_t filled = 0, count = 1;
    (void)pthread_mutex_lock(&events->mutex);
    bool is_slow = listener->next < events->first, is_closed = events->is_closed;
    while (!is_slow && filled < size && count > 0) {
        count = next_bytes(listener, buffer + filled, size - filled);
        filled += count;
    }
    listener->rests = !is_slow && !is_closed && filled == 0;
    listener->waker = waker;
    events->resting += listener->rests;
    (void)pthread_mutex_unlock(&events->mutex);
    if (is_slow)
        return SOURCE_BREAKS;
    if (filled > 0)
        return (ptrdiff_t)filled;
    return is_closed ? SOURCE_ENDS : SOURCE_RESTS;
}

static void end(void *context)
{
    struct listener *listener = context;
    struct events *events = listener->events;
    (void)pthread_mutex_lock(&events->waking);
    g_queue_unlink(&events->listeners, &listener->link);
    (void)pthread_mutex_unlock(&events->waking);
    (void)pthread_mutex_lock(&events->mutex);
    events->resting -= listener->rests;
    events->listening--;
    events->left_at = clock_microseconds();
    (void)pthread_mutex_unlock(&events->mutex);
    free(listener);
    release(events);
}

/* Where it begins, and what it gets at once, so that it sees that it is heard. */
static void place(struct listener *listener, int64_t last_id)
{
    const struct events *events = listener->events;
    bool is_known = last_id >= events->first - 1 && last_id < events->next;
    listener->comments = events->comments;
    listener->next = last_id == 0 ? events->next : is_known ? last_id + 1 : events->first;
    if (last_id == 0 || is_known)
        note(listener, ": events\n\n");
    else
        note(listener, ": events before %" PRId64 " are lost\n\n", listener->next);
}

/* Under both locks. */
static void begin_hearing(struct events *events)
{
    if (events->listening++ == 0)
        events->comment_at = clock_microseconds() + events->timing.comment * 1000;
    if (events->is_closed)
        return;
    if (events->ring == NULL)
        events->ring = must_alloc(EVENTS_MAX * sizeof(struct event *));
    atomic_store(&events->are_heard, true);
}

void events_listen(struct events *events, int64_t last_id, struct source *source)
{
    struct listener *listener = must_alloc(sizeof *listener);
    *listener = (struct listener){.events = events, .link.data = listener};
    (void)atomic_fetch_add(&events->owners, 1);
    (void)pthread_mutex_lock(&events->waking);
    g_queue_push_tail_link(&events->listeners, &listener->link);
    (void)pthread_mutex_lock(&events->mutex);
    begin_hearing(events);
    place(listener, last_id);
    (void)pthread_mutex_unlock(&events->mutex);
    (void)pthread_mutex_unlock(&events->waking);
    worker_wake(events->worker);
    *source = (struct source){.context = listener, .read = read_events, .end = end};
}

int64_t events_silence(struct events *events)
{
    (void)pthread_mutex_lock(&events->mutex);
    int64_t left = events->left_at, now = clock_microseconds();
    bool is_silent = events->listening == 0;
    (void)pthread_mutex_unlock(&events->mutex);
    if (!is_silent)
        return 0;
    return left != 0 ? (now - left) / 1000 : INT64_MAX;
}

bool events_are_attended(struct events *events)
{
    (void)pthread_mutex_lock(&events->mutex);
    bool are_attended = events->attendant.context != NULL;
    (void)pthread_mutex_unlock(&events->mutex);
    return are_attended;
}

void events_attend(struct events *events, const struct attendant *attendant)
{
    (void)pthread_mutex_lock(&events->mutex);
    bool is_needed = !events->is_closed && events->attendant.context == NULL;
    if (is_needed)
        events->attendant = *attendant;
    (void)pthread_mutex_unlock(&events->mutex);
    if (!is_needed)
        attendant->free(attendant->context);
}
