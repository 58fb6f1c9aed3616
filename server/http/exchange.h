/* Inside the http room: one request and its answer, between libmicrohttpd and respond. */
#ifndef CRMOCK_HTTP_EXCHANGE_H
#define CRMOCK_HTTP_EXCHANGE_H

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdint.h>

#include "http/feed.h"
#include "http/form.h"
#include "http/later.h"
#include "http/limits.h"
#include "http/wire.h"

/* Where connections come in: by listening, or by being handed over. */
struct door {
    struct http_server *server;
    bool adopts;
    int socket;      /* -1: none, or it is the daemon's */
    const char *url; /* NULL: it listens nowhere */
    struct MHD_Daemon *daemon;
    atomic_uint adopted; /* connections that it was handed and that have not ended */
};

struct doors {
    struct door plain, secure;
};

struct http_server {
    struct http_options options;
    struct limits limits;
    struct budget memory; /* of all requests */
    struct later later;
    struct feeds feeds;
    struct arena arena;
    struct doors listening, adopting;
};

/* One request and its answer, from its first byte to its last. A connection has one, used again and
 * again. */
struct exchange {
    struct http_server *server;
    struct arena arena;
    struct wire *wire;
    unsigned number;                     /* of the request on its connection, from 1 */
    const struct body_limit *body_limit; /* by its target */
    const char *authority; /* of a target in absolute form, which counts before Host; or NULL */
    char *body;
    size_t length, room;
    bool is_large;          /* it took so much once */
    struct refused refused; /* found here, not by the wire */
    bool has_begun;         /* its headers have come */
    int64_t begun;          /* then, in microseconds, where requests are logged */
    const char *path;
    const char *method;
    unsigned status;
    const char *rule; /* of the answer, static or the arena's; or NULL */
    struct form form;
    struct request request; /* as respond gets it */
    bool holds_place;       /* among those that wait, until it is over */
    bool is_later;          /* it was suspended; and then this is its answer */
    struct response answer;
    bool is_dropped;   /* it ends without an answer */
    struct feed *feed; /* of the answer's body; NULL: it is whole */
    void *ticket;      /* of its arrival; NULL: none */
};

struct exchange *exchange_of(struct MHD_Connection *connection);

/* Called by libmicrohttpd: when a connection begins and when it ends; with a request line, before its
 * headers are read; with the headers, each part of the body, its end, and when a suspended one is to be
 * answered; when the request is over. `context` is the server, of connections their door. */
void exchange_note_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                              enum MHD_ConnectionNotificationCode code);
void *exchange_begin(void *context, const char *uri, struct MHD_Connection *connection);
enum MHD_Result exchange_take(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state);
void exchange_complete(void *context, struct MHD_Connection *connection, void **state,
                       enum MHD_RequestTerminationCode code);

/* Makes the exchange's request of what has come. */
void request_fill(struct exchange *exchange, struct MHD_Connection *connection, struct refused refused);

#endif
