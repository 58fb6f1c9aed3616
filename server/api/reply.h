/* Inside the api room: answers in the service's envelope. */
#ifndef CRMOCK_API_REPLY_H
#define CRMOCK_API_REPLY_H

#include "api/call.h"
#include "base/json.h"
#include "store/record.h"

/* Answers with a JSON text made from `body`, which is freed. */
void reply_json(struct call *call, unsigned status, cJSON *body);
/* Answers {KEY: list}, or 204 when the list has no member. Takes the list. */
void reply_list(struct call *call, const char *key, cJSON *list);
/* Answers 204: nothing to tell; 304: nothing new. */
void reply_nothing(struct call *call);
void reply_unmodified(struct call *call);
/* Why a call failed by no fault of its client's, but of the machine, the fixtures or crmock itself;
 * put into the log as well. Arena-owned. */
MUSTCHECK const char *reply_cause(const struct call *call);
/* Answers with a row of the catalogue and call->fault. */
void reply_row(struct call *call, enum error error);
/* The same for a call that has failed: what people should know of the row is in the hint, and what is
 * crmock's own failure in the log. */
void reply_error(struct call *call, enum error error);

/* The details of a refusal, of a record's (owned by the caller): what the fault says. */
MUSTCHECK cJSON *reply_details(const struct call *call, enum error error, const struct fault *fault);
/* How a record was written. */
struct reply_written {
    const char *message;
    const char *action;          /* of an upsert; NULL: not said */
    const char *duplicate_field; /* by which an upsert found it; NULL: not said */
};

/* The entries of several records: who wrote and made them, and when. Most differ in the id only, so
 * that what stands around it is printed once for all of them. */
struct reply_writer {
    const struct user *user;
    int64_t now; /* Modified_Time */
    struct arena *arena;
    /* what the texts are for */
    struct reply_written written;
    int64_t created_time, created_by;
    const char *before_id, *behind_id;
};

/* For what the user wrote at `now`; texts go into the arena. */
void reply_writer_init(struct reply_writer *writer, const struct user *user, int64_t now,
                       struct arena *arena);
/* The entry of a record that was written. Owned by the caller; the arena must outlive it. */
MUSTCHECK cJSON *reply_record(struct reply_writer *writer, const struct record *record,
                              const struct reply_written *written);

/* The records of a call that were refused, for the headers. Zeroed: none. */
struct reply_refused {
    size_t count;
    enum error error; /* of the first one, as is what follows */
    const char *which, *hint;
};

/* Notes a refused record: its id or place as the client sent it, and the hint. Texts must live until
 * reply_tell_refused. */
void reply_note_refused(struct reply_refused *refused, enum error error, const char *which,
                        const char *hint);
/* Sets the headers of an answer about `records` records: the first refusal's row and hint, and how many
 * there were when the call had several. */
void reply_tell_refused(struct call *call, const struct reply_refused *refused, size_t records);

enum { PER_PAGE_MAX = 200 };

/* Adds "info" to a body: which page of a list it is; more can be added to it. */
cJSON *reply_info(cJSON *body, int64_t per_page, int64_t page, size_t count, bool more);

/* Values that many answers have, owned by the caller: {NAME: text, "id": ...}, and a time in the org's
 * zone. Texts must outlive them. */
MUSTCHECK cJSON *reply_reference(int64_t id, const char *name, const char *text);
MUSTCHECK cJSON *reply_time(const struct org *org, int64_t time);

/* {"data": [...]}: the object, and its list. */
MUSTCHECK cJSON *reply_data(cJSON **list);
/* {"code", "details", "message", "status"}; takes `details`. Texts must outlive the answer. */
MUSTCHECK cJSON *reply_success(cJSON *details, const char *message);
MUSTCHECK cJSON *reply_refusal(const struct call *call, enum error error, cJSON *details);

#endif
