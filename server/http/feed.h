/* Inside the http room: a body that comes in pieces. While it has none its connection is suspended. */
#ifndef CRMOCK_HTTP_FEED_H
#define CRMOCK_HTTP_FEED_H

#include <microhttpd.h>
#include <pthread.h>

#include "base/exchange.h"

/* The feeds of a server that have begun and not ended. */
struct feeds {
    pthread_mutex_t mutex; /* guards what follows, and what the feeds say of themselves */
    struct feed *first;
    bool has_ended; /* none may rest any more */
};

struct feed {
    struct waker waker; /* what the source wakes; it knows no more of this */
    struct feeds *feeds;
    struct feed *before, *next;
    struct MHD_Connection *connection;
    const struct source *source;
    size_t length;                  /* of the body, where it has one */
    void (*leaves)(void *exchange); /* called before its last bytes are handed out, or it breaks; */
    void *exchange;                 /* NULL: nobody wants to know */
    bool rests, is_woken;
};

void feeds_init(struct feeds *feeds);
void feeds_clear(struct feeds *feeds);
/* Breaks off those that rest, and whichever would from now on. */
void feeds_end(struct feeds *feeds);

/* The answer with that source's body, of `length` bytes where it has a length; NULL: it cannot be made,
 * and the source has not been touched. The feed is the arena's; feed_end must follow it. */
MUSTCHECK struct MHD_Response *feed_begin(struct feeds *feeds, struct MHD_Connection *connection,
                                          const struct source *source, size_t length,
                                          struct arena *arena, struct feed **feed);
/* Ends the source: nobody reads it any more. NULL is allowed. */
void feed_end(struct feed *feed);

/* The source of a body that is there as a whole, and lasts as long as the arena. */
MUSTCHECK const struct source *feed_whole(const char *body, size_t length, struct arena *arena);

#endif
