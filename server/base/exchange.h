/* One HTTP request and its answer, free of any HTTP library: what the http room hands down. */
#ifndef CRMOCK_BASE_EXCHANGE_H
#define CRMOCK_BASE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attrs.h"

/* Why a request is refused before it is looked at. */
enum refusal {
    REFUSAL_NONE,
    REFUSAL_MALFORMED, /* no well-formed HTTP, or it ends early */
    REFUSAL_URI_TOO_LONG,
    REFUSAL_HEAD_TOO_LARGE,
    REFUSAL_BODY_TOO_LARGE,
    REFUSAL_CODING,    /* of the transfer, unknown */
    REFUSAL_VERSION,   /* of HTTP, unknown */
    REFUSAL_ELSEWHERE, /* sent to a proxy, for a host that is not served */
    REFUSAL_NO_ROOM,   /* no memory is left for it */
    REFUSALS
};

struct response;
struct request;

/* What a request has of names and values. */
enum request_part { PART_QUERY, PART_HEADERS, PART_FORM };
typedef void each_fn(void *context, const char *name, const char *value);

/* Texts are well-formed UTF-8, whatever was sent; not so the body. What it points to lasts until the
 * answer is complete. A copy, changed or not, is as good as the original for the functions. */
struct request {
    const char *method;            /* "POST"; HEAD arrives as "GET" */
    const char *path;              /* decoded, without the query */
    const char *prefix;            /* what was taken off the path's front: "", or "/..." without a slash
                                    * at its end */
    const char *authorization;     /* the header, or NULL */
    const char *if_modified_since; /* likewise */
    const char *body;              /* never NULL; not ended by a zero byte */
    size_t body_length;
    enum refusal refusal;     /* nothing else counts when it is not REFUSAL_NONE */
    const char *refusal_hint; /* for people; or NULL */
    size_t limit;             /* the one that the request went beyond, in bytes; 0: not said */
    bool is_control; /* its target, as it was sent, is the control API's; known also of most that are
                      * refused, when the path is not */
    bool is_secure;  /* it came by TLS */
    bool is_beyond;  /* it came when as many calls of its org were under way as the limits allow */
    /* The first header of that name, as it was sent, or NULL. Of cookies, and of the Expect of a
     * request without a body, `each` alone tells. */
    const char *(*header)(const struct request *request, const char *name);
    /* How many headers have that name. Of Host there is one, and none at most in HTTP/1.0. */
    unsigned (*header_count)(const struct request *request, const char *name);
    /* Has every name of a part told, with its value ("": it has none), in the order in which they came;
     * of a form that is read: none otherwise. The texts last as long as the request. */
    void (*each)(const struct request *request, enum request_part part, each_fn *tell, void *context);
    /* The query parameter of that name, decoded; "" when it has no value, NULL when absent. */
    const char *(*query)(const struct request *request, const char *name);
    /* The same of a form in the body, urlencoded or multipart; NULL when the body is no form. */
    const char *(*form)(const struct request *request, const char *name);
    /* The name of the query's parameter of that index, from 0; NULL: there are not so many. */
    const char *(*query_name)(const struct request *request, size_t index);
    /* F11: the address by which the client came, with the prefix, without a slash at its end:
     * http://127.0.0.1:8080. Its host has nothing in it that no host has. */
    const char *(*base_url)(const struct request *request);
    /* The host, and port or none, by which a trusted proxy in front was called, where it says so; else
     * NULL. */
    const char *(*forwarded_host)(const struct request *request);
    /* Takes one of the places of those that wait, until the answer is out: for one whose body rests in
     * between; called once, in respond. False, as suspend says it, but half of the places at most are
     * for these. */
    bool (*hold)(const struct request *request);
    /* Puts the answer off; called in respond. False: too many wait (half of the connections at most),
     * or the server stops, and respond answers as ever. True: respond's response does not count, the
     * answer is given by `answer`, and until then the arena and the request are the caller's, in
     * whatever thread: no timeout ends it, and a client that leaves is told by is_gone alone. */
    bool (*suspend)(const struct request *request);
    /* The answer to a request that was suspended: exactly once, from any thread, even before respond
     * has returned. The response is copied; neither it nor the request or arena are the caller's any
     * more. */
    void (*answer)(const struct request *request, const struct response *response);
    /* While it is suspended, from any thread: true when the client has closed the connection, or its
     * sending half (which looks the same), or reset it. It is to be answered all the same. */
    bool (*is_gone)(const struct request *request);
    void *ticket;     /* what its arrival was answered with; NULL: it was not told */
    void *connection; /* for the functions above */
};

struct header {
    const char *name, *value;
};

/* Has a body that rests asked for what comes next. From any thread, also when it does not rest, until
 * the source's `end` has returned: a lock that both take sees to that. */
struct waker {
    void (*wake)(struct waker *waker);
};

enum { SOURCE_RESTS = 0, SOURCE_ENDS = -1, SOURCE_BREAKS = -2 };

/* A body that comes in pieces, asked for one at a time by threads of the server, none of which it may
 * hold. */
struct source {
    void *context;
    bool has_length; /* the response's body_length is the whole; else the client sees where it ends */
    /* Without a length: how many bytes are asked for at once, of a body that may be more than others
     * leave time for; its end is that of its connection then. 0: less, in chunks. */
    size_t piece;
    /* The next piece, of at most `size` bytes; or that there is none now, and the waker wakes it; that
     * there is no more; or that the connection is to be closed as it is. */
    ptrdiff_t (*read)(void *context, struct waker *waker, char *buffer, size_t size);
    void (*end)(void *context); /* once: it is not read any more, and the waker is gone */
};

struct response {
    unsigned status;
    const char *content_type; /* NULL for an answer without a body; 204 has none, whatever is said */
    const char *body;         /* owned by the arena of the exchange, or as lasting as the server */
    size_t body_length;
    const char *allow;            /* the methods served, of an answer 405; or NULL */
    const struct header *headers; /* further ones, owned like the body, ended by one without a name;
                                   * NULL: there are none */
    const char *rule;             /* row of the error catalogue that answered, or NULL */
    const char *hint;             /* one line for people: what was found, what would pass; or NULL */
    bool closes;                  /* the connection ends with it */
    bool drops;                   /* it ends without an answer */
    const struct source *source;  /* of the body, in the place of `body`; arena-owned; NULL: none */
    /* Whose call it was (an email), and the job that it made, where that is known, for who keeps a
     * record of it; arena-owned; NULL and 0: not known. */
    const char *user;
    int64_t job_id;
};

/* Answers a request; everything in *response is owned by the arena. Called from several threads. */
typedef void respond_fn(void *context, const struct request *request, struct arena *arena,
                        struct response *response);

#endif
