#include "http/later.h"

#include <time.h>

#include "http/exchange.h"

enum { LEAVING_SECONDS = 2 };

void later_init(struct later *later, unsigned most)
{
    pthread_condattr_t monotonic;
    *later = (struct later){.most = most};
    (void)pthread_mutex_init(&later->mutex, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&later->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

void later_clear(struct later *later)
{
    (void)pthread_cond_destroy(&later->changed);
    (void)pthread_mutex_destroy(&later->mutex);
}

/* libmicrohttpd panics when it is stopped while a connection is suspended, and drops answers that are
 * not out yet. */
void later_end(struct later *later)
{
    struct timespec end;
    (void)pthread_mutex_lock(&later->mutex);
    later->has_ended = true;
    while (later->waiting > 0)
        (void)pthread_cond_wait(&later->changed, &later->mutex);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += LEAVING_SECONDS;
    while (later->leaving > 0 && pthread_cond_timedwait(&later->changed, &later->mutex, &end) == 0)
        ;
    (void)pthread_mutex_unlock(&later->mutex);
}

void later_note_end(struct later *later, const struct exchange *exchange)
{
    if (!exchange->is_later && !exchange->holds_place)
        return;
    (void)pthread_mutex_lock(&later->mutex);
    later->leaving -= exchange->is_later;
    later->taken -= exchange->holds_place;
    later->held -= exchange->holds_place;
    (void)pthread_cond_broadcast(&later->changed);
    (void)pthread_mutex_unlock(&later->mutex);
}

/* Under the lock. */
static bool take_place(struct later *later)
{
    bool is_free = !later->has_ended && later->taken < later->most;
    later->taken += is_free;
    return is_free;
}

bool later_hold(const struct request *request)
{
    struct exchange *exchange = exchange_of(request->connection);
    struct later *later = &exchange->server->later;
    (void)pthread_mutex_lock(&later->mutex);
    exchange->holds_place = later->held < (later->most + 1) / 2 && take_place(later);
    later->held += exchange->holds_place;
    (void)pthread_mutex_unlock(&later->mutex);
    return exchange->holds_place;
}

bool later_suspend(const struct request *request)
{
    struct exchange *exchange = exchange_of(request->connection);
    struct later *later = &exchange->server->later;
    (void)pthread_mutex_lock(&later->mutex);
    bool may_wait = exchange->holds_place ? !later->has_ended : take_place(later);
    later->waiting += may_wait;
    (void)pthread_mutex_unlock(&later->mutex);
    if (!may_wait)
        return false;
    exchange->is_later = true;
    wire_hold(exchange->wire, true);
    MHD_suspend_connection(request->connection);
    return true;
}

/* The connection is another thread's as soon as it is resumed, and may be gone. The daemon may not,
 * before the call has returned: hence the lock, for which later_end waits. */
void later_answer(const struct request *request, const struct response *response)
{
    struct exchange *exchange = exchange_of(request->connection);
    struct later *later = &exchange->server->later;
    exchange->answer = *response;
    (void)pthread_mutex_lock(&later->mutex);
    later->waiting--;
    later->leaving++;
    later->taken -= !exchange->holds_place;
    MHD_resume_connection(request->connection);
    (void)pthread_cond_broadcast(&later->changed);
    (void)pthread_mutex_unlock(&later->mutex);
}

bool later_is_gone(const struct request *request)
{
    return wire_is_gone(exchange_of(request->connection)->wire);
}
