/* Inside the control room: a call on its way to an endpoint, and what an endpoint is. */
#ifndef CRMOCK_CONTROL_CALL_H
#define CRMOCK_CONTROL_CALL_H

#include "base/json.h"
#include "control/control.h"
#include "sandbox/sandbox.h"

struct control_endpoint;
struct bell;

enum { CONTROL_PARTS_MAX = 2 };

struct control_call {
    struct control *control;
    const struct control_endpoint *endpoint;
    const struct request *request; /* without the sandbox's prefix in its path */
    struct arena *arena;
    struct response *response;
    struct sandbox *sandbox;   /* that it is about */
    const struct scene *scene; /* what that is like now; NULL where the endpoint changes that itself */
    const char *parts[CONTROL_PARTS_MAX]; /* of the path, where it has {...}, in order */
    cJSON *body;                          /* an object, freed with the call */
    struct worker *worker;                /* that asks an endpoint beside; else NULL */
    struct bell *bell;                    /* that wakes it; NULL: none does */
    later_fn *later;                      /* of an answer of the service's; else NULL */
    void *state;   /* of what is asked again: its own, arena-owned; NULL at first */
    int64_t begun; /* by clock_microseconds */
    bool hurries;  /* answer with what there is: the client is gone, the sandbox reset, or crmock stops
                    */
    bool is_refused;
};

/* Answers the call, by the functions below, and returns CONTROL_DONE; or milliseconds after which it is
 * to be asked again, of an endpoint that waits. */
typedef int64_t control_fn(struct control_call *call);

/* How an endpoint is called. */
enum control_manner {
    CONTROL_AT_ONCE, /* on the thread that has the request: within 5 ms */
    CONTROL_BESIDE,  /* on another, while no thread that answers requests is held; the call has a scene
                      */
    CONTROL_CHANGES  /* the same; the call has none, for it puts another in the sandbox's place */
};

struct control_endpoint {
    const char *method, *path; /* {...} stands for one part */
    control_fn *handle;
    enum control_manner manner;
    bool is_of_process; /* not a sandbox's: there is none such behind /_s/{id} */
    bool is_open;       /* it needs no control token, for it tells nothing of what is in here */
    bool is_kept;       /* caches may keep its answer, and ask whether it is still good (304) */
    const char *query;  /* names of parameters that it takes, separated by blanks */
    const char *says;   /* what it does, for the document */
    /* Members of the body and of the answer, for the document, which the tests hold each answer
     * against: JSON with ' for ", a schema for each name. One whose name ends with ? may be left out;
     * that of * is for any other name. NULL: none. */
    const char *takes, *answers;
    const char *text; /* media types of an answer in the place of JSON, when that is asked for, or when
                       * it has no members, with ", " between them; or NULL */
    unsigned status;  /* of an answer that is no refusal; 0: 200, or 204 when it has no members */
};

/* Schemas that many have. */
#define SCHEMA_TEXT "{'type': 'string'}"
#define SCHEMA_TIME "{'type': 'string', 'format': 'date-time', 'pattern': 'Z$'}"
#define SCHEMA_FLAG "{'type': 'boolean'}"
#define SCHEMA_COUNT "{'type': 'integer', 'minimum': 0}"
#define SCHEMA_NUMBER "{'type': 'integer'}"
#define SCHEMA_ID "{'type': 'string', 'pattern': '^[0-9]{1,19}$'}"
#define SCHEMA_ANY "{}"
/* A list, by the schema of one of its members. */
#define SCHEMA_LIST(one) "{'type': 'array', 'items': " one "}"
/* An object of exactly these members. */
#define SCHEMA_OBJECT(names, members)                                                                  \
    "{'type': 'object', 'required': [" names                                                           \
    "], 'additionalProperties': false, 'properties': {" members "}}"

/* The answer: JSON, which is freed; NULL: 204. Returns CONTROL_DONE. */
int64_t control_reply(struct control_call *call, unsigned status, cJSON *body);
/* The answer: a text of endpoint->text, which is one, arena-owned. Returns CONTROL_DONE. */
int64_t control_reply_text(struct control_call *call, const char *text, size_t length);
/* Puts these behind the headers of the answer, or in the place of those that have their names; ended by
 * one without a name, and copied, but not what they point to. */
void control_add_headers(struct arena *arena, struct response *response, const struct header *more);
/* The answer: a stream of endpoint->text. Returns CONTROL_DONE. */
int64_t control_stream(struct control_call *call, const struct source *source);
/* Tells those who listen to the sandbox of something that an answer tells, too: the event's kind, and
 * its object. */
void control_tell(struct control_call *call, const char *kind, cJSON *json);
/* A refusal, unless one was made before: what was expected, and where: a JSON path of the body, or the
 * query's name (NULL: nowhere). Returns CONTROL_DONE. */
int64_t control_refuse(struct control_call *call, unsigned status, const char *at, const char *format,
                       ...) PRINTF(4, 5);
/* 500, after a logged failure. */
int64_t control_fail(struct control_call *call);
/* 404, of a sandbox that was closed after the request had found it. */
int64_t control_gone(struct control_call *call);
/* Locks the sandbox, and tells the scene that is there, in call->scene as well. NULL after a refusal,
 * also one that was made before: it is not locked then. Else control_unlock must follow. */
MUSTCHECK const struct scene *control_lock(struct control_call *call);
void control_unlock(struct control_call *call);
/* A connection to the scene's store, to be released. NULL after a refusal, also one that was made
 * before. */
MUSTCHECK struct db *control_connect(struct control_call *call);

/* Reading what a body says. A fault is refused with 422 at its place; what is read after it does not
 * count, so that readers need not check each step but the last (call->is_refused). */
struct said {
    struct control_call *call;
    const char *at;    /* "$", "$.jobs" */
    const cJSON *json; /* NULL: it is not there */
};

MUSTCHECK struct said said_body(struct control_call *call);
MUSTCHECK struct said said_member(const struct said *said, const char *name);
/* Refuses a member that is none of the names, separated by blanks, or comes twice; or what is no
 * object, which is told the names. */
void said_has_only(const struct said *said, const char *names);
void said_refuse(const struct said *said, const char *format, ...) PRINTF(2, 3);
/* Members; what stands last is what they are when they are not given. Texts are the body's. */
MUSTCHECK const char *said_text(const struct said *said, const char *name, const char *otherwise);
MUSTCHECK bool said_flag(const struct said *said, const char *name, bool otherwise);
MUSTCHECK int64_t said_number(const struct said *said, const char *name, int64_t otherwise,
                              int64_t least, int64_t most);
/* The same of an item of a list that has so many. */
MUSTCHECK int64_t said_item(const struct said *said, int index, int64_t least, int64_t most);
/* One of the words (NULL ends them): its index; -1 when it is not given. */
MUSTCHECK int said_word(const struct said *said, const char *name, const char *const words[]);

/* The query: a number, a flag ("true", "false"), a text, an id (0 when it is not given); refused with
 * 422 at its name. */
MUSTCHECK int64_t query_number(struct control_call *call, const char *name, int64_t otherwise,
                               int64_t least, int64_t most);
MUSTCHECK bool query_flag(struct control_call *call, const char *name, bool otherwise);
MUSTCHECK const char *query_text(struct control_call *call, const char *name);
/* An id; 0 when it is not given. */
MUSTCHECK int64_t query_id(struct control_call *call, const char *name);
/* The org that `org=` names, or the first. NULL after a refusal. */
MUSTCHECK const struct org *query_org(struct control_call *call);

/* A time as the control API writes them: ISO 8601, UTC, Z. */
void control_add_time(const struct control_call *call, cJSON *object, const char *name,
                      int64_t seconds);

/* What limit= says of a list. */
enum { CONTROL_LIST_DEFAULT = 100, CONTROL_LIST_MAX = 1000 };

/* The endpoint of that place in the table; NULL: there are not so many. */
MUSTCHECK const struct control_endpoint *control_endpoint_at(size_t index);

extern const struct control_endpoint control_info;
extern const struct control_endpoint control_openapi;
extern const struct control_endpoint control_authority;
extern const struct control_endpoint console_enter, console_index, console_file;
extern const struct control_endpoint sandboxes_post, sandboxes_get, sandboxes_delete, sandbox_get,
    sandbox_delete;
extern const struct control_endpoint reset_post, snapshots_post, snapshots_get, snapshot_restore_post,
    snapshot_delete;
extern const struct control_endpoint clock_get, clock_put, clock_advance;
extern const struct control_endpoint tokens_post, tokens_get;
extern const struct control_endpoint orgs_get, modules_get, module_get;
extern const struct control_endpoint fixtures_post;
extern const struct control_endpoint records_get, records_post, record_get, record_patch, record_drop;
extern const struct control_endpoint changes_get;
extern const struct control_endpoint jobs_get, job_get, job_step_post, job_release_post,
    job_suspend_post, job_fail_post;
extern const struct control_endpoint faults_post, faults_get, faults_delete, fault_get, fault_delete;
extern const struct control_endpoint requests_get, requests_drop, request_get, requests_find_post,
    requests_verify_post;
extern const struct control_endpoint job_policy_get, job_policy_put, job_policy_patch;
extern const struct control_endpoint webhooks_get, webhooks_delete;
extern const struct control_endpoint limits_get, limits_put, limits_patch;
extern const struct control_endpoint events_get;

#endif
