/* Events of a sandbox, for who listens: server-sent ones. Without a listener they cost nothing; a slow
 * one is dropped, and holds nobody up. Any thread may use them. */
#ifndef CRMOCK_TRAFFIC_EVENTS_H
#define CRMOCK_TRAFFIC_EVENTS_H

#include "base/exchange.h"
#include "jobs/pool.h"

/* What is kept for those who resume, or do not read as fast as it is told. */
enum { EVENTS_MAX = 1000, EVENTS_BYTES = 1 << 20 };

/* In milliseconds. */
struct events_timing {
    int64_t comment; /* after which each listener gets one, so that whoever has left is noticed */
    int64_t keep;    /* that events are kept, and told, after the last listener has left */
};
extern const struct events_timing events_timing;

struct events;

/* Nobody listens yet. The pool, which must outlive it, has the listeners woken. */
MUSTCHECK struct events *events_new(struct pool *pool, const struct events_timing *timing);
/* Ends every listener, as events_close does. NULL is allowed. */
void events_free(struct events *events);
/* Nothing is told any more; each listener gets what has been, and then the end. */
void events_close(struct events *events);
/* False when nobody listens, or has listened until a while ago: then nothing need be told. */
MUSTCHECK bool events_are_heard(const struct events *events);
/* Tells all listeners: the kind ("request", ...) and the object, compact JSON; both are copied. */
void events_tell(struct events *events, const char *kind, const char *json);

/* Ids go up, also over the end of a process: the first is the time of the events' making in
 * microseconds. Listens to what is told from now on, or behind the event of that id (0: none); what is
 * not kept of that is told to be lost. The source is to be read, or ended alone. */
void events_listen(struct events *events, int64_t last_id, struct source *source);
/* For how many milliseconds nobody has listened; 0: somebody does; INT64_MAX: nobody ever has. */
MUSTCHECK int64_t events_silence(struct events *events);

/* What tells of changes that nobody else tells. It is there while the events are heard. */
struct attendant {
    void (*free)(void *context); /* it does not tell any more when this returns */
    void *context;               /* NULL: there is none */
};

/* True when there is one. */
MUSTCHECK bool events_are_attended(struct events *events);
/* Keeps it, while somebody listens, until a while after nobody does, or the end; frees it when there is
 * one already, or nothing is told any more. */
void events_attend(struct events *events, const struct attendant *attendant);

#endif
