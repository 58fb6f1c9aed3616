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
/* Answers 204: nothing to tell. */
void reply_nothing(struct call *call);
/* Answers with a row of the catalogue and call->fault. */
void reply_error(struct call *call, enum error error);

/* The details of a refusal, of a record's (owned by the caller): what the fault says. */
MUSTCHECK cJSON *reply_details(const struct call *call, enum error error, const struct fault *fault);
/* What the details of several records share, and are made to refer to: who wrote them and when. */
struct reply_writer {
    const struct user *user;
    cJSON *reference;               /* to the user */
    char now[TIME_TEXT_SIZE];       /* Modified_Time */
    char last_time[TIME_TEXT_SIZE]; /* the last Created_Time, and its text: many are the same */
    int64_t last;
};

/* For what the user wrote at `now`. Clear it after the answer is printed. */
void reply_writer_init(struct reply_writer *writer, const struct user *user, int64_t now);
void reply_writer_clear(struct reply_writer *writer);
/* The details of a record: who and when. Owned by the caller, and good until the writer is cleared. */
MUSTCHECK cJSON *reply_record_details(struct reply_writer *writer, const struct record *record);

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
MUSTCHECK cJSON *reply_refusal(enum error error, cJSON *details);

#endif
