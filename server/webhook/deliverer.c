#include "webhook/deliverer.h"

#include <inttypes.h>

#include "base/clock.h"
#include "store/delivery.h"

static const int64_t store_failed_pause = 500; /* milliseconds */

static bool is_stopping(void *context)
{
    return worker_is_stopping(context);
}

/* Makes one try, and sets what is to be written of it. */
static void try_to_deliver(const struct deliverer *deliverer, struct delivery *delivery,
                           struct arena *arena)
{
    const struct webhook_options *options = &deliverer->options;
    static const struct header headers[] = {{"Content-Type", "application/json;charset=UTF-8"},
                                            {NULL, NULL}};
    const struct client_call call = {.method = "POST",
                                     .url = delivery->url,
                                     .headers = headers,
                                     .body = delivery->body,
                                     .timeout = (long)options->timeout,
                                     .is_stopping = is_stopping,
                                     .context = deliverer->worker};
    struct client_answer answer;
    client_ask(deliverer->client, &call, arena, &answer);
    const char *reason = answer.reason;
    if (reason == NULL && answer.status / 100 != 2)
        reason = arena_printf(arena, "answered %u", answer.status);
    enum { DOUBLINGS_MAX = 10 };
    int64_t doublings = delivery->tries < DOUBLINGS_MAX ? delivery->tries : DOUBLINGS_MAX;
    delivery->tries++;
    delivery->http_status = answer.status;
    delivery->reason = reason;
    delivery->due = clock_machine_milliseconds() + ((int64_t)options->retry << doublings);
    if (reason == NULL)
        delivery->status = DELIVERY_DELIVERED;
    else if (delivery->tries >= options->tries)
        delivery->status = DELIVERY_GIVEN_UP;
}

static enum store_status write(const struct deliverer *deliverer, const struct delivery *delivery)
{
    log_event(deliverer->log, delivery->reason == NULL ? LOG_INFO : LOG_WARNING,
              "webhook delivery=%" PRId64 " url=\"%s\" try=%" PRId64 " status=%s reason=\"%s\"",
              delivery->id, delivery->url, delivery->tries, delivery_status_names[delivery->status],
              delivery->reason != NULL ? delivery->reason : "");
    struct db *db = store_acquire(deliverer->store);
    if (db == NULL)
        return STORE_FAILED;
    enum store_status status = store_begin(db, STORE_BACKGROUND);
    if (status == STORE_OK)
        status = store_end(db, delivery_write(db, delivery) == STORE_OK);
    store_release(db);
    return status;
}

static enum store_status next(const struct deliverer *deliverer, struct arena *arena,
                              struct delivery *delivery)
{
    struct db *db = store_acquire(deliverer->store);
    if (db == NULL)
        return STORE_FAILED;
    enum store_status status = delivery_next(db, deliverer->url, arena, delivery);
    store_release(db);
    return status;
}

/* A receiver that takes its time has no connection to the store meanwhile. */
static int64_t step(const struct deliverer *deliverer, struct arena *arena)
{
    struct delivery delivery;
    enum store_status status = next(deliverer, arena, &delivery);
    if (status != STORE_OK)
        return status == STORE_NOT_FOUND ? WORKER_IDLE : store_failed_pause;
    int64_t left = delivery.due - clock_machine_milliseconds();
    if (left > 0 && delivery.tries > 0)
        return left;
    try_to_deliver(deliverer, &delivery, arena);
    if (worker_is_stopping(deliverer->worker) && delivery.status != DELIVERY_DELIVERED)
        return WORKER_MORE; /* the next start tries again: the receiver is not to blame for the stop */
    if (write(deliverer, &delivery) != STORE_OK)
        return store_failed_pause;
    bell_ring(deliverer->changed);
    return WORKER_MORE;
}

int64_t deliverer_step(void *context)
{
    const struct deliverer *deliverer = context;
    struct arena arena = {.blocks = NULL};
    int64_t pause = step(deliverer, &arena);
    arena_clear(&arena);
    return pause;
}
