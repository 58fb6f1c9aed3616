#include "http/feed.h"

#include <string.h>

enum { PIECE_MAX = 1 << 14 };

void feeds_init(struct feeds *feeds)
{
    *feeds = (struct feeds){.first = NULL};
    (void)pthread_mutex_init(&feeds->mutex, NULL);
}

void feeds_clear(struct feeds *feeds)
{
    (void)pthread_mutex_destroy(&feeds->mutex);
}

/* With the lock held: a feed that rests is not freed, for its connection does not go on. */
static void go_on(struct feed *feed)
{
    feed->is_woken = true;
    if (!feed->rests)
        return;
    feed->rests = false;
    MHD_resume_connection(feed->connection);
}

static void wake(struct waker *waker)
{
    struct feed *feed = (struct feed *)waker;
    struct feeds *feeds = feed->feeds;
    (void)pthread_mutex_lock(&feeds->mutex);
    go_on(feed);
    (void)pthread_mutex_unlock(&feeds->mutex);
}

void feeds_end(struct feeds *feeds)
{
    (void)pthread_mutex_lock(&feeds->mutex);
    feeds->has_ended = true;
    for (struct feed *feed = feeds->first; feed != NULL; feed = feed->next)
        go_on(feed);
    (void)pthread_mutex_unlock(&feeds->mutex);
}

/* Suspends the connection, unless it was woken since it was asked. False when none may rest. */
static bool rest(struct feed *feed)
{
    struct feeds *feeds = feed->feeds;
    (void)pthread_mutex_lock(&feeds->mutex);
    bool may_rest = !feeds->has_ended;
    if (may_rest && !feed->is_woken) {
        feed->rests = true;
        MHD_suspend_connection(feed->connection);
    }
    (void)pthread_mutex_unlock(&feeds->mutex);
    return may_rest;
}

static void note_question(struct feed *feed)
{
    (void)pthread_mutex_lock(&feed->feeds->mutex);
    feed->is_woken = false;
    (void)pthread_mutex_unlock(&feed->feeds->mutex);
}

static bool is_last(const struct feed *feed, uint64_t at, ptrdiff_t count)
{
    return count < 0 || (feed->source->has_length && at + (uint64_t)count == feed->length);
}

/* libmicrohttpd asks again after a 0. */
static ssize_t take_piece(void *context, uint64_t at, char *buffer, size_t size)
{
    struct feed *feed = context;
    note_question(feed);
    ptrdiff_t count = feed->source->read(feed->source->context, &feed->waker, buffer, size);
    if (feed->leaves != NULL && is_last(feed, at, count))
        feed->leaves(feed->exchange);
    if (count == SOURCE_ENDS)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (count == SOURCE_BREAKS || (count == SOURCE_RESTS && !rest(feed)))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    return (ssize_t)count;
}

struct MHD_Response *feed_begin(struct feeds *feeds, struct MHD_Connection *connection,
                                const struct source *source, size_t length, struct arena *arena,
                                struct feed **feed)
{
    *feed = arena_alloc(arena, sizeof **feed);
    **feed = (struct feed){.waker = {.wake = wake},
                           .feeds = feeds,
                           .connection = connection,
                           .source = source,
                           .length = length};
    struct MHD_Response *answer = MHD_create_response_from_callback(
        source->has_length ? length : MHD_SIZE_UNKNOWN, source->piece > 0 ? source->piece : PIECE_MAX,
        take_piece, *feed, NULL);
    if (answer == NULL) {
        *feed = NULL;
        return NULL;
    }
    (void)pthread_mutex_lock(&feeds->mutex);
    (*feed)->next = feeds->first;
    if (feeds->first != NULL)
        feeds->first->before = *feed;
    feeds->first = *feed;
    (void)pthread_mutex_unlock(&feeds->mutex);
    return answer;
}

void feed_end(struct feed *feed)
{
    if (feed == NULL)
        return;
    struct feeds *feeds = feed->feeds;
    feed->source->end(feed->source->context);
    (void)pthread_mutex_lock(&feeds->mutex);
    if (feed->before != NULL)
        feed->before->next = feed->next;
    else
        feeds->first = feed->next;
    if (feed->next != NULL)
        feed->next->before = feed->before;
    (void)pthread_mutex_unlock(&feeds->mutex);
}

struct whole {
    struct source source;
    const char *body;
    size_t length, given;
};

static ptrdiff_t read_whole(void *context, struct waker *waker, char *buffer, size_t size)
{
    struct whole *whole = context;
    (void)waker;
    size_t left = whole->length - whole->given, count = left < size ? left : size;
    memcpy(buffer, whole->body + whole->given, count);
    whole->given += count;
    return (ptrdiff_t)count;
}

static void end_whole(void *context)
{
    (void)context; /* the arena's */
}

const struct source *feed_whole(const char *body, size_t length, struct arena *arena)
{
    struct whole *whole = arena_alloc(arena, sizeof *whole);
    *whole = (struct whole){
        .source = {.context = whole, .has_length = true, .read = read_whole, .end = end_whole},
        .body = body,
        .length = length};
    return &whole->source;
}
